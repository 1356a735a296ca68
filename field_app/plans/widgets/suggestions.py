"""Causes seen before with an item and measures that worked elsewhere, one tap from the draft."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import flet as ft

from field_app import theme
from field_app.insight.workflow import Fetched
from field_app.plans.workflow import PlanDraft
from field_app.shell.parts import choice, text
from field_app.shell.reading import fresh, use_reading
from field_app.shell.ui import Ui, guarded
from shared_models.checklists.stages import CAUSE_CATEGORIES
from shared_models.insight import CauseSuggestions, SeenCause, TriedMeasure
from shared_models.plans import METHODS

SHOWN = 4
"""So many of each are offered."""


@guarded
def Suggestions(ui: Ui, draft: PlanDraft, plan_item_id: str) -> ft.Control:  # noqa: N802
    """Nothing at all where no plan has taken the item up before, or without network and copy."""
    item_id = draft.finding(plan_item_id).item_id

    async def read(first: Callable[[Fetched[CauseSuggestions]], None]) -> Fetched[CauseSuggestions]:
        return await fresh(first, lambda kept: ui.work.insight.causes(item_id, kept_first=kept))

    got = use_reading(ui, read, item_id)
    if got.value is None:
        return ft.Container(visible=False)
    found = got.value.value
    rows = [
        *_causes(ui, draft, plan_item_id, found.causes),
        *_measures(ui, draft, plan_item_id, found.measures),
    ]
    if not rows:
        return ft.Container(visible=False)
    rows.append(
        text(ui, ui.t("insight.suggest.explained", least=found.least_dealers), "caption", theme.MUTED)
    )
    return ft.Column(rows, spacing=theme.NEAR, tight=True)


def _causes(ui: Ui, draft: PlanDraft, plan_item_id: str, seen: tuple[SeenCause, ...]) -> list[ft.Control]:
    used = {row["code"] or row["text"] for row in draft.causes_of(plan_item_id)}
    known = {one["code"] for one in draft.known_causes(plan_item_id)}
    # typical causes of the item are offered above already
    fresh_ones = [one for one in seen if one.text and one.code not in known and one.text not in used]
    rows: list[ft.Control] = []

    async def add(one: SeenCause) -> None:
        categories = [stage.value for stage in CAUSE_CATEGORIES]
        category = one.category if one.category in categories else categories[-1]
        await draft.add_cause(plan_item_id, category, _words(ui, one), one.code)

    for place, one in enumerate(fresh_ones[:SHOWN]):
        if place == 0:
            rows.append(text(ui, ui.t("insight.suggest.causes"), "small", theme.MUTED))
        label = ui.t(
            "insight.suggest.cause",
            cause=_words(ui, one),
            plans=one.plans,
            category=ui.t(f"checklists.stage.{one.category}"),
        )
        rows.append(_offer(ui, label, f"cause-seen-{place}", lambda one=one: add(one)))
    return rows


def _measures(
    ui: Ui, draft: PlanDraft, plan_item_id: str, tried: tuple[TriedMeasure, ...]
) -> list[ft.Control]:
    used = {row["measure"] for row in draft.actions_of(plan_item_id)}
    judged = [one for one in tried if one.plans > one.open and one.measure not in used]
    rows: list[ft.Control] = []

    async def add(one: TriedMeasure) -> None:
        method = one.method if one.method in METHODS else METHODS[0]
        start = datetime.now().astimezone().date()
        await draft.add_action(plan_item_id, measure=one.measure, method=method, starts_on=start)

    for place, one in enumerate(judged[:SHOWN]):
        if place == 0:
            rows.append(text(ui, ui.t("insight.suggest.measures"), "small", theme.MUTED))
        words = ui.t(
            "insight.suggest.measure" if one.measure else "insight.suggest.hidden",
            measure=one.measure,
            method=ui.t(f"plans.method.{one.method}"),
            improved=one.improved,
            judged=one.plans - one.open,
            worse=one.worse,
        )
        if one.measure:
            rows.append(_offer(ui, words, f"measure-tried-{place}", lambda one=one: add(one)))
        else:
            rows.append(text(ui, words, "small"))
    return rows


def _offer(ui: Ui, label: str, name: str, act: Callable[[], object]) -> ft.Control:
    return choice(ui, label, name, ui.on(act), chosen=False, multiple=True, align_start=True)


def _words(ui: Ui, one: SeenCause) -> str:
    return one.text if ui.t.is_chinese else (one.text_en or one.text)
