"""Recurring visits: planned ahead at every dealer of the set, by its people in turn, once per period."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from sync_server.reminders.daily import run_once
from sync_server.visits.series import windows
from tests.factories.visits_on_server import accepted_visit
from tests.server.device import Device
from tests.server.world import World, make_world

pytestmark = pytest.mark.anyio
Json = dict[str, Any]


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


class Clock:
    """The server's clock, moved by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 4, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(tmp_path: Path, clock: Clock) -> Any:
    made = make_world(tmp_path, now=clock)
    yield made
    made.close()


def new(world: World, **more: Any) -> Json:
    return {
        "every": "month",
        "template": "service_inspection",
        "dealers": [world.dealers["N01"], world.dealers["N02"]],
        "people": [world.people["auditor"]],
        "first": "2026-12-01",
        "days": 10,
        "values": {"scenario": "月度检查", "announced": True},
        **more,
    }


async def begin(world: World, body: Json, login: str = "hq") -> tuple[int, Json]:
    async with world.client(login) as client:
        answer = await client.post("/assignments/series", json=body)
    return answer.status_code, answer.json()


async def planned(world: World, login: str = "hq") -> list[Json]:
    device = Device(world, login)
    await device.pull()
    rows = [row for (entity, _), row in device.rows.items() if entity == "assignment"]
    return sorted(rows, key=lambda row: (row["window_start"], row["dealer_id"]))


def window(**values: Any) -> dict[str, Any]:
    return {"every": "month", "first": date(2026, 1, 1), "last": None, "from_day": 5, "days": 10, **values}


async def test_windows_open_on_their_day_of_every_month_or_quarter() -> None:
    monthly = windows(window(), date(2026, 3, 31))
    assert [(one.period, one.start, one.end) for one in monthly] == [
        ("2026-01", date(2026, 1, 5), date(2026, 1, 14)),
        ("2026-02", date(2026, 2, 5), date(2026, 2, 14)),
        ("2026-03", date(2026, 3, 5), date(2026, 3, 14)),
    ]
    quarterly = windows(window(every="quarter", first=date(2026, 11, 1)), date(2027, 3, 1))
    assert [one.period for one in quarterly] == ["2026-11", "2027-02"]
    ended = windows(window(last=date(2026, 2, 4)), date(2026, 12, 31))
    assert [one.period for one in ended] == ["2026-01"]
    late = windows(window(first=date(2026, 1, 6)), date(2026, 2, 28))
    assert [one.period for one in late] == ["2026-02"]


async def test_a_series_plans_its_dealers_two_weeks_ahead_and_every_month_once(
    world: World, clock: Clock
) -> None:
    status, made = await begin(world, new(world))
    assert (status, made["planned"]) == (201, 2)
    rows = await planned(world)
    assert {row["dealer_id"] for row in rows} == {world.dealers["N01"], world.dealers["N02"]}
    assert {(row["window_start"], row["window_end"]) for row in rows} == {("2026-12-01", "2026-12-10")}
    assert {(row["person_id"], row["announced"]) for row in rows} == {(world.people["auditor"], True)}
    run_once(world.db, world.settings, now=clock)
    assert len(await planned(world)) == 2
    clock.now = datetime(2026, 12, 20, tzinfo=UTC)
    run_once(world.db, world.settings, now=clock)
    assert [row["window_start"] for row in await planned(world)] == ["2026-12-01"] * 2 + ["2027-01-01"] * 2


async def test_people_take_turns_and_a_known_face_is_passed_over(world: World, clock: Clock) -> None:
    covert = new(
        world,
        template="sales_visit",
        dealers=[world.dealers["N01"]],
        people=[world.people["shopper"], world.people["auditor"]],
        values={},
    )
    accepted_visit(world, "N01", {"F02": "yes"}, day=date(2026, 9, 1), record=False)
    await begin(world, covert)
    assert [row["person_id"] for row in await planned(world)] == [world.people["auditor"]]
    clock.now = datetime(2026, 12, 20, tzinfo=UTC)
    run_once(world.db, world.settings, now=clock)
    async with world.client("hq") as client:
        (line,) = (await client.get("/assignments/series")).json()
    assert [(one["period"], one["problem"]) for one in line["planned"]] == [
        ("2027-01", "visitor_known"),
        ("2026-12", ""),
    ]
    assert len(await planned(world)) == 1


async def test_an_ended_series_plans_no_more_and_keeps_what_is_planned(world: World, clock: Clock) -> None:
    _, made = await begin(world, new(world))
    async with world.client("hq") as client:
        assert (await client.post(f"/assignments/series/{made['id']}/end")).status_code == 204
    clock.now = datetime(2026, 12, 20, tzinfo=UTC)
    run_once(world.db, world.settings, now=clock)
    assert len(await planned(world)) == 2


async def test_a_manager_plans_for_the_region_alone_and_sees_only_own_series(world: World) -> None:
    await begin(world, new(world))
    status, refused = await begin(world, new(world, dealers=[world.dealers["S01"]]), "manager")
    assert (status, refused["code"]) == (403, "out_of_scope")
    status, made = await begin(world, new(world, dealers=[world.dealers["N01"]]), "manager")
    assert status == 201
    async with world.client("manager") as client:
        lines = (await client.get("/assignments/series")).json()
        assert [one["id"] for one in lines] == [made["id"]]
    async with world.client("shopper") as client:
        assert (await client.get("/assignments/series")).status_code == 403
        assert (await client.post("/assignments/series", json=new(world))).status_code == 403
