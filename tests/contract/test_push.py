"""Push: outcomes, repetition, holding, merging, waiting, revocation (docs/sync-protocol.md)."""

from __future__ import annotations

import asyncio
import gzip
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared_models.clock import Stamp, to_text
from shared_models.ids import new_id
from sync_server.sync import oplog
from sync_server.sync.tables import sync_stream
from tests.contract.pushing import answer, codes, start
from tests.server.device import Device, record_visit, stored
from tests.server.world import World


def test_a_recorded_visit_goes_in_whole_and_its_assignment_is_done(world: World) -> None:
    device = Device(world, "auditor")
    made = record_visit(device)
    assert set(codes(asyncio.run(device.push()))) == {"applied"}
    visit = stored(world, "visit", made.visit_id)
    assert visit is not None
    assert (visit["status"], visit["score"]) == ("submitted", Decimal(made.score or ""))
    assignment = stored(world, "assignment", made.assignment_id)
    assert assignment is not None
    assert assignment["status"] == "done"


def test_a_lost_ack_does_not_duplicate_a_visit(world: World) -> None:
    """P1, P2: each op applies once, the stored outcome comes again."""
    device = Device(world, "auditor")
    record_visit(device)
    ops = list(device.ops)

    async def story() -> tuple[Any, Any]:
        return (await device.send(ops)).json()["results"], (await device.send(ops)).json()["results"]

    first, second = asyncio.run(story())
    assert first == second
    with world.db.read() as session:
        assert oplog.count_ops(session) == len(ops)


def test_one_bad_answer_is_refused_with_its_place_and_only_its_visit_waits(
    world: World, question: str
) -> None:
    """P4: a refused op holds back its aggregate alone."""
    device = Device(world, "auditor")
    one, two = start(device), start(device, "N02")
    answer(device, one, question, value="perhaps")
    answer(device, two, question, value="yes")
    behind = answer(device, one, "no_such_question", value="yes")
    device.op(two, "visit", two, "update", {"note": "fine"})
    results = asyncio.run(device.push())
    assert codes(results) == [
        "applied",
        "applied",
        "rejected:invalid_field",
        "applied",
        "waiting_parent:waiting_parent",
        "applied",
    ]
    assert results[2]["problem"]["places"] == [{"at": f"answer.{question}", "reason": "value"}]
    # once the person has decided, what waited goes again under its own id and a new number
    behind["seq"] = device.seq + 1
    device.seq += 1
    device.ops.append(behind)
    assert codes(asyncio.run(device.push())) == ["rejected:invalid_field"]


def test_a_refused_op_holds_back_what_is_behind_it_also_when_the_answer_was_lost(
    world: World, question: str
) -> None:
    """P4: the stored refusal comes again, and what waited behind it does not slip past."""
    device = Device(world, "auditor")
    visit_id = start(device)
    answer(device, visit_id, question, value="perhaps")
    device.op(visit_id, "visit", visit_id, "update", {"note": "fine"})
    ops = list(device.ops)

    async def story() -> list[list[str]]:
        return [codes((await device.send(ops)).json()["results"]) for _ in range(2)]

    first, second = asyncio.run(story())
    assert first == second == ["applied", "rejected:invalid_field", "waiting_parent:waiting_parent"]


def test_an_answer_may_arrive_before_its_visit(world: World, question: str) -> None:
    """P5: what waits is applied when the parent arrives, and the next push tells so."""
    device = Device(world, "auditor")
    visit_id = start(device)
    early = answer(device, visit_id, question, value="no")
    create, late = device.ops
    device.ops = []

    async def story() -> list[list[str]]:
        create["seq"], late["seq"] = 2, 1
        told = [codes((await device.send([late])).json()["results"])]
        told.append(codes((await device.send([create])).json()["results"]))
        told.append(codes((await device.send([late])).json()["results"]))
        return told

    assert asyncio.run(story()) == [["waiting_parent:waiting_parent"], ["applied"], ["applied"]]
    row = stored(world, "answer", early["row_id"])
    assert row is not None
    assert row["value"] == "no"


def test_a_number_used_twice_for_different_ops_is_refused(world: World) -> None:
    """P3: a restored backup or a cloned tablet cannot overwrite unnoticed."""
    device = Device(world, "auditor")
    start(device)
    twin = Device(world, "auditor", device.device_id, device.epoch)
    start(twin)
    asyncio.run(device.push())
    assert codes(asyncio.run(twin.push())) == ["rejected:sequence_reused"]
    twin.epoch, twin.seq = new_id(), 0
    start(twin)
    assert codes(asyncio.run(twin.push())) == ["applied"]


