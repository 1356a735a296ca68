"""The sync engine against a server in memory that follows the wire: records."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import httpx
import pytest
from sqlalchemy import event

from field_app.store import RowWrite
from field_app.visits.workflow import VisitSession
from shared_models.problems import Code, Problem
from shared_models.sync.wire import Op, OpKind, Outcome
from tests.factories.desk import PHOTO, Desk, run, whole_visit
from tests.factories.network import DEALER, PERSON, VERSION, change


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "account.db")


def test_a_run_brings_rows_sends_records_and_then_files(desk: Desk) -> None:
    async def story() -> None:
        visit = await whole_visit(desk)
        report = await desk.engine.run_once()
        assert report.problem is None
        assert (report.refused, report.files_sent, report.repaired) == (0, 1, 0)
        status = desk.engine.status
        assert (status.pending_records, status.pending_files, status.online) == (0, 0, True)
        assert desk.server.rows["visit", visit.id].fields["status"] == "submitted"
        assert desk.server.blobs == {hashlib.sha256(PHOTO).hexdigest(): PHOTO}
        assert desk.paths().index("/sync/push") < desk.paths().index("/media")

    run(story())


def test_a_run_in_which_nothing_happens_writes_how_far_it_has_come_and_nothing_else(desk: Desk) -> None:
    async def story() -> None:
        await whole_visit(desk)
        await desk.engine.run_once()
        await desk.engine.run_once()
        statements: list[str] = []
        event.listen(
            desk.store.engine, "before_cursor_execute", lambda *given: statements.append(str(given[2]))
        )
        report = await desk.engine.run_once()
        assert report.complete
        written = [one for one in statements if not one.startswith(("SELECT", "BEGIN"))]
        assert {one.split(" SET ")[0] for one in written} == {"UPDATE sync_state"}
        assert statements.count("BEGIN IMMEDIATE") == 2  # an empty page; that the run came through

    run(story())


def test_a_lost_ack_does_not_apply_an_op_twice(desk: Desk) -> None:
    async def story() -> None:
        await whole_visit(desk)
        desk.net.rate, desk.net.kinds = 1.0, ("lost_ack",)
        report = await desk.engine.run_once()
        assert report.problem is not None
        assert desk.engine.status.online is False
        assert desk.store.counts().pending > 0
        desk.net.rate = 0
        await desk.engine.run_once()
        assert desk.store.counts().pending == 0
        assert len(desk.server.applied) == len(set(desk.server.applied))

    run(story())


def test_a_change_made_while_a_push_is_under_way_is_sent_next(desk: Desk) -> None:
    async def story() -> None:
        await desk.engine.run_once()
        visit = await desk.visit()
        await visit.answer("P1", value="yes")

        def tap_meanwhile(request: httpx.Request) -> None:
            if request.url.path.endswith("/push"):
                desk.server.fail = lambda _r: None
                answer = visit._answer("P1", "answered", "no", None)  # pyright: ignore[reportPrivateUsage]
                desk.store.apply([answer])

        desk.server.fail = tap_meanwhile
        await desk.engine.run_once()
        await desk.engine.run_once()
        (row,) = (r for r in desk.server.rows.values() if r.entity == "answer")
        assert row.fields["value"] == "no"
        assert desk.store.by("answer")[0]["value"] == "no"
        assert desk.store.counts().pending == 0

    run(story())


def test_a_refused_op_holds_back_its_visit_and_nothing_else(desk: Desk) -> None:
    async def story() -> None:
        await desk.engine.run_once()
        visit = await desk.visit()
        await visit.answer("P1", value="yes")

        def refuse(op: Op) -> tuple[Outcome, Code] | None:
            return (Outcome.REJECTED, Code.INVALID_FIELD) if op.entity == "answer" else None

        desk.server.refuse = refuse
        report = await desk.engine.run_once()
        assert report.refused == 1
        (held,) = desk.engine.status.held
        assert held.aggregate_id == visit.id
        assert held.problem is not None
        assert held.problem.title("zh_CN")
        await visit.set_visit("note", "waits")
        other = desk.store.context.new_id()
        values = {"dealer_id": DEALER, "template_version_id": VERSION, "person_id": PERSON, "source": "shop"}
        desk.store.apply([RowWrite("visit", other, other, values, OpKind.CREATE)])
        await desk.engine.run_once()
        assert ("visit", other) in desk.server.rows
        assert "note" not in {
            k for k, v in desk.server.rows["visit", visit.id].fields.items() if v == "waits"
        }
        desk.server.refuse = lambda _op: None
        await desk.store.try_again(visit.id)
        await desk.engine.run_once()
        assert desk.engine.status.held == ()
        assert desk.server.rows["visit", visit.id].fields["note"] == "waits"

    run(story())


def test_quarantined_ops_are_asked_about_and_leave_when_released(desk: Desk) -> None:
    async def story() -> None:
        await desk.engine.run_once()
        visit = await desk.visit()
        desk.server.refuse = lambda op: (
            (Outcome.QUARANTINED, Code.NOT_ALLOWED) if op.entity == "visit" else None
        )
        await desk.engine.run_once()
        (held,) = desk.engine.status.held
        released = desk.server.outcomes[held.op_id]
        desk.server.outcomes[held.op_id] = released.model_copy(
            update={"outcome": Outcome.APPLIED, "version": 1, "problem": None}
        )
        desk.clock.forward(minutes=16)
        await desk.engine.run_once()
        assert desk.engine.status.held == ()
        assert desk.store.pending_of(visit.id) == 0

    run(story())


def test_a_restored_backup_goes_on_under_a_new_epoch_and_loses_nothing(desk: Desk, tmp_path: Path) -> None:
    async def story() -> None:
        await desk.engine.run_once()
        visit = await desk.visit()
        backup = desk.path.read_bytes(), desk.path.with_name("account.db-wal").read_bytes()
        await visit.answer("P1", value="yes")
        await desk.engine.run_once()
        await desk.store.close()
        desk.path.write_bytes(backup[0])
        desk.path.with_name("account.db-wal").write_bytes(backup[1])
        desk.path.with_name("account.db-shm").unlink(missing_ok=True)
        desk.start(seed=77)
        again = await VisitSession.open(desk.store, visit.id)
        await again.answer("F2", value="no")
        epoch = desk.store.epoch
        report = await desk.engine.run_once()
        assert report.problem is None
        assert desk.store.epoch != epoch
        await desk.engine.run_once()
        assert desk.store.counts().pending == 0
        values = {
            r.fields["question"]: r.fields["value"] for r in desk.server.rows.values() if r.entity == "answer"
        }
        assert values == {"P1": "yes", "F2": "no"}
        assert {
            q: a.value for q, a in (await VisitSession.open(desk.store, visit.id)).answers.items()
        } == values

    run(story())


def test_a_revoked_account_receives_nothing_and_still_sends(desk: Desk) -> None:
    async def story() -> None:
        await desk.engine.run_once()
        visit = await desk.visit()
        await visit.answer("P1", value="yes")
        desk.server.fail = lambda r: Problem(Code.ACCOUNT_REVOKED) if r.url.path.endswith("/pull") else None
        desk.server.refuse = lambda _op: (Outcome.QUARANTINED, Code.ACCOUNT_REVOKED)
        report = await desk.engine.run_once()
        assert report.problem is not None
        assert desk.engine.status.revoked
        await visit.set_visit("note", "last words")
        await desk.engine.run_once()
        assert len(desk.server.outcomes) == 4
        assert desk.store.row("visit", visit.id)["note"] == "last words"

    run(story())


def test_a_cursor_that_is_too_old_leads_to_a_snapshot_with_own_changes_kept(desk: Desk) -> None:
    async def story() -> None:
        desk.server.put(change("region", "r1", code="S", name="南"))
        await desk.engine.run_once()
        visit = await desk.visit()
        del desk.server.rows["region", "r1"], desk.server.journal["region", "r1"]
        desk.server.cursor_gone, desk.server.page_size = True, 3
        desk.server.refuse = lambda _op: (Outcome.WAITING_PARENT, Code.WAITING_PARENT)
        report = await desk.engine.run_once()
        assert report.problem is None
        assert desk.store.row("region", "r1") is None
        assert len(desk.store.by("region")) == 1
        assert desk.store.row("visit", visit.id) is not None
        assert desk.store.counts().pending == 2

    run(story())


def test_a_pull_goes_on_from_the_last_whole_page(desk: Desk) -> None:
    async def story() -> None:
        desk.server.put(*(change("region", f"r{n}", code=f"R{n}", name=f"{n}") for n in range(20)))
        desk.server.page_size = 5
        pages = 0

        def cut(request: httpx.Request) -> Problem | None:
            nonlocal pages
            pages += request.url.path.endswith("/pull")
            return Problem(Code.OVERLOADED) if pages == 3 else None

        desk.server.fail = cut
        assert (await desk.engine.run_once()).problem is not None
        received = len(desk.store.by("region"))
        assert 0 < received < 21
        before = len(desk.server.requests)
        await desk.engine.run_once()
        assert len(desk.store.by("region")) == 21
        assert sum(path == "/sync/pull" for _, path in desk.server.requests[before:]) == 4

    run(story())


def test_a_difference_between_both_ends_is_found_and_mended(desk: Desk) -> None:
    async def story() -> None:
        visit = await whole_visit(desk)
        await desk.engine.run_once()
        with desk.store.write() as connection:
            connection.exec_driver_sql(
                "UPDATE answer SET value = '\"broken\"', version = 9 WHERE question = 'F2'"
            )
            connection.exec_driver_sql(
                "INSERT INTO review_note SELECT 'ghost', 1, id, '', 'x', null, null, '', null FROM visit"
            )
        report = await desk.engine.run_once()
        assert report.repaired == 1
        assert (await VisitSession.open(desk.store, visit.id)).answers["F2"].value == "yes"
        assert desk.store.by("review_note") == []
        assert (await desk.engine.run_once()).repaired == 0

    run(story())


def test_one_op_the_server_chokes_on_does_not_stop_the_queue(desk: Desk) -> None:
    async def story() -> None:
        await desk.engine.run_once()
        ids = [desk.store.context.new_id() for _ in range(9)]
        values = {"dealer_id": DEALER, "template_version_id": VERSION, "person_id": PERSON, "source": "shop"}
        desk.store.apply([RowWrite("visit", one, one, values, OpKind.CREATE) for one in ids])

        def choke(request: httpx.Request) -> Problem | None:
            raw = request.content
            text = gzip.decompress(raw) if request.headers.get("Content-Encoding") else raw
            return Problem(Code.INVALID_REQUEST) if ids[4].encode() in text else None

        desk.server.fail = choke
        await desk.engine.run_once()
        assert [one for one in ids if ("visit", one) in desk.server.rows] == ids[:4] + ids[5:]
        assert [held.row_id for held in desk.engine.status.held] == [ids[4]]

    run(story())
