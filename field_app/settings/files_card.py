"""When photos and recordings are sent: always, after asking, or on Wi-Fi only."""

from __future__ import annotations

import flet as ft

from field_app import theme
from field_app.shell.hooks import use_value
from field_app.shell.parts import card, choice, heading, text
from field_app.shell.ui import Ui, guarded
from field_app.sync.lines import ASK_ABOVE_MB, SETTING, FilePolicy


@guarded
def FilesCard(ui: Ui) -> ft.Control:  # noqa: N802
    """A setting of this device; it counts from the next run of sync on."""
    turn, draw = use_value(0)
    accounts = ui.app.accounts

    async def put(policy: FilePolicy) -> None:
        await accounts.set_setting(SETTING, policy.value)
        draw(turn + 1)
        ui.work.sync.nudge()

    now = accounts.setting(SETTING, FilePolicy.ALWAYS.value)
    parts: list[ft.Control] = [
        heading(ui, ui.t("settings.files.title")),
        text(ui, ui.t("settings.files.explained"), "small", theme.MUTED),
        ft.Row(
            [
                choice(
                    ui,
                    ui.t(f"settings.files.{one.value}", size=ASK_ABOVE_MB),
                    f"files-{one.value}",
                    ui.on(put, one),
                    chosen=now == one.value,
                    expand=False,
                )
                for one in FilePolicy
            ],
            spacing=theme.NEAR,
            run_spacing=theme.NEAR,
            wrap=True,
        ),
    ]
    if now != FilePolicy.ALWAYS.value and ui.app.platform.metered() is None:
        parts.append(text(ui, ui.t("settings.files.not_told"), "caption", theme.MUTED))
    return card(*parts)
