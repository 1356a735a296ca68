"""A change draws only what shows it, and is called saved only when it is durable."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from field_app.visits.live import AIM, PROGRESS, SAVING, SHOWN, LiveVisit, Shelf
from field_app.visits.workflow import Today, VisitSession
from shared_models.problems import Problem
from tests.factories.device import Clock, MemoryBlobs, make_store
from tests.factories.network import ASSIGNMENT, PERSON, seed


async def _free() -> int | None:
    return None


@pytest.fixture
def live(tmp_path: Path) -> LiveVisit:
    store = make_store(tmp_path / "account.db", clock=Clock(), blobs=MemoryBlobs())
    seed(store)
    session: VisitSession = asyncio.run(Today(store, PERSON, _free).start_visit(ASSIGNMENT))
    return LiveVisit(session)


def _count(live: LiveVisit, *topics: str) -> Callable[[], int]:
    calls: list[None] = []
    live.listen(topics, lambda: calls.append(None))
    return lambda: len(calls)


def _codes(live: LiveVisit) -> list[str]:
    return list(live.session.shown)


def test_an_answer_is_told_to_its_own_question_and_to_no_other(live: LiveVisit) -> None:
    first, second = _codes(live)[:2]
    own, other, progress = _count(live, first), _count(live, second), _count(live, PROGRESS)
    asyncio.run(live.put(first, "answered", "yes"))
    assert own() > 0
    assert progress() > 0
    assert other() == 0


def test_a_question_is_marked_as_being_saved_until_it_is_durable(live: LiveVisit) -> None:
    code = _codes(live)[0]
    seen: list[bool] = []
    live.listen([SAVING], lambda: seen.append(live.saving(code)))
    asyncio.run(live.put(code, "answered", "no"))
    assert seen[0] is True
    assert seen[-1] is False
    assert not live.any_saving


def test_a_refused_answer_does_not_stay_marked_as_being_saved(live: LiveVisit) -> None:
    code = _codes(live)[0]
    with pytest.raises(Problem):
        asyncio.run(live.put(code, "answered", ["not", "an", "answer"]))
    assert not live.saving(code)
    assert code not in live.session.answers


def test_typing_counts_as_unsaved_until_it_is_given_back(live: LiveVisit) -> None:
    code = _codes(live)[0]
    live.typing(code, True)
    assert live.any_saving
    live.typing(code, False)
    assert not live.any_saving


def test_who_stopped_listening_hears_nothing_more(live: LiveVisit) -> None:
    calls: list[None] = []
    stop = live.listen([SHOWN, AIM], lambda: calls.append(None))
    stop()
    live.aim(_codes(live)[0])
    assert calls == []


def test_the_next_open_question_comes_after_the_one_just_shown_and_wraps_around(live: LiveVisit) -> None:
    open_codes = list(live.session.completeness.unanswered)
    following = live.next_unanswered(open_codes[0])
    assert following is not None
    assert following.code == open_codes[1 % len(open_codes)]
    around = live.next_unanswered(open_codes[-1])
    assert around is not None
    assert around.code == open_codes[0]


def test_the_shelf_keeps_one_visit_open_for_all_its_screens(live: LiveVisit) -> None:
    class Work:
        opened = 0

        async def open_visit(self, visit_id: str) -> VisitSession:
            self.opened += 1
            return live.session

    work, shelf = Work(), Shelf()
    first = asyncio.run(shelf.open(work, live.session.id))  # type: ignore[arg-type]
    again = asyncio.run(shelf.open(work, live.session.id))  # type: ignore[arg-type]
    assert first is again
    assert work.opened == 1
    shelf.clear()
    assert shelf.known(live.session.id) is None


def test_a_visit_begun_twice_by_an_impatient_finger_stays_the_one_that_is_shown(tmp_path: Path) -> None:
    store = make_store(tmp_path / "account.db", clock=Clock(), blobs=MemoryBlobs())
    seed(store)
    today, shelf = Today(store, PERSON, _free), Shelf()
    first = shelf.adopt(asyncio.run(today.start_visit(ASSIGNMENT)))
    changed = _count(first, PROGRESS)
    again = shelf.adopt(asyncio.run(today.start_visit(ASSIGNMENT)))
    assert again is first
    code = _codes(first)[0]
    asyncio.run(first.put(code, "answered", "yes"))
    assert changed() > 0
    assert again.session.answers[code].value == "yes"


def test_a_jump_begins_in_the_section_that_is_shown(live: LiveVisit) -> None:
    last = live.session.document.sections[-1]
    question = live.next_unanswered(section=last.code)
    assert question is not None
    assert question.code in {one.code for one in last.questions}


def test_what_is_refused_is_not_called_being_saved(live: LiveVisit) -> None:
    code = live.session.shown[0]
    live.typing(code, True)
    assert not live.refused(code)
    live.typing(code, None)
    assert (live.refused(code), live.any_refused, live.any_saving) == (True, True, True)
    live.typing(code, True)
    assert (live.refused(code), live.saving(code)) == (False, True)
    live.typing(code, False)
    assert not (live.any_refused)
    assert not (live.any_saving)
