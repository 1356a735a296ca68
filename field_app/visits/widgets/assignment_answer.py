"""Answering a planned visit: going, not going and why, and taking it into one's own calendar."""

from __future__ import annotations

import flet as ft

from field_app import theme
from field_app.shell.parts import button, complain, icon_button, tag, text_field
from field_app.shell.ui import Ui
from field_app.visits.workflow_cards import AssignmentCard
from shared_models.visits.calendar import MIME


def answers_to_assignment(ui: Ui, one: AssignmentCard, place: str) -> list[ft.Control]:
    """Accept and decline while nothing is said; a mark once it is accepted."""
    if one.status == "accepted":
        return [tag(ui, ui.t("visits.assignment.accepted"), "good", ft.Icons.CHECK)]
    if one.status != "planned":
        return []

    async def accept() -> None:
        await ui.work.today.accept(one.id)
        ui.tell(ui.t("visits.assignment.accept_done"))
        ui.page.run_task(ui.work.sync.run_once)

    dealer = one.dealer.name.text(ui.language)
    return [
        button(
            ui,
            ui.t("visits.assignment.accept"),
            f"accept-{place}",
            ui.on(accept),
            spoken=f"{ui.t('visits.assignment.accept')} {dealer}",
        ),
        button(
            ui,
            ui.t("visits.assignment.decline"),
            f"decline-{place}",
            ui.on(_ask_reason, ui, one),
            look="quiet",
            spoken=f"{ui.t('visits.assignment.decline')} {dealer}",
        ),
    ]


def calendar_button(ui: Ui) -> ft.Control:
    """Hands the planned visits to the person's calendar; works without network."""

    async def save() -> None:
        text = ui.work.today.calendar(ui.language, ui.t("visits.calendar.name"))
        await ui.app.platform.save_file("revisit.ics", MIME, text.encode())

    label = ui.t("visits.calendar.save")
    return icon_button(ui, ft.Icons.CALENDAR_MONTH_OUTLINED, label, "calendar", ui.on(save))


def _ask_reason(ui: Ui, one: AssignmentCard) -> None:
    words = ui.work.typed.of(f"decline/{one.id}")

    async def sure() -> None:
        if not words.text.strip():
            complain(field, ui.t("visits.assignment.reason_needed"))
            return
        ui.page.pop_dialog()
        await ui.work.today.decline(one.id, words.text)
        words.clear()
        ui.tell(ui.t("visits.assignment.decline_done"))
        ui.page.run_task(ui.work.sync.run_once)

    field = text_field(
        ui,
        ui.t("visits.assignment.reason"),
        "decline-reason",
        words.text,
        multiline=True,
        min_lines=2,
        max_lines=4,
        on_change=ui.on_event(words.hear),
    )
    cancel = button(ui, ui.t("shell.cancel"), "decline-cancel", ui.on(ui.page.pop_dialog), look="quiet")
    ui.page.show_dialog(
        ft.AlertDialog(
            title=ft.Text(ui.t("visits.assignment.decline_sure")),
            content=ft.Container(field, width=480),
            actions=[
                cancel,
                button(ui, ui.t("visits.assignment.decline"), "decline-sure", ui.on(sure), look="danger"),
            ],
            scrollable=True,
            inset_padding=ft.Padding.all(theme.ROOM),
        )
    )
