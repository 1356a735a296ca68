"""Photos in a row: small pictures, the large one on tap; read when first shown, and again on tap."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

import flet as ft

from field_app import theme
from field_app.review.pictures import picture
from field_app.shell.hooks import use_value
from field_app.shell.parts import button, text
from field_app.shell.tile import tile
from field_app.shell.ui import Ui, guarded
from field_app.visits.widgets.photo_marks import marked_photo
from shared_models.problems import Problem
from shared_models.visits.marks import Stroke


def _no_bytes() -> bytes | None:
    return None


Load = Callable[[], Awaitable[bytes]]
"""Reads a photo from where it is; raises a Problem where it cannot be had now."""


@guarded
def Photo(  # noqa: N802
    ui: Ui, name: str, load: Load, identifier: str, label: str, marks: list[Stroke] | None = None
) -> ft.Control:
    """One small picture; while its bytes are not here it says so. The large one carries what was drawn."""
    data, set_data = use_value(_no_bytes())
    missing, set_missing = use_value(False)

    async def fetch() -> bytes | None:
        try:
            got = await load()
        except Problem:  # offline, or gone: the tile says so, and a tap tries again
            set_missing(True)
            return None
        set_data(got)
        set_missing(False)
        return got

    async def first() -> None:
        await fetch()

    ft.use_effect(first, [name])

    async def look() -> None:
        # what this very tap has read counts: the drawing that the tap stands on knows nothing of it yet
        seen = data if data is not None else await fetch()
        large: ft.Control
        if seen is not None:
            shown = (
                marked_photo(ui, seen, marks, label)
                if marks
                else ft.Image(src=seen, fit=ft.BoxFit.CONTAIN, cache_width=1600, semantics_label=label)
            )
            large = ft.InteractiveViewer(shown, max_scale=6)
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


def photos(
    ui: Ui,
    hashes: Sequence[str],
    identifier: str,
    label: str,
    marks: Mapping[str, list[Stroke]] | None = None,
) -> ft.Control:
    """All photos of one thing by their hash, in a row that wraps; ``marks``: what was drawn on them."""

    def loader(sha256: str) -> Load:
        return lambda: picture(ui.work, sha256)

    return loaded_photos(ui, [(sha256, loader(sha256)) for sha256 in hashes], identifier, label, marks)


def loaded_photos(
    ui: Ui,
    found: Sequence[tuple[str, Load]],
    identifier: str,
    label: str,
    marks: Mapping[str, list[Stroke]] | None = None,
) -> ft.Control:
    """Photos by name and the way to read them."""
    many = len(found) > 1
    return ft.Row(
        [
            Photo(
                ui,
                name,
                load,
                f"{identifier}-{place}",
                f"{label} {place + 1}" if many else label,
                (marks or {}).get(name),
                key=name,
            )  # pyright: ignore[reportCallIssue]
            for place, (name, load) in enumerate(found)
        ],
        spacing=theme.NEAR,
        run_spacing=theme.NEAR,
        wrap=True,
    )
