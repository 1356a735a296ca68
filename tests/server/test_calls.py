"""Telephone calls: planned from deliveries and services, tried, answered, given up; numbers stay hidden."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from shared_models.checklists.stages import Source
from shared_models.clock import to_text
from shared_models.ids import new_id
from shared_models.insight import Evaluation, Verdict
from shared_models.people.access import Role, ScopeKind
from sync_server.insight.service import evaluate_plan
from sync_server.people.service import grant
from sync_server.sync.journal import write_row
from tests.factories.plans import PlanDraft, publish
from tests.factories.surveys import NOW, Asked, ask
from tests.server.device import Device, record_visit
from tests.server.world import World, make_world

pytestmark = pytest.mark.anyio
PHONE = "13812345678"
FILE = f"""经销商代码,类型,日期,客户姓名,联系电话,车牌号,车型,服务人员
N01,交车,2026-11-21,王小明,{PHONE},皖A12308,Z500,李伟
N01,维修,2026-11-20,赵敏,13912345678,皖A99999,T600,孙丽
""".encode()
"""Noon of 22 November: the customer of yesterday's delivery is called from today on."""


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Noon of 22 November 2026."""
    return make_world(tmp_path / "server", now=lambda: NOW)


async def send(world: World, data: bytes, way: str = "apply", login: str = "hq") -> dict[str, Any]:
    async with world.client(login) as client:
        response = await client.post(
            f"/people/import/{way}", files={"file": ("calls.csv", data)}, data={"sheet": "calls"}
        )
    assert response.status_code == 200, response.text
    return response.json()


async def calls_of(world: World, login: str = "caller") -> dict[str, dict[str, Any]]:
    """Assignments of calls with their tasks, by reason, as this person's device gets them."""
    device = Device(world, login)
    await device.pull()
    tasks = {row_id: row for (entity, row_id), row in device.rows.items() if entity == "call_task"}
    given = [
        {**row, "id": row_id}
        for (entity, row_id), row in device.rows.items()
        if entity == "assignment" and row["call_id"]
    ]
    return {tasks[row["call_id"]]["reason"]: {**row, "task": tasks[row["call_id"]]} for row in given}


def attempt(device: Device, call: str, disposition: str, part: str = "morning", **more: Any) -> None:
    fields = {
        "assignment_id": call, "person_id": device.person_id, "at": to_text(NOW), "day_part": part,
        "disposition": disposition, **more,
    }  # fmt: skip
    device.op(call, "call_attempt", new_id(), "create", fields)


def give_up(device: Device, call: str, base: int = 1) -> None:
    device.op(call, "assignment", call, "transition", {"action": "give_up"}, base=base)


async def outcomes(world: World, login: str = "hq") -> dict[str, Any]:
    async with world.client(login) as client:
        found = (await client.get("/surveys/outcomes", params={"month": "2026-11"})).json()["outcomes"]
    return {one["month"]: one for one in found if one["source"] == "callback"}


async def told(device: Device) -> list[str]:
    return [str(one.get("problem") or one["outcome"]) for one in await device.push()]


async def test_deliveries_and_services_become_calls_and_the_same_file_changes_nothing(world: World) -> None:
    shown = await send(world, FILE, "preview")
    assert (shown["counts"]["new"], shown["counts"]["rejected"]) == (2, 0)
    assert PHONE not in json.dumps(shown)
    await send(world, FILE)
    calls = await calls_of(world)
    assert {reason: (one["window_start"], one["window_end"]) for reason, one in calls.items()} == {
        "delivery_1": ("2026-11-22", "2026-11-24"),
        "delivery_7": ("2026-11-28", "2026-11-30"),
        "delivery_30": ("2026-12-21", "2026-12-23"),
        "service": ("2026-11-21", "2026-11-23"),
    }
    again = await send(world, FILE)
    assert (again["counts"]["same"], again["counts"]["new"]) == (2, 0)
    assert await calls_of(world) == calls


async def test_customers_go_to_the_least_busy_caller_who_reaches_their_dealer(world: World) -> None:
    with world.db.write() as session:
        grant(session, world.people["auditor"], Role.CALLER, ScopeKind.REGION, world.regions["N"])
    await send(world, FILE)
    given = {login: set(await calls_of(world, login)) for login in ("caller", "auditor")}
    assert set(map(frozenset, given.values())) == {
        frozenset({"delivery_1", "delivery_7", "delivery_30"}),
        frozenset({"service"}),
    }
    await send(world, FILE.replace(b"N01", b"S01"))
    assert len(await calls_of(world, "auditor")) == len(given["auditor"])


