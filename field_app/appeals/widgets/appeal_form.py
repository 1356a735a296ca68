"""Disputing an answer: why, with photos; durable on the device before it is called filed."""

from __future__ import annotations

from collections.abc import Callable

import flet as ft

from field_app import theme
from field_app.shell.hooks import use_value
from field_app.shell.parts import button, text_field
from field_app.shell.picking import Chosen
from field_app.shell.tile import tile
from field_app.shell.ui import Ui, guarded
from field_app.store.typed import UnsentFile
from field_app.visits.photos import smaller
from shared_models.appeals import Result, ResultAnswer


def appeal_words(one: Result, code: str) -> str:
    """The name under which the words of one appeal are kept."""
    return f"appeal/{one.visit_id}/{code}"


@guarded
def AppealForm(ui: Ui, one: Result, answer: ResultAnswer, close: Callable[[], None]) -> ft.Control:  # noqa: N802
    """The form of one answer."""
    again, draw = use_value(0)
    working, set_working = use_value(False)
    under_way = ft.use_ref(list[bool]).current
    assert under_way is not None
    code = answer.question.code
    draft = ui.work.typed.of(appeal_words(one, code))

    async def look() -> None:
        if await ui.work.typed.load(draft):
            draw(again + 1)

    ft.use_effect(look, [])

    async def add(files: list[Chosen]) -> None:
        for file in files:
            await ui.work.typed.keep(draft, await smaller(ui, file))
        draw(again + 1)

    async def drop(file: UnsentFile) -> None:
        await ui.work.typed.drop(draft, file)
        draw(again + 1)

    async def send() -> None:
        if under_way:
            return
        if not draft.text.strip():
            ui.tell(ui.t("appeals.form.reason_needed"))
            return
        under_way.append(True)  # also heard by a second tap that comes before the first is drawn
        set_working(True)
        try:
            await ui.work.typed.load(draft)
            photos = [(file.data, "image/jpeg") for file in draft.files if file.data is not None]
            if await ui.attempt(ui.work.appeals.file, one, answer, draft.text, photos):
                draft.clear()
                ui.tell(ui.t("appeals.form.filed"))
                close()
                ui.page.run_task(ui.work.sync.run_once)
        finally:
            under_way.clear()
            set_working(False)

    label = ui.t("appeals.form.photo")
    pictures: list[ft.Control] = [
        tile(
            ft.Icons.IMAGE_OUTLINED,
            file.data,
            f"appeal-photo-{place}",
            ui.t("appeals.form.drop_photo", number=place + 1),
            ui.on(drop, file),
        )
        for place, file in enumerate(draft.files)
        if file.data is not None
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
                on_change=ui.on_event(draft.hear),
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
