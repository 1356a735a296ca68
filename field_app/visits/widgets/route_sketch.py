"""The route of a test drive drawn from its points alone: it needs no map and no network."""

from __future__ import annotations

from collections.abc import Sequence

import flet as ft
import flet.canvas as cv

from field_app import theme
from field_app.shell.parts import named, text
from field_app.shell.ui import Ui
from field_app.visits.scale import scale_step
from shared_models.visits.route import Fix, kilometres, on_plane

SIDE = 200
"""Width and height of the sketch in pixels."""
EDGE = 16
"""Room around the route in pixels."""
LEAST_M = 100.0
"""The sketch is at least so wide, in metres."""


def route_sketch(ui: Ui, route: Sequence[Fix]) -> ft.Control:
    """The line from its beginning (green) to its end (blue), north up, with its scale and its length."""
    shapes, step = _shapes(route)
    words = ui.t("visits.route.length", km=f"{kilometres(route):.1f}", count=len(route))
    sketch = named(
        ft.Container(
            cv.Canvas(shapes, width=SIDE, height=SIDE),
            bgcolor=theme.GROUND,
            border=ft.Border.all(1, theme.LINE),
            border_radius=theme.ROUND,
            width=SIDE,
            height=SIDE,
            clip_behavior=ft.ClipBehavior.HARD_EDGE,
        ),
        "route-sketch",
        ui.t("visits.route.spoken", length=words),
        image=True,
    )
    first, last = (one.at.astimezone().strftime("%H:%M:%S") for one in (route[0], route[-1]))
    legend = [
        named(text(ui, words, "strong"), "route-length"),
        _line(ui, theme.GOOD, ui.t("visits.route.first", time=first)),
        _line(ui, theme.ACCENT, ui.t("visits.route.last", time=last)),
        text(ui, ui.t("visits.route.scale", metres=step), "caption", theme.MUTED),
    ]
    return ft.Row(
        [sketch, ft.Column(legend, spacing=theme.TIGHT, tight=True, width=240 * ui.look.scale)],
        spacing=theme.ROOM,
        run_spacing=theme.NEAR,
        wrap=True,
        vertical_alignment=ft.CrossAxisAlignment.START,
    )


def _line(ui: Ui, colour: ft.ColorValue, words: str) -> ft.Control:
    dot = ft.Container(width=10, height=10, border_radius=5, bgcolor=colour)
    return ft.Row([dot, text(ui, words, "small", expand=True)], spacing=theme.NEAR)


def _shapes(route: Sequence[Fix]) -> tuple[list[cv.Shape], int]:
    """The line, its two ends and the scale, as large as the square allows; and what the scale shows."""
    points = on_plane(route)
    east, north = [x for x, _ in points], [y for _, y in points]
    wide = max(max(east) - min(east), max(north) - min(north), LEAST_M)
    per_metre = (SIDE - 2 * EDGE) / wide
    middle_x, middle_y = (min(east) + max(east)) / 2, (min(north) + max(north)) / 2
    drawn = [
        (SIDE / 2 + (x - middle_x) * per_metre, SIDE / 2 - (y - middle_y) * per_metre) for x, y in points
    ]
    step = scale_step(SIDE / per_metre / 2)
    ink = ft.Paint(color=theme.INK, stroke_width=3)
    course = ft.Paint(
        color=theme.INK,
        stroke_width=3,
        stroke_join=ft.StrokeJoin.ROUND,
        style=ft.PaintingStyle.STROKE,
    )
    line: list[cv.Path.PathElement] = [cv.Path.MoveTo(*drawn[0])]
    line += [cv.Path.LineTo(x, y) for x, y in drawn[1:]]
    return [
        cv.Path(line, course),
        cv.Line(12, SIDE - 8, 12 + step * per_metre, SIDE - 8, ink),
        cv.Circle(*drawn[0], 6, ft.Paint(color=theme.GOOD)),
        cv.Circle(*drawn[-1], 6, ft.Paint(color=theme.ACCENT)),
    ], step
