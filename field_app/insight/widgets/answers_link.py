"""The button beneath a figure that leads to the answers it was counted from."""

from __future__ import annotations

from collections.abc import Mapping

import flet as ft

from field_app.insight.answers import answers_route
from field_app.shell.parts import button
from field_app.shell.ui import Ui


def answers_link(
    ui: Ui, identifier: str, question: Mapping[str, str], called: str, back: str, label: str = ""
) -> ft.Control:
    """``called`` names the figure; ``label`` stands on the button where one figure has several such ways."""
    title = ui.t("insight.answers.title")
    return button(
        ui,
        label or title,
        identifier,
        ui.going(answers_route(question, called, back)),
        look="quiet",
        icon=ft.Icons.MANAGE_SEARCH,
        spoken=" · ".join(part for part in (title, called, label) if part),
    )
