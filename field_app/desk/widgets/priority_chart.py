"""Importance against performance: numbered points in four named quadrants, and the list that names them."""

from __future__ import annotations

from collections.abc import Callable

import flet as ft
import flet_charts as charts

from field_app import theme
from field_app.desk.priorities import QUADRANTS, Field, Point
from field_app.insight.widgets.figures import percent
from field_app.shell.parts import Tone, named, tag, text
from field_app.shell.ui import Ui
from shared_models.insight.words import number_text

HEIGHT = 380
_PARTS = 1000
TONES: dict[str, Tone] = {"improve": "bad", "keep": "good", "later": "warn", "enough": "plain"}
_GROUNDS = {
    "improve": theme.BAD_SOFT,
    "keep": theme.GOOD_SOFT,
    "later": theme.WARN_SOFT,
    "enough": theme.SUNKEN,
}
_INKS = {
    "improve": theme.ON_BAD_SOFT,
    "keep": theme.ON_GOOD_SOFT,
    "later": theme.ON_WARN_SOFT,
    "enough": theme.MUTED,
}


def point_name(ui: Ui, point: Point) -> str:
    """An item's short name, or the stage's, in the language shown."""
    if not point.names[0]:
        return ui.t(f"checklists.stage.{point.key}")
    return point.names[0] if ui.t.is_chinese else point.names[1]


def priority_chart(ui: Ui, field: Field) -> ft.Control:
    """Right is important, up is well done; what is important and below its target lies bottom right."""
    right = max(one.share for one in field.points) * 1.12
    low = min(min(one.rate for one in field.points), field.target_line) - 4
    high = min(100.0, max(max(one.rate for one in field.points), field.target_line)) + 3
    low, span = max(0.0, low), high - max(0.0, low)
    across = round(_PARTS * min(max(field.share_line / right, 0.05), 0.95))
    above = round(_PARTS * min(max((high - field.target_line) / span, 0.05), 0.95))
    grounds = ft.Column(
        [
            ft.Row([_ground(ui, "enough", across), _ground(ui, "keep", _PARTS - across)], spacing=2,
                   expand=above, vertical_alignment=ft.CrossAxisAlignment.STRETCH),
            ft.Row([_ground(ui, "later", across, bottom=True),
                    _ground(ui, "improve", _PARTS - across, bottom=True)],
                   spacing=2, expand=_PARTS - above, vertical_alignment=ft.CrossAxisAlignment.STRETCH),
        ],
        spacing=2,
        expand=True,
    )  # fmt: skip
    chart = charts.ScatterChart(
        spots=[_spot(ui, place, one) for place, one in enumerate(field.points, 1)],
        min_x=0,
        max_x=right,
        min_y=low,
        max_y=high,
        animation=0,
        tooltip=charts.ScatterChartTooltip(
            bgcolor=ft.Colors.INVERSE_SURFACE, fit_inside_horizontally=True, fit_inside_vertically=True
        ),
        horizontal_grid_lines=charts.ChartGridLines(color=ft.Colors.TRANSPARENT, width=0.1),
        vertical_grid_lines=charts.ChartGridLines(color=ft.Colors.TRANSPARENT, width=0.1),
        expand=True,
    )
    spoken = "; ".join(
        f"{place} {point_name(ui, one)} {ui.t(f'desk.priority.{field.quadrant(one)}')}"
        for place, one in enumerate(field.points, 1)
    )
    picture = ft.Stack(
        [
            ft.Container(grounds, left=0, right=0, top=0, bottom=0),
            ft.Container(chart, left=0, right=0, top=0, bottom=0),
        ],
        height=HEIGHT,
        clip_behavior=ft.ClipBehavior.NONE,
    )
    ends = {"low": number_text(low), "high": number_text(min(high, 100.0)), "share": number_text(right)}
    return ft.Column(
        [
            text(ui, ui.t("desk.priority.up", **ends), "caption", theme.MUTED),
            named(picture, "priority-chart", ui.t("desk.priority.spoken", figures=spoken), image=True),
            text(
                ui, ui.t("desk.priority.right", **ends), "caption", theme.MUTED, text_align=ft.TextAlign.END
            ),
        ],
        spacing=theme.TIGHT,
        tight=True,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
    )


