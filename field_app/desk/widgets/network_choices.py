"""What a comparison of dealers is narrowed to, and the link that hands it on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import flet as ft

from field_app import theme
from field_app.desk.filters import link_of
from field_app.desk.widgets.period import period_buttons, region_button
from field_app.shell.parts import button, choice
from field_app.shell.ui import Ui

VIEWS = ("ranking", "map", "trend", "heat", "sources", "priority")
PATH = "/overview/network"
PAGE = 20
"""So many dealers or items at a time."""


@dataclass(frozen=True)
class Wanted:
    """What the comparison shows."""

    view: str = VIEWS[0]
    table: bool = False
    region: str = ""
    month: str = ""
    """"" for the newest closed one."""
    compare: str = ""
    """"" for the month before."""
    stage: str = ""
    """Of the heat map and of the importance chart; "" for the first, or for the stages themselves."""
    shown: int = PAGE


Want = Callable[[Wanted], None]


def choices(ui: Ui, wanted: Wanted, want: Want, months: Sequence[str], shown: tuple[str, str]) -> ft.Control:
    """``shown``: month and month of comparison of the figures on the screen."""
    views: list[ft.Control] = [
        choice(
            ui,
            ui.t(f"desk.network.view.{view}"),
            f"network-{view}",
            ui.on(want, replace(wanted, view=view, stage="", shown=PAGE)),
            chosen=view == wanted.view,
            expand=False,
        )
        for view in VIEWS
    ]
    row: list[ft.Control] = [
        choice(
            ui,
            ui.t("desk.network.table"),
            "network-table",
            ui.on(want, replace(wanted, table=not wanted.table)),
            chosen=wanted.table,
            multiple=True,
            expand=False,
        )
    ]

    def pick_region(key: str) -> None:
        want(replace(wanted, region=key, shown=PAGE))

    def pick_period(month: str, compare: str) -> None:
        want(replace(wanted, month=month, compare=compare))

    row += region_button(ui, "network-region", wanted.region, pick_region)
    row += period_buttons(ui, "network", months, shown, (wanted.month, wanted.compare), pick_period)
    row.append(_link(ui, wanted))
    if ui.look.phone:  # one line that is pushed sideways leaves the screen to the figures
        lines = [_wrapped(views), ft.Row(row, spacing=theme.NEAR, scroll=ft.ScrollMode.AUTO)]
        return ft.Column(lines, spacing=theme.NEAR, tight=True)
    return _wrapped([*views, *row])


def _wrapped(controls: list[ft.Control]) -> ft.Control:
    return ft.Row(controls, spacing=theme.NEAR, run_spacing=theme.NEAR, wrap=True)


def _link(ui: Ui, wanted: Wanted) -> ft.Control:
    async def copy() -> None:
        await ft.Clipboard().set(link_of(ui.work.account.server, PATH, wanted, Wanted()))
        ui.tell(ui.t("desk.network.link_copied"))

    return button(
        ui, ui.t("desk.network.link"), "network-link", ui.on(copy), look="quiet", icon=ft.Icons.LINK
    )
