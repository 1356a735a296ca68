"""A day of a plan: by the calendar, or by a tap on a usual distance."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime, time, timedelta

import flet as ft

from field_app import theme
from field_app.shell.parts import button
from field_app.shell.ui import Ui
from field_app.visits.widgets.times import picked_date

Put = Callable[[date], Awaitable[object]]


def day_field(
    ui: Ui,
    label: str,
    identifier: str,
    day: date | None,
    put: Put,
    *,
    after: tuple[int, ...] = (),
    since: date | None = None,
) -> ft.Control:
    """``after``: distances in days from ``since`` that are one tap away while no day is set."""

    async def picked(event: ft.Event[ft.DatePicker]) -> None:
        if event.control.value is not None:
            await put(picked_date(event.control.value))

    def ask() -> None:
        ui.page.show_dialog(
            ft.DatePicker(
                value=datetime.combine(day or since or datetime.now().astimezone().date(), time(12)),
                on_change=ui.on_event(picked),
                help_text=label,
                confirm_text=ui.t("shell.ok"),
                cancel_text=ui.t("shell.cancel"),
            )
        )

    shown = ui.t("desk.day.set", label=label, day=day.isoformat()) if day else label
    row: list[ft.Control] = [
        button(ui, shown, identifier, ui.on(ask), icon=ft.Icons.EVENT, spoken=f"{label}: {day or '–'}")
    ]
    if day is None and since is not None:
        row += [
            button(
                ui,
                ui.t("desk.day.after", days=days),
                f"{identifier}-{days}",
                ui.on(put, since + timedelta(days=days)),
                look="quiet",
                spoken=ui.t("desk.day.after_spoken", label=label, days=days),
            )
            for days in after
        ]
    return ft.Row(row, spacing=theme.TIGHT, run_spacing=theme.TIGHT, wrap=True)
