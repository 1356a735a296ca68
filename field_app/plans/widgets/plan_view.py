"""A published plan as it is followed: state, findings, causes with evidence, measures, progress, verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import flet as ft

from field_app import theme
from field_app.insight.widgets.plan_maker import plan_route
from field_app.plans.paper import LANGUAGES, plan_pdf
from field_app.plans.widgets.approval import ApprovalForm
from field_app.plans.widgets.effect import effect_answers, effect_lines
from field_app.plans.widgets.finding import finding_lines
from field_app.plans.widgets.follow_up import follow_up_lines, may_close
from field_app.plans.widgets.marks import action_mark, due_mark, marks, plan_mark, verdict_mark
from field_app.plans.widgets.plan_tools import plan_tools
from field_app.plans.widgets.progress_log import progress_log
from field_app.plans.widgets.requests import request_lines
from field_app.plans.widgets.sales_card import SalesCard
from field_app.plans.workflow import PlanDraft
from field_app.plans.workflow_cards import percent_of
from field_app.shell.asking import ask
from field_app.shell.frame import column
from field_app.shell.parts import button, card, facts, heading, note, tag, text
from field_app.shell.times import instant_text
from field_app.shell.ui import Ui
from shared_models.insight import Evaluation
from shared_models.people.access import DESK_ROLES

SALES_MONTHS = 12
"""So many months back sales figures can be entered."""


def plan_view(ui: Ui, draft: PlanDraft) -> ft.Control:
    """The whole plan in one column."""
    parts: list[ft.Control] = [_head(ui, draft)]
    if draft.plan["status"] == "submitted":
        parts.append(ApprovalForm(ui, draft))
    parts += [_item(ui, draft, place, row) for place, row in enumerate(draft.items)]
    if draft.plan["status"] in {"published", "closed"}:
        months = _months_back(datetime.now().astimezone().date(), SALES_MONTHS)
        parts.append(SalesCard(ui, draft.plan["dealer_id"], months))
    whole = draft.actions_of(None)
    if whole:
        parts.append(
            card(heading(ui, ui.t("desk.measure.title_all")), *(_measure(ui, draft, row) for row in whole))
        )
    return column(*parts, width=theme.READING + 120)


def _months_back(today: date, count: int) -> tuple[str, ...]:
    """So many months, this one first."""
    at = today.year * 12 + today.month - 1
    return tuple(f"{(at - back) // 12}-{(at - back) % 12 + 1:02d}" for back in range(count))


def _head(ui: Ui, draft: PlanDraft) -> ft.Control:
    plan = draft.plan
    rows = [(ui.t("desk.plan.dealer"), draft.dealer.name.text(ui.language))]
    rows += [
        (ui.t(f"desk.plan.{key}"), instant_text(ui, plan[key]))
        for key in ("created_at", "published_at", "closed_at")
        if plan[key] is not None
    ]
    if plan["trigger_month"]:
        rows.append((ui.t("desk.plan.trigger_month"), plan["trigger_month"]))
    parts: list[ft.Control] = [
        heading(ui, plan["title"], "title"),
        marks(
            plan_mark(ui, plan["status"]),
            tag(ui, ui.t("desk.pending", count=draft.pending), "warn", ft.Icons.CLOUD_UPLOAD_OUTLINED)
            if draft.pending
            else None,
        ),
    ]
    if plan["summary"]:
        parts.append(text(ui, plan["summary"]))
    tools = plan_tools(ui, draft, datetime.now().astimezone().date())
    parts += [facts(ui, rows), _actions(ui, draft), tools]
    return card(*parts)


def _actions(ui: Ui, draft: PlanDraft) -> ft.Control:
    async def paper(language: str) -> None:
        ui.tell(ui.t("desk.pdf.drawing"))
        data = await plan_pdf(ui.work, draft.id, language)
        name = f"{draft.plan['number'] or draft.id[:8]}-{language}.pdf"
        saved = await ui.app.platform.save_file(name, "application/pdf", data)
        if saved.how != "cancelled":
            ui.tell(ui.t("desk.pdf.saved", name=str(saved.path or name)))

    row: list[ft.Control] = [
        button(
            ui,
            ui.t(f"desk.pdf.{language}"),
            f"plan-pdf-{language}",
            ui.on(paper, language),
            icon=ft.Icons.PICTURE_AS_PDF_OUTLINED,
            look="main" if (language == "zh") == ui.t.is_chinese and language != "both" else "plain",
        )
        for language in LANGUAGES
    ]
    if ui.work.access.has(*DESK_ROLES):
        if draft.plan["status"] == "published" and may_close(draft):
            row.append(_decision(ui, draft, "close", ft.Icons.TASK_ALT))
        if draft.plan["status"] in {"published", "submitted"}:
            row.append(_decision(ui, draft, "withdraw", ft.Icons.UNDO))
    return ft.Row(row, spacing=theme.NEAR, run_spacing=theme.NEAR, wrap=True)


def _decision(ui: Ui, draft: PlanDraft, act: str, icon: ft.IconData) -> ft.Control:
    async def decide() -> None:
        await (draft.finish() if act == "close" else draft.withdraw())
        ui.tell(ui.t(f"desk.plan.{act}_done"))
        ui.page.run_task(ui.work.sync.run_once)

    def sure() -> None:
        title = ui.t(f"desk.plan.{act}")
        ask(ui, act, title, ui.t(f"desk.plan.{act}_sure"), title, decide)

    return button(ui, ui.t(f"desk.plan.{act}"), f"plan-{act}", ui.on(sure), look="quiet", icon=icon)


def _item(ui: Ui, draft: PlanDraft, place: int, row: Mapping[str, Any]) -> ft.Control:
    weak = draft.finding(row["id"])
    parts: list[ft.Control] = [
        heading(ui, draft.name_of(row["id"]).text(ui.language)),
        marks(
            tag(ui, ui.t(f"checklists.stage.{weak.stage.value}")),
            tag(ui, ui.t("desk.finding.month", month=weak.month), icon=ft.Icons.CALENDAR_MONTH_OUTLINED),
            verdict_mark(ui, row["verdict"]) if row["verdict"] else None,
        ),
        *finding_lines(ui, weak),
    ]
    if row["evaluation"]:
        found = Evaluation.model_validate(row["evaluation"])
        parts += effect_lines(ui, found)
        called = f"{draft.dealer.code} · {draft.name_of(row['id']).text(ui.language)}"
        back = plan_route(draft.id)
        parts += effect_answers(ui, place, found, weak.dealer_id, weak.item_id, called, back)
    elif draft.plan["status"] == "published":
        parts.append(note(ui, ui.t("desk.verdict.waiting"), icon=ft.Icons.HOURGLASS_BOTTOM))
    parts += follow_up_lines(ui, draft, place, row)
    parts.append(heading(ui, ui.t("desk.cause.title")))
    parts += [_cause(ui, cause) for cause in draft.causes_of(row["id"])]
    parts.append(heading(ui, ui.t("desk.measure.title")))
    parts += [_measure(ui, draft, action) for action in draft.actions_of(row["id"])]
    return card(*parts)


def _cause(ui: Ui, cause: Mapping[str, Any]) -> ft.Control:
    lines: list[ft.Control] = [
        ft.Row(
            [
                tag(ui, ui.t(f"checklists.stage.{cause['category']}")),
                text(ui, cause["text"], expand=True),
            ],
            spacing=theme.NEAR,
            vertical_alignment=ft.CrossAxisAlignment.START,
        )
    ]
    lines += [
        ft.Row(
            [
                ft.Icon(ft.Icons.ATTACH_FILE, size=ui.look.icon - 2, color=theme.MUTED),
                text(ui, one.get("label", ""), "small", theme.MUTED, expand=True),
            ],
            spacing=6,
        )
        for one in cause["evidence"]
    ]
    return ft.Column(lines, spacing=2, tight=True)


def _asked(ui: Ui, action_id: str) -> list[ft.Control]:
    """Objections and requests for more time, oldest first: how the deadline came to be what it is."""
    found = [
        request_lines(ui, place, one) for place, one in enumerate(reversed(ui.work.requests.of(action_id)))
    ]
    return [text(ui, ui.t("desk.request.title"), "strong"), *found] if found else []


def _measure(ui: Ui, draft: PlanDraft, row: Mapping[str, Any]) -> ft.Control:
    log = draft.progress(row["id"])
    done = percent_of(row["status"], log)
    today = datetime.now().astimezone().date()
    left = None if row["status"] == "verified" or row["due_on"] is None else (row["due_on"] - today).days
    people = [
        (ui.t("desk.measure.owner_id"), ui.work.plans.person_name(row["owner_id"]) or "–"),
        (ui.t("desk.measure.supervisor_id"), ui.work.plans.person_name(row["supervisor_id"]) or "–"),
        (
            ui.t("desk.measure.time"),
            ui.t("desk.measure.from_to", start=row["starts_on"] or "–", due=row["due_on"] or "–"),
        ),
    ]
    parts: list[ft.Control] = [
        text(ui, row["measure"], "strong"),
        marks(
            action_mark(ui, row["status"]),
            tag(ui, ui.t(f"plans.method.{row['method']}")),
            due_mark(ui, row["due_on"], left),
        ),
        facts(ui, people),
        ft.Row(
            [
                ft.Container(
                    ft.ProgressBar(
                        value=done / 100,
                        color=theme.ACCENT,
                        bgcolor=theme.SUNKEN,
                        bar_height=6,
                        border_radius=3,
                    ),
                    expand=True,
                ),
                text(ui, f"{done}%", "small"),
            ],
            spacing=theme.NEAR,
        ),
        *_asked(ui, row["id"]),
        *progress_log(ui, log, f"log-{row['position']}"),
    ]
    return ft.Container(
        ft.Column(parts, spacing=theme.NEAR, tight=True),
        border=ft.Border(top=ft.BorderSide(1, theme.LINE)),
        padding=ft.Padding(top=theme.GAP),
    )
