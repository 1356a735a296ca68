"""The route of a test drive: taken only when wanted and only on the road, thinned, kept with the visit."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from field_app.review.widgets.drive_log import drive_card
from field_app.store.typed import Typed
from field_app.visits.live import LiveVisit
from field_app.visits.route_log import RouteLog, route_file
from field_app.visits.widgets.route_sketch import route_sketch
from field_app.visits.workflow import Today, VisitSession
from shared_models.messages import words
from shared_models.visits.route import (
    MOST,
    OFF_M,
    Fix,
    adds,
    from_geojson,
    kilometres,
    on_plane,
    thinned,
    to_geojson,
)
from tests.factories.device import Clock, MemoryBlobs, make_store
from tests.factories.network import ASSIGNMENT, PERSON, seed
from tests.unit.ui_desk.drawing import draw, make_ui
from tests.unit.visits.test_session import complete

START = Clock().at
HERE = (39.9, 116.4)
T = words("en")


def fix(seconds: float, north_m: float = 0, east_m: float = 0) -> Fix:
    """Metres from HERE; on this parallel a degree of longitude has 85.3 km."""
    return Fix(START + timedelta(seconds=seconds), HERE[0] + north_m / 111_195, HERE[1] + east_m / 85_305)


class Road:
    """A device on the road: the test drives it, and counts how often it is asked."""

    def __init__(self) -> None:
        self.place: Mapping[str, float] | None = self.at(0)
        self.asked: list[bool] = []

    @staticmethod
    def at(north_m: float, accuracy_m: float = 5) -> dict[str, float]:
        here = fix(0, north_m)
        return {"latitude": here.latitude, "longitude": here.longitude, "accuracy_m": accuracy_m}

    async def __call__(self, ask: bool) -> Mapping[str, float] | None:
        self.asked.append(ask)
        return self.place


class Desk:
    """An open visit on such a device."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock, self.blobs, self.road = folder, Clock(), MemoryBlobs(), Road()
        self.visit_id = ""
        self.open()

    def open(self) -> None:
        self.store = make_store(self.folder / "account.db", clock=self.clock, blobs=self.blobs, seed=3)
        if self.visit_id:
            session = asyncio.run(VisitSession.open(self.store, self.visit_id))
        else:
            seed(self.store)
            session = asyncio.run(Today(self.store, PERSON, _room).start_visit(ASSIGNMENT))
            self.visit_id = session.id
        self.live = LiveVisit(session)
        self.words = Typed(self.store).of(f"visit/{self.visit_id}/route")
        self.log = self.live.route = RouteLog(self.live, self.words, self.road, self.clock)

    async def drive(self, *metres: float) -> None:
        for place in metres:
            self.clock.forward(seconds=5)
            self.road.place = Road.at(place)
            await self.log.take()

    async def back(self) -> None:
        await self.live.drive_stamp("back")
        await self.log.finish()  # as the stamp itself began to: whoever comes second finds it done

    def kept(self) -> tuple[Fix, ...]:
        row = route_file(self.live.session.attachments)
        data = asyncio.run(self.live.session.blob(row["id"])) if row else None
        return from_geojson(data or b"")


async def _room() -> int | None:
    return None


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_nothing_is_asked_of_the_device_while_the_switch_is_off(desk: Desk) -> None:
    async def drive() -> None:
        await desk.live.drive_stamp("consultant_drives")
        await asyncio.sleep(0)
        await desk.live.drive_stamp("back")

    asyncio.run(drive())
    assert desk.road.asked == []
    assert not desk.kept()


def test_switched_on_it_waits_for_the_car_to_set_off_and_ends_when_it_is_back(desk: Desk) -> None:
    async def drive() -> None:
        await desk.log.switch()
        await desk.live.drive_stamp("papers")
        await asyncio.sleep(0)
        assert (desk.road.asked, desk.log.running) == ([True], False)
        await desk.live.drive_stamp("consultant_drives")
        await asyncio.sleep(0)
        await desk.drive(300, 600)
        await desk.back()
        asked = len(desk.road.asked)
        await desk.log.take()
        assert (asked, len(desk.road.asked)) == (4, 5)
        assert not desk.log.fixes

    asyncio.run(drive())
    assert True not in desk.road.asked[1:], "the person is not asked on the road"
    assert kilometres(desk.kept()) == pytest.approx(0.6, abs=0.001)


def test_a_device_that_gives_no_place_is_not_switched_on_and_says_so(desk: Desk) -> None:
    desk.road.place = None
    asyncio.run(desk.log.switch())
    assert (desk.log.on, desk.log.refused) == (False, True)


def test_a_restart_on_the_road_loses_no_fix_and_the_rest_joins_it(desk: Desk) -> None:
    async def set_off() -> None:
        await desk.log.switch()
        await desk.live.drive_stamp("customer_drives")
        await asyncio.sleep(0)
        await desk.drive(200, 400)

    asyncio.run(set_off())
    desk.open()
    assert desk.log.running
    assert len(desk.log.fixes) == 3

    async def go_on() -> None:
        await desk.drive(600, 800)
        await desk.back()

    asyncio.run(go_on())
    assert kilometres(desk.kept()) == pytest.approx(0.8, abs=0.001)


