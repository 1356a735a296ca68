"""Deciding an appeal: the answer that counts from now on, or why the recorded one stands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import flet as ft

from field_app import theme
from field_app.appeals.workflow import AppealCard
from field_app.review.widgets.answer_picker import AnswerPicker
from field_app.shell.hooks import use_value
from field_app.shell.parts import button, card, heading, text, text_field
from field_app.shell.ui import Ui, guarded
from shared_models.checklists import AnswerValue, Question


class _Draft:
    chosen: AnswerValue | None = None
    under_way = False


@guarded
def DecisionForm(ui: Ui, one: AppealCard, question: Question) -> ft.Control:  # noqa: N802
    """Both ways need a word to the dealer; upholding needs another answer, too."""
    draft = ft.use_ref(_Draft).current
    assert draft is not None
    note = ui.work.typed.of(f"appeal-decision/{one.id}")
    working, set_working = use_value(False)
    appeals = ui.work.appeals

    async def run(act: Callable[[], Awaitable[object]], said: str) -> None:
        if draft.under_way:
            return
        if not note.text.strip():
            ui.tell(ui.t("appeals.decide.note_needed"))
            return
        draft.under_way = True  # also heard by a second tap that comes before the first is drawn
        set_working(True)
        try:
            if await ui.attempt(act):
                note.clear()
                ui.tell(ui.t(said))
                ui.page.run_task(ui.work.sync.run_once)
        finally:
            draft.under_way = False
            set_working(False)

    async def uphold() -> None:
        chosen = draft.chosen
        if chosen is None or chosen == one.old:
            ui.tell(ui.t("appeals.decide.answer_needed"))
            return
        words = note.text.strip()
        await run(lambda: appeals.uphold(one.id, chosen.state, chosen.value, words), "appeals.decide.upheld")

    async def dismiss() -> None:
        await run(lambda: appeals.dismiss(one.id, note.text.strip()), "appeals.decide.dismissed")

    def picked(state: str, value: Any) -> None:
        draft.chosen = AnswerValue(state, value)  # type: ignore[arg-type]

    return card(
        heading(ui, ui.t("appeals.decide.title")),
        text(ui, ui.t("appeals.decide.hint"), "small", theme.MUTED),
        AnswerPicker(ui, question, one.old, picked),
        text_field(
            ui,
            ui.t("appeals.decide.note"),
            "appeal-note",
            note.text,
            multiline=True,
            min_lines=2,
            max_lines=6,
            on_change=ui.on_event(note.hear),
        ),
        ft.Row(
            [
                button(
                    ui,
                    ui.t("appeals.decide.dismiss"),
                    "appeal-dismiss",
                    ui.on(dismiss),
                    look="danger",
                    disabled=working,
                ),
                button(
                    ui,
                    ui.t("appeals.decide.uphold"),
                    "appeal-uphold",
                    ui.on(uphold),
                    look="main",
                    icon=ft.Icons.CHECK,
                    disabled=working,
                ),
            ],
            spacing=theme.NEAR,
            run_spacing=theme.NEAR,
            wrap=True,
        ),
    )
