"""The media queue against a server in memory that speaks tus."""

from __future__ import annotations

import hashlib
from pathlib import Path

import httpx
import pytest

from field_app.store import RowWrite
from field_app.store.media import NewFile
from shared_models.problems import Code, Problem
from tests.factories.desk import PHOTO, Desk, run, whole_visit


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "account.db")


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


def test_cut_lines_do_not_count_towards_a_poisoned_file(desk: Desk) -> None:
    async def story() -> None:
        await whole_visit(desk)
        cut = True

        def refuse(request: httpx.Request) -> Problem | None:
            if request.method != "POST" or not request.url.path.endswith("/media"):
                return None
            if cut:
                raise httpx.ReadError("the line is cut", request=request)
            return Problem(Code.TOO_LARGE)

        async def poisoned_after(*cuts: bool) -> int:
            nonlocal cut
            for one in cuts:
                cut = one
                await desk.engine.run_once()
                desk.clock.forward(days=1)
            return desk.engine.status.poisoned_files

        desk.server.fail = refuse
        assert await poisoned_after(*[True] * 8, *[False] * 4) == 0
        assert await poisoned_after(True) == 0
        assert await poisoned_after(False) == 1  # the fifth refusal
        assert await desk.blobs.get(hashlib.sha256(PHOTO).hexdigest()) == PHOTO

    run(story())


def test_a_server_whose_disk_is_full_blames_no_file(desk: Desk) -> None:
    async def story() -> None:
        await whole_visit(desk)
        desk.server.fail = lambda r: Problem(Code.SERVER_FULL) if "/media" in r.url.path else None
        for _ in range(8):
            await desk.engine.run_once()
            desk.clock.forward(days=1)
        assert desk.engine.status.poisoned_files == 0
        desk.server.fail = lambda _r: None
        await desk.engine.run_once()
        assert hashlib.sha256(PHOTO).hexdigest() in desk.server.blobs

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


def test_where_files_may_not_go_records_still_do(desk: Desk) -> None:
    """A metered link: files wait, whole, until another link comes."""

    async def story() -> None:
        await whole_visit(desk)
        desk.engine.files_wait = lambda waiting: "wifi" if waiting else ""
        await desk.engine.run_once()
        assert (desk.store.counts().pending, desk.store.counts().files) == (0, 1)
        assert desk.server.bytes_in == 0
        assert desk.engine.status.files_wait == "wifi"
        await desk.engine.send_files_anyway()
        assert desk.store.counts().files == 0
        assert desk.engine.status.files_wait == ""

    run(story())


def test_a_file_whose_link_is_cut_moves_behind_the_others(desk: Desk) -> None:
    async def story() -> None:
        visit = await whole_visit(desk)
        second = b"a second photo" * 100
        desk.store.apply([RowWrite("visit", visit.id, visit.id, {"note": "x"})])
        await desk.store.blobs.put(hashlib.sha256(second).hexdigest(), second)
        file = NewFile(hashlib.sha256(second).hexdigest(), len(second), "image/jpeg")
        desk.store.apply([RowWrite("visit", visit.id, visit.id, {"note": "y"})], files=[file])
        cuts = 0

        def cut(request: httpx.Request) -> None:
            nonlocal cuts
            if request.method == "PATCH" and cuts == 0:
                cuts += 1
                raise httpx.WriteError("cut", request=request)

        desk.server.fail = cut
        await desk.engine.run_once()
        assert len(desk.server.blobs) == 1
        await desk.engine.run_once()
        assert len(desk.server.blobs) == 2

    run(story())