async def test_rows_that_cannot_be_called_are_told_and_no_number_stands_in_the_report(world: World) -> None:
    bad = """经销商代码,类型,日期,客户姓名,联系电话
N01,交车,2026-11-21,王,1381234567
N01,试驾,2026-11-21,王,13812345678
X99,交车,2026-11-21,王,13812345678
N01,交车,2026-09-01,王,13812345678
N01,交车,2026-12-24,王,13812345678
N01,交车,,王,13812345678
""".encode()
    report = await send(world, bad, "preview")
    assert [one["reason"] for one in sorted(report["problems"], key=lambda one: one["row"])] == [
        "phone", "kind", "dealer", "past", "future", "missing",
    ]  # fmt: skip
    assert "1381234567" not in json.dumps(report)


async def test_the_number_is_in_full_for_the_caller_alone_and_masked_once_the_call_is_over(
    world: World,
) -> None:
    await send(world, FILE)
    calls = await calls_of(world)
    assert calls["delivery_1"]["task"]["phone"] == PHONE
    for login in world.people:
        if login != "caller":
            device = Device(world, login)
            pages = await device.pull()
            assert PHONE not in json.dumps(pages), login
    async with world.client("hq") as client:
        trail = (await client.get("/audit/entries")).text
    assert PHONE not in trail
    caller, call = Device(world, "caller"), calls["delivery_1"]["id"]
    attempt(caller, call, "refused", note="忙")
    give_up(caller, call)
    assert await told(caller) == ["applied", "applied"]
    task = (await calls_of(world))["delivery_1"]["task"]
    assert (task["phone"], task["name"], task["status"]) == ("138****5678", "王**", "given_up")
    again = await send(world, FILE)
    assert again["counts"]["same"] == 2


async def test_a_customer_is_given_up_after_three_parts_of_the_day_and_counts_as_unreachable(
    world: World,
) -> None:
    await send(world, FILE)
    caller, call = Device(world, "caller"), (await calls_of(world))["service"]["id"]
    attempt(caller, call, "unreachable", "morning")
    attempt(caller, call, "unreachable", "noon")
    assert await told(caller) == ["applied", "applied"]
    give_up(caller, call)
    assert (await caller.push())[0]["problem"]["code"] == "transition_not_allowed"
    attempt(caller, call, "unreachable", "noon")
    assert (await caller.push())[0]["problem"]["code"] == "invalid_field"
    later = to_text(NOW.replace(hour=9))
    attempt(caller, call, "call_later", "noon", call_again_at=later)
    attempt(caller, call, "unreachable", "evening")
    give_up(caller, call)
    assert await told(caller) == ["applied", "applied", "applied"]
    attempt(caller, call, "refused")
    assert (await caller.push())[0]["problem"]["code"] == "transition_not_allowed"
    month = (await outcomes(world))["2026-11"]
    assert (month["called"], month["completed"], month["success"]) == (1, 0, 0.0)
    assert {one["disposition"]: one["count"] for one in month["failures"] if one["count"]} == {
        "unreachable": 1
    }


async def test_an_interview_marks_what_plans_judge_and_enters_the_figures_as_callback(world: World) -> None:
    await publish(PlanDraft(Device(world, "manager"), item="service_handover"))
    await send(world, FILE)
    calls = await calls_of(world)
    call = calls["delivery_1"]["id"]
    caller = Device(world, "caller")
    await caller.pull()
    focus = [row for (entity, _), row in caller.rows.items() if entity == "focus"]
    assert {row["assignment_id"]: row["items"] for row in focus}[call] == ["service_handover"]
    assert not {"plan", "plan_item"} & {entity for entity, _ in caller.rows}
    made = record_visit(caller, template="delivery_call", assignment_id=call)
    results = await caller.push()
    assert {one["outcome"] for one in results} == {"applied"}, results
    month = (await outcomes(world))["2026-11"]
    assert (month["called"], month["completed"], month["success"]) == (1, 1, 100.0)
    assert (await calls_of(world))["delivery_1"]["task"]["phone"] == "138****5678"
    manager = Device(world, "manager")
    await manager.pull()
    version = manager.rows["visit", made.visit_id]["version"]
    manager.op(made.visit_id, "visit", made.visit_id, "transition", {"action": "accept"}, base=version)
    assert await told(manager) == ["applied"]
    with world.db.read() as session:
        found = session.connection().exec_driver_sql(
            "SELECT source, state FROM observation JOIN item ON item.id = item_id"
            " WHERE item.code = 'service_handover'"
        )
        assert [tuple(row) for row in found] == [("callback", "executed")]


