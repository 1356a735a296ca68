"""Push of decisions: sealing, submission, review, and who may decide (docs/sync-protocol.md)."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

from shared_models.checklists.logic import AnswerValue
from shared_models.clock import to_text
from shared_models.ids import new_id
from tests.contract.pushing import codes
from tests.server.device import Device, record_visit, seal, stored
from tests.server.world import World


def test_a_stale_decision_is_a_conflict_for_a_person(world: World) -> None:
    """M4: statuses move only from the state that the person saw."""
    device = Device(world, "auditor")
    made = record_visit(device)
    asyncio.run(device.push())
    first, second = Device(world, "manager"), Device(world, "hq")
    first.op(made.visit_id, "visit", made.visit_id, "transition", {"action": "return"}, base=2)
    second.op(made.visit_id, "visit", made.visit_id, "transition", {"action": "accept"}, base=2)
    assert codes(asyncio.run(first.push())) == ["applied"]
    assert codes(asyncio.run(second.push())) == ["conflict:stale_version"]
    visit = stored(world, "visit", made.visit_id)
    assert visit is not None
    assert visit["status"] == "returned"


def test_a_sealed_visit_takes_no_change_until_it_is_returned(world: World) -> None:
    """V1"""
    device = Device(world, "auditor")
    made = record_visit(device)
    asyncio.run(device.push())
    answer_id = next(row_id for (entity, row_id) in made.fields if entity == "answer")
    device.op(made.visit_id, "answer", answer_id, "update", {"comment": "late"}, base=1)
    assert codes(asyncio.run(device.push())) == ["conflict:visit_sealed"]
    manager = Device(world, "manager")
    note_id = new_id()
    note = {
        "visit_id": made.visit_id,
        "question": "",
        "text": "请补充",
        "author_id": manager.person_id,
        "created_at": to_text(datetime.now(UTC)),
    }
    manager.op(made.visit_id, "review_note", note_id, "create", note)
    manager.op(made.visit_id, "visit", made.visit_id, "transition", {"action": "return"}, base=2)
    assert codes(asyncio.run(manager.push())) == ["applied", "applied"]
    device.op(made.visit_id, "answer", answer_id, "update", {"comment": "late"}, base=1)
    device.op(made.visit_id, "review_note", note_id, "update", {"reply": "已补充"}, base=1)
    made.fields["answer", answer_id]["comment"] = "late"
    sealed = {**made.submit["fields"], "manifest": seal(made)}
    device.op(made.visit_id, "visit", made.visit_id, "transition", sealed, base=3)
    assert codes(asyncio.run(device.push())) == ["applied"] * 3
    visit = stored(world, "visit", made.visit_id)
    assert visit is not None
    assert (visit["status"], visit["revision"]) == ("submitted", 1)


def test_a_submission_whose_answers_have_not_all_arrived_is_refused_and_leaves_no_trace(world: World) -> None:
    """V2: the sealed list and what arrived must be the same."""
    device = Device(world, "auditor")
    made = record_visit(device)
    lost = next(op for op in device.ops if op["entity"] == "answer")
    device.ops.remove(lost)
    results = asyncio.run(device.push())
    assert codes(results)[-1] == "conflict:manifest_mismatch"
    assert {"at": f"rows.{lost['row_id']}", "reason": "missing"} in results[-1]["problem"]["places"]
    visit, assignment = (
        stored(world, "visit", made.visit_id),
        stored(world, "assignment", made.assignment_id),
    )
    assert visit is not None
    assert assignment is not None
    assert (visit["status"], visit["manifest"], visit["version"]) == ("draft", None, 1)
    assert assignment["status"] == "started"


def test_an_incomplete_visit_is_refused_with_the_questions(world: World) -> None:
    device = Device(world, "auditor")
    made = record_visit(device)
    lost = next(op for op in device.ops if op["entity"] == "answer")
    device.ops.remove(lost)
    del made.fields["answer", lost["row_id"]]
    made.submit["fields"]["manifest"] = seal(made)
    result = asyncio.run(device.push())[-1]
    assert result["problem"]["code"] == "answers_missing"
    assert result["problem"]["places"] == [{"at": lost["fields"]["question"], "reason": "unanswered"}]


def test_a_score_that_differs_is_flagged_and_never_overwritten(world: World) -> None:
    """V3"""
    from sync_server.visits import repository

    device = Device(world, "auditor")
    made = record_visit(device, score="12.5")
    assert set(codes(asyncio.run(device.push()))) == {"applied"}
    visit = stored(world, "visit", made.visit_id)
    assert visit is not None
    assert str(visit["score"]) == "12.5"
    with world.db.read() as session:
        check = repository.checks_of(session, made.visit_id)[0]
    assert check["flag"] == "score_differs"
    assert check["server_score"] > 50


def test_not_applicable_leaves_the_score_alike_on_both_sides(world: World, question: str) -> None:
    from sync_server.visits import repository

    device = Device(world, "auditor")
    made = record_visit(device, changes={question: AnswerValue("unobserved")})
    asyncio.run(device.push())
    with world.db.read() as session:
        check = repository.checks_of(session, made.visit_id)[0]
    assert check["flag"] == ""
    assert check["server_score"] == Decimal(made.score or "")


def test_an_accepted_visit_enters_the_figures(world: World) -> None:
    from sqlalchemy import select

    from sync_server.insight.tables import Observation

    device, manager = Device(world, "auditor"), Device(world, "manager")
    made = record_visit(device)
    asyncio.run(device.push())
    manager.op(made.visit_id, "visit", made.visit_id, "transition", {"action": "accept"}, base=2)
    assert codes(asyncio.run(manager.push())) == ["applied"]
    with world.db.read() as session:
        assert session.execute(select(Observation)).first() is not None


def test_a_manager_does_not_decide_outside_the_region_nor_a_dealer_at_all(world: World) -> None:
    device = Device(world, "auditor")
    made = record_visit(device, "N01")
    asyncio.run(device.push())
    told = Counter[str]()
    for login in ("manager_south", "owner", "shopper"):
        other = Device(world, login)
        other.op(made.visit_id, "visit", made.visit_id, "transition", {"action": "accept"}, base=2)
        told[codes(asyncio.run(other.push()))[0]] += 1
    assert told == {"quarantined:out_of_scope": 3}
