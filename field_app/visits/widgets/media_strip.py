"""The photos and recordings of a question: small pictures, a look at the large one, taking out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import flet as ft

from field_app import theme
from field_app.shell.hooks import use_value
from field_app.shell.parts import button, text
from field_app.shell.tile import tile
from field_app.shell.ui import Ui, guarded
from field_app.visits.live import LiveVisit

_NO_BYTES: bytes | None = None


@guarded
def Thumb(ui: Ui, live: LiveVisit, code: str, attachment: Mapping[str, Any]) -> ft.Control:  # noqa: N802
    """One small picture; the bytes come from the local store and are decoded at the size shown."""
    data, set_data = use_value(_NO_BYTES)
    kind = attachment["kind"]

    async def load() -> None:
        set_data(await live.session.blob(attachment["id"]))

    ft.use_effect(load, [attachment["sha256"]])

    def look() -> None:
        label = ui.t("visits.media.remove")

        async def remove() -> None:
            ui.page.pop_dialog()
            await live.remove(code, attachment["id"])

        ui.page.show_dialog(
            ft.AlertDialog(
                title=ft.Text(ui.t(f"visits.media.{kind}")),
                content=ft.Container(_large(ui, attachment, data), width=560),
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
    picture = data if kind == "photo" else None
    return tile(icon, picture, f"media-{attachment['id']}", ui.t(f"visits.media.{kind}"), ui.on(look))


def _large(ui: Ui, attachment: Mapping[str, Any], data: bytes | None) -> ft.Control:
    if data is None:
        return text(ui, ui.t("visits.media.gone"), "small", theme.MUTED)
    if attachment["kind"] == "photo":
        return ft.Image(src=data, fit=ft.BoxFit.CONTAIN, cache_width=1120)
    return text(ui, ui.t("visits.media.audio_size", kilobytes=round(attachment["size"] / 1024)), "small")


def media_strip(ui: Ui, live: LiveVisit, code: str, attachments: list[Mapping[str, Any]]) -> ft.Control:
    """All attachments of a question in a row that wraps."""
    return ft.Row(
        [Thumb(ui, live, code, one, key=one["id"]) for one in attachments],  # pyright: ignore[reportCallIssue]
        spacing=theme.NEAR,
        run_spacing=theme.NEAR,
        wrap=True,
    )
