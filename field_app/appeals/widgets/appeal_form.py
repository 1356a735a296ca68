"""Disputing an answer: why, with photos; durable on the device before it is called filed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import flet as ft

from field_app import theme
from field_app.shell.hooks import use_value
from field_app.shell.parts import button, text_field
from field_app.shell.picking import Chosen
from field_app.shell.tile import tile
from field_app.shell.ui import Ui, guarded
from field_app.visits.photos import smaller
from shared_models.appeals import Result, ResultAnswer


@dataclass
class _Draft:
    """What is written and not yet filed."""

    text: str = ""
    photos: list[bytes] = field(default_factory=list[bytes])


@guarded
def AppealForm(ui: Ui, one: Result, answer: ResultAnswer, close: Callable[[], None]) -> ft.Control:  # noqa: N802
    """The form of one answer."""
    draft = ft.use_ref(_Draft).current
    assert draft is not None
    again, draw = use_value(0)
    working, set_working = use_value(False)
    code = answer.question.code

    async def add(files: list[Chosen]) -> None:
        for file in files:
            draft.photos.append(await smaller(ui, file))
        draw(again + 1)

    def drop(place: int) -> None:
        del draft.photos[place]
        draw(again + 1)

    async def send() -> None:
        if working:
            return
        if not draft.text.strip():
            ui.tell(ui.t("appeals.form.reason_needed"))
            return
        set_working(True)
        try:
            photos = [(data, "image/jpeg") for data in draft.photos]
            if await ui.attempt(ui.work.appeals.file, one, answer, draft.text, photos):
                ui.tell(ui.t("appeals.form.filed"))
                close()
                ui.page.run_task(ui.work.sync.run_once)
        finally:
            set_working(False)

    def typed(event: ft.Event[ft.TextField]) -> None:
        draft.text = event.control.value or ""

    label = ui.t("appeals.form.photo")
    pictures: list[ft.Control] = [
        tile(
            ft.Icons.IMAGE_OUTLINED,
            data,
            f"appeal-photo-{place}",
            ui.t("appeals.form.drop_photo", number=place + 1),
            ui.on(drop, place),
        )
        for place, data in enumerate(draft.photos)
    ]
    picking = ui.app.picking.button_parts(ui, "photo", add)
    adder = button(
        ui,
        label,
        f"appeal-{code}-add-photo",
        picking["on_click"],  # type: ignore[arg-type]
        icon=ft.Icons.ADD_A_PHOTO_OUTLINED,
        action=picking["action"],
    )
    return ft.Column(
        [
            text_field(
                ui,
                ui.t("appeals.form.reason"),
                f"appeal-{code}-text",
                draft.text,
                multiline=True,
                min_lines=2,
                max_lines=8,
                autofocus=not draft.text,
                on_change=ui.on_event(typed),
            ),
            ft.Row([*pictures, adder], spacing=theme.NEAR, run_spacing=theme.NEAR, wrap=True),
            ft.Row(
                [
                    button(ui, ui.t("shell.cancel"), f"appeal-{code}-cancel", ui.on(close), look="quiet"),
                    button(
                        ui,
                        ui.t("appeals.form.send"),
                        f"appeal-{code}-send",
                        ui.on(send),
                        look="main",
                        icon=ft.Icons.GAVEL_OUTLINED,
                        disabled=working,
                    ),
                ],
                spacing=theme.NEAR,
                run_spacing=theme.NEAR,
                wrap=True,
            ),
        ],
        spacing=theme.GAP,
        tight=True,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
    )
