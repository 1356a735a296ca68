"""Company rules: approval of plans, escalation, working days, retention, webhooks; for headquarters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import flet as ft

from field_app.admin.widgets.calendar import CalendarCard
from field_app.admin.widgets.escalation import ApprovalCard, EscalationCard
from field_app.admin.widgets.parts import admin_of
from field_app.admin.widgets.retention import RetentionCard
from field_app.admin.widgets.webhooks import WebhooksCard
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.parts import busy
from field_app.shell.reading import use_reading
from field_app.shell.ui import Ui
from shared_models.company.wire import CalendarDay, Escalation, RetentionState, Webhook


@dataclass(frozen=True)
class Rules:
    """All rules as they stand."""

    approval: bool
    escalation: Escalation
    calendar: tuple[CalendarDay, ...]
    retention: RetentionState
    webhooks: tuple[Webhook, ...]


@screen
def RulesScreen(ui: Ui) -> ft.View:  # noqa: N802
    """One card per rule; each is saved by itself."""
    year = ui.work.store.context.now().year

    async def read(_first: Callable[[Rules], None]) -> Rules:
        admin = admin_of(ui)
        days = [
            CalendarDay.model_validate(one)
            for which in (year, year + 1)
            for one in await admin.read(f"/company/calendar?year={which}")
        ]
        return Rules(
            approval=bool((await admin.read("/plans/policy"))["needs_approval"]),
            escalation=Escalation.model_validate(await admin.read("/company/escalation")),
            calendar=tuple(days),
            retention=RetentionState.model_validate(await admin.read("/retention")),
            webhooks=tuple(Webhook.model_validate(one) for one in await admin.read("/webhooks")),
        )

    got = use_reading(ui, read)
    bar = title_bar(ui, ui.t("admin.rules.title"), back=ui.going("/admin"))
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        return framed(ui, "admin", bar, stand_in or busy(ui))
    rules = got.value
    return framed(
        ui,
        "admin",
        bar,
        column(
            ApprovalCard(ui, rules.approval, got.again),
            EscalationCard(ui, rules.escalation, got.again),
            CalendarCard(ui, rules.calendar, got.again),
            RetentionCard(ui, rules.retention, got.again),
            WebhooksCard(ui, rules.webhooks, got.again),
        ),
    )
