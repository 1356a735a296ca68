"""Choosing how an answer is to be read from now on: by its reviewer, or as an appeal is upheld."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flet as ft

from field_app import theme
from field_app.shell.hooks import use_value
from field_app.shell.parts import choice
from field_app.shell.ui import Ui, guarded
from field_app.visits.widgets.answers import answer_control
from shared_models.checklists import AnswerValue, Question, QuestionKind


@guarded
def AnswerPicker(  # noqa: N802
    ui: Ui, question: Question, before: AnswerValue | None, picked: Callable[[str, Any], None]
) -> ft.Control:
    """The question's own control, with "not applicable" and "not observed" beside it for every kind."""
    answer, set_answer = use_value(before)

    newest = ft.use_ref(lambda: [before]).current
    assert newest is not None

    async def put(state: str, value: Any) -> None:
        newest[0] = AnswerValue(state, value)  # type: ignore[arg-type]
        set_answer(newest[0])
        picked(state, value)

    control = answer_control(ui, question, answer, put, lambda _begun: None, now=lambda: newest[0])
    parts: list[ft.Control] = [control] if control is not None else []
    states = ("unobserved",) if question.kind is QuestionKind.YES_NO_NA else ("na", "unobserved")
    parts.append(
        ft.Row(
            [
                choice(
                    ui,
                    ui.t(f"visits.answer.{state}"),
                    f"pick-{question.code}-{state}",
                    ui.on(put, state, None),
                    chosen=answer is not None and answer.state == state,
                    expand=False,
                )
                for state in states
            ],
            spacing=theme.NEAR,
            run_spacing=theme.NEAR,
            wrap=True,
        )
    )
    return ft.Column(
        parts, spacing=theme.NEAR, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH
    )
