"""A manager's own observation in the showroom, begun on the tablet without network."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from field_app.sync import Api, SyncEngine
from field_app.visits.screen_observe import observation_rows
from field_app.visits.workflow import Review, Today, VisitSession
from field_app.visits.workflow_observing import Observations, Observing
from shared_models.checklists import Question
from shared_models.people import Access, GrantView, Role, ScopeKind
from shared_models.problems import Code, Problem
from tests.factories.device import Clock, make_store
from tests.server.world import World, make_world
from tests.unit.ui_desk.drawing import draw, make_ui


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path / "server")
    yield made
    made.close()


class Desk:
    """A manager's tablet."""

    def __init__(self, world: World, path: Path) -> None:
        self.store = make_store(path, clock=Clock(), seed=7)
        self.api = Api("http://server", httpx.ASGITransport(app=world.app), token=world.token("manager"))
        self.sync = SyncEngine(self.store, self.api, world.people["manager"])
        grant = GrantView(Role.MANAGER, ScopeKind.REGION, world.regions["N"])
        self.access = Access.of(world.people["manager"], [grant])
        self.observing = Observing(self.store, Today(self.store, self.access.person_id, _plenty), self.access)


async def _plenty() -> int | None:
    return None


async def fill(session: VisitSession) -> None:
    """Answer everything well, so that no photo is asked for."""
    for section in session.document.sections:
        for question in section.questions:
            if question.calculation is None:
                await session.answer(question.code, "answered", _good(question))


def _good(question: Question) -> object:
    match question.kind.value:
        case "yes_no" | "yes_no_na":
            return "yes"
        case "duration" | "number" | "scale":
            return 10
        case "single":
            return question.choices[0].code
        case "multiple":
            return [question.choices[0].code]
        case _:
            return "calm talk"


def test_an_observation_begun_offline_reaches_the_server_as_supervision_without_assignment(
    world: World, tmp_path: Path
) -> None:
    desk = Desk(world, tmp_path / "manager.db")
    dealer = world.dealers["N01"]

    async def story() -> Observations:
        await desk.sync.run_once()
        session = await desk.observing.begin(dealer)
        assert (await desk.observing.begin(dealer)).id == session.id, "the draft there goes on"
        await fill(session)
        await session.submit(None)
        sent = await desk.observing.load()
        assert [one.status for one in sent.sent] == ["submitted"]
        await desk.sync.run_once()
        assert await Review(desk.store, desk.access).load() == (), "nobody reviews his own"
        return await desk.observing.load()

    view = asyncio.run(story())
    (card,) = view.sent
    assert (card.source.value, card.pending, view.drafts) == ("audit", 0, ())
    with world.app.state.db.read() as session:
        row = session.connection().exec_driver_sql("SELECT source, assignment_id, status FROM visit").one()
    assert tuple(row) == ("audit", None, "submitted")


def test_a_manager_begins_no_observation_at_a_dealer_of_another_region(world: World, tmp_path: Path) -> None:
    desk = Desk(world, tmp_path / "manager.db")

    async def story() -> None:
        with pytest.raises(Problem) as caught:
            await desk.observing.begin(world.dealers["N01"])
        assert caught.value.code is Code.NOT_FOUND, "its checklist has not come yet"
        await desk.sync.run_once()
        assert {one.code for one in desk.observing.dealers()} == {"N01", "N02"}
        with pytest.raises(Problem) as caught:
            await desk.observing.begin(world.dealers["S01"])
        assert caught.value.code is Code.OUT_OF_SCOPE

    asyncio.run(story())


def test_the_page_of_observations_says_what_would_fill_it(world: World, tmp_path: Path) -> None:
    desk = Desk(world, tmp_path / "manager.db")

    class Work:
        observing = desk.observing

    class App:
        class accounts:  # noqa: N801
            current = Work()

    ui = make_ui(app=App())
    drawn = draw(lambda: observation_rows(ui, Observations((), (), ())))
    assert drawn.disabled["observe-new"]
    asyncio.run(desk.sync.run_once())
    drawn = draw(lambda: observation_rows(ui, Observations((), (), ())))
    assert not drawn.disabled["observe-new"]
    assert drawn.nameless == []
