"""The reviewer's correction of one answer: how it is to be read, and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flet as ft

from field_app import theme
from field_app.review.widgets.answer_picker import AnswerPicker
from field_app.shell.hooks import use_value
from field_app.shell.parts import button, text, text_field
from field_app.shell.ui import Ui, guarded
from field_app.visits.workflow import ReviewSession
from shared_models.checklists import AnswerValue, Question


class _Draft:
    chosen: AnswerValue | None = None
    under_way = False


@guarded
def CorrectionForm(  # noqa: N802
    ui: Ui, session: ReviewSession, question: Question, close: Callable[[], None]
) -> ft.Control:
    """Saved as a line of its own; the answer as recorded stays to be seen."""
    draft = ft.use_ref(_Draft).current
    assert draft is not None
    working, set_working = use_value(False)
    code, before = question.code, session.answers.get(question.code)
    reason = ui.work.typed.of(f"review/{session.id}/correct/{code}")

    def picked(state: str, value: Any) -> None:
        draft.chosen = AnswerValue(state, value)  # type: ignore[arg-type]

    async def save() -> None:
        chosen = draft.chosen
        if draft.under_way:
            return
        if chosen is None or chosen == before:
            ui.tell(ui.t("review.correct_other"))
            return
        if not reason.text.strip():
            ui.tell(ui.t("review.correct_reason_needed"))
            return
        draft.under_way = True  # also heard by a second tap that comes before the first is drawn
        set_working(True)
        try:
            if await ui.attempt(session.correct, code, chosen.state, chosen.value, reason.text):
                reason.clear()
                ui.tell(ui.t("review.correct_done"))
                close()
        finally:
            draft.under_way = False
            set_working(False)

    return ft.Column(
        [
            text(ui, ui.t("review.correct_hint"), "small", theme.MUTED),
            AnswerPicker(ui, question, before, picked),
            text_field(
                ui,
                ui.t("review.correct_reason"),
                f"correct-{code}-reason",
                reason.text,
                multiline=True,
                min_lines=1,
                max_lines=4,
                on_change=ui.on_event(reason.hear),
            ),
            ft.Row(
                [
                    button(ui, ui.t("shell.cancel"), f"correct-{code}-cancel", ui.on(close), look="quiet"),
                    button(
                        ui,
                        ui.t("review.correct_save"),
                        f"correct-{code}-save",
                        ui.on(save),
                        look="main",
                        disabled=working,
                    ),
                ],
                spacing=theme.NEAR,
                wrap=True,
            ),
        ],
        spacing=theme.NEAR,
        tight=True,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
    )
