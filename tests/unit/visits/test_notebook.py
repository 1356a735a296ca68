"""Notes first, coding later: what was noted in a hurry finds its question with its time."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_models.problems import Problem
from shared_models.visits.notes import QuickNote, read_notes, with_note, without_note
from tests.unit.visits.test_session import Desk, do


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "account.db")


def test_notes_carry_the_time_of_day_at_which_they_were_written(desk: Desk) -> None:
    visit = desk.start()
    do(visit.notebook.add("greeted at once"))
    desk.clock.forward(minutes=7)
    do(visit.notebook.add("  no   coffee\nleft "), visit.notebook.add("   "))
    notes = desk.reopen(visit.id).notebook.notes
    assert notes == (QuickNote("10:00", "greeted at once"), QuickNote("10:07", "no coffee left"))


def test_a_note_given_to_a_question_becomes_its_comment_and_leaves_the_list(desk: Desk) -> None:
    visit = desk.start()
    do(
        visit.answer("F1", value="yes", comment="tidy"),
        visit.notebook.add("first"),
        visit.notebook.add("second"),
    )
    do(visit.notebook.assign(0, "F1"), visit.notebook.assign(0, "P1"))
    again = desk.reopen(visit.id)
    assert again.comments == {"F1": "tidy\n10:00 first", "P1": "10:00 second"}
    assert again.answers["F1"].value == "yes"
    assert "P1" not in again.answers
    assert again.notebook.notes == ()
    with pytest.raises(Problem):
        do(again.notebook.assign(0, "F1"))


def test_what_was_written_as_the_visits_note_stays_beside_quick_notes(desk: Desk) -> None:
    visit = desk.start()
    do(visit.set_visit("note", "came by taxi\n\n11:30 not a note of ours?"), visit.notebook.add("greeted"))
    assert [one.words for one in visit.notebook.notes] == ["came by taxi", "not a note of ours?", "greeted"]
    do(visit.notebook.assign(2, "F1"))
    assert visit.visit["note"] == "came by taxi\n11:30 not a note of ours?"


@given(st.lists(st.text(min_size=1).filter(lambda words: words.split() != []), max_size=6), st.data())
def test_no_note_is_lost_by_taking_another_out(words: list[str], data: st.DataObject) -> None:
    whole = ""
    for one in words:
        whole = with_note(whole, "09:15", one)
    assert [one.words for one in read_notes(whole)] == [" ".join(one.split()) for one in words]
    if words:
        place = data.draw(st.integers(0, len(words) - 1))
        left = read_notes(without_note(whole, place))
        assert left == (*read_notes(whole)[:place], *read_notes(whole)[place + 1 :])
