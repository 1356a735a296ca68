"""Photos by their hash: small pictures in a row, the large one on tap."""

from __future__ import annotations

from collections.abc import Sequence

import flet as ft

from field_app import theme
from field_app.review.pictures import picture
from field_app.shell.hooks import use_value
from field_app.shell.parts import button, text
from field_app.shell.tile import tile
from field_app.shell.ui import Ui, guarded
from shared_models.problems import Problem


def _no_bytes() -> bytes | None:
    return None


@guarded
def Photo(ui: Ui, sha256: str, identifier: str, label: str) -> ft.Control:  # noqa: N802
    """One small picture; while its bytes are not here it says so."""
    data, set_data = use_value(_no_bytes())
    missing, set_missing = use_value(False)

    async def load() -> None:
        try:
            set_data(await picture(ui.work, sha256))
        except Problem:  # offline, or gone: the tile says so, and a tap tries again
            set_missing(True)

    ft.use_effect(load, [sha256])

    async def look() -> None:
        large: ft.Control
        if data is None:
            await load()
        if data is not None:
            large = ft.InteractiveViewer(
                ft.Image(src=data, fit=ft.BoxFit.CONTAIN, cache_width=1600, semantics_label=label),
                max_scale=6,
            )
        else:
            large = text(ui, ui.t("review.photo.missing"), "small", theme.MUTED)
        ui.page.show_dialog(
            ft.AlertDialog(
                title=ft.Text(label),
                content=ft.Container(large, width=900),
                actions=[
                    button(ui, ui.t("shell.close"), "photo-close", ui.on(ui.page.pop_dialog), look="main")
                ],
                inset_padding=ft.Padding.all(theme.ROOM),
            )
        )

    icon = ft.Icons.IMAGE_NOT_SUPPORTED_OUTLINED if missing else ft.Icons.IMAGE_OUTLINED
    return tile(icon, data, identifier, label, ui.on(look))


def photos(ui: Ui, hashes: Sequence[str], identifier: str, label: str) -> ft.Control:
    """All photos of one thing in a row that wraps."""
    many = len(hashes) > 1
    return ft.Row(
        [
            Photo(ui, sha256, f"{identifier}-{place}", f"{label} {place + 1}" if many else label, key=sha256)  # pyright: ignore[reportCallIssue]
            for place, sha256 in enumerate(hashes)
        ],
        spacing=theme.NEAR,
        run_spacing=theme.NEAR,
        wrap=True,
    )
