"""The start page of desks and owners: what needs me today, each count leading to its list."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import flet as ft

from field_app import theme
from field_app.desk.widgets.needs_card import NeedsCard
from field_app.desk.widgets.standing_card import StandingCard
from field_app.insight.overview import Overview, load_overview
from field_app.insight.widgets.figures import age_note, percent, rate_words
from field_app.insight.widgets.fused import fused_tone
from field_app.insight.widgets.weak_card import dealer_name, item_name, weak_route
from field_app.insight.workflow import Fetched
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.hooks import use_redraw
from field_app.shell.parts import Tone, busy, button, card, heading, named, note, text
from field_app.shell.reading import fresh, use_reading
from field_app.shell.sync_chip import SyncChip
from field_app.shell.ui import Ui, guarded
from shared_models.insight import WeakItem, WeakItems
from shared_models.insight.words import number_text
from shared_models.people.access import DESK_ROLES
from shared_models.problems import Problem

TOP = 5
"""So many weak items are named."""
T = TypeVar("T")
WATCHED = frozenset(
    {
        "visit", "plan", "plan_item", "action", "action_progress", "action_request", "reminder", "appeal",
    }
)  # fmt: skip
_INK: dict[Tone, str] = {
    "plain": theme.INK,
    "accent": theme.ACCENT,
    "good": theme.GOOD,
    "warn": theme.WARN,
    "bad": theme.BAD,
}


@screen
def OverviewScreen(ui: Ui) -> ft.View:  # noqa: N802
    """Counted on this device; the weak items of the newest month come from the server or its kept copy."""
    work = ui.work

    async def read(first: Callable[[Overview], None]) -> Overview:
        if not work.access.has(*DESK_ROLES):
            return await load_overview(work, None)
        first(await load_overview(work, None, complete=False))

        weak = await _known(lambda kept: work.insight.weak_items(None, kept_first=kept))
        first(await load_overview(work, weak, complete=False))
        age = await _known(lambda kept: work.desk.freshness(kept_first=kept))
        return await load_overview(work, weak, age)

    got = use_reading(ui, read, entities=WATCHED)
    bar = title_bar(
        ui,
        ui.t("desk.overview.title"),
        under=work.account.name,
        actions=[SyncChip(ui, brief=ui.look.phone)],
    )
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        return framed(ui, "overview", bar, stand_in or busy(ui))
    return framed(ui, "overview", bar, _body(ui, got.value))


async def _known(ask: Callable[[bool], Awaitable[Fetched[T]]]) -> Fetched[T] | None:
    """The server's answer, else the kept copy; the counts of this device stand without either."""
    early: list[Fetched[T]] = []
    try:
        return await fresh(early.append, ask)
    except Problem:
        return early[0] if early else None


@guarded
def FirstSync(ui: Ui) -> ft.Control:  # noqa: N802
    """Says, until the first sync is through, that zeros do not mean nothing."""
    sync = ui.work.sync
    use_redraw(lambda call: sync.watch(lambda _: call()), sync)
    if sync.status.last_success:
        return ft.Container(visible=False)
    return note(ui, ui.t("desk.overview.first_sync"), "accent", ft.Icons.SYNC)


def _body(ui: Ui, view: Overview) -> ft.Control:
    tiles: list[ft.Control] = []
    if view.to_review is not None:
        tone: Tone = "accent" if view.to_review else "plain"
        tiles.append(_tile(ui, "review", view.to_review, "/review", tone, ft.Icons.FACT_CHECK_OUTLINED))
    if view.weak_wanted:
        count = view.weak.value.total if view.weak else None
        tiles.append(_tile(ui, "weak", count, "/weak", "bad" if count else "plain", ft.Icons.TRENDING_DOWN))
    tiles += [
        _tile(
            ui,
            "overdue",
            view.own_overdue,
            "/actions",
            "bad" if view.own_overdue else "plain",
            ft.Icons.ALARM,
        ),
        _tile(
            ui,
            "own",
            view.own_open,
            "/actions",
            "accent" if view.own_open else "plain",
            ft.Icons.TASK_OUTLINED,
        ),
        _tile(
            ui,
            "verify",
            view.to_verify,
            "/actions",
            "warn" if view.to_verify else "plain",
            ft.Icons.VERIFIED_OUTLINED,
        ),
        _tile(
            ui,
            "plans_overdue",
            view.plans_overdue,
            "/plans",
            "bad" if view.plans_overdue else "plain",
            ft.Icons.ERROR_OUTLINE,
        ),
        _tile(
            ui,
            "verdict",
            view.plans_without_verdict,
            "/plans",
            "warn" if view.plans_without_verdict else "plain",
            ft.Icons.INSIGHTS,
        ),
        _tile(ui, "plans", view.plans_running, "/plans", "plain", ft.Icons.ASSIGNMENT_OUTLINED),
    ]
    if view.drafts:
        tiles.append(_tile(ui, "drafts", view.drafts, "/plans", "warn", ft.Icons.EDIT_NOTE))
    grid = ft.ResponsiveRow(tiles, spacing=theme.GAP, run_spacing=theme.GAP)
    rows: list[ft.Control] = [FirstSync(ui), NeedsCard(ui, view.needs, view.complete), grid]
    if view.weak_wanted:
        rows.append(StandingCard(ui))
    go, label = ui.going("/overview/reports"), ui.t("desk.reports.title")
    ways: list[ft.Control] = [
        button(ui, label, "overview-reports", go, look="quiet", icon=ft.Icons.FOLDER_OPEN_OUTLINED)
    ]
    go, label = ui.going("/overview/figures"), ui.t("insight.figures.title")
    ways.append(button(ui, label, "overview-figures", go, look="quiet", icon=ft.Icons.TABLE_CHART_OUTLINED))
    if ui.work.access.has(*DESK_ROLES):
        go, label = ui.going("/overview/observe"), ui.t("visits.observe.title")
        ways.append(
            button(ui, label, "overview-observe", go, look="quiet", icon=ft.Icons.VISIBILITY_OUTLINED)
        )
    rows.append(ft.Row(ways, spacing=theme.NEAR, wrap=True))
    if view.weak is not None and view.weak.value.items:
        rows += age_note(ui, view.weak)
        rows.append(_top(ui, view.weak.value))
    return column(*rows, width=theme.READING + 240)


