"""The form of recurring visits: how often, which checklist, where, who in turn, in which days."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date

import flet as ft

from field_app import theme
from field_app.plans.widgets.dates import day_field
from field_app.shell.choosing import Option, choose_button
from field_app.shell.filters import filter_row
from field_app.shell.hooks import use_value
from field_app.shell.parts import button, card, choice, heading, text_field
from field_app.shell.ui import Ui, guarded
from field_app.visits.workflow_planning import Visitor
from field_app.visits.workflow_series import EVERY, NewSeries, Series

SERIES_WORDS = "series/new"
"""The name under which a series that is not begun yet is kept on the device."""


@guarded
def SeriesForm(ui: Ui, series: Series, done: Callable[[], Awaitable[object]]) -> ft.Control:  # noqa: N802
    """What it plans follows the rules of a single visit; the server sees to them."""
    words = ui.work.typed.of(SERIES_WORDS)
    new = ft.use_ref(lambda: NewSeries.of(words.text)).current
    assert new is not None
    turn, draw = use_value(0)
    people, set_people = use_value(_nobody())

    def again() -> None:
        words.put(new.kept())
        draw(turn + 1)

    async def begun() -> None:
        """Who can be sent, for a form that was left and is opened again."""
        if new.dealers:
            set_people((await ui.work.planning.visitors(new.dealers[0], new.first)).value)

    async def opened() -> None:
        await ui.attempt(begun)

    ft.use_effect(opened, [])

    def every(key: str) -> None:
        new.every = key
        again()

    def template(key: str) -> None:
        new.template = key
        again()

    async def first(day: date) -> None:
        new.first = day
        again()

    def number(name: str, most: int) -> ft.Control:
        def typed(event: ft.Event[ft.TextField]) -> None:
            written = (event.control.value or "").strip()
            if written.isdigit() and 1 <= int(written) <= most:
                setattr(new, name, int(written))
                words.put(new.kept())

        label = ui.t(f"visits.series.{name}")
        return ft.Container(
            text_field(
                ui,
                label,
                f"series-{name}",
                str(getattr(new, name)),
                on_change=ui.on_event(typed),
                keyboard_type=ft.KeyboardType.NUMBER,
            ),
            width=240,
        )

    async def found() -> None:
        """Who can be sent is known to the server; the first dealer stands for all."""
        again()
        await begun()

    async def leave() -> None:
        words.clear()
        await done()

    async def save() -> None:
        if not new.whole:
            ui.tell(ui.t("visits.series.missing"))
            return
        count = await series.begin(new)
        words.clear()
        ui.tell(ui.t("visits.series.saved", count=count))
        await done()
        ui.page.run_task(ui.work.sync.run_once)

    planning = ui.work.planning
    lists = [
        Option(one.code, one.title.text(ui.language), ui.t(f"checklists.source.{one.source.value}"))
        for one in planning.checklists()
    ]
    dealers = [(one.id, f"{one.code} {one.name.text(ui.language)}") for one in planning.dealers()]
    today = ui.work.store.context.local(ui.work.store.context.now()).date()
    label = ui.t("visits.planning.checklist")
    rows: list[ft.Control] = [
        heading(ui, ui.t("visits.series.new")),
        filter_row(
            ui, "series-every", [(one, ui.t(f"visits.series.every.{one}")) for one in EVERY], new.every, every
        ),
        ft.Row([choose_button(ui, label, "series-template", lists, new.template, template)]),
        ft.Row(
            [
                _several(ui, "series-dealers", "visits.series.pick_dealers", dealers, new.dealers, found),
                _several(
                    ui,
                    "series-people",
                    "visits.series.pick_people",
                    [(one.id, one.name) for one in people],
                    new.people,
                    again,
                ),
            ],
            spacing=theme.NEAR,
            run_spacing=theme.NEAR,
            wrap=True,
        ),
        day_field(
            ui, ui.t("visits.series.first"), "series-first", new.first, first, after=(1, 7), since=today
        ),
        ft.Row(
            [number("from_day", 28), number("days", 31)],
            spacing=theme.NEAR,
            run_spacing=theme.NEAR,
            wrap=True,
        ),
        ft.Row(
            [
                button(ui, ui.t("shell.cancel"), "series-cancel", ui.on(leave), look="quiet"),
                button(ui, ui.t("visits.planning.save"), "series-save", ui.on(save), look="main"),
            ],
            spacing=theme.NEAR,
            wrap=True,
        ),
    ]
    return card(*rows, spacing=theme.GAP)


def _nobody() -> tuple[Visitor, ...]:
    return ()


def _several(
    ui: Ui,
    identifier: str,
    key: str,
    options: list[tuple[str, str]],
    held: list[str],
    again: Callable[[], object],
) -> ft.Control:
    """A button that opens a list of which several are chosen. Dialogs stand outside the components."""

    def look() -> None:
        listed = ft.ListView(spacing=4, expand=True)

        def flip(one: str) -> None:
            held.remove(one) if one in held else held.append(one)
            fill()
            listed.update()

        def everything() -> None:
            chosen = [one for one, _ in options]
            held[:] = [] if len(held) == len(chosen) else chosen
            fill()
            listed.update()

        def fill() -> None:
            listed.controls = [
                ft.Row([choice(ui, label, f"{identifier}-option-{at}", ui.on(flip, one), chosen=one in held,
                               multiple=True, align_start=True)])
                for at, (one, label) in enumerate(options)
            ]  # fmt: skip

        async def close() -> None:
            ui.page.pop_dialog()
            await ui.attempt(again)

        fill()
        ui.page.show_dialog(
            ft.AlertDialog(
                title=ft.Text(ui.t(key)),
                content=ft.Container(listed, width=480, height=min(440, 60 * len(options) + 16)),
                actions=[
                    button(
                        ui, ui.t("visits.series.all"), f"{identifier}-all", ui.on(everything), look="quiet"
                    ),
                    button(ui, ui.t("shell.ok"), f"{identifier}-ok", ui.on(close), look="main"),
                ],
                inset_padding=ft.Padding.all(theme.ROOM),
            )
        )

    label = ui.t(key)
    shown = f"{label} ({len(held)})" if held else label
    return button(ui, shown, identifier, ui.on(look), icon=ft.Icons.CHECKLIST)
