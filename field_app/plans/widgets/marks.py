"""How states, dates and gaps of plans and actions are shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import flet as ft

from field_app import theme
from field_app.shell.parts import Tone, note, tag
from field_app.shell.ui import Ui
from shared_models.problems import Place

PLAN_TONES: dict[str, Tone] = {
    "draft": "warn",
    "submitted": "warn",
    "published": "accent",
    "closed": "good",
    "withdrawn": "plain",
}
ACTION_TONES: dict[str, Tone] = {
    "open": "plain",
    "accepted": "accent",
    "running": "accent",
    "done": "warn",
    "verified": "good",
    "dropped": "plain",
}
VERDICT_TONES: dict[str, Tone] = {
    "improved": "good",
    "not_improved": "warn",
    "worse": "bad",
    "not_enough_data": "plain",
}


def plan_mark(ui: Ui, status: str) -> ft.Control:
    """State of a plan."""
    return tag(ui, ui.t(f"plans.status.{status}"), PLAN_TONES.get(status, "plain"))


def action_mark(ui: Ui, status: str) -> ft.Control:
    """State of an action."""
    return tag(ui, ui.t(f"plans.action.{status}"), ACTION_TONES.get(status, "plain"))


def verdict_mark(ui: Ui, verdict: str) -> ft.Control:
    """What the figures say after the plan."""
    return tag(ui, ui.t(f"insight.verdict.{verdict}"), VERDICT_TONES.get(verdict, "plain"), ft.Icons.INSIGHTS)


def due_mark(ui: Ui, due: date | None, days_left: int | None) -> ft.Control | None:
    """When it is due, and how late it is."""
    if due is None:
        return None
    if days_left is None:
        return tag(ui, ui.t("desk.due.on", day=due.isoformat()), icon=ft.Icons.EVENT)
    if days_left < 0:
        words = ui.t("desk.due.over", day=due.isoformat(), days=-days_left)
        return tag(ui, words, "bad", ft.Icons.ERROR_OUTLINE)
    if days_left == 0:
        return tag(ui, ui.t("desk.due.today"), "warn", ft.Icons.SCHEDULE)
    words = ui.t("desk.due.left", day=due.isoformat(), days=days_left)
    return tag(ui, words, "warn" if days_left <= 3 else "plain", ft.Icons.EVENT)


def marks(*given: ft.Control | None) -> ft.Row:
    """Marks in a row that wraps; those that do not apply are left out."""
    return ft.Row([one for one in given if one is not None], spacing=6, run_spacing=6, wrap=True)


def gaps_at(gaps: Sequence[Place], at: str) -> list[str]:
    """What one row lacks."""
    return [gap.reason for gap in gaps if gap.at == at]


def gap_note(ui: Ui, gaps: Sequence[Place], at: str) -> list[ft.Control]:
    """What a row still lacks, in words, where it lacks it."""
    lacking = gaps_at(gaps, at)
    if not lacking:
        return []
    named = ui.t("insight.list_separator").join(ui.t(f"desk.gap.{reason}") for reason in lacking)
    return [note(ui, ui.t("desk.gap.needs", what=named), "warn", ft.Icons.EDIT_OUTLINED)]


def page_title(ui: Ui, number: str, status: str) -> str:
    """What a plan's page is called: by its number once it has one."""
    return number or ui.t("desk.plan.title_draft" if status == "draft" else "desk.plan.title")


INDENT = ft.Padding(left=theme.GAP)
