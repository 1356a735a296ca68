"""Calls end alike on both stores: attempts, giving up, an interview, and what is counted of them."""

from __future__ import annotations

import asyncio

from sqlalchemy import text

from shared_models.clock import to_text, utc_now
from shared_models.ids import new_id
from sync_server.calls.planning import Event, plan_calls
from tests.server.device import Device, record_visit
from tests.server.world import World


def plan(world: World, kind: str, name: str) -> int:
    today = utc_now().date()
    event = Event(world.dealers["N01"], kind, today, name, "13812345678", plate=f"皖A{len(name)}2308")
    with world.db.write() as session:
        return plan_calls(session, event, today)


def test_calls_are_given_up_or_answered_and_counted_once(world: World) -> None:
    assert (plan(world, "service", "王小明"), plan(world, "service", "王小明")) == (1, 0)
    assert plan(world, "delivery", "赵敏") == 3
    caller = Device(world, "caller")
    asyncio.run(caller.pull())
    tasks = {row_id: row for (entity, row_id), row in caller.rows.items() if entity == "call_task"}
    calls = {
        tasks[row["call_id"]]["reason"]: row_id
        for (entity, row_id), row in caller.rows.items()
        if entity == "assignment"
    }
    tried = calls["service"]
    for part in ("morning", "noon", "evening"):
        fields = {
            "assignment_id": tried, "person_id": caller.person_id, "at": to_text(utc_now()),
            "day_part": part, "disposition": "unreachable",
        }  # fmt: skip
        caller.op(tried, "call_attempt", new_id(), "create", fields)
    caller.op(tried, "assignment", tried, "transition", {"action": "give_up"}, base=1)
    record_visit(caller, template="delivery_call", assignment_id=calls["delivery_1"])
    results = asyncio.run(caller.push())
    assert {one["outcome"] for one in results} == {"applied"}, results
    asyncio.run(caller.pull())
    after = {row["reason"]: row for (entity, _), row in caller.rows.items() if entity == "call_task"}
    assert {reason: (row["status"], row["phone"]) for reason, row in after.items()} == {
        "service": ("given_up", "138****5678"),
        "delivery_1": ("done", "138****5678"),
        "delivery_7": ("open", "13812345678"),
        "delivery_30": ("open", "13812345678"),
    }
    with world.db.read() as session:
        counted = session.execute(text("SELECT wave, disposition, attempt FROM response ORDER BY wave"))
        assert [tuple(row) for row in counted] == [
            ("delivery_1", "completed", 1),
            ("service", "unreachable", 3),
        ]
