"""A funnel: everybody's rate by the number of answers, with the limits that chance allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import flet as ft
import flet_charts as charts

from field_app import theme
from field_app.insight.widgets.figures import percent
from field_app.shell.parts import named, text
from field_app.shell.ui import Ui
from shared_models.insight import Funnel, FunnelLimit
from shared_models.insight.words import number_text

HEIGHT = 340
MOST = 400
"""So many points are drawn; those outside the limits come first in the table, so none of them is left out."""
_STEPS = (1, 2, 5, 10, 20, 25, 50, 100)
Line = Mapping[str, str | int | float | bool | None]


def line_name(row: Line) -> str:
    """Who a row is about."""
    return " · ".join(str(row[key]) for key in ("employee", "dealer") if row.get(key))


def funnel_chart(ui: Ui, funnel: Funnel, rows: Sequence[Line]) -> ft.Control:
    """Points in and out of the limits; the picture is spoken as the names of those outside."""
    points = [row for row in rows if row.get("rate") is not None and row.get("n")][:MOST]
    rates = [_number(row, "rate") for row in points]
    floor = _floor(min([funnel.centre, *rates, *(one.low for one in funnel.limits[1:])]))
    top = min(100.0, max([funnel.centre, *rates, *(one.high for one in funnel.limits)]) + 2)
    right = max([float(one.n) for one in funnel.limits] + [_number(row, "n") for row in points]) * 1.04
    outside = [line_name(row) for row in points if row.get("flagged")]
    step = _step(top - floor, 5)
    across = _step(right, 5 if ui.look.phone else 8)
    label = ui.look.style("caption", theme.MUTED)
    chart = charts.LineChart(
        data_series=[
            *_limits(funnel.limits, floor),
            _flat(funnel.centre, right),
            _people(ui, [row for row in points if not row.get("flagged")], flagged=False),
            _people(ui, [row for row in points if row.get("flagged")], flagged=True),
        ],
        min_x=0,
        max_x=right,
        min_y=floor,
        max_y=top,
        animation=0,
        height=HEIGHT,
        tooltip=charts.LineChartTooltip(
            bgcolor=ft.Colors.INVERSE_SURFACE, fit_inside_horizontally=True, fit_inside_vertically=True
        ),
        horizontal_grid_lines=charts.ChartGridLines(interval=step, color=theme.LINE, width=1),
        left_axis=charts.ChartAxis(
            labels=[
                charts.ChartAxisLabel(value=at, label=ft.Text(f"{at}%", style=label))
                for at in range(int(floor), int(top) + 1, step)
            ],
            label_size=48 * max(1, ui.look.scale),
        ),
        bottom_axis=charts.ChartAxis(
            labels=[
                charts.ChartAxisLabel(value=at, label=ft.Text(str(at), style=label))
                for at in range(0, int(right) + 1, across)
            ],
            label_spacing=across,
            label_size=28 * max(1, ui.look.scale),
            show_max=False,
        ),
        border=ft.Border(bottom=ft.BorderSide(1, theme.EDGE)),
    )
    names = ui.t("insight.list_separator").join(outside) or "–"
    spoken = ui.t(
        "insight.funnel.spoken", centre=number_text(round(funnel.centre, 2)), count=len(points), names=names
    )
    legend = ft.Row(
        [
            _key(ui, theme.ACCENT, ui.t("insight.funnel.inside")),
            _key(ui, theme.BAD, ui.t("insight.funnel.outside")),
            _key(ui, theme.WARN, ui.t("insight.funnel.limits")),
            _key(ui, theme.MUTED, ui.t("insight.funnel.alone")),
        ],
        spacing=theme.ROOM,
        run_spacing=0,
        wrap=True,
    )
    picture = named(ft.Container(chart, height=HEIGHT), "funnel-chart", spoken, image=True)
    axis = text(ui, ui.t("insight.funnel.axis"), "caption", theme.MUTED, text_align=ft.TextAlign.END)
    return ft.Column(
        [legend, picture, axis],
        spacing=theme.NEAR,
        tight=True,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
    )


def _number(row: Line, key: str) -> float:
    value = row.get(key)
    return float(value) if isinstance(value, int | float) else 0.0


def _floor(lowest: float) -> float:
    return float(max(0, int((lowest - 2) // 10) * 10))


def _step(span: float, parts: int) -> int:
    """Round numbers, about so many of them along an axis."""
    size = 1
    while True:
        for one in _STEPS[:3]:
            if span / (one * size) <= parts:
                return one * size
        size *= 10


def _limits(limits: Sequence[FunnelLimit], floor: float) -> list[charts.LineChartData]:
    found: list[charts.LineChartData] = []
    for name, color, dashes in (
        ("low95", theme.MUTED, [3, 4]),
        ("high95", theme.MUTED, [3, 4]),
        ("low", theme.WARN, None),
        ("high", theme.WARN, None),
    ):
        points = [
            charts.LineChartDataPoint(
                one.n, max(float(getattr(one, name)), floor), show_tooltip=False, point=False
            )
            for one in limits
        ]
        found.append(
            charts.LineChartData(
                points=points, color=color, stroke_width=1.5 if dashes else 2, dash_pattern=dashes
            )
        )
    return found


def _flat(centre: float, right: float) -> charts.LineChartData:
    return charts.LineChartData(
        points=[
            charts.LineChartDataPoint(at, centre, show_tooltip=False, point=False) for at in (0.0, right)
        ],
        color=theme.EDGE,
        stroke_width=1.5,
    )


def _people(ui: Ui, rows: Sequence[Line], *, flagged: bool) -> charts.LineChartData:
    """Points without a line between them; those outside are larger and ringed."""
    tip = ui.look.style("caption", ft.Colors.ON_INVERSE_SURFACE)
    ordered = sorted(rows, key=lambda row: (_number(row, "n"), _number(row, "rate")))
    return charts.LineChartData(
        points=[
            charts.LineChartDataPoint(
                _number(row, "n"),
                _number(row, "rate"),
                tooltip=charts.LineChartDataPointTooltip(
                    text=f"{line_name(row)}\n{percent(_number(row, 'rate'))}"
                    f" · {number_text(_number(row, 'n'))}",
                    text_style=tip,
                ),
                point=charts.ChartCirclePoint(
                    radius=6 if flagged else 4,
                    color=theme.BAD if flagged else theme.ACCENT,
                    stroke_width=2 if flagged else 1,
                    stroke_color=theme.INK if flagged else theme.CARD,
                ),
            )
            for row in ordered
        ],
        color=ft.Colors.TRANSPARENT,
        stroke_width=0.1,
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
