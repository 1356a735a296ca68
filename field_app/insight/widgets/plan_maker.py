"""From weak items to a plan without retyping: a new plan, or a draft of the dealer that takes them in."""

from __future__ import annotations

import flet as ft

from field_app import theme
from field_app.insight.widgets.weak_card import dealer_name, item_name
from field_app.plans.workflow import PlanCard
from field_app.shell.parts import button, text
from field_app.shell.ui import Ui
from shared_models.insight import WeakItem

_making: set[str] = set()
"""Dealers for whom a plan is being begun right now."""
_TITLE_ITEMS = 3
"""So many items are named in a plan's first title."""


def plan_route(plan_id: str) -> str:
    """Address of a plan's page."""
    return f"/plans/plan/{plan_id}"


def first_title(ui: Ui, items: tuple[WeakItem, ...]) -> str:
    """A title that says which dealer and which items; it can be changed."""
    names = [one.item_short if ui.t.is_chinese else (one.item_short_en or one.item_short) for one in items]
    named = ui.t("insight.list_separator").join(names[:_TITLE_ITEMS])
    key = "desk.plan.first_title_more" if len(names) > _TITLE_ITEMS else "desk.plan.first_title"
    return ui.t(key, items=named, dealer=dealer_name(ui, items[0]), count=len(names))


async def make_plan(ui: Ui, items: tuple[WeakItem, ...]) -> None:
    """Begin a plan from these weak items; where the dealer has a draft, ask which of the two."""
    if items[0].dealer_id in _making:  # a second tap while the first is at work
        return
    _making.add(items[0].dealer_id)
    try:
        drafts = await ui.work.plans.load("draft", items[0].dealer_id)
        if drafts:
            _ask(ui, items, drafts[0])
        else:
            await _begin(ui, items)
    finally:
        _making.discard(items[0].dealer_id)


async def _begin(ui: Ui, items: tuple[WeakItem, ...]) -> None:
    draft = await ui.work.plans.create(items, first_title(ui, items))
    draft.close()
    ui.go(plan_route(draft.id))


async def _join(ui: Ui, items: tuple[WeakItem, ...], plan_id: str) -> None:
    draft = await ui.work.plans.open(plan_id)
    try:
        for weak in items:
            await draft.add_item(weak)
    finally:
        draft.close()
    ui.go(plan_route(plan_id))


def _ask(ui: Ui, items: tuple[WeakItem, ...], card: PlanCard) -> None:
    async def begin() -> None:
        ui.page.pop_dialog()
        await _begin(ui, items)

    async def join() -> None:
        ui.page.pop_dialog()
        await _join(ui, items, card.id)

    named = ui.t("insight.list_separator").join(item_name(ui, weak) for weak in items)
    ui.page.show_dialog(
        ft.AlertDialog(
            title=ft.Text(ui.t("desk.plan.draft_exists")),
            content=ft.Container(
                text(ui, ui.t("desk.plan.draft_exists_hint", plan=card.title, items=named)),
                width=theme.READING / 1.5,
            ),
            actions=[
                button(ui, ui.t("shell.cancel"), "make-plan-cancel", ui.on(ui.page.pop_dialog), look="quiet"),
                button(ui, ui.t("desk.plan.new"), "make-plan-new", ui.on(begin)),
                button(ui, ui.t("desk.plan.join"), "make-plan-join", ui.on(join), look="main"),
            ],
            scrollable=True,
        )
    )
