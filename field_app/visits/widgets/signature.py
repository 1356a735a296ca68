"""A signature drawn by finger: kept as strokes, so that it prints sharply at any size."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import flet as ft
import flet.canvas as cv

from field_app import theme
from field_app.shell.parts import button, text, text_field
from field_app.shell.ui import Ui, guarded
from shared_models.checklists import Question

Strokes = list[list[list[float]]]
PAD = (320, 160)
"""Width and height of the pad in logical pixels; it fits a phone of 360 across."""


def stroke_shapes(strokes: Strokes, scale: float = 1) -> list[cv.Shape]:
    """Strokes as canvas paths."""
    paint = ft.Paint(
        stroke_width=2.4 * scale,
        style=ft.PaintingStyle.STROKE,
        color=theme.INK,
        stroke_cap=ft.StrokeCap.ROUND,
        stroke_join=ft.StrokeJoin.ROUND,
    )
    return [
        cv.Path(
            [
                cv.Path.MoveTo(stroke[0][0] * scale, stroke[0][1] * scale),
                *(cv.Path.LineTo(x * scale, y * scale) for x, y in (stroke[1:] or [stroke[0]])),
            ],
            paint=paint,
        )
        for stroke in strokes
        if stroke
    ]


@guarded
def SignatureAnswer(  # noqa: N802
    ui: Ui, question: Question, value: Any, put: Callable[[str, Any], Awaitable[object]]
) -> ft.Control:
    """The signature given, and the way to sign (again): in a dialog, where drawing does not scroll."""

    def ask() -> None:
        strokes: Strokes = []
        name = [str(value.get("name", "")) if isinstance(value, dict) else ""]

        def named(event: ft.Event[ft.TextField]) -> None:
            name[0] = event.control.value or ""

        async def done() -> None:
            if not strokes or not name[0].strip():
                ui.tell(ui.t("visits.signature.incomplete"))
                return
            ui.page.pop_dialog()
            await put(
                "answered",
                {"name": name[0].strip(), "strokes": strokes, "width": PAD[0], "height": PAD[1]},
            )

        def again() -> None:
            ui.page.pop_dialog()
            ask()

        code = question.code
        ui.page.show_dialog(
            ft.AlertDialog(
                modal=True,
                title=ft.Text(ui.t("visits.signature.title")),
                content=ft.Column(
                    [
                        text_field(
                            ui,
                            ui.t("visits.signature.name"),
                            f"q-{code}-name",
                            name[0],
                            on_change=ui.on_event(named),
                        ),
                        _draw_pad(ui, strokes, f"q-{code}-pad"),
                    ],
                    tight=True,
                    spacing=theme.GAP,
                    width=PAD[0],
                    horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
                ),
                actions=[
                    button(
                        ui, ui.t("shell.cancel"), f"q-{code}-cancel", ui.on(ui.page.pop_dialog), look="quiet"
                    ),
                    button(ui, ui.t("visits.signature.again"), f"q-{code}-again", ui.on(again), look="quiet"),
                    button(ui, ui.t("visits.signature.done"), f"q-{code}-done", ui.on(done), look="main"),
                ],
                inset_padding=ft.Padding.all(theme.NEAR),
            )
        )

    parts: list[ft.Control] = []
    if isinstance(value, dict) and value.get("strokes"):
        scale = 0.6
        parts.append(
            ft.Container(
                cv.Canvas(
                    stroke_shapes(value["strokes"], scale),
                    width=value.get("width", PAD[0]) * scale,
                    height=value.get("height", PAD[1]) * scale,
                ),
                bgcolor=theme.GROUND,
                border=ft.Border.all(1, theme.LINE),
                border_radius=theme.ROUND,
            )
        )
        parts.append(text(ui, str(value.get("name", "")), "strong"))
    label = ui.t("visits.signature.sign_again" if parts else "visits.signature.sign")
    parts.append(button(ui, label, f"q-{question.code}-sign", ui.on(ask), icon=ft.Icons.DRAW_OUTLINED))
    return ft.Column(parts, spacing=theme.NEAR, tight=True)


def _draw_pad(ui: Ui, strokes: Strokes, identifier: str) -> ft.Control:
    """The pad for a dialog, which is not part of any component: the canvas updates itself."""
    canvas = cv.Canvas(stroke_shapes(strokes), width=PAD[0], height=PAD[1])

    def start(event: Any) -> None:
        strokes.append([[round(event.local_position.x, 1), round(event.local_position.y, 1)]])
        canvas.shapes = stroke_shapes(strokes)
        canvas.update()

    def move(event: Any) -> None:
        if strokes:
            strokes[-1].append([round(event.local_position.x, 1), round(event.local_position.y, 1)])
            canvas.shapes = [*canvas.shapes[:-1], *stroke_shapes(strokes[-1:])]
            canvas.update()

    canvas.content = ft.GestureDetector(
        on_pan_start=start, on_pan_update=move, drag_interval=20, content=ft.Container()
    )
    return ft.Semantics(
        content=ft.Container(
            canvas,
            bgcolor=theme.GROUND,
            border=ft.Border.all(1, theme.EDGE),
            border_radius=theme.ROUND,
            width=PAD[0],
            height=PAD[1],
        ),
        identifier=identifier,
        label=ui.t("visits.signature.pad"),
    )
