"""Objections, more time, attendance and approval through the door that devices use."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from shared_models.ids import new_id
from sync_server.plans import policy
from tests.factories.plans import PlanDraft, publish
from tests.server.device import Device, stored
from tests.server.world import World

pytestmark = pytest.mark.anyio
Json = dict[str, Any]


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


@pytest.fixture
async def draft(world: World) -> PlanDraft:
    """A published plan: owner and colleague (supervisor) of N01, due on the last of November."""
    made = PlanDraft(Device(world, "manager"))
    await publish(made)
    return made


def codes(results: list[Json]) -> list[str]:
    """Outcome of each op, or the code of its problem."""
    return [(one["problem"] or {}).get("code") or one["outcome"] for one in results]


def ask(draft: PlanDraft, device: Device, kind: str, **fields: Any) -> str:
    """Record a request about the draft's action; its row."""
    row_id = new_id()
    given = {"plan_id": draft.plan_id, "action_id": draft.action_row, "kind": kind, "reason": "设备未到货"}
    device.op(draft.plan_id, "action_request", row_id, "create", {**given, **fields})
    return row_id


def decide(draft: PlanDraft, device: Device, row_id: str, step: str, **fields: Any) -> None:
    """Record a decision."""
    device.op(draft.plan_id, "action_request", row_id, "transition", {"action": step, **fields}, base=1)


def row_of(world: World, entity: str, row_id: str) -> Json:
    """A row that is there."""
    row = stored(world, entity, row_id)
    assert row is not None
    return row


async def test_granted_time_moves_the_deadline_and_both_deadlines_stay_known(
    world: World, draft: PlanDraft
) -> None:
    owner, supervisor = Device(world, "owner"), Device(world, "colleague")
    asked = ask(draft, owner, "extension", due_wanted="2026-12-20", due_before="2030-01-01")
    assert codes(await owner.push()) == ["applied"]
    decide(draft, supervisor, asked, "grant", decision="同意")
    assert codes(await supervisor.push()) == ["applied"]
    row = row_of(world, "action_request", asked)
    assert (row["due_before"], row["due_granted"]) == (date(2026, 11, 30), date(2026, 12, 20))
    assert (row["status"], row["decided_by"]) == ("granted", world.people["colleague"])
    assert row_of(world, "action", draft.action_row)["due_on"] == date(2026, 12, 20)


async def test_the_supervisor_may_grant_less_time_than_asked_but_more_than_there_was(
    world: World, draft: PlanDraft
) -> None:
    owner, supervisor = Device(world, "owner"), Device(world, "colleague")
    asked = ask(draft, owner, "extension", due_wanted="2026-12-20")
    await owner.push()
    decide(draft, supervisor, asked, "grant", due_granted="2026-11-30")
    assert codes(await supervisor.push()) == ["invalid_field"]
    again = Device(world, "colleague")
    decide(draft, again, asked, "grant", due_granted="2026-12-10")
    assert codes(await again.push()) == ["applied"]
    assert row_of(world, "action", draft.action_row)["due_on"] == date(2026, 12, 10)


@pytest.mark.parametrize(
    ("login", "code"),
    [("owner", "not_allowed"), ("manager", "not_allowed"), ("hq", "not_allowed"),
     ("owner_south", "out_of_scope"), ("shopper", "not_allowed"), ("colleague", "applied")],
)  # fmt: skip
async def test_only_the_supervisor_decides_on_more_time(
    world: World, draft: PlanDraft, login: str, code: str
) -> None:
    owner = Device(world, "owner")
    asked = ask(draft, owner, "extension", due_wanted="2026-12-20")
    await owner.push()
    device = Device(world, login)
    decide(draft, device, asked, "grant")
    assert codes(await device.push()) == [code]


async def test_a_granted_objection_drops_the_action_and_a_refused_one_says_why(
    world: World, draft: PlanDraft
) -> None:
    owner, manager = Device(world, "owner"), Device(world, "manager")
    first = ask(draft, owner, "objection")
    await owner.push()
    decide(draft, manager, first, "refuse")
    assert codes(await manager.push()) == ["invalid_field"]
    again = Device(world, "manager")
    decide(draft, again, first, "refuse", decision="数据属实，请执行")
    assert codes(await again.push()) == ["applied"]
    second = ask(draft, owner, "objection", reason="该项不属于本店职责")
    assert codes(await owner.push()) == ["applied"]
    hq = Device(world, "hq")
    decide(draft, hq, second, "grant")
    assert codes(await hq.push()) == ["applied"]
    assert row_of(world, "action", draft.action_row)["status"] == "dropped"
    draft.move_action(owner, "start", base=3)
    assert codes(await owner.push()) == ["transition_not_allowed"]


async def test_a_supervisor_at_the_dealer_does_not_decide_on_an_objection(
    world: World, draft: PlanDraft
) -> None:
    owner, supervisor = Device(world, "owner"), Device(world, "colleague")
    asked = ask(draft, owner, "objection")
    await owner.push()
    decide(draft, supervisor, asked, "grant")
    assert codes(await supervisor.push()) == ["not_allowed"]


