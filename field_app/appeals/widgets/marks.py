"""Marks of an appeal: its state, its clock, and what became of the score."""

from __future__ import annotations

import flet as ft

from field_app.appeals.workflow import AppealCard
from field_app.shell.parts import Tone, tag
from field_app.shell.times import instant_text
from field_app.shell.ui import Ui
from field_app.visits.widgets.progress import percent_text

TONES: dict[str, Tone] = {"filed": "accent", "upheld": "good", "dismissed": "bad", "withdrawn": "plain"}


def status_mark(ui: Ui, one: AppealCard) -> ft.Control:
    """Where the appeal stands."""
    return tag(ui, ui.t(f"appeals.status.{one.status}"), TONES[one.status])


def marks(ui: Ui, one: AppealCard) -> ft.Control:
    """All marks in a row that wraps."""
    row: list[ft.Control] = [status_mark(ui, one)]
    if one.status == "filed" and one.due_at is not None:
        key = "appeals.due_late" if one.clock == "late" else "appeals.due"
        tone: Tone = {"late": "bad", "warn": "warn"}.get(one.clock, "plain")  # type: ignore[assignment]
        row.append(tag(ui, ui.t(key, at=instant_text(ui, one.due_at)), tone, ft.Icons.SCHEDULE))
    if one.status == "upheld":
        before, after = percent_text(ui, one.score_before), percent_text(ui, one.score_after)
        row.append(tag(ui, ui.t("appeals.score_change", before=before, after=after), "good"))
    if one.pending:
        row.append(tag(ui, ui.t("desk.pending", count=one.pending), "warn", ft.Icons.CLOUD_UPLOAD_OUTLINED))
    return ft.Row(row, spacing=6, run_spacing=6, wrap=True)
