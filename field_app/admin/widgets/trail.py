"""Entries of the audit trail as lines."""

from __future__ import annotations

from functools import partial

import flet as ft

from field_app import theme
from field_app.admin.widgets.parts import line, ruled
from field_app.shell.parts import tag, text
from field_app.shell.times import since_text
from field_app.shell.ui import Ui
from shared_models.audit.wire import AuditEntry
from shared_models.audit.words import deed_text, field_text, value_text


def action_words(ui: Ui, code: str) -> str:
    """A deed in words; the code itself for one that has none."""
    return deed_text(ui.t, code)


def trail_entry(ui: Ui, entry: AuditEntry) -> ft.Control:
    """What was done to what, by whom, when; what changed below it."""
    dealer = entry.dealer if ui.t.is_chinese else entry.dealer_en
    actor = entry.actor or (ui.t("audit.somebody") if entry.via in {"app", "device"} else "")
    about = " · ".join(
        part for part in (actor, ui.t(f"audit.via.{entry.via}"), since_text(ui, entry.at)) if part
    )
    rows: list[ft.Control] = [
        line(text(ui, action_words(ui, entry.action), "strong"), *([tag(ui, dealer)] if dealer else [])),
    ]
    if entry.subject and entry.subject not in dealer:
        rows.append(text(ui, entry.subject, "small"))
    said = partial(value_text, ui.t, entry.action)
    for name, (old, new) in entry.changes.items():
        change = f"{field_text(ui.t, name)}: {said(name, old)} → {said(name, new)}"
        rows.append(text(ui, change, "small", theme.MUTED))
    for name, value in entry.facts.items():
        if value not in (None, ""):
            rows.append(text(ui, f"{field_text(ui.t, name)}: {said(name, value)}", "small", theme.MUTED))
    rows.append(text(ui, about, "caption", theme.MUTED))
    return ruled(*rows)
