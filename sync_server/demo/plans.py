"""The demo's improvement plans: some finished with different outcomes, some running."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from shared_models.clock import to_text
from shared_models.ids import new_id
from shared_models.insight import WeakItem, WeakItems
from shared_models.plans import judged
from shared_models.sync import OpKind
from sync_server.app import API
from sync_server.demo.network import DemoDealer
from sync_server.demo.recorder import DemoDevice, Refused
from sync_server.demo.story import CASES, MONTHS, PLAN_MONTH, Case, random_for
from sync_server.insight.service import evaluate_plan

if TYPE_CHECKING:
    from sync_server.demo.seed import Stage


@dataclass(frozen=True)
class Written:
    """A plan of the demo after its publication."""

    plan_id: str
    action_ids: tuple[str, ...]
    dealer: DemoDealer


async def carry_out_plans(stage: Stage) -> list[Written]:
    """Plans of May whose actions are done and verified in June."""
    written: list[Written] = []
    year, month = (int(part) for part in PLAN_MONTH.split("-"))
    start = date(year, month + 1, 2)
    stage.clock.move_to(stage.local(start, 10))
    for case in CASES:
        dealer = stage.network.dealers[case.dealer]
        weak = await _weak_items(stage, dealer, PLAN_MONTH)
        chosen = [one for one in weak if one.item_code == case.item]
        if not chosen:
            raise Refused(
                f"{case.item} of {case.dealer} is not weak in {PLAN_MONTH}: the story does not hold"
            )
        written.append(await _write_plan(stage, dealer, chosen, {case.item: case}, PLAN_MONTH, start))
    await _carry_out(stage, written, start)
    return written


async def close_plans(stage: Stage, plans: list[Written]) -> None:
    """The verdicts, from the figures that have come in since, and the managers' closing.

    A plan without enough data stays open and waits for the next wave.
    """
    for plan in plans:
        with stage.database.write() as session:
            found = evaluate_plan(session, plan.plan_id)
        if not judged(one.verdict.value for one in found.values()):
            continue
        async with _device(stage, stage.network.managers[plan.dealer.region]) as manager:
            version = stage.version_of(plan.plan_id)
            manager.op(plan.plan_id, "plan", plan.plan_id, OpKind.TRANSITION, {"action": "close"}, version)
            await manager.push()


async def start_plans(stage: Stage) -> int:
    """Plans of this month on October's weak items, with actions open, running and overdue; how many."""
    made = 0
    for code in ("A1001", "A1007", "B1008", "C1009", "D1010", "E1011", "F1012"):
        dealer = stage.network.dealers[code]
        weak = await _weak_items(stage, dealer, MONTHS[-1])
        taken = {case.item for case in CASES if case.dealer == code}
        chosen = [one for one in weak if one.item_code not in taken][:2]
        if not chosen:
            continue
        start = stage.today - timedelta(days=12)
        plan = await _write_plan(stage, dealer, chosen, {}, MONTHS[-1], start)
        made += 1
        async with _device(stage, dealer.owner_id) as owner:
            for action_id in plan.action_ids[: len(plan.action_ids) // 2]:
                await _move_action(stage, owner, plan, action_id, "start")
                await _progress(
                    stage, owner, plan, action_id, 40, "已完成首次宣贯，销售与服务团队签到 14 人。"
                )
    return made


async def _weak_items(stage: Stage, dealer: DemoDealer, month: str) -> list[WeakItem]:
    async with stage.client(stage.network.managers[dealer.region]) as client:
        response = await client.get(
            f"{API}/insight/weak-items", params={"month": month, "dealer_id": dealer.id}
        )
    if response.status_code != 200:
        raise Refused(f"weak items: {response.status_code} {response.text[:500]}")
    return list(WeakItems.model_validate(response.json()).items)


class _device:  # noqa: N801 - used like a function
    """A signed-in device whose connection is closed at the end."""

    def __init__(self, stage: Stage, person_id: str) -> None:
        self.device = DemoDevice(
            person_id, stage.client(person_id), stage.clock, random_for("desk", person_id, stage.clock())
        )

    async def __aenter__(self) -> DemoDevice:
        return self.device

    async def __aexit__(self, *_: object) -> None:
        await self.device.client.aclose()


async def _write_plan(
    stage: Stage, dealer: DemoDealer, weak: list[WeakItem], cases: dict[str, Case], month: str, start: date
) -> Written:
    manager_id = stage.network.managers[dealer.region]
    plan_id = new_id()
    action_ids: list[str] = []
    async with _device(stage, manager_id) as manager:

        def add(entity: str, values: dict[str, Any]) -> str:
            row_id = new_id()
            manager.op(plan_id, entity, row_id, OpKind.CREATE, {"plan_id": plan_id, **values})
            return row_id

        names = "、".join(one.item_short for one in weak)
        plan = {
            "dealer_id": dealer.id,
            "title": f"{names}提升方案",
            "summary": f"{month} 数据显示{names}为弱项，经共同分析原因，制定以下措施，由下一轮数据验证。",
            "trigger_month": month,
            "author_id": manager_id,
            "created_at": to_text(stage.clock()),
        }
        manager.op(plan_id, "plan", plan_id, OpKind.CREATE, plan)
        for one in weak:
            item_id = add("plan_item", {"item_id": one.item_id, "finding": one.model_dump(mode="json")})
            case = cases.get(one.item_code)
            stage_of = one.stage.value if not one.stage.value.startswith("service_") else "care"
            cause = case.cause if case else f"{one.item_short}未纳入晨会检查，执行依赖个人习惯"
            add("cause", {"plan_item_id": item_id, "category": stage_of, "text": cause})
            first = case.measure if case else f"修订{one.item_short}执行标准并张贴上岗，展厅经理每日抽查两次"
            for position, (measure, method, days) in enumerate(
                (
                    (first, case.method if case else "process", 21),
                    (f"针对{one.item_short}开展现场演练并考核，未达标者复训", "drill", 28),
                )
            ):
                action_ids.append(
                    add(
                        "action",
                        {
                            "plan_item_id": item_id,
                            "measure": measure,
                            "method": method,
                            "owner_id": dealer.owner_id,
                            "supervisor_id": dealer.director_id,
                            "starts_on": start.isoformat(),
                            "due_on": (start + timedelta(days=days)).isoformat(),
                            "position": position,
                        },
                    )
                )
        await manager.push()
        version = stage.version_of(plan_id)
        manager.op(plan_id, "plan", plan_id, OpKind.TRANSITION, {"action": "publish"}, version)
        await manager.push()
    return Written(plan_id, tuple(action_ids), dealer)


async def _carry_out(stage: Stage, plans: list[Written], start: date) -> None:
    stage.clock.move_to(stage.local(start + timedelta(days=3), 9))
    for plan in plans:
        async with _device(stage, plan.dealer.owner_id) as owner:
            for action_id in plan.action_ids:
                await _move_action(stage, owner, plan, action_id, "start")
                await _progress(
                    stage, owner, plan, action_id, 50, "已宣贯并完成首次演练，参加 12 人，签到表存档。"
                )
    stage.clock.move_to(stage.local(start + timedelta(days=17), 17))
    for plan in plans:
        async with (
            _device(stage, plan.dealer.owner_id) as owner,
            _device(stage, plan.dealer.director_id) as director,
        ):
            for action_id in plan.action_ids:
                await _progress(stage, owner, plan, action_id, 100, "连续两周抽查，记录存档。")
                await _move_action(stage, owner, plan, action_id, "finish")
                await _move_action(stage, director, plan, action_id, "verify")


async def _move_action(stage: Stage, tablet: DemoDevice, plan: Written, action_id: str, action: str) -> None:
    version = stage.version_of(action_id)
    tablet.op(plan.plan_id, "action", action_id, OpKind.TRANSITION, {"action": action}, version)
    await tablet.push()


async def _progress(
    stage: Stage, tablet: DemoDevice, plan: Written, action_id: str, percent: int, text: str
) -> None:
    values = {
        "plan_id": plan.plan_id,
        "action_id": action_id,
        "author_id": tablet.person_id,
        "at": to_text(stage.clock()),
        "percent": percent,
        "text": text,
    }
    tablet.op(plan.plan_id, "action_progress", new_id(), OpKind.CREATE, values)
    await tablet.push()
