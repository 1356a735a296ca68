"""An answer in words, as a reviewer reads it."""

from __future__ import annotations

from typing import Any

from field_app.shell.parts import Tone
from field_app.shell.ui import Ui
from field_app.visits.widgets.times import clock_text
from shared_models.checklists import AnswerValue, Question, QuestionKind
from shared_models.visits.scoring import question_fraction


def answer_tone(question: Question, answer: AnswerValue | None) -> Tone:
    """Good, bad or in between by what the answer earns; plain where it earns nothing either way."""
    fraction = question_fraction(question, answer) if answer is not None else None
    if fraction is None:
        return "plain"
    if fraction == 1:
        return "good"
    return "bad" if fraction == 0 else "warn"


def answer_text(ui: Ui, question: Question, answer: AnswerValue | None) -> str:
    """What was answered."""
    if answer is None:
        return ui.t("review.answer.none")
    if answer.state != "answered":
        return ui.t(f"visits.answer.{answer.state}")
    return _value(ui, question, answer.value)


def _value(ui: Ui, question: Question, value: Any) -> str:
    kind = question.kind
    if kind in (QuestionKind.YES_NO, QuestionKind.YES_NO_NA):
        return ui.t(f"visits.answer.{value}")
    if kind in (QuestionKind.SINGLE, QuestionKind.MULTIPLE):
        codes: list[Any] = list(value) if isinstance(value, list) else [value]
        names = {choice.code: choice.text.text(ui.language) for choice in question.choices}
        return ui.t("insight.list_separator").join(names.get(code, str(code)) for code in codes) or "–"
    if kind is QuestionKind.SCALE and question.maximum is not None:
        return ui.t("review.answer.scale", value=value, maximum=question.maximum)
    if kind is QuestionKind.DURATION:
        return clock_text(int(value))
    if kind is QuestionKind.NUMBER and question.unit is not None:
        return f"{value} {question.unit.text(ui.language)}"
    if kind in (QuestionKind.PHOTO, QuestionKind.AUDIO):
        return ui.t(f"review.answer.{kind.value}", count=value)
    if kind is QuestionKind.SIGNATURE and isinstance(value, dict):
        return ui.t("review.answer.signed", name=value.get("name", ""))
    if kind is QuestionKind.LOCATION and isinstance(value, dict):
        return f"{value.get('latitude', 0):.5f}, {value.get('longitude', 0):.5f}"
    return str(value)
