"""The way into the administration: what there is, in words."""

from __future__ import annotations

import flet as ft

from field_app import theme
from field_app.admin.widgets.parts import is_hq
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.parts import button, card, heading, text
from field_app.shell.sync_chip import SyncChip
from field_app.shell.ui import Ui

_FOR_DESKS = (
    ("dealers", "/admin/dealers", ft.Icons.STORE_OUTLINED),
    ("people", "/admin/people", ft.Icons.PEOPLE_OUTLINE),
    ("audit", "/admin/audit", ft.Icons.MANAGE_SEARCH),
)
_FOR_HQ = (
    ("targets", "/admin/targets", ft.Icons.TRACK_CHANGES),
    ("import", "/admin/import", ft.Icons.UPLOAD_FILE_OUTLINED),
    ("rules", "/admin/rules", ft.Icons.RULE),
)


@screen
def AdminScreen(ui: Ui) -> ft.View:  # noqa: N802
    """Managers see what lies in their scope; headquarters also what concerns the whole company."""
    places = [*_FOR_DESKS, *(_FOR_HQ if is_hq(ui) else ())]
    tiles: list[ft.Control] = [
        card(
            ft.Row(
                [ft.Icon(icon, color=theme.ACCENT), heading(ui, ui.t(f"admin.{key}.title"), expand=True)],
                spacing=theme.GAP,
            ),
            text(ui, ui.t(f"admin.{key}.about"), "small", theme.MUTED),
            ft.Row(
                [
                    button(
                        ui,
                        ui.t("admin.open"),
                        f"admin-{key}",
                        ui.going(route),
                        icon=ft.Icons.CHEVRON_RIGHT,
                        spoken=ui.t(f"admin.{key}.title"),
                    )
                ],
                alignment=ft.MainAxisAlignment.END,
            ),
        )
        for key, route, icon in places
    ]
    bar = title_bar(ui, ui.t("admin.title"), actions=[SyncChip(ui, brief=ui.look.phone)])
    return framed(ui, "admin", bar, column(*tiles))
