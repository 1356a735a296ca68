"""Review on the device: corrections with their history, acceptance without all photos, clocks of returns."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from field_app.store import Store
from field_app.sync import Api, SyncEngine
from field_app.visits.workflow import Review, Today
from shared_models.people import Access, GrantView, Role, ScopeKind
from shared_models.problems import Code, Problem
from sync_server.sync.journal import write_row
from tests.factories.device import Clock, make_store
from tests.factories.visits_on_server import accepted_visit
from tests.server.device import stored
from tests.server.world import World, make_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path / "server")
    yield made
    made.close()


def device(world: World, path: Path, login: str, seed: int) -> tuple[Store, SyncEngine]:
    store = make_store(path, clock=Clock(datetime.now(UTC)), seed=seed)
    api = Api("http://server", httpx.ASGITransport(app=world.app), token=world.token(login), language="en")
    return store, SyncEngine(store, api, world.people[login])


def submitted(world: World) -> str:
    """A submitted visit with one failed answer and no receipt for its photos."""
    visit_id = accepted_visit(world, "N01", {"F02": "no", "F03": "yes"}, status="submitted", record=False)
    with world.db.write() as session:
        now = datetime.now(UTC)
        write_row(session, "visit", visit_id, {"score": Decimal("50"), "submitted_at": now})
    return visit_id


def access(world: World) -> Access:
    grant = GrantView(Role.MANAGER, ScopeKind.REGION, world.regions["N"])
    return Access.of(world.people["manager"], [grant])


def test_a_correction_shows_both_answers_and_both_scores_on_every_device(
    world: World, tmp_path: Path
) -> None:
    visit_id = submitted(world)
    store, sync = device(world, tmp_path / "manager.db", "manager", 1)

    async def story() -> None:
        await sync.run_once()
        session = await Review(store, access(world)).open(visit_id)
        for state, value, reason, problem in (
            ("answered", "no", "same", "value"),
            ("answered", "maybe", "odd", "value"),
            ("na", None, " ", "reason"),
        ):
            with pytest.raises(Problem) as caught:
                await session.correct("F02", state, value, reason)
            assert caught.value.places[0].reason == problem
        await session.correct("F02", "answered", "yes", "the photo shows it lit")
        assert session.answers["F02"].value == "yes"
        assert session.recorded["F02"].value == "no"
        await sync.run_once()
        (change,) = session.changes_of("F02")
        assert (change["before_value"], change["value"], change["author"]) == ("no", "yes", "manager 某")
        assert change["score_after"] > change["score_before"]
        visit = stored(world, "visit", visit_id)
        assert visit is not None
        assert (visit["score"], visit["final_score"]) == (Decimal("50"), change["score_after"])
        (card,) = await Review(store, access(world)).load("submitted")
        assert card.percent == change["score_after"]
        session.close()

    asyncio.run(story())


def test_accepting_before_all_photos_are_there_needs_a_reason(world: World, tmp_path: Path) -> None:
    visit_id = submitted(world)
    store, sync = device(world, tmp_path / "manager.db", "manager", 1)

    async def story() -> None:
        await sync.run_once()
        session = await Review(store, access(world)).open(visit_id)
        assert session.reason_to_accept
        with pytest.raises(Problem) as caught:
            await session.accept()
        assert caught.value.code is Code.EVIDENCE_INCOMPLETE
        await session.accept("photos seen on the tablet")
        await sync.run_once()
        session.close()

    asyncio.run(story())
    visit = stored(world, "visit", visit_id)
    assert visit is not None
    assert (visit["status"], visit["review_note"]) == ("accepted", "photos seen on the tablet")


def test_a_returned_visit_carries_its_clock_to_the_shopper_and_warns_before_it_ends(
    world: World, tmp_path: Path
) -> None:
    visit_id = submitted(world)
    store, sync = device(world, tmp_path / "manager.db", "manager", 1)
    own, mine = device(world, tmp_path / "shopper.db", "shopper", 2)

    async def story() -> list[str]:
        await sync.run_once()
        session = await Review(store, access(world)).open(visit_id)
        await session.send_back({"F02": "which sign?"})
        await sync.run_once()
        session.close()
        await mine.run_once()
        clock, seen = own.context.now, list[str]()
        assert isinstance(clock, Clock)
        for days in (0, 2.5, 1):
            clock.forward(days=days)
            (card,) = (await Today(own, world.people["shopper"], _plenty).load()).returned
            assert card.reply_due_at is not None
            assert card.open_notes == 1
            seen.append(card.reply_clock)
        return seen

    assert asyncio.run(story()) == ["", "warn", "late"]
    visit = stored(world, "visit", visit_id)
    assert visit is not None
    assert visit["reply_due_at"] - visit["reviewed_at"] == timedelta(days=3)


async def _plenty() -> int | None:
    return None
