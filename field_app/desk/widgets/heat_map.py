"""Dealer by item: each cell its rate on a colour, each cell leading to its dealer's scorecard."""

from __future__ import annotations

from collections.abc import Sequence

import flet as ft

from field_app import theme
from field_app.desk.widgets.palette import STEPS, shade
from field_app.desk.widgets.ranking import name_of
from field_app.insight.widgets.figures import percent, rate_words
from field_app.shell.parts import named, text
from field_app.shell.ui import Ui
from shared_models.insight import RateCell
from shared_models.insight.words import number_text
from shared_models.reports import DealerScore, RegionSummary, ReportItem

CELL = {True: 64, False: 84}
"""Width of a column in Chinese and in English, whose words are longer."""
NAME = 150
NAME_ON_PHONE = 96


def short_of(ui: Ui, item: ReportItem) -> str:
    """An item's short name in the language of the screen."""
    return item.short if ui.t.is_chinese else (item.short_en or item.short)


def _drawn(summary: RegionSummary, at: int) -> int:
    """Dealers with enough answers on an item to be coloured."""
    cells = (one.cells[at] for one in summary.dealers)
    return sum(cell is not None and cell.rate is not None and not cell.small for cell in cells)


def fullest_stage(summary: RegionSummary) -> str:
    """The stage of which most can be seen; the first one where nothing can."""
    count: dict[str, int] = {}
    for at, item in enumerate(summary.items):
        count[item.stage.value] = count.get(item.stage.value, 0) + _drawn(summary, at)
    return max(count, key=lambda stage: count[stage], default="")


def heat_columns(summary: RegionSummary, stage: str) -> list[int]:
    """Places of the stage's items: those with figures first, else in the order of the visit."""
    found = [at for at, item in enumerate(summary.items) if item.stage.value == stage]
    return sorted(found, key=lambda at: _drawn(summary, at) == 0)


def heat_map(
    ui: Ui, summary: RegionSummary, columns: Sequence[int], dealers: Sequence[DealerScore]
) -> ft.Control:
    """``columns``: places among the summary's items that are shown."""
    wide = CELL[ui.t.is_chinese] * max(1.0, ui.look.scale)
    name = NAME_ON_PHONE if ui.look.phone else NAME
    heads: list[ft.Control] = [ft.Container(width=name)]
    heads += [
        ft.Container(
            text(ui, short_of(ui, summary.items[at]), "caption", theme.MUTED, max_lines=3,
                 text_align=ft.TextAlign.CENTER, overflow=ft.TextOverflow.ELLIPSIS),
            width=wide,
            alignment=ft.Alignment.BOTTOM_CENTER,
        )
        for at in columns
    ]  # fmt: skip
    lines: list[ft.Control] = [ft.Row(heads, spacing=2, vertical_alignment=ft.CrossAxisAlignment.END)]
    for row, one in enumerate(dealers):
        cells: list[ft.Control] = [
            ft.Container(
                text(ui, name_of(ui, one), "caption", max_lines=2, overflow=ft.TextOverflow.ELLIPSIS),
                width=name,
            )
        ]
        cells += [_cell(ui, row, at, one, one.cells[at], summary, wide) for at in columns]
        lines.append(ft.Row(cells, spacing=2))
    grid = ft.Row([ft.Column(lines, spacing=2, tight=True)], scroll=ft.ScrollMode.AUTO)
    return ft.Column([_legend(ui), named(grid, "heat-map", container=True)], spacing=theme.NEAR, tight=True)


def _cell(
    ui: Ui, row: int, at: int, one: DealerScore, cell: RateCell | None, summary: RegionSummary, wide: float
) -> ft.Control:
    drawn = cell is not None and cell.rate is not None and not cell.small
    ground, ink = (
        shade(cell.rate) if cell and cell.rate is not None and drawn else (theme.SUNKEN, theme.MUTED)
    )
    shown = number_text(round(cell.rate)) if cell and cell.rate is not None and drawn else "·"
    item = summary.items[at]
    spoken = f"{name_of(ui, one)}, {short_of(ui, item)}: "
    spoken += f"{percent(cell.rate)}, {rate_words(ui, cell)}" if cell else ui.t("desk.rate.none")
    box = ft.Container(
        text(ui, shown, "small", ink),
        bgcolor=ground,
        width=wide,
        height=theme.TOUCH,
        border_radius=4,
        alignment=ft.Alignment.CENTER,
        on_click=ui.going(f"/overview/dealer/{one.dealer.id}"),
    )
    return named(box, f"heat-{row}-{at}", spoken, button=True)


def _legend(ui: Ui) -> ft.Control:
    parts: list[ft.Control] = []
    lower = 0.0
    for below, ground, ink in STEPS:
        upper = min(below, 100.0)
        words = f"{number_text(lower)}–{number_text(upper)}%"
        parts.append(
            ft.Container(
                text(ui, words, "caption", ink),
                bgcolor=ground,
                border=ft.Border.all(1, theme.LINE),
                border_radius=4,
                padding=ft.Padding.symmetric(horizontal=8, vertical=2),
            )
        )
        lower = upper
    parts.append(text(ui, ui.t("desk.network.small_cells"), "caption", theme.MUTED))
    return ft.Row(parts, spacing=theme.NEAR, run_spacing=theme.TIGHT, wrap=True)


def heat_table(
    ui: Ui, summary: RegionSummary, columns: Sequence[int], dealers: Sequence[DealerScore]
) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of the table behind the picture: rate, interval and number of answers."""
    heads = [ui.t("desk.network.column.dealer"), *(short_of(ui, summary.items[at]) for at in columns)]
    rows = [
        [
            f"{one.dealer.code} {name_of(ui, one)}",
            *(_figures(ui, one.cells[at]) for at in columns),
        ]
        for one in dealers
    ]
    return heads, rows


def _figures(ui: Ui, cell: RateCell | None) -> str:
    return f"{percent(cell.rate)} ({rate_words(ui, cell)})" if cell and cell.rate is not None else "–"
