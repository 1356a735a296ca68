"""A rate as it is shown: the figure, its interval on a scale with the target, how many answers, how old."""

from __future__ import annotations

from typing import Any

import flet as ft

from field_app import theme
from field_app.insight.workflow import Fetched
from field_app.shell.parts import note, text
from field_app.shell.times import instant_text
from field_app.shell.ui import Ui
from shared_models.insight import RateCell
from shared_models.insight.words import number_text
from shared_models.reports import Overall

_PARTS = 1000
"""The scale 0 to 100 % in whole parts, for widths."""


def rate_tone(cell: RateCell, target: float) -> str:
    """Colour of a rate: grey when too few answers, red below the target, green from it on."""
    if cell.rate is None or cell.small:
        return theme.MUTED
    return theme.BAD if cell.rate < target else theme.GOOD


def percent(value: float | None) -> str:
    """A percentage as text, a dash where there is none."""
    return "–" if value is None else f"{number_text(value)}%"


def rate_words(ui: Ui, cell: RateCell | Overall) -> str:
    """Interval and number of answers in words; a small sample says so instead."""
    if cell.rate is None:
        return ui.t("desk.rate.none")
    values = {
        "low": number_text(cell.low),
        "high": number_text(cell.high),
        "count": number_text(cell.applicable),
    }
    return ui.t("desk.rate.small" if cell.small else "desk.rate.interval", **values)


def interval_bar(cell: RateCell, target: float, *, height: int = 10) -> ft.Control:
    """The scale from 0 to 100 %: the interval as a band, the rate as a mark on it, the target as a line."""
    ink = theme.MUTED if cell.small else rate_tone(cell, target)
    return scale_bar(cell.rate, cell.low, cell.high, target, ink, height=height)


def scale_bar(
    rate: float | None, low: float | None, high: float | None, target: float, ink: str, *, height: int = 10
) -> ft.Control:
    """The same for any rate (all in percent) in a colour."""
    layers: list[ft.Control] = [
        ft.Container(bgcolor=theme.SUNKEN, border_radius=height / 2, height=height, left=0, right=0, top=3)
    ]
    if rate is not None and low is not None and high is not None:
        band = ft.Container(bgcolor=ink, opacity=0.35, height=height)
        layers.append(_across(low, high, band, height))
        mark = ft.Container(bgcolor=ink, height=height, border_radius=2)
        at = min(max(rate, 0.8), 99.2)
        layers.append(_across(at - 0.8, at + 0.8, mark, height))
    line = ft.Container(bgcolor=theme.INK, height=height + 6)
    at = min(max(target, 0.3), 99.7)
    layers.append(_across(at - 0.3, at + 0.3, line, height + 6, top=0))
    return ft.Semantics(content=ft.Stack(layers, height=height + 6), exclude_semantics=True)


def _across(low: float, high: float, part: ft.Control, height: int, *, top: int = 3) -> ft.Control:
    """``part`` between two percentages of the whole width."""
    first = round(low / 100 * _PARTS)
    length = max(1, round(high / 100 * _PARTS) - first)
    last = _PARTS - first - length
    part.expand = length
    row: list[ft.Control] = [part]
    if first > 0:
        row.insert(0, ft.Container(expand=first, height=height))
    if last > 0:
        row.append(ft.Container(expand=last, height=height))
    return ft.Container(ft.Row(row, spacing=0), left=0, right=0, top=top, height=height)


def rate_block(ui: Ui, cell: RateCell, target: float) -> ft.Control:
    """A rate with everything that must be said with it."""
    return ft.Semantics(
        content=ft.Column(
            [
                ft.Row(
                    [
                        text(ui, percent(cell.rate), "title", rate_tone(cell, target)),
                        text(
                            ui, ui.t("desk.rate.target", target=number_text(target)), "caption", theme.MUTED
                        ),
                    ],
                    spacing=theme.NEAR,
                    wrap=True,
                    run_spacing=0,
                    vertical_alignment=ft.CrossAxisAlignment.END,
                ),
                interval_bar(cell, target),
                text(ui, rate_words(ui, cell), "caption", theme.MUTED),
            ],
            spacing=2,
            tight=True,
            horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
        ),
        container=True,
    )


def age_note(ui: Ui, got: Fetched[Any]) -> list[ft.Control]:
    """That the figures are a kept copy and how old it is; nothing when they came just now.

    While the server is still being asked nobody is told that there is no network.
    """
    if got.live:
        return []
    if got.asking:
        return [note(ui, ui.t("desk.copy_asking", at=instant_text(ui, got.fetched_at)), icon=ft.Icons.SYNC)]
    return [
        note(ui, ui.t("desk.copy", at=instant_text(ui, got.fetched_at)), "warn", ft.Icons.CLOUD_OFF_OUTLINED)
    ]
