"""Plans written through sync, as a manager's device does it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from shared_models.checklists.stages import Source, Stage
from shared_models.checklists.tables import Item
from shared_models.columns import sql_table
from shared_models.ids import new_id
from shared_models.insight.wire import RateCell, ReasonKind, TrendPoint, WeakItem, WeakReason
from sync_server.insight.statistics import wilson_interval
from tests.server.device import Device
from tests.server.world import World

Json = dict[str, Any]


def item_id(world: World, code: str) -> str:
    """The id of an item of the ledger."""
    table = sql_table(Item)
    with world.db.read() as session:
        return str(session.execute(table.select().where(table.c.code == code)).mappings().one()["id"])


def weak_item(world: World, dealer: str = "N01", code: str = "service_handover") -> Json:
    """The weak item of the domain's example as insight gives it: 94, 78, 81 of 100 by telephone."""
    item = item_id(world, code)

    def cell(month: str, executed: int, source: Source | None) -> RateCell:
        band = wilson_interval(executed, 100)
        return RateCell(
            item_id=item, item_code=code, month=month, dealer_id=world.dealers[dealer], source=source,
            executed=executed, applicable=100, not_applicable=0, not_observed=0, rate=float(executed),
            low=round(100 * band.low, 2), high=round(100 * band.high, 2), small=False,
        )  # fmt: skip

    def point(month: str, executed: int) -> TrendPoint:
        merged, phone = cell(month, executed, None), cell(month, executed, Source.PHONE)
        return TrendPoint(month=month, merged=merged, by_source=(phone,))

    trend = (point("2026-08", 94), point("2026-09", 78), point("2026-10", 81))
    return WeakItem(
        dealer_id=world.dealers[dealer], dealer_code=dealer, dealer_name="", dealer_name_en="", item_id=item,
        item_code=code, item_name="", item_name_en="", item_short="", item_short_en="",
        stage=Stage.DELIVERY, month="2026-10", target=85.0, merged=trend[-1].merged,
        by_source=trend[-1].by_source, trend=trend,
        reasons=(WeakReason(kind=ReasonKind.LOW_RATE, rate=81.0, target=85.0),), priority=50.0,
        data_cut=4711,
    ).model_dump(mode="json")  # fmt: skip


@dataclass
class PlanDraft:
    """A plan on a manager's device: one weak item, one cause, one action."""

    device: Device
    dealer: str = "N01"
    item: str = "service_handover"
    owner: str = "owner"
    supervisor: str = "colleague"
    plan_id: str = field(default_factory=new_id)
    item_row: str = field(default_factory=new_id)
    cause_row: str = field(default_factory=new_id)
    action_row: str = field(default_factory=new_id)

    @property
    def world(self) -> World:
        """Where it happens."""
        return self.device.world

    def add(self, entity: str, row_id: str, fields: Json) -> None:
        """Record the creation of a row of the plan."""
        given = fields if entity == "plan" else {"plan_id": self.plan_id, **fields}
        self.device.op(self.plan_id, entity, row_id, "create", given)

    def record(self, **leave_out: bool) -> None:
        """Record the whole plan; ``cause=False`` leaves the cause out."""
        people = self.world.people
        self.add(
            "plan",
            self.plan_id,
            {
                "dealer_id": self.world.dealers[self.dealer],
                "title": "服务对接提升方案",
                "trigger_month": "2026-10",
                "summary": "交车时由服务顾问当面对接。",
            },
        )
        finding = weak_item(self.world, self.dealer, self.item)
        self.add("plan_item", self.item_row, {"item_id": item_id(self.world, self.item), "finding": finding})
        if leave_out.get("cause", True):
            evidence = [
                {"kind": "response", "id": new_id(), "label": "电话调查 2026-10-12：不知道服务顾问是谁"}
            ]
            cause = {"plan_item_id": self.item_row, "category": "delivery", "text": "交车时未引荐服务顾问"}
            self.add("cause", self.cause_row, {**cause, "evidence": evidence})
        action = {
            "plan_item_id": self.item_row,
            "measure": "销售顾问在交车时当面引荐服务顾问",
            "method": "drill",
            "owner_id": people[self.owner],
            "supervisor_id": people[self.supervisor],
            "starts_on": "2026-11-03",
            "due_on": "2026-11-30",
        }
        self.add("action", self.action_row, action)

    def move(self, action: str, base: int = 1, device: Device | None = None) -> None:
        """Record a transition of the plan."""
        fields = {"action": action}
        (device or self.device).op(self.plan_id, "plan", self.plan_id, "transition", fields, base=base)

    def move_action(self, device: Device, action: str, base: int = 1) -> None:
        """Record a transition of the measure."""
        device.op(self.plan_id, "action", self.action_row, "transition", {"action": action}, base=base)

    def log(self, device: Device, percent: int, text: str, **fields: Any) -> str:
        """Record an entry of the progress log; its row."""
        row_id = new_id()
        entry = {"plan_id": self.plan_id, "action_id": self.action_row, "percent": percent, "text": text}
        device.op(self.plan_id, "action_progress", row_id, "create", {**entry, **fields})
        return row_id


async def publish(draft: PlanDraft) -> str:
    """Push the whole plan and publish it; its number."""
    draft.record()
    draft.move("publish")
    results = await draft.device.push()
    assert {one["outcome"] for one in results} == {"applied"}, results
    from tests.server.device import stored

    row = stored(draft.world, "plan", draft.plan_id)
    assert row is not None
    return str(row["number"])
