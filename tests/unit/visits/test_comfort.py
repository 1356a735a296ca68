"""Long checklists: a section that does not apply in one step, and steps taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared_models.problems import Code, Problem
from tests.unit.visits.test_session import Desk, do


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "account.db")


def test_the_rest_of_a_section_is_left_out_with_a_reason_and_comes_back_with_one_undo(desk: Desk) -> None:
    visit = desk.start()
    section = visit.document.sections[0]
    first, *rest = visit.open_questions(section.code)
    do(visit.answer(first, "answered", "no"))
    before = visit.score.percent
    assert do(visit.section_not_applicable(section.code, " no showroom here ")) == len(rest)
    assert visit.open_questions(section.code) == []
    assert {visit.answers[code].state for code in rest} == {"na"}
    assert {visit.comments[code] for code in rest} == {"no showroom here"}
    assert visit.answers[first].value == "no"
    assert visit.score.percent == before  # what does not apply leaves the denominator
    again = desk.reopen(visit.id)
    assert again.open_questions(section.code) == []

    assert set(do(visit.undo())) == set(rest)
    assert visit.open_questions(section.code) == rest
    assert not any(visit.comments.get(code) for code in rest)
    assert do(visit.undo()) == (first,)
    assert first not in visit.answers
    assert not visit.can_undo
    assert do(visit.undo()) == ()


def test_a_section_is_not_left_out_without_a_reason(desk: Desk) -> None:
    visit = desk.start()
    section = visit.document.sections[0].code
    with pytest.raises(Problem) as caught:
        do(visit.section_not_applicable(section, "  "))
    assert caught.value.code is Code.INVALID_FIELD
    assert visit.answers == {}


def test_undo_brings_back_the_answer_before_with_its_comment(desk: Desk) -> None:
    visit = desk.start()
    code = visit.open_questions(visit.document.sections[0].code)[0]
    do(visit.answer(code, "answered", "no", "dark"), visit.answer(code, "answered", "yes", "lit"))
    do(visit.undo())
    assert (visit.answers[code].value, visit.comments[code]) == ("no", "dark")
    do(visit.clear(code), visit.undo())
    assert visit.answers[code].value == "no"
    assert desk.reopen(visit.id).answers[code].value == "no"
