"""Appeals on the device against the real server: filed without network, decided at the desk, read again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from field_app.appeals.workflow import Appeals
from field_app.store import Store
from field_app.sync import Api, SyncEngine
from field_app.sync.api import Unreachable
from shared_models.people import Access, GrantView, Role, ScopeKind
from shared_models.problems import Code, Problem
from sync_server.sync.journal import write_row
from tests.factories.device import Clock, make_store
from tests.factories.visits_on_server import accepted_visit
from tests.server.world import World, make_world
from tests.unit.ui_desk.test_desk_and_server import Wire

ANSWERS = {"F02": "no", "F03": "yes", "F05": "na"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path / "server")
    yield made
    made.close()


class Desk:
    """One person's device with its line to the server."""

    def __init__(self, world: World, folder: Path, login: str, grant: GrantView, seed: int) -> None:
        folder.mkdir()
        clock = Clock(datetime.now(UTC))
        self.store: Store = make_store(folder / "account.db", clock=clock, seed=seed)
        self.wire = Wire(httpx.ASGITransport(app=world.app))
        self.api = Api("http://server", self.wire, token=world.token(login), language="en")
        person = world.people[login]
        self.sync = SyncEngine(self.store, self.api, person)
        access = Access.of(person, [grant])
        self.appeals = Appeals(self.store, self.api, access, _plenty)


async def _plenty() -> int | None:
    return None


@pytest.fixture
def owner(world: World, tmp_path: Path) -> Desk:
    grant = GrantView(Role.OWNER, ScopeKind.DEALER, world.dealers["N01"])
    return Desk(world, tmp_path / "owner", "owner", grant, 1)


@pytest.fixture
def manager(world: World, tmp_path: Path) -> Desk:
    grant = GrantView(Role.MANAGER, ScopeKind.REGION, world.regions["N"])
    return Desk(world, tmp_path / "manager", "manager", grant, 2)


def accepted(world: World) -> str:
    """A visit accepted just now; its id."""
    visit_id = accepted_visit(world, "N01", ANSWERS, comments={"F02": "sign dark, call 13812345678"})
    with world.db.write() as session:
        write_row(session, "visit", visit_id, {"reviewed_at": datetime.now(UTC), "score": Decimal("50")})
    return visit_id


def test_an_appeal_filed_without_network_is_decided_and_comes_back_with_both_scores(
    world: World, owner: Desk, manager: Desk
) -> None:
    visit_id = accepted(world)

    async def story() -> None:
        await owner.sync.run_once()
        listed = (await owner.appeals.results()).value
        assert [(one.visit_id, one.failed) for one in listed.results] == [(visit_id, 1)]
        result = (await owner.appeals.result(visit_id)).value
        answer = next(a for s in result.sections for a in s.answers if a.question.code == "F02")
        assert "13812345678" not in answer.comment
        assert "sign dark" in answer.comment

        owner.wire.cut = True
        kept = await owner.appeals.result(visit_id)  # opened before: readable offline
        assert (kept.live, kept.value) == (False, result)
        appeal_id = await owner.appeals.file(result, answer, "It was lit", [(b"photo", "image/jpeg")])
        mine = owner.appeals.card(appeal_id)
        assert (mine.status, mine.question, mine.pending) == ("filed", "F02", 2)
        assert mine.due_at is None  # only the server starts the clock
        assert owner.appeals.may(appeal_id) == {"withdraw"}
        owner.wire.cut = False
        await owner.sync.run_once()
        assert owner.appeals.card(appeal_id).pending == 0

        await manager.sync.run_once()
        (todo,) = await manager.appeals.load()
        assert (todo.text, todo.author, len(todo.photos)) == ("It was lit", "owner 某", 1)
        assert todo.due_at is not None
        assert manager.appeals.may(appeal_id) == {"uphold", "dismiss"}
        question = manager.appeals.question(appeal_id)
        assert question is not None
        assert question.code == "F02"
        await manager.appeals.uphold(appeal_id, "answered", "yes", "seen")
        await manager.sync.run_once()

        await owner.sync.run_once()
        done = owner.appeals.card(appeal_id)
        assert (done.status, done.decision_note, done.decided_by) == ("upheld", "seen", "manager 某")
        assert done.score_before is not None
        assert done.score_after is not None
        assert done.score_after > done.score_before
        after = (await owner.appeals.result(visit_id)).value
        assert after.score == done.score_after
        assert owner.appeals.may(appeal_id) == frozenset()

    asyncio.run(story())


def test_an_appeal_can_be_taken_back_until_it_is_decided(world: World, owner: Desk) -> None:
    visit_id = accepted(world)

    async def story() -> None:
        await owner.sync.run_once()
        result = (await owner.appeals.result(visit_id)).value
        answer = result.sections[0].answers[0]
        with pytest.raises(Problem) as caught:
            await owner.appeals.file(result, answer, "  ")
        assert caught.value.code is Code.INVALID_FIELD
        appeal_id = await owner.appeals.file(result, answer, "wrong")
        await owner.appeals.withdraw(appeal_id)
        await owner.sync.run_once()
        assert owner.appeals.card(appeal_id).status == "withdrawn"
        with pytest.raises(Problem) as caught:
            await owner.appeals.withdraw(appeal_id)
        assert caught.value.code is Code.TRANSITION_NOT_ALLOWED

    asyncio.run(story())


def test_a_result_never_opened_needs_the_network(world: World, owner: Desk) -> None:
    owner.wire.cut = True
    with pytest.raises(Unreachable):
        asyncio.run(owner.appeals.result(accepted(world)))


@pytest.mark.parametrize("code", ["F02"])
def test_the_desk_sees_whose_clock_runs_out(world: World, owner: Desk, manager: Desk, code: str) -> None:
    visit_id = accepted(world)

    async def story() -> list[str]:
        await owner.sync.run_once()
        result = (await owner.appeals.result(visit_id)).value
        answer: Any = next(a for s in result.sections for a in s.answers if a.question.code == code)
        appeal_id = await owner.appeals.file(result, answer, "wrong")
        await owner.sync.run_once()
        await manager.sync.run_once()
        clock = manager.store.context.now
        assert isinstance(clock, Clock)
        seen: list[str] = []
        for days in (0, 4, 2):
            clock.forward(days=days)
            seen.append(manager.appeals.card(appeal_id).clock)
        return seen

    assert asyncio.run(story()) == ["", "warn", "late"]