def test_an_op_does_not_overtake_one_of_its_visit_whose_number_was_used(world: World) -> None:
    """P4: what a copy of a tablet recorded goes in in its order, under its new epoch."""
    device = Device(world, "auditor")
    visit_id = start(device)
    twin = Device(world, "auditor", device.device_id, device.epoch, seq=device.seq)
    device.op(visit_id, "visit", visit_id, "update", {"note": "here"})
    asyncio.run(device.push())
    twin.op(visit_id, "visit", visit_id, "update", {"note": "there"})
    behind = twin.op(visit_id, "visit", visit_id, "delete", {})
    sent = list(twin.ops)
    told = codes(asyncio.run(twin.push()))
    assert told == ["rejected:sequence_reused", "waiting_parent:waiting_parent"]
    twin.epoch = new_id()
    for number, op in enumerate(sent, start=1):
        op |= {"epoch": twin.epoch, "seq": number}
    asyncio.run(twin.send(sent))
    with world.db.read() as session:
        outcomes = {line.op_id: line.outcome.value for line in oplog.lines_of(session)}
    assert outcomes[sent[0]["op_id"]] in ("applied", "merged")
    assert outcomes[behind["op_id"]] == "applied"
    assert stored(world, "visit", visit_id) is None


def test_what_a_copy_changed_unseen_keeps_the_loser_also_after_waiting(world: World) -> None:
    """M2: an op that waited under the epoch both copies had, and came again under one of its own."""
    device = Device(world, "auditor")
    visit_id = start(device)
    twin = Device(world, "auditor", device.device_id, device.epoch, seq=device.seq)
    device.op(visit_id, "visit", visit_id, "update", {"note": "here"})
    there = twin.op(visit_id, "visit", visit_id, "update", {"note": "there"})
    assert codes(asyncio.run(twin.push())) == ["waiting_parent:waiting_parent"]
    twin.epoch = new_id()
    asyncio.run(twin.send([{**there, "epoch": twin.epoch, "seq": 1}]))
    assert set(codes(asyncio.run(device.push()))) == {"applied"}
    visit = stored(world, "visit", visit_id)
    assert visit is not None
    assert visit["note"] == "there"
    with world.db.read() as session:
        assert [one["value"] for one in oplog.history_of(session, visit_id)] == ['"here"']


def test_the_later_clock_wins_per_field_and_the_loser_is_kept(world: World) -> None:
    """M1: last writer wins exactly, whatever the order of arrival; M2: the loser is in the history."""
    device = Device(world, "auditor")
    visit_id = start(device)
    asyncio.run(device.push())
    other = Device(world, "auditor")
    older = other.op(visit_id, "visit", visit_id, "update", {"note": "older", "consultant": "李"}, base=1)
    newer = device.op(visit_id, "visit", visit_id, "update", {"note": "newer"}, base=1)
    assert older["hlc"] < newer["hlc"]
    assert codes(asyncio.run(device.push())) == ["applied"]
    assert codes(asyncio.run(other.push())) == ["merged"]
    visit = stored(world, "visit", visit_id)
    assert visit is not None
    assert (visit["note"], visit["consultant"]) == ("newer", "李")

    async def history() -> list[dict[str, Any]]:
        async with world.client("manager") as manager:
            return (await manager.get(f"/sync/history/visit/{visit_id}")).json()

    assert [(one["field"], one["value"]) for one in asyncio.run(history())] == [("note", "older")]


def test_a_value_displaced_without_having_been_seen_is_kept_too(world: World) -> None:
    """M2"""
    device, other = Device(world, "auditor"), Device(world, "auditor")
    visit_id = start(device)
    asyncio.run(device.push())
    other.op(visit_id, "visit", visit_id, "update", {"note": "first"}, base=1)
    device.op(visit_id, "visit", visit_id, "update", {"note": "second"}, base=1)
    asyncio.run(other.push())
    assert codes(asyncio.run(device.push())) == ["merged"]
    with world.db.read() as session:
        kept = oplog.history_of(session, visit_id)
    assert [json.loads(one["value"]) for one in kept] == ["first"]


def test_a_clock_a_year_ahead_does_not_win_for_ever(world: World) -> None:
    """M3: a stamp is cut back to the allowed drift, flagged, never refused."""
    device, other = Device(world, "auditor"), Device(world, "auditor")
    visit_id = start(device)
    asyncio.run(device.push())
    future = datetime.now(UTC) + timedelta(days=365)
    wrong = other.op(visit_id, "visit", visit_id, "update", {"note": "from the future"}, base=1)
    wrong["hlc"] = str(Stamp(int(future.timestamp() * 1000), 0, other.device_id))
    assert codes(asyncio.run(other.push())) == ["applied"]
    later = device.op(visit_id, "visit", visit_id, "update", {"note": "now"}, base=2)
    within = datetime.now(UTC) + timedelta(minutes=5)
    later["hlc"] = str(Stamp(int(within.timestamp() * 1000), 0, device.device_id))
    assert codes(asyncio.run(device.push())) == ["applied"]
    visit = stored(world, "visit", visit_id)
    assert visit is not None
    assert visit["note"] == "now"


