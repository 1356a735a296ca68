"""The mark of a returned visit's clock, for the visitor and for the desk."""

from __future__ import annotations

import flet as ft

from field_app.shell.parts import Tone, tag
from field_app.shell.times import instant_text
from field_app.shell.ui import Ui
from field_app.visits.workflow_cards import VisitCard


def reply_mark(ui: Ui, one: VisitCard) -> list[ft.Control]:
    """Until when the questions are to be answered; nothing for a visit that is not returned."""
    if one.status != "returned" or one.reply_due_at is None:
        return []
    tone: Tone = {"late": "bad", "warn": "warn"}.get(one.reply_clock, "plain")  # type: ignore[assignment]
    key = "visits.reply.late" if one.reply_clock == "late" else "visits.reply.due"
    return [tag(ui, ui.t(key, at=instant_text(ui, one.reply_due_at)), tone, ft.Icons.SCHEDULE)]
