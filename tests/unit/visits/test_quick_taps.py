"""Taps that follow each other faster than the screen is drawn: none undoes or replaces the one before."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import flet as ft
import pytest
from flet.components.component import Renderer
from flet.controls.object_patch import ObjectPatch

from field_app.shell.picking import Picking
from field_app.visits.live import LiveVisit
from field_app.visits.widgets.answers import answer_control
from field_app.visits.widgets.question_card import foot
from shared_models.checklists import AnswerValue, Bilingual, Choice, Question, QuestionKind, Stage
from tests.unit.ui_desk.drawing import make_ui
from tests.unit.visits.test_session import Desk, do


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "account.db")


def inside(control: Any) -> Iterator[Any]:
    """A control and all in it."""
    yield control
    for one in fields(control):
        if one.name.startswith("_") or one.name in {"parent", "page", "data"}:
            continue
        value = getattr(control, one.name, None)
        for inner in value if isinstance(value, list | tuple) else [value]:
            if isinstance(inner, ft.Control):
                yield from inside(inner)


def tapped(drawn: Any, identifier: str) -> Any:
    """The control that takes the tap on what is called so."""
    named = next(one for one in inside(drawn) if getattr(one, "identifier", None) == identifier)
    return next(one for one in inside(named) if getattr(one, "on_click", None) is not None)


def test_two_quick_ticks_of_one_question_are_both_kept() -> None:
    question = Question(
        code="Q1",
        text=Bilingual(zh="看到了什么？", en="What was seen?"),
        kind=QuestionKind.MULTIPLE,
        stage=Stage.RECEPTION,
        choices=tuple(Choice(code=code, text=Bilingual(zh=code, en=code)) for code in ("a", "b", "c")),
    )
    stands: list[AnswerValue | None] = [None]

    async def put(state: str, value: Any) -> None:
        stands[0] = AnswerValue(cast(Any, state), value)

    drawn = answer_control(make_ui(), question, None, put, lambda _begun: None, now=lambda: stands[0])
    for code in ("c", "a", "b", "c"):  # nothing is drawn in between
        asyncio.run(tapped(drawn, f"q-Q1-{code}").on_click(None))
    assert stands[0] is not None
    assert stands[0].value == ["a", "b"]


def test_a_second_tap_under_way_does_nothing_else_once_the_button_has_gone(desk: Desk) -> None:
    visit = desk.start()
    live = LiveVisit(visit)
    ui = make_ui(app=SimpleNamespace(picking=Picking()))
    question = visit.document.sections[0].questions[0]
    code = question.code

    def drawn(commented: bool) -> Any:
        answer = visit.answers.get(code)
        return cast(Any, Renderer()).render(
            lambda: foot(ui, live, question, answer, commented, lambda: None, [])
        )

    before = drawn(commented=False)
    do(visit.answer(code, "unobserved"))
    after = drawn(commented=True)
    gone = {name: tapped(before, f"q-{code}-{name}")._i for name in ("unobserved", "add-comment")}
    stays = tapped(before, f"q-{code}-add-photo")._i
    ObjectPatch.from_diff(before, after, control_cls=ft.BaseControl, frozen=True)
    left = {one._i for one in inside(after)}
    assert left.isdisjoint(gone.values())
    assert tapped(after, f"q-{code}-add-photo")._i == stays


def test_words_written_after_an_answer_stay_when_the_answer_is_taken_back(desk: Desk) -> None:
    visit = desk.start()
    code = visit.document.sections[0].questions[0].code
    do(visit.answer(code, "answered", "no"), visit.comment(code, "灯不亮"), visit.undo())
    assert code not in visit.answers
    assert visit.comments[code] == "灯不亮"
    assert desk.reopen(visit.id).comments[code] == "灯不亮"


def test_the_second_half_of_a_double_tap_does_not_take_the_answer_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = desk.start()
    live = LiveVisit(visit)
    code = visit.document.sections[0].questions[0].code
    now = [100.0]
    monkeypatch.setattr("field_app.visits.live.monotonic", lambda: now[0])
    do(live.put(code, "unobserved"))
    now[0] += 0.3
    do(live.take_back(code))
    assert visit.answers[code].state == "unobserved"
    now[0] += 0.3
    do(live.take_back(code))
    assert code not in visit.answers
