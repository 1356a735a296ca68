"""Recurring visits, second people, grades and coding again, from the desk's device to the real server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import pytest

from field_app.review.workflow_quality import Quality, to_code
from field_app.store import Store
from field_app.sync import Api, SyncEngine
from field_app.sync.api import Unreachable
from field_app.visits.workflow_review import ReviewSession
from field_app.visits.workflow_series import NewSeries, Series
from shared_models.people import Access, GrantView, Role, ScopeKind
from shared_models.problems import Code, Problem
from tests.factories.device import Clock, make_store
from tests.factories.visits_on_server import accepted_visit
from tests.server.world import World, make_world
from tests.unit.ui_desk.test_desk_and_server import Wire


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path / "server")
    yield made
    made.close()


class Desk:
    """The region's manager with a device."""

    def __init__(self, world: World, folder: Path) -> None:
        self.store: Store = make_store(folder / "desk.db", clock=Clock(datetime.now(UTC)))
        self.wire = Wire(httpx.ASGITransport(app=world.app))
        api = Api("http://server", self.wire, token=world.token("manager"), language="en")
        self.sync = SyncEngine(self.store, api, world.people["manager"])
        self.series, self.quality = Series(self.store, api), Quality(self.store, api)
        grant = GrantView(Role.MANAGER, ScopeKind.REGION, world.regions["N"])
        self.access = Access.of(world.people["manager"], [grant])


@pytest.fixture
def desk(world: World, tmp_path: Path) -> Desk:
    return Desk(world, tmp_path)


def test_a_series_is_begun_read_offline_and_ended(world: World, desk: Desk) -> None:
    new = NewSeries(template="service_inspection", first=datetime.now(UTC).date(), days=28)
    with pytest.raises(Problem) as missing:
        asyncio.run(desk.series.begin(new))
    assert missing.value.code is Code.INVALID_FIELD
    new.dealers, new.people = [world.dealers["N01"]], [world.people["auditor"]]
    new.from_day = min(28, new.first.day) if new.first else 1

    async def story() -> None:
        planned = await desk.series.begin(new)
        (line,) = (await desk.series.listed()).value
        assert sum(one.assignment_id is not None for one in line.planned) == planned
        assert (line.every, line.dealers, line.ended) == ("month", [world.dealers["N01"]], False)
        await desk.series.end(line.id)
        (line,) = (await desk.series.listed()).value
        assert line.ended
        desk.wire.cut = True
        kept = await desk.series.listed()
        assert (kept.live, kept.value) == (False, [line])

    asyncio.run(story())


def test_a_series_not_begun_yet_is_read_again_as_it_was_chosen() -> None:
    new = NewSeries(template="sales_visit", first=date(2026, 12, 1), people=["p"], days=5)
    assert NewSeries.of(new.kept()) == new
    assert NewSeries().kept() == ""
    assert NewSeries.of("of an older build") == NewSeries()


def test_a_second_person_is_sent_from_the_schedule_once(world: World, desk: Desk) -> None:
    planned = world.assign("shopper", "N01")

    async def story() -> None:
        await desk.quality.second(planned, world.people["auditor"])
        with pytest.raises(Problem) as again:
            await desk.quality.second(planned, world.people["auditor"])
        assert again.value.code is Code.CONFLICT
        await desk.sync.run_once()
        rows = desk.store.by("assignment", dealer_id=world.dealers["N01"])
        assert {row["person_id"] for row in rows} == {world.people["shopper"], world.people["auditor"]}

    asyncio.run(story())


def test_evidence_is_coded_again_graded_and_told_as_agreement(world: World, desk: Desk) -> None:
    answers = {"F02": "no", "F03": "yes", "F04": "no"}
    visit_id = accepted_visit(world, "N01", answers, comments={"F02": "dark", "F04": "leaves"})

    async def story() -> None:
        await desk.sync.run_once()
        session = ReviewSession(desk.store, visit_id, desk.access)
        assert [one.code for one in to_code(session)] == ["F02", "F04"]
        assert await desk.quality.grade_of(visit_id) is None
        assert (await desk.quality.grade(visit_id, 4)).grade == 4
        kept = await desk.quality.grade_of(visit_id)
        assert kept is not None
        assert kept.grade == 4
        await desk.quality.code(visit_id, {"F02": "no", "F04": "yes"})
        found = (await desk.quality.agreement()).value
        assert (found.pairs, found.overall.answers, found.overall.same) == (1, 2, 0.5)
        (person,) = (await desk.quality.people()).value.people
        assert [month.grade for month in person.months] == [4.0]
        desk.wire.cut = True
        with pytest.raises(Unreachable):
            await desk.quality.grade_of(visit_id)
        assert (await desk.quality.agreement()).value == found

    asyncio.run(story())
