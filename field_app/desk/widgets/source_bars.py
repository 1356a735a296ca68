"""Five sources of one item side by side, the items on which they differ most first."""

from __future__ import annotations

from collections.abc import Sequence

import flet as ft

from field_app import theme
from field_app.desk.widgets.heat_map import short_of
from field_app.insight.widgets.figures import percent, rate_words, scale_bar
from field_app.shell.parts import named, text
from field_app.shell.ui import Ui
from shared_models.checklists.stages import Source
from shared_models.insight import RateCell
from shared_models.reports import SourceScore


def spread(one: SourceScore) -> float:
    """Percentage points between the highest and the lowest source with enough answers."""
    rates = [cell.rate for cell in one.by_source if cell.rate is not None and not cell.small]
    return max(rates) - min(rates) if len(rates) > 1 else -1.0


def _bar(cell: RateCell, target: float) -> ft.Control:
    """One colour for all: where the mark stands to the target says enough, to everybody."""
    return scale_bar(cell.rate, cell.low, cell.high, target, theme.MUTED if cell.small else theme.ACCENT)


def source_bars(ui: Ui, place: int, one: SourceScore, answers: ft.Control | None = None) -> ft.Control:
    """A line per source, the merged rate above them; beneath them the way to the answers."""
    lines: list[ft.Control] = [
        ft.Row(
            [
                text(ui, short_of(ui, one.item), "heading", expand=True),
                text(ui, percent(one.merged.rate if one.merged else None), "heading"),
            ]
        )
    ]
    apart = spread(one)
    if apart >= 0:
        lines.append(text(ui, ui.t("desk.network.apart", points=f"{apart:.1f}"), "caption", theme.MUTED))
    said: list[str] = []
    for cell in one.by_source:
        if cell.source is None:
            continue
        name = ui.t(f"checklists.source.{cell.source.value}")
        said.append(f"{name} {percent(cell.rate)} {rate_words(ui, cell)}")
        lines.append(
            ft.Row(
                [
                    text(ui, name, "small", width=(110 if ui.look.phone else 150) * max(1.0, ui.look.scale)),
                    ft.Container(_bar(cell, one.item.target), expand=True),
                    text(ui, percent(cell.rate), "small", width=64 * max(1.0, ui.look.scale)),
                ],
                spacing=theme.NEAR,
            )
        )
    if answers is not None:
        lines.append(ft.Row([answers]))
    body = ft.Column(lines, spacing=theme.TIGHT, tight=True)
    spoken = f"{short_of(ui, one.item)}: {'; '.join(said)}"
    return named(
        ft.Container(body, padding=ft.Padding(top=theme.NEAR)), f"source-{place}", spoken, container=True
    )


def source_table(ui: Ui, sources: Sequence[SourceScore]) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of the table behind the picture."""
    heads = [ui.t("desk.network.column.item"), ui.t("desk.network.column.merged")]
    heads += [ui.t(f"checklists.source.{source.value}") for source in Source]
    rows: list[list[str]] = []
    for one in sources:
        by = {cell.source: cell for cell in one.by_source}
        rows.append(
            [
                short_of(ui, one.item),
                percent(one.merged.rate if one.merged else None),
                *(
                    f"{percent(by[source].rate)} ({rate_words(ui, by[source])})" if source in by else "–"
                    for source in Source
                ),
            ]
        )
    return heads, rows
