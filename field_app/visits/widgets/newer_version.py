"""A draft whose checklist has a newer version: the hint, what moving would do, and the move."""

from __future__ import annotations

from collections.abc import Sequence

import flet as ft

from field_app import theme
from field_app.shell.parts import button, heading, note, text
from field_app.shell.ui import Ui
from field_app.visits.live import AIM, PROGRESS, SHOWN, LiveVisit
from field_app.visits.workflow_moving import Newer, move, newer
from shared_models.checklists import TemplateDocument
from shared_models.checklists.repeats import split_key

LISTED = 40
"""So many questions of a kind are named."""


def newer_version(ui: Ui, live: LiveVisit) -> list[ft.Control]:
    """The hint with its button; nothing where the draft has the newest version of this device."""
    found = newer(ui.work.store, live.session.id)
    if found is None:
        return []
    return [
        note(ui, ui.t("visits.moving.hint", number=found.number), "accent", ft.Icons.NEW_RELEASES_OUTLINED),
        ft.Row(
            [
                button(
                    ui,
                    ui.t("visits.moving.look"),
                    "moving-look",
                    ui.on(_preview, ui, live, found),
                    icon=ft.Icons.COMPARE_ARROWS,
                    small=True,
                )
            ]
        ),
    ]


def _preview(ui: Ui, live: LiveVisit, found: Newer) -> None:
    """What stays, what is new and what has no place any more. Dialogs stand outside the components."""
    answered = False

    async def sure() -> None:
        nonlocal answered
        if answered:
            return
        answered = True
        ui.page.pop_dialog()
        await move(ui.work.store, live.session.id, found)
        live.session.begin_anew()
        live.tell(AIM, SHOWN, PROGRESS)
        ui.tell(ui.t("visits.moving.done", number=found.number))

    did = found.move
    codes = [one.question for one in did.dropped]
    rows: list[ft.Control] = [
        text(ui, ui.t("visits.moving.about", old=found.number_now, new=found.number), "small"),
        text(ui, ui.t("visits.moving.kept", count=len(did.kept)), "strong"),
        *_listed(ui, ui.t("visits.moving.reworded", count=len(did.reworded)), did.reworded, found.new),
        *_listed(ui, ui.t("visits.moving.new", count=len(did.new)), did.new, found.new),
        *_listed(ui, ui.t("visits.moving.dropped", count=len(codes)), codes, found.old),
    ]
    if codes:
        rows.append(note(ui, ui.t("visits.moving.dropped_kept"), "warn", ft.Icons.INVENTORY_2_OUTLINED))
    ui.page.show_dialog(
        ft.AlertDialog(
            title=ft.Text(ui.t("visits.moving.title")),
            content=ft.Container(
                ft.ListView(rows, spacing=theme.NEAR, expand=True),
                width=560,
                height=min(460, 150 + 34 * len(rows)),
            ),
            actions=[
                button(ui, ui.t("shell.cancel"), "moving-cancel", ui.on(ui.page.pop_dialog), look="quiet"),
                button(ui, ui.t("visits.moving.move"), "moving-sure", ui.on(sure), look="main"),
            ],
            inset_padding=ft.Padding.all(theme.ROOM),
        )
    )


def _listed(ui: Ui, title: str, keys: Sequence[str], document: TemplateDocument) -> list[ft.Control]:
    if not keys:
        return []
    texts = {question.code: question.text.text(ui.language) for question in document.questions()}
    rows: list[ft.Control] = [heading(ui, title, "strong")]
    for key in keys[:LISTED]:
        code = split_key(key)[0]
        rows.append(text(ui, f"{code} · {texts.get(code, key)}", "small"))
    if len(keys) > LISTED:
        rows.append(text(ui, ui.t("desk.more", count=len(keys) - LISTED), "small", theme.MUTED))
    return rows
