"""After the verdict: what an item asks for next, with the button that begins it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import flet as ft

from field_app.insight.network import weak_item
from field_app.insight.widgets.plan_maker import plan_route
from field_app.plans.workflow import PlanDraft
from field_app.shell.parts import button, note
from field_app.shell.ui import Ui
from shared_models.insight import Evaluation, WeakItem
from shared_models.insight.words import number_text
from shared_models.people.access import DESK_ROLES
from shared_models.plans import FollowUp, follow_up, judged
from shared_models.problems import Problem

_ICONS = {
    FollowUp.CLOSE: ft.Icons.TASK_ALT,
    FollowUp.MEASURES: ft.Icons.ADD_TASK,
    FollowUp.CAUSES: ft.Icons.TROUBLESHOOT,
    FollowUp.WAVE: ft.Icons.EVENT_OUTLINED,
}


def may_close(draft: PlanDraft) -> bool:
    """Whether every item has a verdict that rests on data."""
    return judged(str(row["verdict"]) for row in draft.items)


def follow_up_lines(ui: Ui, draft: PlanDraft, place: int, row: Mapping[str, Any]) -> list[ft.Control]:
    """What to do about an item now; for desks, with its button."""
    if draft.plan["status"] not in {"published", "closed"}:
        return []
    step = follow_up(row["verdict"])
    if step is FollowUp.CLOSE and draft.plan["status"] == "closed":
        return []
    found = Evaluation.model_validate(row["evaluation"]) if row["evaluation"] else None
    lines: list[ft.Control] = [note(ui, _words(ui, draft, step, found), "accent", _ICONS[step])]
    if ui.work.access.has(*DESK_ROLES) and step is not FollowUp.CLOSE:
        label = ui.t(f"plans.follow.{step.value}")
        act = (
            ui.going("/planning")
            if step is FollowUp.WAVE
            else ui.on(_next_plan, ui, draft, row, step is FollowUp.MEASURES)
        )
        spoken = f"{label}: {draft.name_of(row['id']).text(ui.language)}"
        name = f"follow-{step.value}-{place}"
        lines.append(ft.Row([button(ui, label, name, act, icon=_ICONS[step], spoken=spoken)]))
    return lines


def _words(ui: Ui, draft: PlanDraft, step: FollowUp, found: Evaluation | None) -> str:
    if step is FollowUp.CLOSE and not may_close(draft):
        return ui.t("plans.follow.close_later")
    if step is not FollowUp.WAVE:
        return ui.t(f"plans.follow.{step.value}_hint")
    if found is None:
        return ui.t("plans.follow.wave_first")
    waiting = next((look for look in found.looks if not look.complete), None)
    months = waiting.after_months if waiting else found.after_months
    return ui.t(
        "plans.follow.wave_hint",
        months=ui.t("insight.list_separator").join(months) or "–",
        before=number_text(found.merged.before_applicable),
        after=number_text(found.merged.after_applicable),
    )


async def _next_plan(ui: Ui, draft: PlanDraft, row: Mapping[str, Any], keep_causes: bool) -> None:
    """A draft for the same item: with the newest finding, and with the causes where they still stand."""
    finding = WeakItem.model_validate(row["finding"])
    newest = await ui.work.insight.months(kept_first=True)
    try:
        month = newest.value.default_month or finding.month
        got = await weak_item(ui.work.insight, month, finding.dealer_id, finding.item_id)
        finding = got.value
    except Problem:
        pass  # not on the list any more: the figures that led to the first plan stay the reason
    title = ui.t("plans.follow.title", title=draft.plan["title"])
    made = await ui.work.plans.create([finding], title)
    try:
        if keep_causes:
            item = made.items[0]["id"]
            for cause in draft.causes_of(row["id"]):
                await made.add_cause(item, cause["category"], cause["text"], cause["code"], cause["evidence"])
    finally:
        made.close()
    ui.go(plan_route(made.id))
