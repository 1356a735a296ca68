"""Planning on the device: accepted, declined with a reason, in the calendar; planned at the desk."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import pytest

from field_app.sync import Api, SyncEngine
from field_app.visits.workflow import Today
from field_app.visits.workflow_planning import NewVisit, Planning
from shared_models.people import Access, GrantView, Role, ScopeKind
from shared_models.problems import Code, Problem
from tests.factories.device import Clock, make_store
from tests.factories.visits_on_server import accepted_visit
from tests.server.world import World, make_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path / "server")
    yield made
    made.close()


class Person:
    """One person's device and line to the server."""

    def __init__(self, world: World, path: Path, login: str, seed: int) -> None:
        self.store = make_store(path, clock=Clock(datetime(2026, 11, 20, tzinfo=UTC)), seed=seed)
        self.api = Api("http://server", httpx.ASGITransport(app=world.app), token=world.token(login))
        self.sync = SyncEngine(self.store, self.api, world.people[login])
        self.today = Today(self.store, world.people[login], _plenty)
        grant = GrantView(Role.MANAGER, ScopeKind.REGION, world.regions["N"])
        self.planning = Planning(self.store, self.api, Access.of(world.people[login], [grant]))


async def _plenty() -> int | None:
    return None


@pytest.fixture
def shopper(world: World, tmp_path: Path) -> Person:
    return Person(world, tmp_path / "shopper.db", "shopper", 1)


@pytest.fixture
def manager(world: World, tmp_path: Path) -> Person:
    return Person(world, tmp_path / "manager.db", "manager", 2)


def test_a_visit_planned_at_the_desk_is_declined_with_a_reason_that_the_desk_sees(
    world: World, shopper: Person, manager: Person
) -> None:
    async def story() -> None:
        await manager.sync.run_once()
        assert {one.code for one in manager.planning.dealers()} == {"N01", "N02"}
        assert "sales_visit" in {one.code for one in manager.planning.checklists()}
        new = NewVisit(dealer_id=world.dealers["N01"], template="sales_visit", scenario="Family of four")
        with pytest.raises(Problem) as caught:
            await manager.planning.plan(new)
        assert caught.value.values == {"field": "person_id"}
        people = (await manager.planning.visitors(new.dealer_id, date(2026, 12, 1))).value
        new.person_id = next(one.id for one in people if one.name == "shopper 某")
        new.window_start, new.window_end = date(2026, 12, 1), date(2026, 12, 10)
        planned = await manager.planning.plan(new)

        await shopper.sync.run_once()
        (card,) = (await shopper.today.load()).assignments
        assert (card.id, card.status) == (planned, "planned")
        with pytest.raises(Problem) as caught:
            await shopper.today.decline(planned, " ")
        assert caught.value.code is Code.INVALID_FIELD
        await shopper.today.decline(planned, "they know me")
        assert (await shopper.today.load()).assignments == ()
        await shopper.sync.run_once()

        await manager.sync.run_once()
        (seen,) = await manager.planning.load()
        assert (seen.card.status, seen.decline_reason, seen.person) == (
            "declined",
            "they know me",
            "shopper 某",
        )
        with pytest.raises(Problem) as caught:
            await manager.planning.cancel(planned)
        assert caught.value.code is Code.TRANSITION_NOT_ALLOWED

    asyncio.run(story())


def test_an_accepted_visit_stays_in_the_list_and_stands_in_the_calendar(
    world: World, shopper: Person
) -> None:
    assignment = world.assign("shopper", "N01", scenario="一家四口")

    async def story() -> str:
        await shopper.sync.run_once()
        await shopper.today.accept(assignment)
        (card,) = (await shopper.today.load()).assignments
        assert card.status == "accepted"
        await shopper.sync.run_once()
        return shopper.today.calendar("zh_CN", "访问")

    text = asyncio.run(story())
    assert f"UID:{assignment}@revisit" in text
    assert "DTEND;VALUE=DATE:20261201" in text
    assert "DESCRIPTION:一家四口" in text


def test_a_visitor_the_dealer_may_know_is_sent_only_when_confirmed(world: World, manager: Person) -> None:
    accepted_visit(world, "N01", {"F02": "yes"}, day=date(2026, 10, 1), record=False)

    async def story() -> None:
        await manager.sync.run_once()
        days = {"window_start": date(2026, 12, 1), "window_end": date(2026, 12, 5)}
        new = NewVisit(world.dealers["N01"], "sales_visit", world.people["shopper"], **days)
        with pytest.raises(Problem) as caught:
            await manager.planning.plan(new)
        assert caught.value.code is Code.VISITOR_KNOWN
        new.known_accepted = True
        planned = await manager.planning.plan(new)
        await manager.sync.run_once()
        assert [one.card.id for one in await manager.planning.load()] == [planned]
        await manager.planning.cancel(planned)
        assert [one.card.status for one in await manager.planning.load()] == ["cancelled"]

    asyncio.run(story())
