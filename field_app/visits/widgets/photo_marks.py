"""A photo with what was drawn on it, and the pad to draw: the strokes lie over the picture, which stays."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import flet as ft
import flet.canvas as cv

from field_app import theme
from field_app.shell.parts import button, text
from field_app.shell.ui import Ui
from shared_models.visits.marks import MOST_POINTS, MOST_STROKES, WIDTH, Stroke, on_pixels, picture_size

LARGEST = (560.0, 460.0)
"""Width and height that a photo takes at most on the screen."""


def fitted(ui: Ui, data: bytes) -> tuple[float, float]:
    """Width and height at which a photo is shown whole; 4 to 3 where it does not tell its size."""
    width, height = picture_size(data) or (4, 3)
    room = min(LARGEST[0], (ui.page.width or LARGEST[0]) - 2 * theme.WIDE - 2 * theme.ROOM)
    scale = min(room / width, LARGEST[1] / height)
    return width * scale, height * scale


def mark_shapes(strokes: list[Stroke], width: float, height: float) -> list[cv.Shape]:
    """Strokes as canvas paths over a picture of that size."""
    paint = ft.Paint(
        stroke_width=max(2.5, WIDTH * max(width, height)),
        style=ft.PaintingStyle.STROKE,
        color=theme.MARK,
        stroke_cap=ft.StrokeCap.ROUND,
        stroke_join=ft.StrokeJoin.ROUND,
    )
    return [
        cv.Path(
            [cv.Path.MoveTo(*line[0]), *(cv.Path.LineTo(x, y) for x, y in (line[1:] or [line[0]]))],
            paint=paint,
        )
        for line in on_pixels(strokes, width, height)
        if line
    ]


def marked_photo(ui: Ui, data: bytes, marks: list[Stroke], label: str) -> ft.Control:
    """The photo with its marks over it."""
    width, height = fitted(ui, data)
    picture = ft.Image(
        src=data, fit=ft.BoxFit.FILL, width=width, height=height, cache_width=1120, semantics_label=label
    )
    if not marks:
        return picture
    return ft.Stack(
        [picture, cv.Canvas(mark_shapes(marks, width, height), width=width, height=height)],
        width=width,
        height=height,
    )


def draw_on(
    ui: Ui, data: bytes, marks: list[Stroke], save: Callable[[list[Stroke]], Awaitable[object]]
) -> None:
    """Open the pad; what is drawn is kept only when it is saved."""
    width, height = fitted(ui, data)
    drawn: list[Stroke] = [[list(point) for point in stroke] for stroke in marks]
    canvas = cv.Canvas(mark_shapes(drawn, width, height), width=width, height=height)

    def show() -> None:
        canvas.shapes = mark_shapes(drawn, width, height)
        canvas.update()

    def point(event: Any) -> list[float]:
        x, y = event.local_position.x / width, event.local_position.y / height
        return [round(min(1.0, max(0.0, x)), 4), round(min(1.0, max(0.0, y)), 4)]

    def start(event: Any) -> None:
        if len(drawn) < MOST_STROKES:
            drawn.append([point(event)])
            show()

    def move(event: Any) -> None:
        if drawn and sum(map(len, drawn)) < MOST_POINTS:
            drawn[-1].append(point(event))
            canvas.shapes = [*canvas.shapes[:-1], *mark_shapes(drawn[-1:], width, height)]
            canvas.update()

    def back() -> None:
        if drawn:
            drawn.pop()
            show()

    async def done() -> None:
        ui.page.pop_dialog()
        await save(drawn)

    canvas.content = ft.GestureDetector(
        on_pan_start=start, on_pan_update=move, drag_interval=20, content=ft.Container()
    )
    pad = ft.Stack(
        [ft.Image(src=data, fit=ft.BoxFit.FILL, width=width, height=height, cache_width=1120), canvas],
        width=width,
        height=height,
    )
    ui.page.show_dialog(
        ft.AlertDialog(
            modal=True,
            title=ft.Text(ui.t("visits.marks.title")),
            content=ft.Column(
                [
                    text(ui, ui.t("visits.marks.hint"), "small", theme.MUTED),
                    ft.Semantics(content=pad, identifier="photo-pad", label=ui.t("visits.marks.title")),
                ],
                tight=True,
                spacing=theme.GAP,
                width=width,
            ),
            actions=[
                button(ui, ui.t("shell.cancel"), "marks-cancel", ui.on(ui.page.pop_dialog), look="quiet"),
                button(ui, ui.t("visits.marks.back"), "marks-back", ui.on(back), look="quiet"),
                button(ui, ui.t("visits.marks.save"), "marks-save", ui.on(done), look="main"),
            ],
            inset_padding=ft.Padding.all(theme.NEAR),
        )
    )
