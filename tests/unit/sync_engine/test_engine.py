"""The sync engine against a server in memory that follows the wire."""

from __future__ import annotations

import asyncio
import hashlib
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from field_app.store import RowWrite
from field_app.sync import Api, SyncEngine
from field_app.sync.engine import Pace
from field_app.visits.workflow import Today, VisitSession
from shared_models.problems import Code, Problem
from shared_models.sync.wire import Op, OpKind, Outcome
from tests.factories.device import Clock, MemoryBlobs, make_store
from tests.factories.fake_server import FakeServer
from tests.factories.faults import FaultyNetwork
from tests.factories.network import ASSIGNMENT, DEALER, PERSON, VERSION, assignment, change, reference_rows

PHOTO = random.Random(4).randbytes(700_000)


class Desk:
    """One device, one person, one server."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = Clock()
        self.server = FakeServer(self.clock)
        self.server.put(*reference_rows(), assignment())
        self.net = FaultyNetwork(
            self.server, random.Random(1), pass_time=lambda s: self.clock.forward(seconds=s)
        )
        self.blobs = MemoryBlobs()
        self.start()

    def start(self, seed: int = 1) -> None:
        """Open the database (again)."""
        self.store = make_store(self.path, clock=self.clock, seed=seed, blobs=self.blobs)
        self.api = Api("http://server", self.net, token="t", language="en")
        self.engine = SyncEngine(self.store, self.api, PERSON)

    async def visit(self) -> VisitSession:
        async def free() -> None:
            return None

        return await Today(self.store, PERSON, free).start_visit(ASSIGNMENT)

    def paths(self) -> list[str]:
        return [path for _, path in self.server.requests]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "account.db")


async def whole_visit(desk: Desk) -> VisitSession:
    await desk.engine.run_once()
    visit = await desk.visit()
    await visit.answer("F1", value="no")
    await visit.attach("F1", PHOTO, "image/jpeg")
    await visit.answer("F2", value="yes")
    await visit.answer("P1", value="yes")
    await visit.submit()
    return visit


def run(work: Any) -> Any:
    return asyncio.run(work)


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
            import gzip

            raw = request.content
            text = gzip.decompress(raw) if request.headers.get("Content-Encoding") else raw
            return Problem(Code.INVALID_REQUEST) if ids[4].encode() in text else None

        desk.server.fail = choke
        await desk.engine.run_once()
        assert [one for one in ids if ("visit", one) in desk.server.rows] == ids[:4] + ids[5:]
        assert [held.row_id for held in desk.engine.status.held] == [ids[4]]

    run(story())


# -- files ---------------------------------------------------------------------------------------------------


def test_an_upload_that_was_cut_resumes_where_it_stopped(desk: Desk) -> None:
    async def story() -> None:
        await whole_visit(desk)
        patches = 0

        def cut(request: httpx.Request) -> None:
            nonlocal patches
            patches += request.method == "PATCH"
            desk.net.down = request.method == "PATCH" and patches == 1

        desk.server.fail = cut
        await desk.engine.run_once()
        assert desk.server.blobs == {}
        desk.net.down = False
        desk.start(seed=5)
        await desk.engine.run_once()
        assert hashlib.sha256(PHOTO).hexdigest() in desk.server.blobs
        assert len(desk.server.uploads) == 1
        assert desk.server.bytes_in == len(PHOTO)

    run(story())


def test_records_do_not_wait_for_files(desk: Desk) -> None:
    async def story() -> None:
        await whole_visit(desk)
        desk.server.fail = lambda r: Problem(Code.TOO_LARGE) if "/media" in r.url.path else None
        await desk.engine.run_once()
        assert (desk.store.counts().pending, desk.store.counts().files) == (0, 1)

    run(story())


def test_a_poisoned_file_holds_back_only_itself_and_is_kept(desk: Desk) -> None:
    async def story() -> None:
        visit = await whole_visit(desk)
        bad = hashlib.sha256(PHOTO).hexdigest()
        desk.store.apply([RowWrite("visit", visit.id, visit.id, {"note": "x"})])
        good = b"another photo"
        await desk.blobs.put(hashlib.sha256(good).hexdigest(), good)
        from field_app.store.media import NewFile

        desk.store.apply(
            [RowWrite("visit", visit.id, visit.id, {"note": "y"})],
            files=[NewFile(hashlib.sha256(good).hexdigest(), len(good), "image/jpeg")],
        )

        def refuse(request: httpx.Request) -> Problem | None:
            large = int(request.headers.get("Upload-Length", 0)) > 1000
            return Problem(Code.TOO_LARGE) if request.method == "POST" and large else None

        desk.server.fail = refuse
        for _ in range(8):
            await desk.engine.run_once()
            desk.clock.forward(hours=1)
        assert list(desk.server.blobs) == [hashlib.sha256(good).hexdigest()]
        assert desk.engine.status.poisoned_files == 1
        assert await desk.blobs.get(bad) == PHOTO
        asked = len(desk.server.requests)
        await desk.engine.run_once()
        assert ("POST", "/media") not in desk.server.requests[asked:]
        desk.server.fail = lambda _r: None
        await desk.engine.try_files_again()
        await desk.engine.run_once()
        assert bad in desk.server.blobs

    run(story())


def test_bytes_changed_on_the_way_are_sent_again(desk: Desk) -> None:
    async def story() -> None:
        await whole_visit(desk)
        broken = 0

        def spoil(request: httpx.Request) -> Problem | None:
            nonlocal broken
            if request.method == "PATCH" and broken < 2:
                broken += 1
                return Problem(Code.UPLOAD_CHECKSUM)
            return None

        desk.server.fail = spoil
        await desk.engine.run_once()
        assert desk.server.blobs[hashlib.sha256(PHOTO).hexdigest()] == PHOTO

    run(story())


def test_a_file_goes_only_after_its_receipt_and_the_grace(desk: Desk) -> None:
    async def story() -> None:
        await whole_visit(desk)
        sha256 = hashlib.sha256(PHOTO).hexdigest()
        await desk.engine.run_once()
        desk.clock.forward(days=13)
        await desk.engine.run_once()
        assert sha256 in desk.blobs.files
        desk.clock.forward(days=2)
        await desk.engine.run_once()
        assert sha256 not in desk.blobs.files

    run(story())


def test_without_a_receipt_a_file_is_sent_again_and_never_removed(desk: Desk) -> None:
    async def story() -> None:
        await whole_visit(desk)
        sha256 = hashlib.sha256(PHOTO).hexdigest()

        def lose(request: httpx.Request) -> None:
            if request.url.path.endswith("/receipts"):
                desk.server.blobs.clear()

        desk.server.fail = lose
        for _ in range(6):
            await desk.engine.run_once()
            desk.clock.forward(days=20)
        assert sha256 in desk.blobs.files
        assert desk.store.counts().files == 1
        assert len(desk.server.uploads) > 1
        desk.server.fail = lambda _r: None
        for _ in range(4):
            await desk.engine.run_once()
        assert desk.store.counts().files == 0

    run(story())


def test_a_file_the_server_has_already_is_not_sent(desk: Desk) -> None:
    async def story() -> None:
        await whole_visit(desk)
        desk.server.blobs[hashlib.sha256(PHOTO).hexdigest()] = PHOTO
        report = await desk.engine.run_once()
        assert (report.bytes_sent, report.receipts) == (0, 1)

    run(story())


# -- again and again -----------------------------------------------------------------------------------------


def test_waits_double_from_failure_to_failure_with_jitter_and_a_limit(desk: Desk) -> None:
    waits: list[float] = []

    async def story() -> None:
        async def sleep(seconds: float) -> None:
            waits.append(seconds)
            if len(waits) == 10:
                done.set()
                await asyncio.Event().wait()

        done = asyncio.Event()
        desk.net.down = True
        engine = SyncEngine(desk.store, desk.api, PERSON, sleep=sleep, pace=Pace())
        engine.start()
        await done.wait()
        await engine.stop()

    run(story())
    longest = [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert all(top / 2 <= wait <= top for wait, top in zip(waits, longest, strict=True))
    assert len(set(waits)) == len(waits)


def test_a_change_cuts_the_wait_short(desk: Desk) -> None:
    async def story() -> None:
        engine = SyncEngine(
            desk.store, desk.api, PERSON, pace=Pace(quiet=3600, busy=3600, first_retry=3600, after_change=0)
        )
        came_through, sent = asyncio.Event(), asyncio.Event()
        engine.watch(lambda status: came_through.set() if status.last_success else None)
        engine.start()
        await came_through.wait()
        visit = await desk.visit()
        engine.watch(lambda status: None if status.pending_records else sent.set())
        await asyncio.wait_for(sent.wait(), 60)
        await engine.stop()
        assert ("visit", visit.id) in desk.server.rows

    run(story())


def test_two_runs_never_overlap(desk: Desk) -> None:
    async def story() -> None:
        await whole_visit(desk)
        reports = await asyncio.gather(*(desk.engine.run_once() for _ in range(3)))
        assert [bool(report.pushed) for report in reports] == [True, False, False]

    run(story())


def test_a_portal_that_answers_with_its_own_page_counts_as_no_network(desk: Desk) -> None:
    class Portal(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, html="<h1>Please sign in to the wireless network</h1>")

    async def story() -> None:
        api = Api("http://server", Portal(), token="t")
        engine = SyncEngine(desk.store, api, PERSON)
        report = await engine.run_once()
        assert report.problem is not None
        assert report.problem.code is Code.SERVER_UNREACHABLE
        assert engine.status.online is False

    run(story())


def test_the_status_is_told_when_it_changes(desk: Desk) -> None:
    phases: list[str] = []
    desk.engine.watch(lambda status: phases.append(status.phase))

    async def story() -> None:
        await whole_visit(desk)
        await desk.engine.run_once()

    run(story())
    assert [p for n, p in enumerate(phases) if p and p != phases[n - 1]][-6:] == [
        "push",
        "pull",
        "media",
        "receipts",
        "pull",
        "digests",
    ]
    assert desk.engine.status.last_success


def test_the_devices_skew_is_measured(desk: Desk) -> None:
    async def story() -> None:
        await desk.engine.run_once()
        await desk.visit()
        server_clock = Clock(desk.clock.at - timedelta(minutes=7))
        desk.server.clock = server_clock
        await desk.engine.run_once()
        assert desk.engine.status.skew_ms == 7 * 60 * 1000

    run(story())
