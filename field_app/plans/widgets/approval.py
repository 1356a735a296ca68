"""A plan that waits for headquarters: they approve it, or send it back and say why."""

from __future__ import annotations

import flet as ft

from field_app import theme
from field_app.plans.workflow import PlanDraft
from field_app.shell.parts import button, card, heading, note, text_field
from field_app.shell.ui import Ui, guarded
from shared_models.people.access import Role


@guarded
def ApprovalForm(ui: Ui, draft: PlanDraft) -> ft.Control:  # noqa: N802
    """The decision for headquarters, a note for everybody else."""
    if not ui.work.access.has(Role.HQ):
        return note(ui, ui.t("desk.approval.waits"), "warn", ft.Icons.HOURGLASS_BOTTOM)

    given = ui.work.typed.of(f"approval/{draft.id}")

    async def approve() -> None:
        if await ui.attempt(draft.approve, given.text):
            given.clear()
            ui.tell(ui.t("desk.approval.approved"))
            ui.page.run_task(ui.work.sync.run_once)

    async def back() -> None:
        if not given.text.strip():
            ui.tell(ui.t("desk.request.reason_needed"))
            return
        if await ui.attempt(draft.send_back, given.text):
            given.clear()
            ui.tell(ui.t("desk.approval.sent_back"))
            ui.page.run_task(ui.work.sync.run_once)

    return card(
        heading(ui, ui.t("desk.approval.title")),
        text_field(
            ui,
            ui.t("desk.approval.note"),
            "approval-note",
            given.text,
            multiline=True,
            min_lines=1,
            max_lines=4,
            on_change=ui.on_event(given.hear),
        ),
        ft.Row(
            [
                button(ui, ui.t("desk.approval.back"), "approval-back", ui.on(back), look="danger"),
                button(ui, ui.t("desk.approval.approve"), "approval-approve", ui.on(approve), look="main"),
            ],
            spacing=theme.NEAR,
            run_spacing=theme.NEAR,
            wrap=True,
        ),
    )
