"""Measures of a plan: what is done, how, by whom, watched by whom, from when until when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import flet as ft

from field_app import theme
from field_app.plans.widgets.dates import day_field
from field_app.plans.widgets.marks import gap_note
from field_app.plans.workflow import PlanDraft
from field_app.plans.workload import Load, workload
from field_app.shell.choosing import Option, choose_button
from field_app.shell.parts import button, card, choice, heading, icon_button, text
from field_app.shell.ui import Ui
from field_app.visits.widgets.saved_text import SavedText
from shared_models.people.wire import DirectoryEntry
from shared_models.plans import METHODS

DISTANCES = (14, 30, 60)
"""Days until the deadline that are one tap away."""


def measures_card(
    ui: Ui, draft: PlanDraft, plan_item_id: str | None, people: Sequence[DirectoryEntry], today: date
) -> ft.Control:
    """Measures for one weak item, or (None) for the whole plan."""

    async def add() -> None:
        await draft.add_action(plan_item_id, method="process", starts_on=today)

    rows: list[ft.Control] = [
        heading(ui, ui.t("desk.measure.title" if plan_item_id else "desk.measure.title_all")),
    ]
    if plan_item_id:
        lacking = [gap for gap in draft.gaps if gap.reason == "action"]
        rows += gap_note(ui, lacking, f"plan_item.{plan_item_id}")
    else:
        rows.append(text(ui, ui.t("desk.measure.all_hint"), "small", theme.MUTED))
    rows += [
        _measure(ui, draft, place, row, people, today)
        for place, row in enumerate(draft.actions_of(plan_item_id))
    ]
    rows.append(ft.Row([button(ui, ui.t("desk.measure.add"), "measure-add", ui.on(add), icon=ft.Icons.ADD)]))
    return card(*rows)


def _measure(
    ui: Ui,
    draft: PlanDraft,
    place: int,
    row: Mapping[str, Any],
    people: Sequence[DirectoryEntry],
    today: date,
) -> ft.Control:
    action_id, name = row["id"], f"measure-{place}"

    async def put(field: str, value: Any) -> None:
        await draft.change_action(action_id, **{field: value})

    async def save(written: str) -> None:
        await put("measure", written.strip())

    methods = ft.Row(
        [
            choice(
                ui,
                ui.t(f"plans.method.{method}"),
                f"{name}-method-{method}",
                ui.on(put, "method", method),
                chosen=row["method"] == method,
                expand=False,
            )
            for method in METHODS
        ],
        spacing=theme.NEAR,
        run_spacing=theme.NEAR,
        wrap=True,
    )

    def person(field: str, other: str, dealer_first: bool) -> ft.Control:
        async def pick(key: str) -> None:
            await put(field, key or None)

        return choose_button(
            ui,
            ui.t(f"desk.measure.{field}"),
            f"{name}-{field.removesuffix('_id')}",
            people_options(ui, people, row[other], dealer_first),
            row[field] or "",
            pick,
            icon=ft.Icons.PERSON_OUTLINE if dealer_first else ft.Icons.SUPERVISOR_ACCOUNT_OUTLINED,
            hint=ui.t(f"desk.measure.{field}_pick"),
            labelled=True,
        )

    async def put_start(day: date) -> None:
        await put("starts_on", day)

    async def put_due(day: date) -> None:
        await put("due_on", day)

    since = row["starts_on"] or today
    return ft.Container(
        ft.Column(
            [
                ft.Row(
                    [
                        ft.Container(
                            SavedText(
                                ui,
                                ui.t("desk.measure.text"),
                                f"{name}-text",
                                row["measure"],
                                save,
                                multiline=True,
                                min_lines=1,
                                max_lines=5,
                                key=f"measure-{action_id}",  # pyright: ignore[reportCallIssue]
                            ),
                            expand=True,
                        ),
                        icon_button(
                            ui,
                            ft.Icons.DELETE_OUTLINE,
                            ui.t("desk.measure.remove"),
                            f"{name}-remove",
                            ui.on(draft.remove_action, action_id),
                        ),
                    ],
                    vertical_alignment=ft.CrossAxisAlignment.START,
                ),
                text(ui, ui.t("desk.measure.method"), "caption", theme.MUTED),
                methods,
                ft.Row(
                    [person("owner_id", "supervisor_id", True), person("supervisor_id", "owner_id", False)],
                    spacing=theme.NEAR,
                    run_spacing=theme.NEAR,
                    wrap=True,
                ),
                ft.Row(
                    [
                        day_field(
                            ui, ui.t("desk.measure.starts_on"), f"{name}-start", row["starts_on"], put_start
                        ),
                        day_field(
                            ui,
                            ui.t("desk.measure.due_on"),
                            f"{name}-due",
                            row["due_on"],
                            put_due,
                            after=DISTANCES,
                            since=since,
                        ),
                    ],
                    spacing=theme.NEAR,
                    run_spacing=theme.NEAR,
                    wrap=True,
                ),
                *gap_note(ui, draft.gaps, f"action.{action_id}"),
            ],
            spacing=theme.NEAR,
            tight=True,
        ),
        border=ft.Border.all(1, theme.LINE),
        border_radius=theme.ROUND,
        padding=theme.GAP,
    )


def people_options(
    ui: Ui, people: Sequence[DirectoryEntry], other: str | None, dealer_first: bool
) -> list[Option]:
    """Everybody who may be named, with what stands open with them already.

    Who already holds the other part cannot hold this one too.
    """
    shown = sorted(people, key=lambda one: (one.at_dealer != dealer_first, one.name))
    loads = workload(ui.work.store, [one.id for one in shown], datetime.now().astimezone().date())
    return [
        Option(
            one.id,
            one.name,
            ui.t("desk.measure.other_part") if one.id == other else _about(ui, one, loads[one.id]),
            disabled=one.id == other,
        )
        for one in shown
    ]


def _about(ui: Ui, one: DirectoryEntry, load: Load) -> str:
    separator = ui.t("insight.list_separator")
    what = one.position or separator.join(ui.t(f"shell.role.{role.value}") for role in one.roles)
    return " · ".join(part for part in (what, load_text(ui, load)) if part)


def load_text(ui: Ui, load: Load) -> str:
    """Open actions of a person, and that it is a lot where it is."""
    parts: list[str] = []
    if load.open:
        key = "plans.load.busy" if load.busy else "plans.load.open"
        parts.append(ui.t(key, count=load.open))
    if load.overdue:
        parts.append(ui.t("plans.load.overdue", count=load.overdue))
    if load.watched:
        parts.append(ui.t("plans.load.watched", count=load.watched))
    return " · ".join(parts) or ui.t("plans.load.none")
