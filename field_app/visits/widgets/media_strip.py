"""The photos and recordings of a question: small pictures, a look at the large one, taking out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import flet as ft

from field_app import theme
from field_app.shell.hooks import use_value
from field_app.shell.parts import button, choice, text
from field_app.shell.tile import SIDE, tile
from field_app.shell.ui import Ui, guarded
from field_app.visits.live import LiveVisit
from field_app.visits.widgets.photo_marks import draw_on, marked_photo
from shared_models.visits.marks import Stroke

_NO_BYTES: bytes | None = None
_SMALL_QUALITY = 70
PAIR = ("before", "after")
"""Labels of the two photos of something that was put right on the spot."""


@guarded
def Thumb(ui: Ui, live: LiveVisit, code: str, attachment: Mapping[str, Any]) -> ft.Control:  # noqa: N802
    """One small picture, made from the photo in the local store; a tap reads the photo itself."""
    small, set_small = use_value(_NO_BYTES)
    kind = attachment["kind"]
    marks: list[Stroke] = attachment["marks"]

    async def load() -> None:
        if kind == "photo":
            set_small(await _thumbnail(ui, await live.session.blob(attachment["id"])))

    ft.use_effect(load, [attachment["sha256"]])

    async def look() -> None:
        label = ui.t("visits.media.remove")
        data = await live.session.blob(attachment["id"])

        async def remove() -> None:
            ui.page.pop_dialog()
            await live.remove(code, attachment["id"])

        def draw() -> None:
            ui.page.pop_dialog()
            if data is not None:
                draw_on(ui, data, marks, lambda drawn: live.mark(code, attachment["id"], drawn))

        async def name(label: str) -> None:
            ui.page.pop_dialog()
            await live.label(code, attachment["id"], "" if attachment["label"] == label else label)

        tools: list[ft.Control] = []
        if kind == "photo" and live.session.editable:
            tools = [
                button(
                    ui,
                    ui.t("visits.marks.draw"),
                    "media-draw",
                    ui.on(draw),
                    look="quiet",
                    icon=ft.Icons.GESTURE,
                ),
                *(
                    choice(
                        ui,
                        ui.t(f"visits.media.{one}"),
                        f"media-{one}",
                        ui.on(name, one),
                        chosen=attachment["label"] == one,
                        expand=False,
                    )
                    for one in PAIR
                ),
            ]
        ui.page.show_dialog(
            ft.AlertDialog(
                title=ft.Text(ui.t(f"visits.media.{kind}")),
                content=ft.Column(
                    [_large(ui, attachment, data, marks), ft.Row(tools, wrap=True, spacing=theme.NEAR)],
                    tight=True,
                    spacing=theme.GAP,
                    width=560,
                ),
                actions=[
                    button(
                        ui, label, "media-remove", ui.on(remove), look="danger", icon=ft.Icons.DELETE_OUTLINE
                    ),
                    button(ui, ui.t("shell.close"), "media-close", ui.on(ui.page.pop_dialog), look="main"),
                ],
                inset_padding=ft.Padding.all(theme.ROOM),
                scrollable=True,
            )
        )

    icon = ft.Icons.MIC if attachment["kind"] == "audio" else ft.Icons.IMAGE_OUTLINED
    spoken = ui.t(f"visits.media.{kind}")
    square = tile(icon, small, f"media-{attachment['id']}", spoken, ui.on(look))
    said = ui.t(f"visits.media.{attachment['label']}") if attachment["label"] in PAIR else ""
    if marks:
        said = " · ".join(part for part in (said, ui.t("visits.marks.marked")) if part)
    if not said:
        return square
    under = text(ui, said, "caption", theme.MUTED)
    return ft.Column([square, under], spacing=2, tight=True)


async def _thumbnail(ui: Ui, photo: bytes | None) -> bytes | None:
    """A photo as small as it is shown: the whole one would cross to the screen and stay there many times."""
    if photo is None:
        return None
    try:
        return await ui.app.platform.shrink_photo(photo, longest_edge=2 * SIDE, quality=_SMALL_QUALITY)
    except ValueError:  # kept as it came, and no picture for this platform
        return photo


def _large(ui: Ui, attachment: Mapping[str, Any], data: bytes | None, marks: list[Stroke]) -> ft.Control:
    if data is None:
        return text(ui, ui.t("visits.media.gone"), "small", theme.MUTED)
    if attachment["kind"] == "photo":
        return marked_photo(ui, data, marks, ui.t("visits.media.photo"))
    return text(ui, ui.t("visits.media.audio_size", kilobytes=round(attachment["size"] / 1024)), "small")


def media_strip(ui: Ui, live: LiveVisit, code: str, attachments: list[Mapping[str, Any]]) -> ft.Control:
    """All attachments of a question in a row that wraps."""
    return ft.Row(
        [Thumb(ui, live, code, one, key=one["id"]) for one in attachments],  # pyright: ignore[reportCallIssue]
        spacing=theme.NEAR,
        run_spacing=theme.NEAR,
        wrap=True,
    )
