"""How good the work of a visit was, in five steps; for desks alone."""

from __future__ import annotations

from typing import cast

import flet as ft

from field_app import theme
from field_app.review.workflow_quality import GRADES, Quality
from field_app.shell.hooks import use_value
from field_app.shell.parts import button, card, choice, text
from field_app.shell.ui import Ui, guarded
from field_app.visits.workflow import ReviewSession
from shared_models.problems import Problem
from shared_models.reviews import GradeLine


@guarded
def GradeCard(ui: Ui, session: ReviewSession) -> ft.Control:  # noqa: N802
    """The grade, and the way to code the evidence again."""
    quality = Quality(ui.work.store, ui.work.api)
    now, set_now = use_value(cast(GradeLine | None, None))
    offline, set_offline = use_value(False)

    async def read() -> None:
        try:
            set_now(await quality.grade_of(session.id))
            set_offline(False)
        except Problem:  # no network: grading waits, reviewing goes on
            set_offline(True)

    async def put(value: int) -> None:
        set_now(await quality.grade(session.id, value))
        ui.tell(ui.t("review.grade.saved", grade=value))

    ft.use_effect(read, [session.id])
    row: list[ft.Control] = [
        choice(
            ui,
            str(value),
            f"grade-{value}",
            ui.on(put, value),
            chosen=now is not None and now.grade == value,
            spoken=ui.t("review.grade.of", grade=value),
            expand=False,
            width=theme.TOUCH + 8,
            disabled=offline,
        )
        for value in GRADES
    ]
    row.append(
        button(
            ui,
            ui.t("review.code.open"),
            "review-code",
            ui.going(f"/review/visit/{session.id}/code"),
            look="quiet",
            icon=ft.Icons.CALL_SPLIT,
        )
    )
    hint = "review.grade.offline" if offline else "review.quality.desk_only"
    return card(
        text(ui, ui.t("review.grade.title"), "strong"),
        ft.Row(row, spacing=theme.NEAR, run_spacing=theme.NEAR, wrap=True),
        text(ui, ui.t(hint), "caption", theme.MUTED),
        padding=theme.GAP,
    )
