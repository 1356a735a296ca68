"""One action: what is asked and why, how far it is, and what its owner or supervisor does next."""

from __future__ import annotations

from collections.abc import Callable

import flet as ft

from field_app.insight.widgets.plan_maker import plan_route
from field_app.plans.screen_actions import WATCHED, progress_bar
from field_app.plans.widgets.finding import finding_lines
from field_app.plans.widgets.marks import action_mark, due_mark, marks
from field_app.plans.widgets.progress_log import progress_log
from field_app.plans.widgets.report_form import ReportForm
from field_app.plans.widgets.requests import asked_marks, requests_card
from field_app.plans.workflow import ActionCard
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.parts import busy, button, card, facts, heading, tag, text
from field_app.shell.reading import use_reading
from field_app.shell.sync_chip import SyncChip
from field_app.shell.ui import Ui
from shared_models.insight import WeakItem


@screen
def ActionScreen(ui: Ui) -> ft.View:  # noqa: N802
    """The action of the route."""
    action_id = ft.use_route_params().get("action_id", "")

    async def read(_first: Callable[[ActionCard], None]) -> ActionCard:
        return ui.work.actions.card(action_id)

    got = use_reading(ui, read, action_id, entities=WATCHED | {"attachment"})
    back = ui.going("/actions")
    bar = title_bar(ui, ui.t("desk.action.title"), back=back, actions=[SyncChip(ui, brief=True)])
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        return framed(ui, "actions", bar, stand_in or busy(ui))
    one = got.value
    parts: list[ft.Control] = [_what(ui, one)]
    may = ui.work.actions.may(one.id)
    if may:
        parts.append(ReportForm(ui, one, may, key=f"report-{one.status}"))  # pyright: ignore[reportCallIssue]
    parts += requests_card(ui, one)
    if one.progress:
        parts.append(card(heading(ui, ui.t("desk.action.log")), *progress_log(ui, one.progress, "log")))
    if one.finding:
        why: list[ft.Control] = [heading(ui, ui.t("desk.action.why"))]
        if one.item is not None:
            why.append(text(ui, one.item.text(ui.language), "strong"))
        why += finding_lines(ui, WeakItem.model_validate(one.finding))
        if one.causes:
            why.append(text(ui, ui.t("desk.cause.title"), "strong"))
            why += [text(ui, f"· {cause}", "small") for cause in one.causes if cause]
        parts.append(card(*why))
    return framed(ui, "actions", bar, column(*parts))


def _what(ui: Ui, one: ActionCard) -> ft.Control:
    rows = [
        (ui.t("desk.plan.dealer"), one.dealer.name.text(ui.language)),
        (ui.t("desk.measure.owner_id"), one.owner or "–"),
        (ui.t("desk.measure.supervisor_id"), one.supervisor or "–"),
        (
            ui.t("desk.measure.time"),
            ui.t("desk.measure.from_to", start=one.starts_on or "–", due=one.due_on or "–"),
        ),
        (ui.t("desk.plan.title"), " · ".join(p for p in (one.plan_number, one.plan_title) if p)),
    ]
    return card(
        heading(ui, one.measure, "title"),
        marks(
            action_mark(ui, one.status),
            tag(ui, ui.t(f"plans.method.{one.method}")),
            due_mark(ui, one.due_on, one.days_left),
            *asked_marks(ui, one),
            tag(ui, ui.t("desk.pending", count=one.pending), "warn", ft.Icons.CLOUD_UPLOAD_OUTLINED)
            if one.pending
            else None,
        ),
        progress_bar(ui, one.percent),
        facts(ui, rows),
        ft.Row(
            [
                button(
                    ui,
                    ui.t("desk.weak.open_plan"),
                    "action-plan",
                    ui.going(plan_route(one.plan_id)),
                    look="quiet",
                    icon=ft.Icons.ASSIGNMENT_OUTLINED,
                )
            ]
        ),
    )
