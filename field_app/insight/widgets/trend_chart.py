"""The trend of an item: merged rate per month with its interval, the target, and one source on demand."""

from __future__ import annotations

from collections.abc import Sequence

import flet as ft
import flet_charts as charts

from field_app import theme
from field_app.insight.widgets.figures import percent, rate_words
from field_app.shell.parts import named, text
from field_app.shell.ui import Ui
from shared_models.insight import RateCell
from shared_models.insight.words import number_text
from shared_models.reports import Overall

HEIGHT = 220
_FLOOR_STEP = 20


def trend_chart(
    ui: Ui, cells: Sequence[RateCell | Overall], target: float | None, identifier: str = "trend-chart"
) -> ft.Control:
    """``cells`` oldest first, one per month; no target, no line. The picture is spoken as its figures."""
    known = [(place, cell) for place, cell in enumerate(cells) if cell.rate is not None]
    spoken = "; ".join(f"{cell.month} {percent(cell.rate)} {rate_words(ui, cell)}" for _, cell in known)
    lowest = min([100.0 if target is None else target, *(cell.low or 0 for _, cell in known)])
    floor = max(0, int(lowest // _FLOOR_STEP) * _FLOOR_STEP)
    right = max(len(cells) - 1, 1)
    series = [
        _line(ui, known),
        *(_whisker(place, cell) for place, cell in known),
        *([] if target is None else [_target_line(right, target)]),
    ]
    label = ui.look.style("caption", theme.MUTED)
    chart = charts.LineChart(
        data_series=series,
        min_x=-0.35,
        max_x=right + 0.35,
        min_y=floor,
        max_y=100,
        animation=0,
        height=HEIGHT,
        tooltip=charts.LineChartTooltip(
            bgcolor=ft.Colors.INVERSE_SURFACE, fit_inside_horizontally=True, fit_inside_vertically=True
        ),
        horizontal_grid_lines=charts.ChartGridLines(interval=_FLOOR_STEP, color=theme.LINE, width=1),
        left_axis=charts.ChartAxis(
            labels=[
                charts.ChartAxisLabel(value=at, label=ft.Text(f"{at}%", style=label))
                for at in range(floor, 101, _FLOOR_STEP)
            ],
            label_size=48 * max(1, ui.look.scale),
        ),
        bottom_axis=charts.ChartAxis(
            labels=[
                charts.ChartAxisLabel(value=place, label=ft.Text(_month(cell.month, len(cells)), style=label))
                for place, cell in enumerate(cells)
            ],
            label_spacing=1,
            label_size=28 * max(1, ui.look.scale),
            show_min=False,
            show_max=False,
        ),
        border=ft.Border(bottom=ft.BorderSide(1, theme.EDGE)),
    )
    picture = named(
        ft.Container(chart, height=HEIGHT), identifier, ui.t("desk.trend.spoken", figures=spoken), image=True
    )
    legend = ft.Row(
        [
            _key(ui, theme.ACCENT, ui.t("desk.trend.rate")),
            _key(ui, theme.MUTED, ui.t("desk.trend.band")),
            *(
                []
                if target is None
                else [_key(ui, theme.WARN, ui.t("desk.trend.target", target=number_text(target)))]
            ),
        ],
        spacing=theme.ROOM,
        run_spacing=0,
        wrap=True,
    )
    return ft.Column([legend, picture], spacing=theme.NEAR, tight=True)


def _month(month: str, count: int) -> str:
    return month if count <= 4 else month[2:].replace("-", "/")


def _line(ui: Ui, known: Sequence[tuple[int, RateCell | Overall]]) -> charts.LineChartData:
    tip = ui.look.style("caption", ft.Colors.ON_INVERSE_SURFACE)
    return charts.LineChartData(
        points=[
            charts.LineChartDataPoint(
                place,
                cell.rate or 0,
                tooltip=charts.LineChartDataPointTooltip(
                    text=f"{cell.month}  {percent(cell.rate)}\n{rate_words(ui, cell)}", text_style=tip
                ),
                point=charts.ChartCirclePoint(
                    radius=5,
                    color=theme.CARD if cell.small else theme.ACCENT,
                    stroke_width=2,
                    stroke_color=theme.MUTED if cell.small else theme.ACCENT,
                ),
            )
            for place, cell in known
        ],
        color=theme.ACCENT,
        stroke_width=3,
        rounded_stroke_cap=True,
    )


def _whisker(place: int, cell: RateCell | Overall) -> charts.LineChartData:
    ends = [cell.low or 0, cell.high or 0]
    return charts.LineChartData(
        points=[charts.LineChartDataPoint(place, end, show_tooltip=False, point=False) for end in ends],
        color=ft.Colors.with_opacity(0.45, theme.MUTED),
        stroke_width=10,
    )


def _target_line(right: int, target: float) -> charts.LineChartData:
    return charts.LineChartData(
        points=[
            charts.LineChartDataPoint(at, target, show_tooltip=False, point=False)
            for at in (-0.35, right + 0.35)
        ],
        color=theme.WARN,
        stroke_width=2,
        dash_pattern=[6, 4],
    )


def _key(ui: Ui, color: str, words: str) -> ft.Control:
    return ft.Row(
        [
            ft.Container(width=14, height=6, bgcolor=color, border_radius=3),
            text(ui, words, "caption", theme.MUTED),
        ],
        spacing=6,
        tight=True,
    )


def trend_table(ui: Ui, cells: Sequence[RateCell | Overall]) -> ft.Control:
    """The figures behind the picture, month by month."""
    return ft.Column(
        [
            ft.Row(
                [
                    text(ui, cell.month, "small", theme.MUTED, width=84 * max(1, ui.look.scale)),
                    text(ui, percent(cell.rate), "strong", width=76 * max(1, ui.look.scale)),
                    text(ui, rate_words(ui, cell), "small", theme.MUTED, expand=True),
                ],
                spacing=theme.NEAR,
            )
            for cell in reversed(cells)
        ],
        spacing=theme.TIGHT,
        tight=True,
    )
