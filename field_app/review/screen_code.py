"""Coding a visit again from its photos and words, without the visitor's answers."""

from __future__ import annotations

from typing import Any, cast

import flet as ft

from field_app import theme
from field_app.review.widgets.answer_picker import AnswerPicker
from field_app.review.widgets.photos import photos
from field_app.review.workflow_quality import Quality, to_code
from field_app.shell.frame import bottom_actions, column, framed, screen, title_bar
from field_app.shell.hooks import use_value
from field_app.shell.parts import busy, button, card, empty, named, note, tag, text
from field_app.shell.ui import Ui, failure_panel
from field_app.visits.workflow import ReviewSession
from shared_models.checklists import Question
from shared_models.problems import Problem


@screen
def CodeScreen(ui: Ui) -> ft.View:  # noqa: N802
    """The visit of the route; what is coded is sent at once and needs the network."""
    visit_id = ft.use_route_params().get("visit_id", "")
    opened, set_opened = use_value(cast(ReviewSession | Problem | None, None))
    picked = ft.use_ref(lambda: cast(dict[str, Any], {})).current
    assert picked is not None

    async def open_it() -> None:
        try:
            set_opened(await ui.work.open_review(visit_id))
        except Problem as problem:
            set_opened(problem)

    def close() -> None:
        if isinstance(opened, ReviewSession):
            opened.close()

    ft.use_effect(open_it, [visit_id], cleanup=close)
    back = ui.going(f"/review/visit/{visit_id}")
    bar = title_bar(ui, ui.t("review.code.title"), back=back)
    if opened is None or isinstance(opened, Problem):
        return framed(ui, "review", bar, busy(ui) if opened is None else failure_panel(ui, opened))
    questions = to_code(opened)
    if not questions:
        words = ui.t("review.code.none"), ui.t("review.code.none_hint")
        return framed(ui, "review", bar, empty(ui, *words, ft.Icons.CALL_SPLIT))

    async def save() -> None:
        await Quality(ui.work.store, ui.work.api).code(visit_id, picked)
        ui.tell(ui.t("review.code.saved", count=len(picked)))
        ui.go(f"/review/visit/{visit_id}")

    rows: list[ft.Control] = [note(ui, ui.t("review.code.hint"), icon=ft.Icons.VISIBILITY_OFF_OUTLINED)]
    rows += [_question(ui, opened, question, picked) for question in questions]
    label = ui.t("review.code.save")
    bottom = bottom_actions(button(ui, label, "code-save", ui.on(save), look="main", expand=True))
    return framed(ui, "review", bar, column(*rows, width=theme.READING + 120), bottom=bottom)


def _question(ui: Ui, session: ReviewSession, question: Question, picked: dict[str, Any]) -> ft.Control:
    code = question.code

    def put(state: str, value: Any) -> None:
        picked[code] = value if state == "answered" else state

    parts: list[ft.Control] = [
        ft.Row([tag(ui, code)]),
        text(ui, question.text.text(ui.language)),
    ]
    if question.guidance is not None:
        parts.append(text(ui, question.guidance.text(ui.language), "small", theme.MUTED))
    said = session.comments.get(code)
    if said:
        parts.append(text(ui, ui.t("desk.evidence.said", words=said), "small"))
    taken = [row for row in session.attachments if row["question"] == code and row["kind"] == "photo"]
    if taken:
        parts.append(
            photos(
                ui,
                [row["sha256"] for row in taken],
                f"code-{code}-photo",
                ui.t("desk.evidence.photo"),
                {row["sha256"]: row["marks"] for row in taken if row["marks"]},
            )
        )
    parts.append(AnswerPicker(ui, question, None, put, key=f"pick-{code}"))
    return named(card(*parts, padding=theme.GAP), f"code-{code}", container=True)
