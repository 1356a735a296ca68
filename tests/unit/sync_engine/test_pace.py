"""When the engine runs, and what it tells meanwhile."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from field_app.sync import Api, SyncEngine
from field_app.sync.engine import Pace
from shared_models.problems import Code
from tests.factories.desk import Desk, run, whole_visit
from tests.factories.device import Clock
from tests.factories.network import PERSON


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "account.db")


def _ten_waits(desk: Desk, api: Api) -> list[float]:
    waits: list[float] = []

    async def story() -> None:
        async def sleep(seconds: float) -> None:
            waits.append(seconds)
            if len(waits) == 10:
                done.set()
                await asyncio.Event().wait()

        done = asyncio.Event()
        engine = SyncEngine(desk.store, api, PERSON, sleep=sleep, pace=Pace())
        engine.start()
        await done.wait()
        await engine.stop()

    run(story())
    assert len(set(waits)) == len(waits)
    return waits


class Broken(httpx.AsyncBaseTransport):
    """A server that answers, but only that it cannot."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(
            500, json={"code": "internal"}, headers={"content-type": "application/problem+json"}
        )


def test_waits_for_a_server_in_trouble_double_with_jitter_and_a_limit(desk: Desk) -> None:
    longest = [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    waits = _ten_waits(desk, Api("http://server", Broken(), token="t"))
    assert all(top / 2 <= wait <= top for wait, top in zip(waits, longest, strict=True))


def test_a_server_that_is_not_found_is_looked_for_every_half_minute(desk: Desk) -> None:
    desk.net.down = True
    longest = [2, 4, 8, 16, 30, 30, 30, 30, 30, 30]
    waits = _ten_waits(desk, desk.api)
    assert all(top / 2 <= wait <= top for wait, top in zip(waits, longest, strict=True))


def test_the_network_coming_back_cuts_the_wait_short(desk: Desk) -> None:
    async def story() -> None:
        away = Pace(first_retry=3600, longest_retry=3600, longest_search=3600, after_change=0)
        engine = SyncEngine(desk.store, desk.api, PERSON, pace=away)
        desk.net.down = True
        offline, back = asyncio.Event(), asyncio.Event()
        engine.watch(lambda status: offline.set() if status.online is False else None)
        engine.watch(lambda status: back.set() if status.online else None)
        engine.start()
        await offline.wait()
        desk.net.down = False
        engine.nudge()
        await asyncio.wait_for(back.wait(), 60)
        await engine.stop()

    run(story())


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
