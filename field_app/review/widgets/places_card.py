"""A sketch of where a visit was recorded, drawn from the positions alone: it needs no map and no network."""

from __future__ import annotations

import flet as ft
import flet.canvas as cv

from field_app import theme
from field_app.review.places import Spot, reach, spots
from field_app.shell.parts import card, heading, named, text
from field_app.shell.ui import Ui
from field_app.visits.scale import scale_step
from field_app.visits.workflow import ReviewSession
from shared_models.visits.quality import place_radius_m

SIDE = 200
"""Width and height of the sketch in pixels."""
_COLOURS = {"start": theme.GOOD, "end": theme.ACCENT, "photo": theme.MUTED}


def places_card(ui: Ui, session: ReviewSession) -> list[ft.Control]:
    """The sketch with what each point is; nothing where no place or no dealer's place is known."""
    dealer = session.dealer.latitude, session.dealer.longitude
    found = spots(session.visit, dealer, session.attachments)
    if not found:
        return []
    half = reach(found)
    step = scale_step(half)
    legend: list[ft.Control] = [_line(ui, theme.INK, ui.t("review.places.dealer"))]
    legend += [_line(ui, theme.BAD if one.far else _COLOURS[one.kind], _words(ui, one)) for one in found]
    legend.append(text(ui, ui.t("review.places.scale", metres=step), "caption", theme.MUTED))
    sketch = named(
        ft.Container(
            cv.Canvas(_shapes(found, half, step), width=SIDE, height=SIDE),
            bgcolor=theme.GROUND,
            border=ft.Border.all(1, theme.LINE),
            border_radius=theme.ROUND,
            width=SIDE,
            height=SIDE,
            clip_behavior=ft.ClipBehavior.HARD_EDGE,
        ),
        "review-places",
        ui.t("review.places.spoken", count=len(found)),
    )
    both = ft.Row(
        [sketch, ft.Column(legend, spacing=theme.TIGHT, tight=True, width=280 * ui.look.scale)],
        spacing=theme.ROOM,
        run_spacing=theme.NEAR,
        wrap=True,
        vertical_alignment=ft.CrossAxisAlignment.START,
    )
    return [card(heading(ui, ui.t("review.places.title")), both)]


def _words(ui: Ui, one: Spot) -> str:
    name = ui.t(f"review.places.{one.kind}", count=one.count)
    return ui.t("review.places.away", name=name, metres=round(one.distance), accuracy=round(one.accuracy))


def _line(ui: Ui, colour: ft.ColorValue, words: str) -> ft.Control:
    dot = ft.Container(width=10, height=10, border_radius=5, bgcolor=colour)
    return ft.Row([dot, text(ui, words, "small", expand=True)], spacing=theme.NEAR)


def _shapes(found: list[Spot], half: float, step: int) -> list[cv.Shape]:
    """Around the dealer the distance within which a position is right; each point with its accuracy."""
    per_metre = SIDE / (2 * half)
    middle = SIDE / 2
    thin = ft.Paint(color=theme.EDGE, stroke_width=1, style=ft.PaintingStyle.STROKE)
    ink = ft.Paint(color=theme.INK, stroke_width=3)
    shapes: list[cv.Shape] = [
        cv.Circle(middle, middle, place_radius_m({}) * per_metre, thin),
        cv.Line(middle - 7, middle, middle + 7, middle, ink),
        cv.Line(middle, middle - 7, middle, middle + 7, ink),
        cv.Line(12, SIDE - 12, 12 + step * per_metre, SIDE - 12, ink),
    ]
    for one in reversed(found):  # start and end lie above the photos
        x, y = middle + one.east * per_metre, middle - one.north * per_metre
        colour = theme.BAD if one.far else _COLOURS[one.kind]
        if one.accuracy:
            ring = ft.Paint(color=colour, stroke_width=1, style=ft.PaintingStyle.STROKE)
            shapes.append(cv.Circle(x, y, one.accuracy * per_metre, ring))
        shapes.append(cv.Circle(x, y, 4 if one.kind == "photo" else 6, ft.Paint(color=colour)))
    return shapes
