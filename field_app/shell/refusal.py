"""Full pages for the cases in which the app must not go on: no storage, another window, a broken start."""

from __future__ import annotations

import flet as ft

from field_app import theme
from field_app.shell.frame import bare
from field_app.theme import Look
from shared_models.messages import Words
from shared_models.problems import Code, Problem

_ICONS = {
    Code.STORAGE_UNAVAILABLE: ft.Icons.SD_CARD_ALERT_OUTLINED,
    Code.OTHER_TAB_OPEN: ft.Icons.TAB_UNSELECTED,
}


def refusal_view(t: Words, look: Look, problem: Problem, *, waiting: bool = False) -> ft.View:
    """A page that says what is wrong and what to do; ``waiting``: it goes away by itself."""
    rows: list[ft.Control] = [
        ft.Icon(_ICONS.get(problem.code, ft.Icons.ERROR_OUTLINE), size=56, color=theme.ACCENT),
        ft.Semantics(
            content=ft.Text(
                problem.title(t.language),
                style=look.style("title", theme.INK),
                text_align=ft.TextAlign.CENTER,
            ),
            identifier=f"refusal-{problem.code.value}",
            heading_level=1,
        ),
        ft.Text(
            problem.todo(t.language), style=look.style("body", theme.MUTED), text_align=ft.TextAlign.CENTER
        ),
    ]
    if waiting:
        rows.append(ft.ProgressRing(width=28, height=28, stroke_width=3, color=theme.ACCENT))
    return bare(
        "/",
        ft.Container(
            ft.Column(
                rows,
                spacing=theme.ROOM,
                tight=True,
                horizontal_alignment=ft.CrossAxisAlignment.CENTER,
                width=420,
            ),
            alignment=ft.Alignment.CENTER,
            expand=True,
            padding=theme.WIDE,
        ),
    )
