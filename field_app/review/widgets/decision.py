"""The decision on a visit: accept, return with questions, reject with a reason. Each happens once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import flet as ft

from field_app import theme
from field_app.shell.frame import bottom_actions
from field_app.shell.parts import button, complain, text, text_field
from field_app.shell.ui import Ui
from field_app.visits.workflow import ReviewSession

Act = Callable[[str], Awaitable[object]]


def decision_bar(ui: Ui, session: ReviewSession, questions: Mapping[str, str]) -> ft.Control:
    """The three ways, with as many questions as are written so far."""
    phone = ui.look.phone

    async def send_back(words: str) -> None:
        await session.send_back(questions, words)

    count = len(questions)
    label = ui.t("review.return_count", count=count) if count else ui.t("review.return")
    return bottom_actions(
        button(
            ui,
            ui.t("review.reject"),
            "review-reject",
            ui.on(_ask, ui, session.id, "reject", session.reject, True),
            look="danger",
            expand=phone,
        ),
        *([] if phone else [ft.Container(expand=True)]),
        button(
            ui,
            label,
            "review-return",
            ui.on(_ask, ui, session.id, "return", send_back, not count),
            icon=None if phone else ft.Icons.REPLY,
            expand=phone,
        ),
        button(
            ui,
            ui.t("review.accept"),
            "review-accept",
            ui.on(_ask, ui, session.id, "accept", session.accept, session.reason_to_accept),
            look="main",
            icon=None if phone else ft.Icons.CHECK,
            expand=phone,
        ),
    )


def _hint(what: str, reason_needed: bool) -> str:
    if what == "accept" and reason_needed:
        return "review.accept_hint_incomplete"
    return f"review.{what}_hint"


def _ask(ui: Ui, visit: str, what: str, act: Act, reason_needed: bool) -> None:
    """Ask once more, with a word to the visitor where it is needed or wanted."""
    words = ui.work.typed.of(f"review/{visit}/{what}")
    answered = False

    async def sure() -> None:
        nonlocal answered
        if answered:
            return
        if reason_needed and not words.text.strip():
            complain(field, ui.t("review.reason_needed"))
            return
        answered = True
        ui.page.pop_dialog()
        if await ui.attempt(act, words.text.strip()):
            ui.work.typed.clear_under(f"review/{visit}/")
            ui.tell(ui.t(f"review.{what}_done"))
            ui.go("/review")
            ui.page.run_task(ui.work.sync.run_once)

    label = ui.t("review.reason" if reason_needed else "review.reason_optional")
    field = text_field(
        ui,
        label,
        f"{what}-note",
        words.text,
        multiline=True,
        min_lines=2,
        max_lines=5,
        on_change=ui.on_event(words.hear),
    )
    ui.page.show_dialog(
        ft.AlertDialog(
            title=ft.Text(ui.t(f"review.{what}_sure")),
            content=ft.Container(
                ft.Column(
                    [text(ui, ui.t(_hint(what, reason_needed))), field],
                    spacing=theme.GAP,
                    tight=True,
                    horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
                ),
                width=520,
            ),
            actions=[
                button(ui, ui.t("shell.cancel"), f"{what}-cancel", ui.on(ui.page.pop_dialog), look="quiet"),
                button(
                    ui,
                    ui.t(f"review.{what}"),
                    f"{what}-sure",
                    ui.on(sure),
                    look="danger" if what == "reject" else "main",
                ),
            ],
            scrollable=True,
            inset_padding=ft.Padding.all(theme.ROOM),
        )
    )
