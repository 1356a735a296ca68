"""What can be done with a whole plan: keep it as a template, take a template in, copy it to other dealers."""

from __future__ import annotations

from datetime import date

import flet as ft

from field_app import theme
from field_app.plans.templates import PlanTemplates, fits, item_codes, template_writes
from field_app.plans.workflow import PlanDraft
from field_app.shell.choosing import Option, choose
from field_app.shell.parts import button, text, text_field
from field_app.shell.ui import Ui
from shared_models.people.access import DESK_ROLES
from shared_models.plans import TITLE_LENGTH, PlanTemplate


def plan_tools(ui: Ui, draft: PlanDraft, today: date) -> ft.Control:
    """For desks; a template can be taken in while the plan is a draft."""
    row: list[ft.Control] = []
    if not ui.work.access.has(*DESK_ROLES):
        return ft.Row(row)
    if draft.editable:
        row.append(
            button(
                ui,
                ui.t("plans.template.use"),
                "plan-template-use",
                ui.on(_use, ui, draft, today),
                look="quiet",
                icon=ft.Icons.LIBRARY_ADD_OUTLINED,
            )
        )
    if draft.actions:
        row.append(
            button(
                ui,
                ui.t("plans.template.save"),
                "plan-template-save",
                ui.on(_ask_title, ui, draft),
                look="quiet",
                icon=ft.Icons.BOOKMARK_ADD_OUTLINED,
            )
        )
        row.append(
            button(
                ui,
                ui.t("plans.copy.open"),
                "plan-copy",
                ui.going(f"/plans/plan/{draft.id}/copy"),
                look="quiet",
                icon=ft.Icons.COPY_ALL_OUTLINED,
            )
        )
    return ft.Row(row, spacing=theme.NEAR, run_spacing=theme.NEAR, wrap=True)


async def _use(ui: Ui, draft: PlanDraft, today: date) -> None:
    found = (await PlanTemplates(ui.work.store, ui.work.api).all()).value
    codes = item_codes(ui.work.store, draft)
    options: list[Option] = []
    for one in found:
        parts = fits(draft, one, codes)
        measures = sum(len(part.measures) for part in parts)
        hint = ui.t("plans.template.fits", count=measures) if parts else ui.t("plans.template.fits_none")
        options.append(Option(one.id, one.title, hint, disabled=not parts))
    if not options:
        ui.tell(ui.t("plans.template.none"))
        return
    by_id = {one.id: one for one in found}

    async def take(key: str) -> None:
        await _take(ui, draft, by_id[key], today)

    # enabled ones first: a long list of templates is mostly about other items
    options.sort(key=lambda one: one.disabled)
    choose(ui, ui.t("plans.template.use"), "plan-template", options, take)


async def _take(ui: Ui, draft: PlanDraft, template: PlanTemplate, today: date) -> None:
    writes = template_writes(ui.work.store, draft, template, today)
    await draft.add_rows(writes)
    actions = sum(one.entity == "action" for one in writes)
    ui.tell(ui.t("plans.template.taken", actions=actions, causes=len(writes) - actions))


def _ask_title(ui: Ui, draft: PlanDraft) -> None:
    given = {"title": str(draft.plan["title"])[:TITLE_LENGTH]}
    saved = False

    def typed(event: ft.Event[ft.TextField]) -> None:
        given["title"] = event.control.value or ""

    async def save() -> None:
        nonlocal saved
        if saved or not given["title"].strip():
            return
        saved = True
        ui.page.pop_dialog()
        await PlanTemplates(ui.work.store, ui.work.api).save(draft, given["title"].strip())
        ui.tell(ui.t("plans.template.saved"))

    field = text_field(
        ui, ui.t("plans.template.title"), "template-title", given["title"], on_change=ui.on_event(typed),
        max_length=TITLE_LENGTH,
    )  # fmt: skip
    cancel = button(ui, ui.t("shell.cancel"), "template-cancel", ui.on(ui.page.pop_dialog), look="quiet")
    ui.page.show_dialog(
        ft.AlertDialog(
            title=ft.Text(ui.t("plans.template.save")),
            content=ft.Container(
                ft.Column([text(ui, ui.t("plans.template.hint"), "small"), field], tight=True), width=480
            ),
            actions=[
                cancel,
                button(ui, ui.t("plans.template.keep"), "template-keep", ui.on(save), look="main"),
            ],
            scrollable=True,
        )
    )
