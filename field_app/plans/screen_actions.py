"""Actions of the signed-in person: those to carry out, those to verify, and what is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import flet as ft

from field_app import theme
from field_app.desk.filters import use_filters
from field_app.plans.widgets.marks import action_mark, due_mark, marks
from field_app.plans.widgets.requests import asked_marks
from field_app.plans.workflow import ActionCard, ActionsView
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.hooks import use_value
from field_app.shell.parts import busy, button, card, choice, empty, named, tag, text
from field_app.shell.reading import use_reading
from field_app.shell.sync_chip import SyncChip
from field_app.shell.ui import Ui

PAGE = 12
WATCHED = frozenset({"plan", "action", "action_progress", "action_request"})
LISTS = ("own", "supervised", "done")


@dataclass(frozen=True)
class Wanted:
    """Which list is open; "" for the first that holds anything."""

    show: str = ""


@screen
def ActionsScreen(ui: Ui) -> ft.View:  # noqa: N802
    """One list at a time, the most urgent first; works offline."""
    wanted, want = use_filters(ui, "/actions", Wanted())
    shown, show = use_value(PAGE)

    async def read(_first: Callable[[ActionsView], None]) -> ActionsView:
        return await ui.work.actions.load()

    got = use_reading(ui, read, entities=WATCHED)
    bar = title_bar(ui, ui.t("desk.actions.title"), actions=[SyncChip(ui, brief=ui.look.phone)])
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        return framed(ui, "actions", bar, stand_in or busy(ui))
    lists = {"own": got.value.own, "supervised": got.value.supervised, "done": got.value.done}
    chosen = wanted.show if wanted.show in LISTS else next((name for name in LISTS if lists[name]), LISTS[0])

    def choose(name: str) -> None:
        show(PAGE)
        want(Wanted(name))

    rows: list[ft.Control] = [
        ft.Row(
            [
                choice(
                    ui,
                    ui.t("desk.plans.filter", name=ui.t(f"desk.actions.{name}"), count=len(lists[name])),
                    f"actions-{name}",
                    ui.on(choose, name),
                    chosen=name == chosen,
                    expand=False,
                )
                for name in LISTS
            ],
            spacing=theme.NEAR,
            run_spacing=theme.NEAR,
            wrap=True,
        )
    ]
    cards = lists[chosen]
    if not cards:
        title, hint = ui.t(f"desk.actions.none_{chosen}"), ui.t(f"desk.actions.hint_{chosen}")
        rows.append(empty(ui, title, hint, ft.Icons.TASK_OUTLINED))
    rows += [action_row(ui, place, one) for place, one in enumerate(cards[:shown])]
    if len(cards) > shown:
        label = ui.t("desk.more", count=len(cards) - shown)
        more = ui.on(lambda: show(shown + PAGE))
        rows.append(ft.Row([button(ui, label, "actions-more", more, expand=True)]))
    return framed(ui, "actions", bar, column(*rows, width=theme.READING + 120))


def action_row(ui: Ui, place: int, one: ActionCard) -> ft.Control:
    """An action in the list: what, for which item, until when, how far."""
    about = [
        one.item.text(ui.language) if one.item else ui.t("desk.plan.whole"),
        one.dealer.name.text(ui.language),
    ]
    parts: list[ft.Control] = [
        text(ui, one.measure, "heading"),
        text(ui, " · ".join(about), "small", theme.MUTED),
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
        ft.Row(
            [
                ft.Container(text(ui, _who(ui, one), "caption", theme.MUTED), expand=True),
                button(
                    ui,
                    ui.t("desk.actions.open"),
                    f"action-row-{place}",
                    ui.going(f"/actions/action/{one.id}"),
                    look="quiet",
                    icon=ft.Icons.CHEVRON_RIGHT,
                    spoken=ui.t("desk.actions.open_spoken", measure=one.measure),
                ),
            ]
        ),
    ]
    return named(card(*parts, padding=theme.GAP), f"action-{one.id}", container=True)


def _who(ui: Ui, one: ActionCard) -> str:
    return ui.t("desk.actions.who", owner=one.owner or "–", supervisor=one.supervisor or "–")


def progress_bar(ui: Ui, percent: int) -> ft.Control:
    """How far an action is."""
    bar = ft.ProgressBar(
        value=percent / 100,
        color=theme.GOOD if percent == 100 else theme.ACCENT,
        bgcolor=theme.SUNKEN,
        bar_height=6,
        border_radius=3,
    )
    return ft.Row(
        [
            ft.Semantics(content=ft.Container(bar), expand=True, exclude_semantics=True),
            text(ui, f"{percent}%", "small"),
        ],
        spacing=theme.NEAR,
    )
