"""Invitation codes: shown once, saved as a page to print and cut."""

from __future__ import annotations

from collections.abc import Sequence

import flet as ft

from field_app import theme
from field_app.admin.widgets.parts import line, ruled
from field_app.shell.parts import button, card, heading, named, note, tag, text
from field_app.shell.ui import Ui
from shared_models.people.admin_wire import InvitationOut


def codes_card(ui: Ui, made: Sequence[InvitationOut]) -> ft.Control:
    """The codes with the way to a page for the printer."""

    async def save() -> None:
        from shared_models.people.invitation_sheet import MIME, invitation_sheet

        page = invitation_sheet(made, ui.work.account.server, ui.language)
        saved = await ui.app.platform.save_file("invitations.html", MIME, page.encode())
        if saved.how != "cancelled":
            ui.tell(ui.t("desk.pdf.saved", name=str(saved.path or "invitations.html")))

    rows: list[ft.Control] = [
        heading(ui, ui.t("admin.codes.title", count=len(made))),
        note(ui, ui.t("admin.codes.once"), "warn", ft.Icons.VISIBILITY),
        line(button(ui, ui.t("admin.codes.print"), "codes-print", ui.on(save), icon=ft.Icons.PRINT)),
    ]
    for place, one in enumerate(made):
        marks: list[ft.Control] = [
            text(ui, one.name, "strong"),
            text(ui, one.login, "small", theme.MUTED),
            named(text(ui, one.code, "heading", selectable=True), f"code-{place}", one.code),
        ]
        if one.mailed:
            marks.append(tag(ui, ui.t("people.invitation.column.mailed"), "good", ft.Icons.MAIL_OUTLINE))
        rows.append(ruled(line(*marks)))
    return named(card(*rows), "codes", container=True)
