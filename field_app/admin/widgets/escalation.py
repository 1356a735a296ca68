"""Whether headquarters approve plans, and after how many days who is told of what is overdue."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import flet as ft

from field_app import theme
from field_app.admin.widgets.parts import Typed, admin_of, line, wide
from field_app.shell.hooks import use_value
from field_app.shell.parts import button, card, choice, heading, text
from field_app.shell.ui import Ui, guarded
from shared_models.company.wire import Escalation
from shared_models.problems import Code, Place, Problem

Again = Callable[[], Awaitable[None]]
STEPS = ("owner", "supervisor", "manager", "hq")


@guarded
def ApprovalCard(ui: Ui, needed: bool, again: Again) -> ft.Control:  # noqa: N802
    """Approval by headquarters, on or off."""

    async def flip() -> None:
        await admin_of(ui).write("/plans/policy", {"needs_approval": not needed})
        ui.tell(ui.t("admin.saved"))
        await again()

    label = ui.t("admin.rules.approval")
    return card(
        heading(ui, label),
        text(ui, ui.t("admin.rules.approval_about"), "small", theme.MUTED),
        line(choice(ui, label, "rule-approval", ui.on(flip), chosen=needed, multiple=True, expand=False)),
    )


@guarded
def EscalationCard(ui: Ui, rule: Escalation, again: Again) -> ft.Control:  # noqa: N802
    """Four numbers of days and what counts as a day."""
    start = {step: str(days) for step, days in zip(STEPS, rule.days, strict=True)}
    typed = ft.use_ref(lambda: Typed(ui.work.typed.of("admin/escalation"), **start)).current
    assert typed is not None
    working, set_working = use_value(rule.working_days)

    async def save() -> None:
        days: list[int] = []
        for step in STEPS:
            if not typed[step].isdigit():
                raise Problem(Code.INVALID_REQUEST, {}, [Place(step, typed[step])])
            days.append(int(typed[step]))
        await admin_of(ui).write("/company/escalation", {"days": days, "working_days": working})
        typed.sent()
        ui.tell(ui.t("admin.saved"))
        await again()

    fields = [
        typed.field(
            ui,
            step,
            ui.t(f"admin.rules.after.{step}"),
            f"rule-days-{step}",
            keyboard_type=ft.KeyboardType.NUMBER,
        )
        for step in STEPS
    ]
    words = ui.t("admin.rules.working_days")
    return card(
        heading(ui, ui.t("admin.rules.escalation")),
        text(ui, ui.t("admin.rules.escalation_about"), "small", theme.MUTED),
        wide(ui, *fields),
        line(
            choice(
                ui,
                words,
                "rule-working-days",
                ui.on(set_working, not working),
                chosen=working,
                multiple=True,
                expand=False,
            ),
            button(ui, ui.t("admin.save"), "rule-escalation-save", ui.on(save), look="main"),
        ),
        spacing=theme.GAP,
    )