def test_switched_off_and_on_again_the_parts_are_one_route_in_one_file(desk: Desk) -> None:
    async def drive() -> None:
        await desk.live.drive_stamp("customer_drives")
        for metres in ((200, 400), (600, 800)):
            await desk.log.switch()
            await desk.drive(*metres)
            await desk.log.switch()

    asyncio.run(drive())
    assert [row["kind"] for row in desk.live.session.attachments] == ["route"]
    assert kilometres(desk.kept()) == pytest.approx(0.6, abs=0.001)


def test_a_deleted_route_is_no_part_of_the_sealed_visit_and_a_kept_one_is(desk: Desk, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    kept = Desk(other)
    for one in (desk, kept):

        async def drive(one: Desk = one) -> None:
            await one.log.switch()
            await one.live.drive_stamp("customer_drives")
            await asyncio.sleep(0)
            await one.drive(200, 400)
            await one.back()

        asyncio.run(drive())
    asyncio.run(desk.log.discard())
    for one, routes in ((desk, 0), (kept, 1)):
        session = one.live.session
        complete(session)
        asyncio.run(session.submit())
        manifest: dict[str, Any] = session.visit["manifest"]
        assert len(manifest["media"]) == routes
        asyncio.run(one.log.switch())
        assert not one.log.running, "a sealed visit takes no more"


def test_the_reviewer_sees_the_sketch_and_its_length(desk: Desk) -> None:
    async def drive() -> None:
        await desk.log.switch()
        await desk.live.drive_stamp("customer_drives")
        await asyncio.sleep(0)
        await desk.drive(300, 600)
        await desk.back()

    asyncio.run(drive())
    ui = make_ui("en")
    assert T("visits.route.title") in draw(lambda: drive_card(ui, desk.live.session)).texts  # type: ignore[arg-type]
    sketch = draw(lambda: route_sketch(ui, desk.kept()))
    assert T("visits.route.length", km="0.6", count=2) in sketch.texts
    assert "0.6 km" in sketch.labels["route-sketch"]


@pytest.mark.parametrize(
    ("after", "accuracy", "taken"),
    [
        (fix(5, 4), 5, False),
        (fix(5, 80), 5, True),
        (fix(5, 80), 90, False),
        (fix(5, 900), 5, False),
        (fix(0, 80), 5, False),
    ],
    ids=["stands still", "drives", "inexact", "faster than a car", "no time between"],
)
def test_a_fix_is_taken_where_it_adds_something(after: Fix, accuracy: float, taken: bool) -> None:
    assert adds(fix(0), after, accuracy) is taken


WAY = st.lists(
    st.tuples(st.floats(-3000, 3000), st.floats(-3000, 3000)), min_size=2, max_size=60, unique=True
).map(lambda points: [fix(5 * at, *point) for at, point in enumerate(points)])


def _off(point: tuple[float, float], line: Sequence[tuple[float, float]]) -> float:
    """The distance to a broken line, by five hundred steps on each piece: another way than the code's."""
    best = float("inf")
    for (ax, ay), (bx, by) in pairwise(line):
        for step in range(501):
            share = step / 500
            x, y = ax + (bx - ax) * share, ay + (by - ay) * share
            best = min(best, ((point[0] - x) ** 2 + (point[1] - y) ** 2) ** 0.5)
    return best


@settings(max_examples=25)
@given(WAY)
def test_thinned_a_route_keeps_its_ends_and_runs_near_every_point(way: list[Fix]) -> None:
    kept = thinned(way)
    assert (kept[0], kept[-1]) == (way[0], way[-1])
    assert [one for one in way if one in set(kept)] == list(kept)
    line = [point for one, point in zip(way, on_plane(way), strict=True) if one in set(kept)]
    points = on_plane(way)
    for point in points[:: max(1, len(points) // 3)]:
        assert _off(point, line) <= OFF_M + 17


def test_a_long_drive_has_no_more_points_than_the_file_may_have() -> None:
    way = [fix(5 * at, 40.0 * (at % 2), 30.0 * at) for at in range(2 * MOST + 1)]
    assert len(thinned(way)) <= MOST


@given(WAY)
def test_a_route_read_from_its_file_is_the_same(way: list[Fix]) -> None:
    assert list(from_geojson(to_geojson(way))) == way


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8 a photo",
        b"[]",
        b"null",
        b'{"geometry": {"coordinates": [[1, 2]]}, "properties": {"times": []}}',
        b'{"geometry": {"coordinates": [[1]]}, "properties": {"times": ["2026-11-03T02:00:00Z"]}}',
        b'{"geometry": {"coordinates": [[1, 99]]}, "properties": {"times": ["2026-11-03T02:00:00Z"]}}',
        b'{"geometry": {"coordinates": [[NaN, NaN]]}, "properties": {"times": ["2026-11-03T02:00:00Z"]}}',
        b'{"geometry": {"coordinates": [[1, 2]]}, "properties": {"times": [7]}}',
        b"[" * 100_000,
        to_geojson([fix(at) for at in range(5000)]),
    ],
)
def test_what_is_no_route_is_read_as_none(data: bytes) -> None:
    assert from_geojson(data) == ()
