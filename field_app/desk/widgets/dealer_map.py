"""Dealers where they are: colour and sign tell how each stands; a tap opens it.

Points alone, drawn here: no map service is asked and no border is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence

import flet as ft

from field_app import theme
from field_app.desk.places import STATES, Mark, State, marks_of, state_of
from field_app.desk.widgets.palette import STEPS
from field_app.desk.widgets.ranking import name_of
from field_app.insight.widgets.figures import percent
from field_app.shell.choosing import Option, choose
from field_app.shell.parts import named, note, text
from field_app.shell.ui import Ui
from field_app.theme import Width
from shared_models.insight.words import number_text
from shared_models.reports import DealerScore

HEIGHT = 460
_SIZE = 52
_WIDTHS = {Width.PHONE: 340.0, Width.TABLET: 640.0, Width.DESK: 900.0}
_LOOKS: dict[State, tuple[str, str, ft.IconData]] = {
    "below": (STEPS[0][1], STEPS[0][2], ft.Icons.ARROW_DOWNWARD),
    "open": (STEPS[2][1], STEPS[2][2], ft.Icons.REMOVE),
    "reached": (STEPS[4][1], STEPS[4][2], ft.Icons.CHECK),
    "unknown": (theme.SUNKEN, theme.MUTED, ft.Icons.QUESTION_MARK),
}
"""Ground, ink and sign: who cannot tell the colours reads the sign."""


def dealer_map(ui: Ui, dealers: Sequence[DealerScore], target: float) -> list[ft.Control]:
    """``target``: percent, what the overall rate is held against."""
    marks = marks_of(dealers, target, _WIDTHS[ui.look.width], HEIGHT, _SIZE)
    missing = sum(one.dealer.latitude is None or one.dealer.longitude is None for one in dealers)
    drawn: list[ft.Control] = [_legend(ui)]
    if marks:
        layers: list[ft.Control] = [
            ft.Container(bgcolor=theme.SUNKEN, border_radius=theme.ROUND, left=0, right=0, top=0, bottom=0)
        ]
        layers += [_mark(ui, place, one) for place, one in enumerate(marks)]
        drawn.append(named(ft.Stack(layers, height=HEIGHT), "dealer-map", container=True))
    if missing:
        drawn.append(note(ui, ui.t("desk.map.missing", count=missing), icon=ft.Icons.LOCATION_OFF_OUTLINED))
    return drawn


def _mark(ui: Ui, place: int, one: Mark) -> ft.Control:
    ground, ink, sign = _LOOKS[one.state]
    first = one.dealers[0]
    many = len(one.dealers) > 1
    city = first.dealer.city if ui.t.is_chinese else (first.dealer.city_en or first.dealer.city)
    inside: list[ft.Control] = [ft.Icon(sign, size=18, color=ink)]
    if many:
        inside.append(text(ui, str(len(one.dealers)), "caption", ink))
    point = ft.Container(
        ft.Row(inside, spacing=1, tight=True, alignment=ft.MainAxisAlignment.CENTER),
        bgcolor=ground,
        border=ft.Border.all(1, theme.EDGE),
        border_radius=_SIZE / 2,
        height=34,
        width=_SIZE if many else 34,
        alignment=ft.Alignment.CENTER,
    )
    state = ui.t(f"desk.map.{one.state}")
    if many:
        spoken = ui.t("desk.map.several", city=city, count=len(one.dealers), state=state)
        act = ui.on(_open_one_of, ui, place, one)
    else:
        spoken = f"{name_of(ui, first)}, {percent(first.overall.rate)}, {state}"
        act = ui.going(f"/overview/dealer/{first.dealer.id}")
    control = ft.Container(
        ft.Column(
            [point, text(ui, city, "caption", theme.INK, max_lines=1)],
            spacing=0,
            tight=True,
            horizontal_alignment=ft.CrossAxisAlignment.CENTER,
        ),
        on_click=act,
        padding=ft.Padding.all(2),
    )
    return ft.Container(
        named(control, f"map-{place}", spoken, button=True),
        left=0,
        right=0,
        top=0,
        bottom=0,
        alignment=ft.Alignment(one.x * 2 - 1, one.y * 2 - 1),
    )


def _open_one_of(ui: Ui, place: int, one: Mark) -> None:
    options = [
        Option(
            each.dealer.id,
            f"{each.dealer.code} {name_of(ui, each)}",
            ui.t(
                "desk.rate.interval",
                low=number_text(each.overall.low),
                high=number_text(each.overall.high),
                count=number_text(each.overall.applicable),
            )
            if not each.overall.small
            else ui.t("desk.network.too_few"),
        )
        for each in one.dealers
    ]

    def pick(key: str) -> None:
        ui.go(f"/overview/dealer/{key}")

    choose(ui, ui.t("desk.map.choose"), f"map-{place}", options, pick)


def _legend(ui: Ui) -> ft.Control:
    row: list[ft.Control] = []
    for state in STATES:
        ground, ink, sign = _LOOKS[state]
        badge = ft.Container(
            ft.Icon(sign, size=14, color=ink),
            bgcolor=ground,
            border=ft.Border.all(1, theme.EDGE),
            border_radius=10,
            width=20,
            height=20,
            alignment=ft.Alignment.CENTER,
        )
        words = text(ui, ui.t(f"desk.map.{state}"), "caption", theme.MUTED)
        row.append(ft.Row([badge, words], spacing=4, tight=True))
    return ft.Row(row, spacing=theme.GAP, run_spacing=theme.TIGHT, wrap=True)


def map_table(ui: Ui, dealers: Sequence[DealerScore], target: float) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of the table behind the picture."""
    heads = [ui.t(f"desk.network.column.{key}") for key in ("dealer", "city", "overall", "interval", "state")]
    rows = [
        [
            f"{one.dealer.code} {name_of(ui, one)}",
            one.dealer.city if ui.t.is_chinese else (one.dealer.city_en or one.dealer.city),
            percent(one.overall.rate),
            f"{number_text(one.overall.low)}–{number_text(one.overall.high)}",
            ui.t(f"desk.map.{state_of(one.overall, target)}"),
        ]
        for one in dealers
    ]
    return heads, rows
