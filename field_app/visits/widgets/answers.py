"""The control that answers a question, by its kind. Each gets the answer and a way to put another."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal, InvalidOperation
from typing import Any

import flet as ft

from field_app import theme
from field_app.shell.parts import Tone, abreast, choice, text
from field_app.shell.ui import Ui
from field_app.visits.live import Typing
from field_app.visits.widgets.location import LocationAnswer
from field_app.visits.widgets.saved_text import SavedText
from field_app.visits.widgets.times import DateTimeAnswer, DurationAnswer
from shared_models.checklists import AnswerValue, Question, QuestionKind

Put = Callable[[str, Any], Awaitable[object]]
"""Put an answer: state (answered, na, unobserved) and plain value."""


def answer_control(
    ui: Ui,
    question: Question,
    answer: AnswerValue | None,
    put: Put,
    on_typing: Callable[[Typing], None],
    visit_id: str = "",
    now: Callable[[], AnswerValue | None] | None = None,
) -> ft.Control | None:
    """The answer control of a question; None where its attachments are the answer.

    ``visit_id``: the visit being recorded, "" where somebody else's answer is corrected.
    ``now``: the answer as it stands when a choice is tapped, which may be newer than the one that was drawn.
    """
    value = _chosen(answer)
    match question.kind:
        case QuestionKind.YES_NO | QuestionKind.YES_NO_NA:
            return _yes_no(ui, question, answer, put)
        case QuestionKind.SCALE:
            return _scale(ui, question, value, put)
        case QuestionKind.SINGLE:
            return _single(ui, question, value, put)
        case QuestionKind.MULTIPLE:
            return _multiple(ui, question, value, put, lambda: _chosen(now() if now else answer))
        case QuestionKind.NUMBER:
            return _number(ui, question, value, put, on_typing)
        case QuestionKind.TEXT:
            return _text(ui, question, value, put, on_typing)
        case QuestionKind.BARCODE:
            from field_app.visits.widgets.barcode import BarcodeAnswer  # few checklists ask for one

            return BarcodeAnswer(ui, question, value, put, on_typing)
        case QuestionKind.DURATION:
            return DurationAnswer(ui, question, value, put, on_typing, visit_id)
        case QuestionKind.DATE | QuestionKind.TIME | QuestionKind.DATETIME:
            return DateTimeAnswer(ui, question, value, put)
        case QuestionKind.SIGNATURE:
            from field_app.visits.widgets.signature import SignatureAnswer  # with its canvas, only when asked

            return SignatureAnswer(ui, question, value, put)
        case QuestionKind.LOCATION:
            return LocationAnswer(ui, question, value, put)
        case QuestionKind.PHOTO | QuestionKind.AUDIO:
            return None


def _chosen(answer: AnswerValue | None) -> Any:
    """The value of an answer; None where there is none, also for "not applicable"."""
    return answer.value if answer is not None and answer.state == "answered" else None


def _spoken(ui: Ui, question: Question, label: str) -> str:
    """The label of one choice as it is read aloud: with the question, since it may be met on its own."""
    return f"{label} · {question.text.text(ui.language)}"


def _yes_no(ui: Ui, question: Question, answer: AnswerValue | None, put: Put) -> ft.Control:
    offered: list[tuple[str, str, Any, Tone]] = [
        ("yes", "answered", "yes", "good"),
        ("no", "answered", "no", "bad"),
    ]
    if question.kind is QuestionKind.YES_NO_NA:
        offered.append(("na", "na", None, "accent"))
    row: list[ft.Semantics] = []
    for name, state, value, tone in offered:
        label = ui.t(f"visits.answer.{name}")
        chosen = answer is not None and answer.state == state and (state == "na" or answer.value == value)
        row.append(
            choice(
                ui,
                label,
                f"q-{question.code}-{name}",
                ui.on(put, state, value),
                chosen=chosen,
                tone=tone,
                spoken=_spoken(ui, question, label),
            )
        )
    return abreast(ui, row)


def _scale(ui: Ui, question: Question, value: Any, put: Put) -> ft.Control:
    low, high = int(question.minimum or 0), int(question.maximum or 10)
    side = theme.TOUCH * max(1, ui.look.scale * 0.85) + 4
    steps = [
        choice(
            ui,
            str(step),
            f"q-{question.code}-{step}",
            ui.on(put, "answered", step),
            chosen=value == step,
            spoken=_spoken(ui, question, str(step)),
            expand=False,
            width=side,
        )
        for step in range(low, high + 1)
    ]
    parts: list[ft.Control] = [ft.Row(list(steps), spacing=6, run_spacing=6, wrap=True)]
    if question.low_label or question.high_label:
        ends = [(low, question.low_label), (high, question.high_label)]
        words = "　".join(f"{n} = {label.text(ui.language)}" for n, label in ends if label is not None)
        parts.insert(0, text(ui, words, "caption", theme.MUTED))
    return ft.Column(parts, spacing=theme.NEAR, tight=True)


def _single(ui: Ui, question: Question, value: Any, put: Put) -> ft.Control:
    return ft.Column(
        [
            choice(
                ui,
                one.text.text(ui.language),
                f"q-{question.code}-{one.code}",
                ui.on(put, "answered", one.code),
                chosen=value == one.code,
                spoken=_spoken(ui, question, one.text.text(ui.language)),
                align_start=True,
            )
            for one in question.choices
        ],
        spacing=6,
        tight=True,
    )


def _multiple(ui: Ui, question: Question, value: Any, put: Put, now: Callable[[], Any]) -> ft.Control:
    drawn: list[str] = list(value) if isinstance(value, list) else []

    async def toggle(code: str) -> None:
        # of two quick taps the second is taken before the first is drawn: it must not undo it
        held: list[str] = now() or []
        ticked = [one.code for one in question.choices if (one.code in held) != (one.code == code)]
        await put("answered", ticked)

    return ft.Column(
        [
            choice(
                ui,
                one.text.text(ui.language),
                f"q-{question.code}-{one.code}",
                ui.on(toggle, one.code),
                chosen=one.code in drawn,
                spoken=_spoken(ui, question, one.text.text(ui.language)),
                multiple=True,
                align_start=True,
            )
            for one in question.choices
        ],
        spacing=6,
        tight=True,
    )


def parse_number(written: str, question: Question) -> Decimal | str | None:
    """The number written, None for an empty field, or the catalogue key of what is wrong with it."""
    plain = written.strip().replace("，", ".").replace(",", ".").replace("。", ".")
    if not plain:
        return None
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return "visits.number.unreadable"
    if not number.is_finite():
        return "visits.number.unreadable"
    if question.minimum is not None and number < question.minimum:
        return "visits.number.too_low"
    if question.maximum is not None and number > question.maximum:
        return "visits.number.too_high"
    return number


def plain_number(number: Decimal) -> int | float:
    """The JSON number of a decimal."""
    return int(number) if number == number.to_integral_value() else float(number)


def _number(
    ui: Ui, question: Question, value: Any, put: Put, on_typing: Callable[[Typing], None]
) -> ft.Control:
    def refuse(written: str) -> str | None:
        number = parse_number(written, question)
        if isinstance(number, str):
            return ui.t(number, minimum=question.minimum, maximum=question.maximum)
        return None

    async def save(written: str) -> None:
        number = parse_number(written, question)
        if isinstance(number, Decimal):
            await put("answered", plain_number(number))
        elif number is None:
            await put("clear", None)

    unit = question.unit.text(ui.language) if question.unit else ""
    return SavedText(
        ui,
        ui.t("visits.number.label") if not unit else ui.t("visits.number.label_unit", unit=unit),
        f"q-{question.code}-value",
        "" if value is None else str(value),
        save,
        refuse=refuse,
        on_typing=on_typing,
        keyboard_type=ft.KeyboardType.NUMBER,
        suffix=unit or None,
    )


def _text(
    ui: Ui, question: Question, value: Any, put: Put, on_typing: Callable[[Typing], None]
) -> ft.Control:
    async def save(written: str) -> None:
        written = written.strip()
        await (put("answered", written) if written else put("clear", None))

    return SavedText(
        ui,
        ui.t("visits.text.label"),
        f"q-{question.code}-value",
        "" if value is None else str(value),
        save,
        on_typing=on_typing,
        multiline=True,
        min_lines=2,
        max_lines=8,
    )
