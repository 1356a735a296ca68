"""Asking before something that cannot be taken back; a second tap on the answer does nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal

import flet as ft

from field_app.shell.parts import button, text
from field_app.shell.ui import Ui


def ask(
    ui: Ui,
    identifier: str,
    title: str,
    body: str,
    yes: str,
    act: Callable[[], Awaitable[object]],
    *,
    look: Literal["main", "danger"] = "main",
) -> None:
    """Show the question; ``act`` runs once, when it is answered with ``yes``."""
    answered = False

    async def sure() -> None:
        nonlocal answered
        if answered:
            return
        answered = True
        ui.page.pop_dialog()
        await act()

    cancel = button(ui, ui.t("shell.cancel"), f"{identifier}-cancel", ui.on(ui.page.pop_dialog), look="quiet")
    ui.page.show_dialog(
        ft.AlertDialog(
            title=ft.Text(title),
            content=text(ui, body),
            actions=[cancel, button(ui, yes, f"{identifier}-sure", ui.on(sure), look=look)],
            scrollable=True,
        )
    )
