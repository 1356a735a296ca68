"""Entries of the audit trail as lines."""

from __future__ import annotations

from typing import Any

import flet as ft

from field_app import theme
from field_app.admin.widgets.parts import line, ruled
from field_app.shell.parts import tag, text
from field_app.shell.times import since_text
from field_app.shell.ui import Ui
from shared_models.audit.wire import AuditEntry


def action_words(ui: Ui, code: str) -> str:
    """A deed in words; the code itself for one that has none."""
    key = f"audit.action.{code}"
    return ui.t(key) if ui.t.has(key) else code


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
    for name, (old, new) in entry.changes.items():
        rows.append(text(ui, f"{_field(ui, name)}: {_shown(old)} → {_shown(new)}", "small", theme.MUTED))
    for name, value in entry.facts.items():
        if value not in (None, ""):
            rows.append(text(ui, f"{_field(ui, name)}: {_shown(value)}", "small", theme.MUTED))
    rows.append(text(ui, about, "caption", theme.MUTED))
    return ruled(*rows)


def _field(ui: Ui, name: str) -> str:
    key = f"admin.field.{name}"
    return ui.t(key) if ui.t.has(key) else name


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return "✓" if value else "✗"
    return str(value)
