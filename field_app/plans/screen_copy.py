"""A plan copied to other dealers: which ones, who there, from when; then what each draft still needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import flet as ft

from field_app import theme
from field_app.insight.widgets.figures import age_note
from field_app.insight.widgets.plan_maker import first_title, plan_route
from field_app.insight.workflow import Fetched
from field_app.plans.copies import Copied, People, Target, copy_plan, targets
from field_app.plans.widgets.dates import day_field
from field_app.plans.widgets.measures import people_options
from field_app.plans.widgets.open_plan import use_plan
from field_app.plans.workflow import PlanDraft
from field_app.shell.choosing import choose
from field_app.shell.frame import bottom_actions, column, framed, screen, title_bar
from field_app.shell.hooks import use_value
from field_app.shell.parts import busy, button, card, choice, empty, heading, named, note, text
from field_app.shell.reading import use_reading
from field_app.shell.ui import Ui, failure_panel
from shared_models.checklists import Bilingual
from shared_models.insight import WeakItem
from shared_models.problems import Problem

PAGE = 40


@dataclass(frozen=True)
class _Chosen:
    people: dict[str, People] = field(default_factory=dict[str, People])
    """By dealer chosen."""
    names: dict[str, str] = field(default_factory=dict[str, str])
    """By person."""
    shown: int = PAGE


@dataclass(frozen=True)
class _Weak:
    month: str
    items: tuple[WeakItem, ...]


@screen
def CopyScreen(ui: Ui) -> ft.View:  # noqa: N802
    """The plan of the route."""
    plan_id = ft.use_route_params().get("plan_id", "")
    draft = use_plan(ui, plan_id)
    chosen, put = use_value(_Chosen())
    begins, begin = use_value(datetime.now().astimezone().date())
    done, finish = use_value(_nothing())
    items = tuple(row["item_id"] for row in draft.items) if isinstance(draft, PlanDraft) else ()

    async def read(_first: Callable[[Fetched[_Weak]], None]) -> Fetched[_Weak]:
        return await _weak_there(ui, items)

    weak = use_reading(ui, read, items)
    bar = title_bar(ui, ui.t("plans.copy.open"), back=ui.going(plan_route(plan_id)))
    if draft is None or isinstance(draft, Problem):
        return framed(ui, "plans", bar, busy(ui) if draft is None else failure_panel(ui, draft))
    if done:
        return framed(ui, "plans", bar, column(*_summary(ui, done), width=theme.READING + 120))
    stand_in = weak.stand_in(ui)
    if stand_in is not None or weak.value is None:
        return framed(ui, "plans", bar, stand_in or busy(ui))
    found = targets(ui.work.store, draft, weak.value.value.items)

    async def copy() -> None:
        picked = [(one, chosen.people[one.dealer.id]) for one in found if one.dealer.id in chosen.people]
        titles = {one.dealer.id: first_title(ui, one.weak) for one, _ in picked}
        me = ui.work.access.person_id
        made = await copy_plan(ui.work.store, draft, picked, begins, titles, me)
        finish(tuple(made))
        ui.page.run_task(ui.work.sync.run_once)

    async def put_begin(day: date) -> None:
        begin(day)

    rows: list[ft.Control] = [
        *age_note(ui, weak.value),
        text(ui, ui.t("plans.copy.hint", month=weak.value.value.month), "small", theme.MUTED),
        card(
            text(ui, draft.plan["title"] or ui.t("desk.plan.untitled"), "strong"),
            day_field(ui, ui.t("plans.copy.begins"), "copy-begins", begins, put_begin),
        ),
    ]
    if not found:
        rows.append(
            empty(ui, ui.t("plans.copy.none"), ui.t("plans.copy.none_hint"), ft.Icons.STOREFRONT_OUTLINED)
        )
    rows += [_target(ui, place, one, chosen, put, draft) for place, one in enumerate(found[: chosen.shown])]
    if len(found) > chosen.shown:
        label = ui.t("desk.more", count=len(found) - chosen.shown)
        more = ui.on(lambda: put(replace(chosen, shown=chosen.shown + PAGE)))
        rows.append(ft.Row([button(ui, label, "copy-more", more, expand=True)]))
    count = len(chosen.people)
    bottom = bottom_actions(
        ft.Container(text(ui, ui.t("plans.copy.count", count=count), "small"), expand=True),
        button(ui, ui.t("plans.copy.make"), "copy-make", ui.on(copy), look="main", disabled=not count),
    )
    return framed(ui, "plans", bar, column(*rows, width=theme.READING + 120), bottom=bottom)


def _nothing() -> tuple[Copied, ...]:
    return ()


async def _weak_there(ui: Ui, items: Sequence[str]) -> Fetched[_Weak]:
    """Weak items of the newest month at all dealers, for these items; the oldest answer gives the age."""
    found: list[WeakItem] = []
    month, at, live = "", ui.work.store.context.now(), True
    for item_id in items:
        got = await ui.work.insight.weak_items(None, item_id=item_id)
        found += got.value.items
        month, at, live = got.value.month, min(at, got.fetched_at), live and got.live
    return Fetched(_Weak(month, tuple(found)), at, live)


def _names(ui: Ui, names: Sequence[Bilingual]) -> str:
    return ui.t("insight.list_separator").join(one.text(ui.language) for one in names)


def _target(
    ui: Ui, place: int, one: Target, chosen: _Chosen, put: Callable[[_Chosen], None], draft: PlanDraft
) -> ft.Control:
    dealer_id = one.dealer.id
    picked = chosen.people.get(dealer_id)

    def toggle() -> None:
        people = {key: value for key, value in chosen.people.items() if key != dealer_id}
        if picked is None:
            people[dealer_id] = People()
        put(replace(chosen, people=people))

    name = f"{one.dealer.code} {one.dealer.name.text(ui.language)}"
    items = _names(ui, [Bilingual(zh=w.item_short, en=w.item_short_en or w.item_short) for w in one.weak])
    parts: list[ft.Control] = [
        choice(ui, name, f"copy-{place}", ui.on(toggle), chosen=picked is not None, multiple=True,
               align_start=True),
        text(ui, ui.t("plans.copy.takes", items=items), "small"),
    ]  # fmt: skip
    if one.left_out:
        said = ui.t("plans.copy.leaves", items=_names(ui, one.left_out))
        parts.append(text(ui, said, "caption", theme.MUTED))
    if picked is not None:
        parts.append(
            ft.Row(
                [
                    _person(ui, place, dealer_id, "owner_id", picked, chosen, put),
                    _person(ui, place, dealer_id, "supervisor_id", picked, chosen, put),
                ],
                spacing=theme.NEAR,
                run_spacing=theme.NEAR,
                wrap=True,
            )
        )
    return card(*parts, padding=theme.GAP)


def _person(
    ui: Ui,
    place: int,
    dealer_id: str,
    part: str,
    picked: People,
    chosen: _Chosen,
    put: Callable[[_Chosen], None],
) -> ft.Control:
    now = picked.owner_id if part == "owner_id" else picked.supervisor_id
    other = picked.supervisor_id if part == "owner_id" else picked.owner_id
    label = ui.t(f"desk.measure.{part}")
    key = f"copy-{place}-{part.removesuffix('_id')}"

    async def open_list() -> None:
        people = (await ui.work.directory.at(dealer_id)).value
        names = {one.id: one.name for one in people}

        def pick(person: str) -> None:
            mine = replace(picked, **{part: person})
            put(replace(chosen, people={**chosen.people, dealer_id: mine}, names={**chosen.names, **names}))

        choose(ui, label, key, people_options(ui, people, other, part == "owner_id"), pick)

    shown = chosen.names.get(now or "", "")
    words = (
        ui.t("desk.choose.labelled", label=label, choice=shown)
        if shown
        else ui.t(f"desk.measure.{part}_pick")
    )
    return button(
        ui, words, key, ui.on(open_list), icon=ft.Icons.PERSON_OUTLINE, spoken=f"{label}: {shown or '–'}"
    )


def _summary(ui: Ui, done: Sequence[Copied]) -> list[ft.Control]:
    """What was made, and what is still to be chosen in each draft."""
    rows: list[ft.Control] = [note(ui, ui.t("plans.copy.done", count=len(done)), "good", ft.Icons.TASK_ALT)]
    for place, one in enumerate(done):
        parts: list[ft.Control] = [
            heading(ui, f"{one.dealer.code} {one.dealer.name.text(ui.language)}"),
            text(ui, ui.t("plans.copy.measures", count=one.measures), "small"),
        ]
        if one.left_out:
            said = ui.t("plans.copy.leaves", items=_names(ui, one.left_out))
            parts.append(text(ui, said, "caption", theme.MUTED))
        lacking = dict.fromkeys(one.gaps)
        if lacking:
            named_gaps = ui.t("insight.list_separator").join(
                ui.t("plans.copy.gap", name=ui.t(f"desk.gap.{reason}"), count=one.gaps.count(reason))
                for reason in lacking
            )
            parts.append(note(ui, ui.t("desk.gap.needs", what=named_gaps), "warn", ft.Icons.EDIT_OUTLINED))
        else:
            parts.append(note(ui, ui.t("desk.plan.ready"), "good", ft.Icons.CHECK_CIRCLE_OUTLINE))
        go = ui.going(plan_route(one.plan_id))
        spoken = f"{ui.t('desk.plans.edit')}: {one.dealer.code}"
        parts.append(
            ft.Row([button(ui, ui.t("desk.plans.edit"), f"copied-{place}", go, look="quiet", spoken=spoken)])
        )
        rows.append(named(card(*parts), f"copied-card-{place}", container=True))
    return rows