def _tile(ui: Ui, key: str, count: int | None, route: str, tone: Tone, icon: ft.IconData) -> ft.Control:
    words = ui.t(f"desk.overview.{key}")
    shown = "–" if count is None else str(count)
    control = ft.TextButton(
        content=ft.Row(
            [
                ft.Icon(icon, size=ui.look.icon + 6, color=_INK[tone]),
                ft.Column(
                    [text(ui, shown, "display", _INK[tone]), text(ui, words, "small", theme.MUTED)],
                    spacing=0,
                    tight=True,
                    expand=True,
                ),
            ],
            spacing=theme.GAP,
        ),
        on_click=ui.going(route),
        expand=True,
        style=ft.ButtonStyle(
            bgcolor=theme.CARD,
            side=ft.BorderSide(1, theme.LINE),
            shape=ft.RoundedRectangleBorder(radius=theme.ROUND),
            padding=ft.Padding.symmetric(horizontal=theme.ROOM, vertical=theme.GAP),
        ),
    )
    tile = named(ft.Row([control], spacing=0), f"overview-{key}", f"{words}: {shown}", button=True)
    return ft.Container(tile, col={"xs": 6, "md": 4, "lg": 3} if ui.look.scale < 1.5 else {"xs": 12, "md": 6})


def _top(ui: Ui, weak: WeakItems) -> ft.Control:
    rows: list[ft.Control] = [heading(ui, ui.t("desk.overview.top", month=weak.month))]
    for place, one in enumerate(weak.items[:TOP]):
        figure, ink, under = _figure(ui, one)
        control = ft.TextButton(
            content=ft.Row(
                [
                    ft.Column(
                        [
                            text(ui, item_name(ui, one), "strong"),
                            text(ui, dealer_name(ui, one), "small", theme.MUTED),
                        ],
                        spacing=0,
                        tight=True,
                        expand=True,
                    ),
                    ft.Column(
                        [text(ui, figure, "heading", ink), text(ui, under, "caption", theme.MUTED)],
                        spacing=0,
                        tight=True,
                        horizontal_alignment=ft.CrossAxisAlignment.END,
                    ),
                    ft.Icon(ft.Icons.CHEVRON_RIGHT, size=ui.look.icon, color=theme.MUTED),
                ],
                spacing=theme.NEAR,
            ),
            on_click=ui.going(weak_route(one)),
            expand=True,
            style=ft.ButtonStyle(
                shape=ft.RoundedRectangleBorder(radius=theme.ROUND),
                padding=ft.Padding.symmetric(horizontal=theme.NEAR, vertical=theme.NEAR),
            ),
        )
        spoken = f"{item_name(ui, one)}, {dealer_name(ui, one)}, {figure}, {under}"
        rows.append(named(ft.Row([control], spacing=0), f"overview-weak-{place}", spoken, button=True))
    rows.append(
        ft.Row(
            [button(ui, ui.t("desk.overview.all_weak"), "overview-all-weak", ui.going("/weak"), look="quiet")]
        )
    )
    return card(*rows)


def _figure(ui: Ui, one: WeakItem) -> tuple[str, str, str]:
    """The fused rate, its colour, and beneath it the interval with the month's own raw rate."""
    fused = one.fused
    if fused is None:
        ink = theme.MUTED if one.merged.small else theme.BAD
        return percent(one.merged.rate), ink, rate_words(ui, one.merged)
    words = ui.t(
        "insight.overview.beside",
        low=number_text(fused.low),
        high=number_text(fused.high),
        raw=percent(one.merged.rate),
    )
    return percent(fused.rate), fused_tone(fused), words
