"""The log of an action, newest first, with its photos."""

from __future__ import annotations

from collections.abc import Sequence

import flet as ft

from field_app import theme
from field_app.plans.workflow import ProgressEntry
from field_app.review.widgets.photos import photos
from field_app.shell.parts import text
from field_app.shell.times import instant_text
from field_app.shell.ui import Ui


def progress_log(ui: Ui, entries: Sequence[ProgressEntry], identifier: str) -> list[ft.Control]:
    """Nothing where nothing has been reported."""
    rows: list[ft.Control] = []
    for place, one in enumerate(entries):
        when = instant_text(ui, one.at) if one.at else ""
        head = ui.t("desk.progress.entry", at=when, name=one.author or "–", percent=one.percent)
        lines: list[ft.Control] = [text(ui, head, "caption", theme.MUTED)]
        if one.text:
            lines.append(text(ui, one.text, "small"))
        if one.attendees:
            names = ui.t("insight.list_separator").join(one.attendees)
            there = ui.t("desk.progress.attended", count=len(one.attendees), names=names)
            lines.append(text(ui, there, "small"))
        if one.photos:
            shown = [
                ui.t(f"desk.evidence.kind.{kind}") for kind in dict.fromkeys(one.kinds) if kind != "photo"
            ]
            if shown:
                lines.append(text(ui, ui.t("insight.list_separator").join(shown), "caption", theme.MUTED))
            lines.append(photos(ui, one.photos, f"{identifier}-{place}-photo", ui.t("desk.evidence.photo")))
        rows.append(
            ft.Container(
                ft.Column(lines, spacing=2, tight=True),
                border=ft.Border(left=ft.BorderSide(3, theme.LINE)),
                padding=ft.Padding(left=theme.GAP),
            )
        )
    return rows