async def test_a_callers_accepted_answer_turns_the_verdict_of_a_plan(tmp_path: Path) -> None:
    """Nineteen survey answers after the plan are one too few to judge it; the call's is the twentieth."""
    clock = [NOW]
    world = make_world(tmp_path / "loop", now=lambda: clock[0])
    draft = PlanDraft(Device(world, "manager"), item="service_handover")
    await publish(draft)
    with world.db.write() as session:  # it began in September, on a flag of August
        begun = datetime(2026, 9, 1, tzinfo=UTC)
        write_row(session, "plan", draft.plan_id, {"published_at": begun, "trigger_month": "2026-08"})
        write_row(session, "action", draft.action_row, {"starts_on": date(2026, 9, 2)})
    asked = [Asked("N01", "service_handover", date(2026, month, 10), 60, 100) for month in (5, 6, 7)]
    ask(world, tmp_path, [*asked, Asked("N01", "service_handover", date(2026, 11, 10), 19, 19)])
    await send(world, FILE)
    caller, call = Device(world, "caller"), (await calls_of(world))["delivery_1"]["id"]
    made = record_visit(caller, template="delivery_call", assignment_id=call)
    assert {one["outcome"] for one in await caller.push()} == {"applied"}

    def verdict() -> Evaluation:
        with world.db.write() as session:
            after = datetime(2027, 2, 10, tzinfo=UTC)
            return evaluate_plan(session, draft.plan_id, now=lambda: after)[draft.item_row]

    sent = verdict()
    assert (sent.merged.after_applicable, sent.verdict) == (19, Verdict.NOT_ENOUGH_DATA)
    manager = Device(world, "manager")
    await manager.pull()
    version = manager.rows["visit", made.visit_id]["version"]
    manager.op(made.visit_id, "visit", made.visit_id, "transition", {"action": "accept"}, base=version)
    assert await told(manager) == ["applied"]
    accepted = verdict()
    assert (accepted.merged.after_applicable, accepted.verdict) == (20, Verdict.IMPROVED)
    after = {one.source: (one.after_executed, one.after_applicable) for one in accepted.by_source}
    assert after == {Source.PHONE: (19, 19), Source.CALLBACK: (1, 1)}
    clock[0] = datetime(2027, 2, 10, tzinfo=UTC)
    desk = Device(world, "manager")
    await desk.pull()
    draft.move("close", base=desk.rows["plan", draft.plan_id]["version"], device=desk)
    assert await told(desk) == ["applied"]
    await desk.pull()
    assert desk.rows["plan", draft.plan_id]["status"] == "closed"
    assert desk.rows["plan_item", draft.item_row]["verdict"] == "improved"
    world.close()


async def test_an_interview_broken_off_is_sent_and_counts_as_broken_off(world: World) -> None:
    await send(world, FILE)
    caller, call = Device(world, "caller"), (await calls_of(world))["delivery_1"]["id"]
    attempt(caller, call, "broken_off")
    record_visit(caller, template="delivery_call", assignment_id=call)
    assert {one["outcome"] for one in await caller.push()} == {"applied"}
    month = (await outcomes(world))["2026-11"]
    assert (month["called"], month["completed"]) == (1, 0)


async def test_nobody_reports_on_anothers_call_and_nobody_else_records_interviews(world: World) -> None:
    await send(world, FILE)
    call = (await calls_of(world))["delivery_1"]["id"]
    for login in ("shopper", "hq", "manager"):
        device = Device(world, login)
        attempt(device, call, "refused")
        assert (await device.push())[0]["outcome"] in {"rejected", "quarantined"}, login
    shopper = Device(world, "shopper")
    record_visit(shopper, template="delivery_call")
    assert "applied" not in {one["outcome"] for one in (await shopper.push())[1:2]}
