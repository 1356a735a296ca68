"""Double visits plan themselves: the share that the rule says, from everybody's visits, seconds with time."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sync_server.reminders.daily import run_once
from sync_server.reviews.doubling import drawn
from sync_server.sync.journal import write_row
from tests.factories.visits_on_server import accepted_visit
from tests.server.world import World, make_world

pytestmark = pytest.mark.anyio
Json = dict[str, Any]
NOW = datetime(2026, 11, 2, 4, tzinfo=UTC)
HALF = {"active": True, "percent": 50, "most_open": 6}
DEALERS = ("N01", "N02", "S01", "S02")


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


@pytest.fixture
def world(tmp_path: Path) -> Any:
    made = make_world(tmp_path, now=lambda: NOW)
    yield made
    made.close()


async def call(world: World, login: str, method: str, body: Json | None = None) -> tuple[int, Any]:
    async with world.client(login) as client:
        answer = await client.request(method, "/reviews/doubling", json=body)
    return answer.status_code, answer.json()


def test_every_visitor_has_the_share_drawn_whatever_the_seed() -> None:
    for seed in ("a", "b", "c"):
        for person in ("p", "q"):
            taken = [drawn(seed, person, place, 5) for place in range(1, 201)]
            assert sum(taken) == 10
            gaps = [at for at, one in enumerate(taken) if one]
            assert {b - a for a, b in itertools.pairwise(gaps)} == {20}
    starts = {tuple(drawn(f"{n}", "p", place, 5) for place in range(1, 21)).index(True) for n in range(200)}
    assert starts == set(range(20))  # nobody can tell beforehand which one it is


async def test_nothing_is_drawn_until_headquarters_switch_it_on(world: World) -> None:
    world.assign("shopper", "N01")
    run_once(world.db, world.settings, now=lambda: NOW)
    _, found = await call(world, "hq", "GET")
    assert (found["rule"]["active"], found["rule"]["percent"], found["people"]) == (False, 5, [])
    assert (await call(world, "manager", "PUT", HALF))[0] == 403
    assert (await call(world, "shopper", "GET"))[0] == 403
    assert (await call(world, "owner", "GET"))[0] == 403


async def test_half_of_a_visitors_covert_visits_get_a_second_person(world: World) -> None:
    for dealer in DEALERS:
        world.assign("shopper", dealer)
        world.assign("auditor", dealer, "service_inspection", announced=True)
    _, found = await call(world, "hq", "PUT", HALF)
    (one,) = found["people"]
    assert (one["person_id"], one["visits"], one["drawn"], one["planned"]) == (
        world.people["shopper"],
        4,
        2,
        2,
    )
    assert {line["second"] for line in found["drawn"]} <= {"shopper2 某", "auditor 某"}
    run_once(world.db, world.settings, now=lambda: NOW)
    assert (await call(world, "hq", "GET"))[1] == found  # neither drawn twice nor are seconds doubled
    async with world.client("hq") as client:
        trail = (await client.get("/audit/entries")).json()["entries"]
    assert [line["action"] for line in trail if line["action"].startswith("rules.")] == ["rules.doubling"]


async def test_whoever_declines_is_followed_by_somebody_else_until_nobody_is_left(world: World) -> None:
    for dealer in DEALERS[:2]:
        world.assign("shopper", dealer)
    accepted_visit(world, "N01", {"F02": "yes"}, person="auditor", record=False)  # known there
    accepted_visit(world, "N02", {"F02": "yes"}, person="auditor", record=False)
    _, found = await call(world, "hq", "PUT", HALF)
    (line,) = found["drawn"]
    assert line["second"] == "shopper2 某"
    decline(world, "shopper2")
    run_once(world.db, world.settings, now=lambda: NOW)
    _, found = await call(world, "hq", "GET")
    assert [(one["second"], one["problem"]) for one in found["drawn"]] == [("", "nobody")]


def decline(world: World, login: str) -> None:
    from sqlalchemy import select

    from shared_models.columns import sql_table
    from shared_models.visits.tables import Assignment

    table = sql_table(Assignment)
    with world.db.write() as session:
        query = select(table.c.id).where(table.c.person_id == world.people[login])
        for assignment_id in session.scalars(query).all():
            write_row(session, "assignment", assignment_id, {"status": "declined", "decline_reason": "病"})


async def test_the_busy_are_not_asked(world: World) -> None:
    for dealer in DEALERS:
        world.assign("shopper", dealer)
        world.assign("shopper2", dealer, "service_inspection")
        world.assign("auditor", dealer, "service_inspection")
    _, found = await call(world, "hq", "PUT", {**HALF, "most_open": 4})
    assert {one["problem"] for one in found["drawn"]} == {"nobody"}


async def test_a_manager_sees_the_draw_of_the_own_region(world: World) -> None:
    for dealer in DEALERS:
        world.assign("shopper", dealer)
    _, everything = await call(world, "hq", "PUT", HALF)
    _, north = await call(world, "manager", "GET")
    _, south = await call(world, "manager_south", "GET")
    assert [one["visits"] for one in (*north["people"], *south["people"])] == [2, 2]
    assert {one["dealer_id"] for one in north["drawn"]} <= {world.dealers["N01"], world.dealers["N02"]}
    assert len(north["drawn"]) + len(south["drawn"]) == len(everything["drawn"])