def test_a_clock_a_year_ahead_keeps_the_order_of_its_own_changes(world: World) -> None:
    """M3: of two changes whose stamps are cut back, the one made later wins."""
    device = Device(world, "auditor")
    visit_id = start(device)
    asyncio.run(device.push())
    future = int((datetime.now(UTC) + timedelta(days=365)).timestamp() * 1000)
    for note, stamp in (
        ("first", Stamp(future, 2, device.device_id)),
        ("last", Stamp(future + 5, 0, device.device_id)),
    ):
        device.op(visit_id, "visit", visit_id, "update", {"note": note}, base=1)["hlc"] = str(stamp)
    asyncio.run(device.push())
    visit = stored(world, "visit", visit_id)
    assert visit is not None
    assert visit["note"] == "last"


def test_a_fixed_column_cannot_be_changed_and_a_server_column_is_not_listened_to(world: World) -> None:
    device = Device(world, "auditor")
    visit_id = start(device)
    asyncio.run(device.push())
    device.op(visit_id, "visit", visit_id, "update", {"evidence_complete": True, "note": "x"}, base=1)
    device.op(visit_id, "visit", visit_id, "update", {"dealer_id": world.dealers["S01"]}, base=1)
    assert codes(asyncio.run(device.push())) == ["applied", "rejected:invalid_field"]
    visit = stored(world, "visit", visit_id)
    assert visit is not None
    assert (visit["evidence_complete"], visit["dealer_id"]) == (False, world.dealers["N01"])


def test_the_same_answer_from_two_tablets_becomes_one_conflict_not_two_rows(
    world: World, question: str
) -> None:
    """P6: what only the database can see refuses one op and spares the others."""
    device, other = Device(world, "auditor"), Device(world, "auditor")
    visit_id = start(device)
    answer(device, visit_id, question, value="yes")
    asyncio.run(device.push())
    other.op(visit_id, "visit", visit_id, "update", {"note": "kept"}, base=1)
    answer(other, visit_id, question, value="no")
    assert codes(asyncio.run(other.push())) == ["applied", "conflict:conflict"]


def test_an_edit_of_a_deleted_row_is_a_conflict_not_a_resurrection(world: World, question: str) -> None:
    """M5"""
    device = Device(world, "auditor")
    visit_id = start(device)
    one = answer(device, visit_id, question, value="yes")
    device.op(visit_id, "visit", visit_id, "delete")
    device.op(visit_id, "answer", one["row_id"], "update", {"value": "no"}, base=1)
    assert codes(asyncio.run(device.push())) == ["applied", "applied", "applied", "conflict:row_deleted"]
    assert stored(world, "answer", one["row_id"]) is None
    assert stored(world, "visit", visit_id) is None


def test_a_revoked_person_pushes_into_quarantine_and_headquarters_lets_it_in(world: World) -> None:
    """A1: nothing recorded is lost; A2: nothing is handed out."""
    device = Device(world, "auditor")
    made = record_visit(device)
    world.token("auditor")

    async def story() -> tuple[list[str], int, list[str], int]:
        async with world.client("hq") as hq, world.client("auditor") as auditor:
            path = f"/people/persons/{world.people['auditor']}"
            await hq.patch(path, json={"active": False})
            told = codes(await device.push())
            pulled = (await auditor.get("/sync/pull")).status_code
            held = (await hq.get("/sync/held")).json()
            ids = [one["op_id"] for one in reversed(held)]
            let_in = codes((await hq.post("/sync/held/requeue", json={"op_ids": ids})).json())
            return told, pulled, let_in, len(held)

    told, pulled, let_in, count = asyncio.run(story())
    assert set(told) == {"quarantined:account_revoked"}
    assert pulled == 401
    assert count == len(told)
    assert set(let_in) == {"applied"}
    visit = stored(world, "visit", made.visit_id)
    assert visit is not None
    assert visit["status"] == "submitted"


