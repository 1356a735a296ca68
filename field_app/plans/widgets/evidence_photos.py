"""Photos for an action's log, each saying what it shows: before, after, the attendance sheet."""

from __future__ import annotations

from collections.abc import Callable

import flet as ft

from field_app import theme
from field_app.shell.parts import button, icon_button, text
from field_app.shell.picking import Chosen
from field_app.shell.tile import SIDE
from field_app.shell.ui import Handler, Ui
from field_app.store.typed import TypedWords, UnsentFile
from field_app.visits.photos import smaller
from shared_models.plans import ATTENDED, PHOTO_KINDS


def evidence_photos(ui: Ui, method: str, draft: TypedWords, changed: Callable[[], None]) -> ft.Control:
    """What was chosen so far, and a button per kind; each is on the device before it is shown."""

    async def drop(file: UnsentFile) -> None:
        await ui.work.typed.drop(draft, file)
        changed()

    kinds = [kind for kind in PHOTO_KINDS if kind != "attendance" or method in ATTENDED]
    thumbs = [
        _thumb(ui, place, file, file.data, ui.on(drop, file))
        for place, file in enumerate(draft.files)
        if file.data is not None
    ]
    return ft.Row(
        [*thumbs, *(_chooser(ui, kind, draft, changed) for kind in kinds)],
        spacing=theme.GAP,
        run_spacing=theme.NEAR,
        wrap=True,
    )


def _chooser(ui: Ui, kind: str, draft: TypedWords, changed: Callable[[], None]) -> ft.Control:
    async def add(files: list[Chosen]) -> None:
        for file in files:
            await ui.work.typed.keep(draft, await smaller(ui, file), kind)
        changed()

    parts = ui.app.picking.button_parts(ui, "photo", add)
    return button(
        ui,
        ui.t("desk.action.add_photo") if kind == "photo" else ui.t(f"desk.evidence.kind.{kind}"),
        "action-photo" if kind == "photo" else f"action-photo-{kind}",
        parts["on_click"],  # type: ignore[arg-type]
        icon=ft.Icons.ADD_A_PHOTO_OUTLINED,
        action=parts["action"],
    )


def _thumb(ui: Ui, place: int, file: UnsentFile, data: bytes, drop: Handler) -> ft.Control:
    shown = ui.t(f"desk.evidence.kind.{file.kind}")
    picture = ft.Stack(
        [
            ft.Image(
                src=data,
                width=SIDE,
                height=SIDE,
                fit=ft.BoxFit.COVER,
                cache_width=SIDE * 2,
                border_radius=theme.ROUND,
                semantics_label=shown,
            ),
            ft.Container(
                icon_button(
                    ui,
                    ft.Icons.CANCEL,
                    ui.t("desk.action.drop_photo"),
                    f"action-photo-{place}-remove",
                    drop,
                    color=theme.BAD,
                ),
                right=-8,
                top=-8,
            ),
        ],
        width=SIDE,
        height=SIDE,
    )
    return ft.Column([picture, text(ui, shown, "caption", theme.MUTED)], spacing=2, tight=True)