@pytest.mark.parametrize(
    ("login", "kind", "fields", "code"),
    [
        ("colleague", "objection", {}, "not_allowed"),
        ("manager", "objection", {}, "not_allowed"),
        ("owner", "objection", {"reason": "  "}, "invalid_field"),
        ("owner", "extension", {}, "invalid_field"),
        ("owner", "extension", {"due_wanted": "2026-11-30"}, "invalid_field"),
        ("owner", "holiday", {}, "invalid_field"),
        ("owner_south", "objection", {}, "out_of_scope"),
    ],
)
async def test_only_the_owner_asks_with_a_reason_and_for_later(
    world: World, draft: PlanDraft, login: str, kind: str, fields: Json, code: str
) -> None:
    device = Device(world, login)
    ask(draft, device, kind, **fields)
    assert codes(await device.push()) == [code]


async def test_one_request_of_a_kind_waits_at_a_time_and_may_be_taken_back(
    world: World, draft: PlanDraft
) -> None:
    owner = Device(world, "owner")
    first = ask(draft, owner, "extension", due_wanted="2026-12-05")
    ask(draft, owner, "extension", due_wanted="2026-12-06")
    assert codes(await owner.push()) == ["applied", "transition_not_allowed"]
    later = Device(world, "owner")
    decide(draft, later, first, "withdraw")
    ask(draft, later, "extension", due_wanted="2026-12-06")
    assert codes(await later.push()) == ["applied", "applied"]


async def test_a_decision_is_made_once_and_a_request_is_never_edited(world: World, draft: PlanDraft) -> None:
    owner, supervisor = Device(world, "owner"), Device(world, "colleague")
    asked = ask(draft, owner, "extension", due_wanted="2026-12-20")
    await owner.push()
    owner.op(draft.plan_id, "action_request", asked, "update", {"reason": "另一个"}, base=1)
    assert codes(await owner.push()) == ["invalid_field"]
    decide(draft, supervisor, asked, "grant")
    decide(draft, supervisor, asked, "grant")
    assert codes(await supervisor.push()) == ["applied", "applied"]
    other = Device(world, "colleague")
    other.op(
        draft.plan_id, "action_request", asked, "transition", {"action": "refuse", "decision": "x"}, base=2
    )
    assert codes(await other.push()) == ["transition_not_allowed"]


async def test_an_owner_takes_an_action_on_before_starting_it(world: World, draft: PlanDraft) -> None:
    owner = Device(world, "owner")
    draft.move_action(owner, "accept")
    assert codes(await owner.push()) == ["applied"]
    assert row_of(world, "action", draft.action_row)["status"] == "accepted"
    draft.move_action(owner, "start", base=2)
    draft.move_action(owner, "accept", base=3)
    assert codes(await owner.push()) == ["applied", "applied"]
    assert row_of(world, "action", draft.action_row)["status"] == "running"


async def test_a_training_lists_who_was_there(world: World, draft: PlanDraft) -> None:
    owner = Device(world, "owner")
    present = [{"name": " 王磊 ", "employee_id": "e1", "wage": 1}, {"name": "赵敏"}]
    row_id = draft.log(owner, 60, "培训", attendees=present)
    assert codes(await owner.push()) == ["applied"]
    row = row_of(world, "action_progress", row_id)
    assert row["attendees"] == [{"name": "王磊", "employee_id": "e1"}, {"name": "赵敏"}]
    draft.log(owner, 60, "培训", attendees=[{"name": ""}])
    assert codes(await owner.push()) == ["invalid_field"]


async def test_where_headquarters_approve_a_managers_plan_waits_for_them(world: World) -> None:
    with world.db.write() as session:
        policy.set_needs_approval(session, True, by=world.people["hq"], now=datetime.now(UTC))
    made = PlanDraft(Device(world, "manager"))
    made.record()
    made.move("publish")
    assert set(codes(await made.device.push())) == {"applied"}
    assert (row_of(world, "plan", made.plan_id)["status"], row_of(world, "plan", made.plan_id)["number"]) == (
        "submitted",
        "",
    )
    owner = Device(world, "owner")
    await owner.pull()
    assert not owner.names("plan")
    approve = {"action": "approve"}
    made.device.op(made.plan_id, "plan", made.plan_id, "transition", approve, base=2)
    assert codes(await made.device.push()) == ["not_allowed"]
    hq = Device(world, "hq")
    hq.op(made.plan_id, "plan", made.plan_id, "transition", {"action": "send_back"}, base=2)
    assert codes(await hq.push()) == ["invalid_field"]
    hq = Device(world, "hq")
    back = {"action": "send_back", "approval_note": "原因不充分"}
    hq.op(made.plan_id, "plan", made.plan_id, "transition", back, base=2)
    assert codes(await hq.push()) == ["applied"]
    row = row_of(world, "plan", made.plan_id)
    assert (row["status"], row["approval_note"]) == ("draft", "原因不充分")
    fresh = PlanDraft(Device(world, "manager"), plan_id=made.plan_id)
    fresh.move("publish", base=3)
    assert codes(await fresh.device.push()) == ["applied"]
    hq.op(made.plan_id, "plan", made.plan_id, "transition", approve, base=4)
    assert codes(await hq.push()) == ["applied"]
    row = row_of(world, "plan", made.plan_id)
    assert (row["status"], row["approved_by"]) == ("published", world.people["hq"])
    assert row["number"]
    await owner.pull()
    assert owner.names("plan") == {made.plan_id}