def test_what_was_recorded_before_the_scope_shrank_is_quarantined(world: World) -> None:
    """A3"""
    device = Device(world, "auditor")
    visit_id = start(device, "N01")
    del device.ops[-1]["fields"]["assignment_id"]
    with world.db.write() as session:
        from shared_models.people.access import Role, ScopeKind
        from sync_server.people import repository, service

        held = repository.grants_of(session, [device.person_id])[0]
        service.withdraw_grant(session, held["id"])
        service.grant(session, device.person_id, Role.AUDITOR, ScopeKind.REGION, world.regions["S"])
    assert codes(asyncio.run(device.push())) == ["quarantined:out_of_scope"]
    assert stored(world, "visit", visit_id) is None


@pytest.mark.parametrize("login", ["manager", "owner", "caller", "shopper2", "hq"])
def test_nobody_else_writes_into_a_visit(world: World, question: str, login: str) -> None:
    device, other = Device(world, "auditor"), Device(world, login)
    visit_id = start(device)
    asyncio.run(device.push())
    other.op(visit_id, "visit", visit_id, "update", {"note": "x"}, base=1)
    assert codes(asyncio.run(other.push())) == ["quarantined:out_of_scope"]
    answer(other, visit_id, question, value="yes")
    assert codes(asyncio.run(other.push())) == ["quarantined:out_of_scope"]


def test_reference_rows_take_no_ops(world: World) -> None:
    device = Device(world, "hq")
    dealer = world.dealers["N01"]
    device.op(dealer, "dealer", dealer, "update", {"name": "x"}, base=1)
    nothing = new_id()
    device.op(nothing, "spaceship", nothing, "create", {})
    assert codes(asyncio.run(device.push())) == ["rejected:not_allowed", "rejected:unknown_entity"]


def test_fields_of_a_newer_build_are_kept_in_the_log(world: World) -> None:
    """P7"""
    device = Device(world, "auditor")
    visit_id = start(device)
    device.ops[-1]["fields"]["mood"] = "bright"
    device.ops[-1]["weather"] = "rain"
    op_id = device.ops[-1]["op_id"]
    assert codes(asyncio.run(device.push())) == ["applied"]
    with world.db.read() as session:
        body = json.loads(oplog.known_ops(session, 0, [], [op_id])[0].body)
    assert (body["weather"], body["fields"]["mood"]) == ("rain", "bright")
    assert stored(world, "visit", visit_id) is not None


def test_an_op_that_cannot_be_read_is_rejected_alone(world: World) -> None:
    device = Device(world, "auditor")
    start(device)
    start(device, "N02")
    device.ops[0]["kind"] = "explode"
    assert codes(asyncio.run(device.push())) == ["rejected:invalid_field", "applied"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda ops: ops.reverse(),
        lambda ops: ops[0].pop("op_id"),
        lambda ops: ops[0].update(seq="one"),
        lambda ops: ops[1].update(op_id=ops[0]["op_id"]),
    ],
)
def test_a_push_without_readable_numbers_is_no_push(world: World, spoil: Any) -> None:
    device = Device(world, "auditor")
    start(device)
    start(device, "N02")
    spoil(device.ops)
    response = asyncio.run(device.send(device.ops))
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")


def test_a_push_has_at_most_500_ops_and_may_come_compressed(world: World) -> None:
    device = Device(world, "auditor")
    visit_id = start(device)
    for number in range(500):
        device.op(visit_id, "visit", visit_id, "update", {"note": str(number)})
    body = {
        "device_id": device.device_id,
        "epoch": device.epoch,
        "sent_at": to_text(datetime.now(UTC)),
        "ops": device.ops,
    }

    async def send(count: int, data: Any) -> tuple[int, Any]:
        packed = gzip.compress(json.dumps({**body, "ops": device.ops[:count]}).encode())
        async with world.client("auditor") as client:
            headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
            answer = await client.post("/sync/push", content=data or packed, headers=headers)
            return answer.status_code, answer.json()

    assert asyncio.run(send(501, None))[0] == 413
    status, answer = asyncio.run(send(500, None))
    assert (status, len(answer["results"])) == (200, 500)
    assert answer["results"][-1]["version"] == 500
    assert asyncio.run(send(1, b"not gzip"))[0] == 422
    bomb = gzip.compress(b" " * (world.settings.max_push_bytes + 1))
    assert asyncio.run(send(1, bomb))[0] == 413


def test_the_devices_clock_skew_and_build_are_recorded(world: World) -> None:
    """C1"""
    device = Device(world, "auditor")
    start(device)
    ahead = to_text(datetime.now(UTC) + timedelta(hours=1))
    answer = asyncio.run(device.send(device.ops, sent_at=ahead)).json()
    assert 3_590_000 < answer["skew_ms"] <= 3_600_000
    with world.db.read() as session:
        line = session.execute(sync_stream.select()).mappings().one()
    assert (line["client"], line["skew_ms"]) == ("0.1.0", answer["skew_ms"])
