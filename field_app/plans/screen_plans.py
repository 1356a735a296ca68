"""Plans of the scope: drafts, running ones with what is due and late, and what became of the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import flet as ft

from field_app import theme
from field_app.desk.filters import use_filters
from field_app.insight.widgets.plan_maker import plan_route
from field_app.plans.widgets.marks import due_mark, marks, plan_mark, verdict_mark
from field_app.plans.workflow import PlanCard, PlansView
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.hooks import use_value
from field_app.shell.parts import busy, button, card, choice, empty, icon_button, named, tag, text
from field_app.shell.reading import use_reading
from field_app.shell.sync_chip import SyncChip
from field_app.shell.ui import Ui
from shared_models.people.access import DESK_ROLES

FILTERS = ("all", "overdue", "draft", "submitted", "published", "closed")
PAGE = 12
WATCHED = frozenset({"plan", "plan_item", "action", "action_progress", "action_request"})


@dataclass(frozen=True)
class Wanted:
    """Which plans are listed."""

    show: str = FILTERS[0]


@screen
def PlansScreen(ui: Ui) -> ft.View:  # noqa: N802
    """All plans on this device, newest first."""
    wanted, want = use_filters(ui, "/plans", Wanted())
    chosen = wanted.show if wanted.show in FILTERS else FILTERS[0]
    shown, show = use_value(PAGE)

    async def read(_first: Callable[[PlansView], None]) -> PlansView:
        return await ui.work.plans.overview()

    got = use_reading(ui, read, entities=WATCHED)
    desk = ui.work.access.has(*DESK_ROLES)
    actions: list[ft.Control] = [SyncChip(ui, brief=ui.look.phone)]
    if desk:
        go = ui.going("/plans/templates")
        actions.insert(
            0, icon_button(ui, ft.Icons.BOOKMARKS_OUTLINED, ui.t("plans.template.list"), "plan-templates", go)
        )
    bar = title_bar(ui, ui.t("desk.plans.title"), actions=actions)
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        return framed(ui, "plans", bar, stand_in or busy(ui))

    def pick(key: str) -> None:
        show(PAGE)
        want(Wanted(key))

    cards = got.value.of(chosen)
    rows: list[ft.Control] = [
        ft.Row(
            [
                choice(
                    ui,
                    ui.t(
                        "desk.plans.filter",
                        name=ui.t(f"desk.plans.filter_{key}"),
                        count=got.value.count(key),
                    ),
                    f"plans-filter-{key}",
                    ui.on(pick, key),
                    chosen=chosen == key,
                    expand=False,
                )
                for key in FILTERS
                if key not in {"draft", "submitted"} or desk
            ],
            spacing=theme.NEAR,
            run_spacing=theme.NEAR,
            wrap=True,
        )
    ]
    if not cards:
        hint = "desk.plans.none_desk" if desk else "desk.plans.none_dealer"
        rows.append(empty(ui, ui.t("desk.plans.none"), ui.t(hint), ft.Icons.ASSIGNMENT_OUTLINED))
    rows += [plan_row(ui, place, one) for place, one in enumerate(cards[:shown])]
    if len(cards) > shown:
        label = ui.t("desk.more", count=len(cards) - shown)
        rows.append(ft.Row([button(ui, label, "plans-more", ui.on(lambda: show(shown + PAGE)), expand=True)]))
    return framed(ui, "plans", bar, column(*rows, width=theme.READING + 120))


def plan_row(ui: Ui, place: int, one: PlanCard) -> ft.Control:
    """A plan in the list."""
    separator = ui.t("insight.list_separator")
    verdicts = [verdict for verdict in one.verdicts if verdict]
    parts: list[ft.Control] = [
        text(ui, one.title or ui.t("desk.plan.untitled"), "heading"),
        text(
            ui,
            " · ".join(p for p in (one.dealer.name.text(ui.language), one.number) if p),
            "small",
            theme.MUTED,
        ),
        text(ui, separator.join(item.text(ui.language) for item in one.items), "small"),
        marks(
            plan_mark(ui, one.status),
            tag(ui, ui.t("desk.plans.overdue", count=one.overdue), "bad", ft.Icons.ERROR_OUTLINE)
            if one.overdue and one.status == "published"
            else None,
            due_mark(ui, one.next_due, None) if one.status == "published" else None,
            tag(ui, ui.t("desk.plans.actions", done=one.verified, count=one.actions))
            if one.actions
            else None,
            *(verdict_mark(ui, verdict) for verdict in dict.fromkeys(verdicts)),
            tag(ui, ui.t("desk.pending", count=one.pending), "warn", ft.Icons.CLOUD_UPLOAD_OUTLINED)
            if one.pending
            else None,
        ),
        ft.Row(
            [
                button(
                    ui,
                    ui.t("desk.plans.edit" if one.status == "draft" else "desk.plans.open"),
                    f"plan-row-{place}",
                    ui.going(plan_route(one.id)),
                    look="quiet",
                    icon=ft.Icons.EDIT_NOTE if one.status == "draft" else ft.Icons.CHEVRON_RIGHT,
                    spoken=ui.t("desk.plans.open_spoken", plan=one.title),
                )
            ],
            alignment=ft.MainAxisAlignment.END,
        ),
    ]
    return named(card(*parts, padding=theme.GAP), f"plan-{one.number or one.id}", container=True)
