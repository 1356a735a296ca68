"""Writing on the device: row and op together, folding, and what a failure leaves behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError

from field_app.store import RowWrite, Store
from field_app.store.tables import outbox_op
from shared_models.clock import Stamp
from shared_models.problems import Code, Problem
from shared_models.sync.wire import OpKind
from tests.factories.device import Clock, make_store
from tests.factories.network import DEALER, PERSON, VERSION, seed

VISIT = "0193a000-0000-7000-8000-0000000000aa"
ANSWER = "0193a000-0000-7000-8000-0000000000ab"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return make_store(tmp_path / "account.db")


def ops(store: Store) -> list[Any]:
    with store.read() as connection:
        return list(connection.execute(select(outbox_op).order_by(outbox_op.c.seq)))


def visit() -> RowWrite:
    values = {"dealer_id": DEALER, "template_version_id": VERSION, "person_id": PERSON, "source": "shop"}
    return RowWrite("visit", VISIT, VISIT, values, OpKind.CREATE, template_version=VERSION)


def answer(value: str = "yes", *, new: bool = True, **more: Any) -> RowWrite:
    values = {"state": "answered", "value": value, "comment": "", **more}
    if new:
        values |= {"visit_id": VISIT, "question": "F1"}
    return RowWrite("answer", ANSWER, VISIT, values, OpKind.CREATE if new else OpKind.UPDATE)


async def _send(store: Store) -> None:
    await store.next_batch(after=0, limit=500, ask_again=False)


def sent(store: Store) -> None:
    import asyncio

    asyncio.run(_send(store))


def test_a_change_is_a_row_and_an_op(store: Store) -> None:
    store.apply([visit(), answer()])
    assert store.row("answer", ANSWER)["value"] == "yes"
    create, first = ops(store)
    assert (create.entity, create.kind, create.seq) == ("visit", "create", 1)
    assert (first.entity, first.aggregate_id, first.seq, first.base_version) == ("answer", VISIT, 2, 0)
    assert first.fields["value"] == "yes"
    assert first.fields["visit_id"] == VISIT


def test_a_create_leaves_states_and_server_fields_to_the_server(store: Store) -> None:
    store.apply([visit()])
    fields = ops(store)[0].fields
    assert not {"status", "manifest", "score", "version", "evidence_complete", "id"} & fields.keys()
    assert fields["source"] == "shop"


def test_changes_of_an_unsent_row_fold_into_its_op(store: Store) -> None:
    store.apply([visit(), answer()])
    store.apply([answer("no", new=False)])
    store.apply([answer("yes", new=False, comment="clean")])
    assert [op.seq for op in ops(store)] == [1, 2]
    last = ops(store)[1]
    assert (last.kind, last.fields["value"], last.fields["comment"]) == ("create", "yes", "clean")
    assert last.fields["question"] == "F1"


def test_an_op_that_was_handed_out_is_never_changed(store: Store) -> None:
    store.apply([visit(), answer()])
    sent(store)
    store.apply([answer("no", new=False)])
    kinds = [(op.kind, op.fields.get("value")) for op in ops(store)]
    assert kinds == [("create", None), ("create", "yes"), ("update", "no")]


def test_nothing_folds_across_a_transition_of_its_aggregate(store: Store) -> None:
    store.apply([visit(), answer()])
    store.apply([RowWrite("visit", VISIT, VISIT, {"status": "submitted"}, OpKind.TRANSITION, "submit")])
    store.apply([answer("no", new=False)])
    assert [op.kind for op in ops(store)] == ["create", "create", "transition", "update"]


def test_an_update_that_misses_a_field_of_the_op_before_it_is_an_op_of_its_own(store: Store) -> None:
    seed(store)
    store.apply([visit()])
    sent(store)
    store.apply([RowWrite("visit", VISIT, VISIT, {"note": "a", "consultant": "Li"})])
    store.apply([RowWrite("visit", VISIT, VISIT, {"note": "ab"})])
    store.apply([RowWrite("visit", VISIT, VISIT, {"note": "abc"})])
    assert [op.fields for op in ops(store)[1:]] == [{"note": "a", "consultant": "Li"}, {"note": "abc"}]


def test_sequence_numbers_have_no_gaps_after_folding_and_restart(tmp_path: Path) -> None:
    path = tmp_path / "account.db"
    store = make_store(path)
    store.apply([visit(), answer()])
    store.apply([answer("no", new=False)])
    again = make_store(path, seed=2)
    assert (again.device_id, again.epoch) == (store.device_id, store.epoch)
    again.apply([RowWrite("visit", VISIT, VISIT, {"status": "submitted"}, OpKind.TRANSITION, "submit")])
    assert [op.seq for op in ops(again)] == [1, 2, 3]


def test_stamps_rise_when_the_clock_steps_back_over_a_restart(tmp_path: Path) -> None:
    clock = Clock()
    store = make_store(tmp_path / "account.db", clock=clock)
    store.apply([visit()])
    clock.forward(days=-400)
    again = make_store(tmp_path / "account.db", clock=clock, seed=2)
    again.apply([answer()])
    first, second = (Stamp.parse(op.hlc) for op in ops(again))
    assert second > first


def test_a_failing_write_leaves_row_op_and_sequence_as_they_were(store: Store) -> None:
    store.apply([visit()])
    broken = RowWrite("answer", ANSWER, VISIT, {"no_such_column": 1}, OpKind.UPDATE)
    with pytest.raises(Exception, match="no_such_column"):
        store.apply([answer(), broken])
    assert store.row("answer", ANSWER) is None
    store.apply([answer()])
    assert [op.seq for op in ops(store)] == [1, 2]


def test_a_full_disk_is_a_problem_in_words_and_changes_nothing(tmp_path: Path) -> None:
    store = make_store(tmp_path / "account.db")
    store.apply([visit()])
    with store.read() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    with pytest.raises(Problem) as caught:
        store.apply([answer(comment="x" * 100_000)])
    assert caught.value.code is Code.STORAGE_FULL
    assert store.row("answer", ANSWER) is None
    assert store.counts().pending == 1


def test_a_deleted_row_that_is_written_again_is_created_again(store: Store) -> None:
    store.apply([visit(), answer()])
    store.apply([RowWrite("answer", ANSWER, VISIT, {}, OpKind.DELETE)])
    assert store.row("answer", ANSWER) is None
    store.apply([answer("no")])
    assert store.row("answer", ANSWER)["value"] == "no"
    assert [op.kind for op in ops(store)][1:] == ["create", "delete", "create"]


def test_one_tap_is_one_commit(store: Store) -> None:
    store.apply([visit()])
    commits: list[int] = []
    event.listen(store.engine, "commit", lambda _c: commits.append(1))
    store.apply([answer(), RowWrite("visit", VISIT, VISIT, {"note": "x"})])
    assert len(commits) == 1


def test_watchers_hear_what_was_touched(store: Store) -> None:
    heard: list[Any] = []
    stop = store.watch(heard.append)
    store.apply([visit(), answer()])
    stop()
    store.apply([answer("no", new=False)])
    assert [(sorted(t.entities), sorted(t.aggregates), t.local) for t in heard] == [
        (["answer", "visit"], [VISIT], True)
    ]


def test_a_watcher_that_cannot_read_is_told_again_and_stops_nobody_else(store: Store) -> None:
    busy = [OperationalError("", {}, Exception("database is locked"))]
    read: list[Any] = []
    heard: list[Any] = []

    def reads(touched: Any) -> None:
        if busy:
            raise busy.pop()
        read.append(sorted(touched.entities))

    store.watch(reads)
    store.watch(lambda touched: heard.append(sorted(touched.entities)))
    store.apply([visit()])
    assert (read, heard) == ([], [["visit"]])
    store.apply([answer()])
    assert (read, heard) == ([["visit"], ["answer"]], [["visit"], ["answer"]])


def test_ops_are_plain_json(store: Store) -> None:
    store.apply([visit(), answer()])
    for op in ops(store):
        json.dumps(op.fields)