def _ground(ui: Ui, quadrant: str, expand: int, *, bottom: bool = False) -> ft.Control:
    words = text(
        ui, ui.t(f"desk.priority.{quadrant}"), "caption", _INKS[quadrant], overflow=ft.TextOverflow.ELLIPSIS
    )
    return ft.Container(
        words,
        bgcolor=_GROUNDS[quadrant],
        padding=theme.NEAR,
        expand=expand,
        alignment=ft.Alignment.BOTTOM_LEFT if bottom else ft.Alignment.TOP_LEFT,
    )


def _spot(ui: Ui, place: int, one: Point) -> charts.ScatterChartSpot:
    said = f"{place}  {point_name(ui, one)}\n{percent(one.rate)} · {number_text(one.share)}%"
    return charts.ScatterChartSpot(
        x=one.share,
        y=one.rate,
        point=charts.ChartCirclePoint(
            radius=7, color=theme.ACCENT, stroke_width=1.5, stroke_color=theme.CARD
        ),
        label_text=str(place),
        label_text_style=ui.look.style("caption", theme.INK),
        tooltip=charts.ScatterChartSpotTooltip(
            text=said, text_style=ui.look.style("caption", ft.Colors.ON_INVERSE_SURFACE)
        ),
    )


def priority_rows(ui: Ui, field: Field, open_it: Callable[[Point], None]) -> list[ft.Control]:
    """The points by quadrant, the most urgent first; a tap opens the point."""
    rows: list[ft.Control] = []
    for quadrant in QUADRANTS:
        inside = [one for one in enumerate(field.points, 1) if field.quadrant(one[1]) == quadrant]
        if inside:
            name = ui.t("desk.priority.group", name=ui.t(f"desk.priority.{quadrant}"), count=len(inside))
            rows.append(ft.Row([tag(ui, name, TONES[quadrant])]))
            rows += [_row(ui, place, one, open_it) for place, one in inside]
    return rows


def _row(ui: Ui, place: int, one: Point, open_it: Callable[[Point], None]) -> ft.Control:
    name = point_name(ui, one)
    said = ui.t(
        "desk.priority.figures",
        rate=number_text(one.rate),
        target=number_text(one.target),
        share=number_text(one.share),
    )
    control = ft.TextButton(
        content=ft.Row(
            [
                text(ui, str(place), "strong", theme.ACCENT, width=32 * max(1.0, ui.look.scale)),
                ft.Column([text(ui, name), text(ui, said, "caption", theme.MUTED)], spacing=0, tight=True,
                          expand=True),
                ft.Icon(ft.Icons.CHEVRON_RIGHT, size=ui.look.icon, color=theme.MUTED),
            ],
            spacing=theme.NEAR,
        ),
        on_click=ui.on(open_it, one),
        expand=True,
        style=ft.ButtonStyle(
            shape=ft.RoundedRectangleBorder(radius=theme.ROUND),
            padding=ft.Padding.symmetric(horizontal=theme.NEAR, vertical=theme.NEAR),
        ),
    )  # fmt: skip
    return named(ft.Row([control], spacing=0), f"priority-{place}", f"{place} {name}, {said}", button=True)


def priority_table(ui: Ui, field: Field) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of the table behind the picture."""
    keys = ("item", "importance", "overall", "target", "quadrant")
    heads = [ui.t(f"desk.network.column.{key}") for key in keys]
    rows = [
        [
            f"{place} {point_name(ui, one)}",
            percent(one.share),
            percent(one.rate),
            percent(one.target),
            ui.t(f"desk.priority.{field.quadrant(one)}"),
        ]
        for place, one in enumerate(field.points, 1)
    ]
    return heads, rows
