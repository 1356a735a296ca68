"""A visit whose database is busy at any statement: what is shown is what is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from field_app.store import Store
from field_app.store.store import Counts
from field_app.sync.pull import take_page
from field_app.visits.workflow import Today, VisitSession
from shared_models.ids import derived_id
from shared_models.problems import Problem
from shared_models.sync.wire import RowChange
from tests.factories.device import make_store
from tests.factories.network import ASSIGNMENT, PERSON, change, page, seed
from tests.sync.breaking import Fuse, busy

MOST_STATEMENTS = 60


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = make_store(tmp_path / "account.db")
    seed(made)
    return made


@pytest.fixture
def fuse(store: Store) -> Fuse:
    """Burns at a statement of the database."""
    made = Fuse()
    event.listen(store.engine, "before_cursor_execute", lambda *_given: made.step())
    return made


async def _free() -> None:
    """Free space, which this device does not tell."""


def locked() -> BaseException:
    return OperationalError("", {}, busy())


def begin(store: Store) -> VisitSession:
    return asyncio.run(Today(store, PERSON, _free).start_visit(ASSIGNMENT))


def stored(store: Store, visit: VisitSession) -> VisitSession:
    """The visit as another start of the app would show it."""
    return VisitSession(store, visit.id)


def at_every_statement(fuse: Fuse, work: Callable[[int], None], check: Callable[[], None]) -> int:
    """Do it again and again, each time with the database busy one statement later; how many there were."""
    for place in range(MOST_STATEMENTS):
        before = fuse.burnt
        fuse.arm(place, locked)
        work(place)
        fuse.left = None
        check()
        if fuse.burnt == before:
            return place
    raise AssertionError("it never came through")


def test_an_answer_is_stored_and_shown_or_neither(store: Store, fuse: Fuse) -> None:
    visit = begin(store)
    chip: list[Counts] = []
    store.watch(lambda _: chip.append(store.counts()))
    asyncio.run(visit.answer("F2", value="no"))
    told: list[bool] = []

    def tap(place: int) -> None:
        given, before = ("yes", "no")[place % 2], visit.answers["F2"].value
        try:
            asyncio.run(visit.answer("F2", value=given))
        except (Problem, OperationalError):
            told.append(False)
            assert visit.answers["F2"].value == before
        else:
            told.append(True)
            assert visit.answers["F2"].value == given

    def check() -> None:
        again = stored(store, visit)
        assert (visit.answers, visit.score) == (again.answers, again.score)

    assert at_every_statement(fuse, tap, check) > 5
    assert set(told) == {True, False}


def test_what_came_in_unread_is_read_before_the_visit_is_sealed(store: Store, fuse: Fuse) -> None:
    visit = begin(store)

    def other(value: str, version: int) -> RowChange:
        fields = {"visit_id": visit.id, "question": "F2", "state": "answered", "value": value}
        return change("answer", derived_id("answer", visit.id, "F2", "0"), version, **fields)

    store.tell(take_page(store, page(other("yes", 1), cursor="2"), "1"))
    asyncio.run(visit.answer("F1", "na"))
    asyncio.run(visit.answer("P1", value="yes"))
    assert visit.completeness.unanswered == ()
    news = take_page(store, page(other("no", 2), cursor="3"), "2")
    fuse.arm(0, locked)
    store.tell(news)
    assert (fuse.burnt, visit.answers["F2"].value) == (1, "yes")
    asyncio.run(visit.submit())
    sealed, again = store.row("visit", visit.id), stored(store, visit)
    assert sealed is not None
    assert again.answers["F2"].value == "no"
    assert sealed["score"] == again.score.percent
