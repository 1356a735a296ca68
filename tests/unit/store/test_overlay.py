"""Server state coming in while own changes are pending, refused changes, snapshots, departures."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from field_app.store import RowWrite, Store
from field_app.sync.pull import take_page
from shared_models.problems import Code, Problem
from shared_models.sync.wire import Departure, Op, OpKind, OpResult, Outcome
from tests.factories.device import make_store
from tests.factories.network import ASSIGNMENT, DEALER, PERSON, VERSION, assignment, change, page, seed

VISIT = "0193a000-0000-7000-8000-0000000000aa"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = make_store(tmp_path / "account.db")
    seed(made, server_visit(1))
    return made


def server_visit(version: int, **fields: Any) -> Any:
    given = {
        "assignment_id": ASSIGNMENT,
        "dealer_id": DEALER,
        "template_version_id": VERSION,
        "person_id": PERSON,
        "source": "shop",
        **fields,
    }
    return change("visit", VISIT, version, **given)


def note(text: str) -> RowWrite:
    return RowWrite("visit", VISIT, VISIT, {"note": text})


def batch(store: Store) -> list[Op]:
    return asyncio.run(store.next_batch(after=0, limit=500, ask_again=False))


def outcome(op: Op, kind: Outcome, version: int = 0, code: Code | None = None) -> OpResult:
    problem = Problem(code).to_json("en") if code else None
    return OpResult(op_id=op.op_id, seq=op.seq, outcome=kind, version=version, problem=problem)


def shown(store: Store) -> Any:
    row = store.row("visit", VISIT)
    return None if row is None else (row["note"], row["consultant"], row["version"])


def test_a_pull_never_touches_a_row_with_pending_ops(store: Store) -> None:
    store.apply([note("mine")])
    take_page(store, page(server_visit(2, note="theirs"), cursor="2"), "1")
    assert shown(store) == ("mine", "", 1)


def test_the_newest_server_state_appears_when_the_last_op_is_done(store: Store) -> None:
    store.apply([note("mine")])
    (op,) = batch(store)
    take_page(store, page(server_visit(3, note="mine", consultant="Li"), cursor="2"), "1")
    store.settle([outcome(op, Outcome.MERGED, 3)], skew_ms=0)
    assert shown(store) == ("mine", "Li", 3)


def test_an_older_server_state_does_not_undo_a_confirmed_change(store: Store) -> None:
    store.apply([note("mine")])
    (op,) = batch(store)
    take_page(store, page(server_visit(2, note="old"), cursor="2"), "1")
    store.settle([outcome(op, Outcome.APPLIED, 3)], skew_ms=0)
    assert shown(store) == ("mine", "", 3)
    take_page(store, page(server_visit(2, note="old"), cursor="3"), "2")
    assert shown(store) == ("mine", "", 3)


def test_a_row_with_a_second_op_stays_the_persons_own_after_the_first_is_done(store: Store) -> None:
    store.apply([note("one")])
    (op,) = batch(store)
    store.apply([note("two")])
    take_page(store, page(server_visit(2, note="one"), cursor="2"), "1")
    store.settle([outcome(op, Outcome.APPLIED, 2)], skew_ms=0)
    assert shown(store) == ("two", "", 2)


@pytest.mark.parametrize("kind", [Outcome.CONFLICT, Outcome.REJECTED, Outcome.QUARANTINED])
def test_a_refused_op_is_kept_whole_and_holds_only_its_aggregate(store: Store, kind: Outcome) -> None:
    store.apply([note("mine")])
    (op,) = batch(store)
    store.settle([outcome(op, kind, code=Code.VISIT_SEALED)], skew_ms=0)
    other = store.context.new_id()
    store.apply([note("more")])
    values = {"dealer_id": DEALER, "template_version_id": VERSION, "person_id": PERSON, "source": "shop"}
    store.apply([RowWrite("visit", other, other, values, OpKind.CREATE)])
    assert [one.aggregate_id for one in batch(store)] == [other]
    (held,) = store.held()
    assert (held.state, held.fields, held.waiting_behind) == (kind.value, {"note": "mine"}, 1)
    assert held.problem is not None
    assert held.problem.code is Code.VISIT_SEALED
    assert (store.counts().pending, store.counts().held) == (2, 1)


def test_a_pull_never_touches_a_row_with_refused_ops(store: Store) -> None:
    store.apply([note("mine")])
    (op,) = batch(store)
    store.settle([outcome(op, Outcome.CONFLICT, code=Code.STALE_VERSION)], skew_ms=0)
    take_page(store, page(server_visit(5, note="theirs"), cursor="2"), "1")
    assert shown(store) == ("mine", "", 1)


def test_trying_again_sends_a_new_op_based_on_the_newest_server_state(store: Store) -> None:
    store.apply([note("mine")])
    (op,) = batch(store)
    store.settle([outcome(op, Outcome.CONFLICT, code=Code.STALE_VERSION)], skew_ms=0)
    store.apply([note("more")])
    take_page(store, page(server_visit(5, note="theirs"), cursor="2"), "1")
    assert asyncio.run(store.try_again(VISIT)) == 1
    again, behind = batch(store)
    assert again.op_id != op.op_id
    assert (again.base_version, again.fields) == (5, {"note": "mine"})
    assert again.hlc > op.hlc
    assert again.seq < behind.seq


def test_setting_aside_shows_the_server_state_and_keeps_the_ops(store: Store) -> None:
    store.apply([note("mine")])
    (op,) = batch(store)
    store.settle([outcome(op, Outcome.REJECTED, code=Code.NOT_ALLOWED)], skew_ms=0)
    take_page(store, page(server_visit(2, note="theirs"), cursor="2"), "1")
    assert asyncio.run(store.set_aside(VISIT)) == 1
    assert shown(store) == ("theirs", "", 2)
    assert batch(store) == []
    assert store.held() == []
    store.apply([note("again")])
    assert [one.fields for one in batch(store)] == [{"note": "again"}]


def test_setting_aside_without_news_shows_what_the_server_had(store: Store) -> None:
    store.apply([note("mine")])
    (op,) = batch(store)
    store.settle([outcome(op, Outcome.REJECTED, code=Code.NOT_ALLOWED)], skew_ms=0)
    asyncio.run(store.set_aside(VISIT))
    assert shown(store) == ("", "", 1)


def test_a_waiting_op_is_sent_again_and_holds_nothing(store: Store) -> None:
    store.apply([note("mine")])
    (op,) = batch(store)
    store.settle([outcome(op, Outcome.WAITING_PARENT, code=Code.WAITING_PARENT)], skew_ms=0)
    assert [one.op_id for one in batch(store)] == [op.op_id]
    assert store.held() == []


def test_what_waits_for_another_record_for_a_day_is_told_of_and_can_be_set_aside(store: Store) -> None:
    store.apply([note("mine")])
    store.apply([RowWrite("visit", VISIT, VISIT, {"consultant": "Li"})])
    first, second = batch(store)
    waits = [outcome(op, Outcome.WAITING_PARENT, code=Code.WAITING_PARENT) for op in (first, second)]
    store.settle(waits, skew_ms=0)
    assert store.overdue() == []
    clock = store.context.now
    later = replace(store.context, now=lambda: clock() + timedelta(days=1, minutes=5))
    store.context = later
    (told,) = store.overdue()
    assert (told.op_id, told.state, told.waiting_behind) == (first.op_id, "waiting", 1)
    assert asyncio.run(store.set_aside(VISIT)) == 2
    assert store.overdue() == []
    assert shown(store) == ("", "", 1)


def test_a_departed_row_goes_at_once_or_when_its_ops_are_done(store: Store) -> None:
    store.apply([note("mine")])
    (op,) = batch(store)
    gone = [Departure(entity="visit", row_id=VISIT), Departure(entity="assignment", row_id=ASSIGNMENT)]
    take_page(store, page(cursor="2", departures=gone), "1")
    assert store.row("assignment", ASSIGNMENT) is None
    assert shown(store) == ("mine", "", 1)
    store.settle([outcome(op, Outcome.APPLIED, 2)], skew_ms=0)
    assert shown(store) is None


def test_a_tombstone_waits_for_the_rows_ops(store: Store) -> None:
    store.apply([note("mine")])
    (op,) = batch(store)
    take_page(store, page(server_visit(2).model_copy(update={"deleted": True}), cursor="2"), "1")
    assert shown(store) == ("mine", "", 1)
    store.settle([outcome(op, Outcome.CONFLICT, code=Code.ROW_DELETED)], skew_ms=0)
    assert shown(store) == ("mine", "", 1)
    asyncio.run(store.set_aside(VISIT))
    assert shown(store) is None


def test_a_snapshot_removes_what_it_did_not_bring_and_keeps_what_has_ops(store: Store) -> None:
    store.apply([note("mine")])
    first = page(*[assignment("0193a000-0000-7000-8000-0000000000ff")], cursor="10", more=True, snapshot=True)
    take_page(store, first, "1")
    assert store.row("assignment", ASSIGNMENT) is not None
    take_page(store, page(change("region", "r", code="S", name="南"), cursor="11"), "10")
    assert [row["id"] for row in store.by("assignment")] == ["0193a000-0000-7000-8000-0000000000ff"]
    assert [row["id"] for row in store.by("region")] == ["r"]
    assert shown(store) == ("mine", "", 1)
    assert store.counts().pending == 1


def test_what_was_deleted_here_and_has_left_in_a_snapshot_does_not_come_back_when_set_aside(
    store: Store,
) -> None:
    store.apply([RowWrite("visit", VISIT, VISIT, {}, OpKind.DELETE)])
    (op,) = batch(store)
    take_page(store, page(assignment(), cursor="10", snapshot=True), "1")
    store.settle([outcome(op, Outcome.QUARANTINED, code=Code.OUT_OF_SCOPE)], skew_ms=0)
    asyncio.run(store.set_aside(VISIT))
    assert shown(store) is None


def test_a_row_this_build_cannot_read_does_not_stop_the_page(store: Store) -> None:
    bad = change("region", "0193a000-0000-7000-8000-0000000000f0", code="x" * 50, name="n")
    alien = change("starship", "0193a000-0000-7000-8000-0000000000f1", name="n")
    good = change("region", "0193a000-0000-7000-8000-0000000000f2", code="W", name="西", later_field=1)
    arrival = take_page(store, page(bad, alien, good, cursor="2"), "1")
    assert {entity for entity, _ in arrival.unreadable} == {"region", "starship"}
    assert [row["code"] for row in store.by("region")] == ["N", "W"]
    assert store.state()["cursor"] == "2"


def test_a_copied_database_goes_on_under_a_new_epoch_with_the_same_ops(store: Store) -> None:
    store.apply([note("one")])
    (first,) = batch(store)
    store.apply([RowWrite("visit", VISIT, VISIT, {"consultant": "Li"})])
    old = store.epoch
    store.new_epoch()
    moved = batch(store)
    assert [op.seq for op in moved] == [1, 2]
    assert moved[0].op_id == first.op_id
    assert {op.epoch for op in moved} == {store.epoch}
    assert store.epoch != old
