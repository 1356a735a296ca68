"""A respondent's number without its mask: asked for with a reason, shown once, kept nowhere on the device."""

from __future__ import annotations

import flet as ft

from field_app import theme
from field_app.shell.parts import button, note, text, text_field
from field_app.shell.ui import Ui
from shared_models.insight import Evidence, EvidenceKind
from shared_models.problems import Code, Place, Problem

SHORTEST = 3
"""Letters that a reason has at least; the server asks for as many."""


def contact_button(ui: Ui, place: int, one: Evidence) -> list[ft.Control]:
    """For an interview whose origin the server names, which it does to desks alone; nothing otherwise."""
    if one.provenance_id is None or one.kind is EvidenceKind.ANSWER:
        return []
    label = ui.t("insight.contact.open")
    opener = ui.on(_ask, ui, one.provenance_id)
    icon = ft.Icons.PHONE_OUTLINED
    return [
        ft.Row(
            [button(ui, label, f"evidence-{place}-contact", opener, look="quiet", icon=icon, small=True)],
            wrap=True,
        )
    ]


def _ask(ui: Ui, response_id: str) -> None:
    typed = {"reason": ""}

    def take(event: ft.Event[ft.TextField]) -> None:
        typed["reason"] = event.control.value or ""

    async def show() -> None:
        reason = typed["reason"].strip()
        if len(reason) < SHORTEST:
            raise Problem(Code.INVALID_REQUEST, {}, [Place("reason", reason)])
        found = await ui.work.api.post(f"/surveys/responses/{response_id}/contact", {"reason": reason})
        ui.page.pop_dialog()
        ui.page.show_dialog(_shown(ui, str(found["name"]), str(found["phone"])))

    ui.page.show_dialog(
        ft.AlertDialog(
            title=ft.Text(ui.t("insight.contact.open")),
            content=ft.Column(
                [
                    note(ui, ui.t("insight.contact.kept"), "warn", ft.Icons.POLICY_OUTLINED),
                    text_field(
                        ui, ui.t("insight.contact.reason"), "contact-reason", on_change=ui.on_event(take),
                        max_length=200, autofocus=True,
                    ),
                ],
                spacing=theme.GAP,
                tight=True,
            ),
            actions=[
                button(ui, ui.t("shell.cancel"), "contact-cancel", ui.on(ui.page.pop_dialog), look="quiet"),
                button(ui, ui.t("insight.contact.show"), "contact-show", ui.on(show), look="main"),
            ],
            scrollable=True,
        )
    )  # fmt: skip


def _shown(ui: Ui, name: str, phone: str) -> ft.AlertDialog:
    """Gone with the dialog: nothing of it is written to the device."""
    return ft.AlertDialog(
        title=ft.Text(name or ui.t("insight.contact.unnamed")),
        content=text(ui, phone or ui.t("insight.contact.none"), "title", selectable=bool(phone)),
        actions=[button(ui, ui.t("insight.contact.close"), "contact-close", ui.on(ui.page.pop_dialog))],
        scrollable=True,
    )
