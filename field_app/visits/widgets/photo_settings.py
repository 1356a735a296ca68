"""How large photos are kept on this device, longest edge and JPEG quality, and how long recordings may be."""

from __future__ import annotations

from collections.abc import Callable

import flet as ft

from field_app import theme
from field_app.shell.hooks import use_value
from field_app.shell.parts import card, choice, heading, text
from field_app.shell.ui import Ui, guarded
from field_app.visits.photos import EDGE_SETTING, EDGES, QUALITIES, QUALITY_SETTING, STAMP_SETTING
from field_app.visits.recording import MINUTES, MINUTES_SETTING


@guarded
def PhotoCard(ui: Ui) -> ft.Control:  # noqa: N802
    """Counts for photos taken from now on; those kept already stay as they are."""
    turn, draw = use_value(0)
    accounts = ui.app.accounts

    async def put(name: str, value: int) -> None:
        await accounts.set_setting(name, value)
        draw(turn + 1)

    def row(
        name: str, default: int, offered: tuple[int, ...], words: Callable[[int], str] = str
    ) -> ft.Control:
        now = accounts.setting(name, default)
        return ft.Row(
            [
                choice(
                    ui,
                    words(one),
                    f"{name.replace('_', '-')}-{one}",
                    ui.on(put, name, one),
                    chosen=now == one,
                    spoken=f"{ui.t(f'visits.{name}')} {words(one)}",
                    expand=False,
                )
                for one in offered
            ],
            spacing=theme.NEAR,
            run_spacing=theme.NEAR,
            wrap=True,
        )

    return card(
        heading(ui, ui.t("visits.photo_title")),
        text(ui, ui.t("visits.photo_edge"), "small", theme.MUTED),
        row(*EDGE_SETTING, EDGES),
        text(ui, ui.t("visits.photo_quality"), "small", theme.MUTED),
        row(*QUALITY_SETTING, QUALITIES),
        text(ui, ui.t("visits.photo_stamp"), "small", theme.MUTED),
        row(*STAMP_SETTING, (0, 1), lambda one: ui.t(f"visits.photo_stamp.{one}")),
        text(ui, ui.t("visits.photo_hint"), "caption", theme.MUTED),
        text(ui, ui.t("visits.recording_minutes"), "small", theme.MUTED),
        row(*MINUTES_SETTING, MINUTES),
    )
