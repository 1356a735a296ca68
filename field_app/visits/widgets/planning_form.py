"""The form of a visit to be planned: dealer, checklist, person with workload and rotation, days, story."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import flet as ft

from field_app import theme
from field_app.plans.widgets.dates import day_field
from field_app.shell.choosing import Option, choose_button
from field_app.shell.hooks import use_value
from field_app.shell.parts import button, card, choice, heading, note, text_field
from field_app.shell.ui import Ui, guarded
from field_app.visits.workflow_planning import NewVisit, Visitor


@guarded
def PlanningForm(ui: Ui, close: Callable[[], None]) -> ft.Control:  # noqa: N802
    """Planning needs the server: it knows who was where."""
    new = ft.use_ref(NewVisit).current
    assert new is not None
    turn, draw = use_value(0)
    people, set_people = use_value(_nobody())
    planning = ui.work.planning
    story = ui.work.typed.of("planning/scenario")

    def again() -> None:
        draw(turn + 1)

    async def find_people() -> None:
        if new.dealer_id:
            set_people((await planning.visitors(new.dealer_id, new.window_start)).value)

    async def pick_dealer(key: str) -> None:
        new.dealer_id, new.person_id = key, ""
        again()
        await find_people()

    def pick_template(key: str) -> None:
        new.template = key
        again()

    def pick_person(key: str) -> None:
        new.person_id, new.known_accepted = key, False
        again()

    async def put_start(day: date) -> None:
        new.window_start = day
        if new.window_end is not None and new.window_end < day:
            new.window_end = None
        again()
        await find_people()

    async def put_end(day: date) -> None:
        new.window_end = day
        again()

    def flip(name: str) -> None:
        setattr(new, name, not getattr(new, name))
        again()

    async def save() -> None:
        new.scenario = story.text
        if new.missing:
            ui.tell(ui.t("visits.planning.missing"))
            return
        await planning.plan(new)
        story.clear()
        ui.tell(ui.t("visits.planning.done"))
        close()
        ui.page.run_task(ui.work.sync.run_once)

    dealers = [Option(one.id, one.name.text(ui.language), one.code) for one in planning.dealers()]
    lists = [
        Option(one.code, one.title.text(ui.language), ui.t(f"checklists.source.{one.source.value}"))
        for one in planning.checklists()
    ]
    persons = [Option(one.id, one.name, load_words(ui, one)) for one in people]
    chosen = next((one for one in people if one.id == new.person_id), None)
    today = ui.work.store.context.local(ui.work.store.context.now()).date()
    rows: list[ft.Control] = [
        heading(ui, ui.t("visits.planning.new")),
        _wrapped(
            choose_button(
                ui, ui.t("visits.planning.dealer"), "plan-dealer", dealers, new.dealer_id, pick_dealer
            ),
            choose_button(
                ui, ui.t("visits.planning.checklist"), "plan-template", lists, new.template, pick_template
            ),
        ),
        _wrapped(
            day_field(
                ui, ui.t("visits.planning.first"), "plan-start", new.window_start, put_start,
                after=(1, 7), since=today,
            ),
            day_field(
                ui, ui.t("visits.planning.last"), "plan-end", new.window_end, put_end,
                after=(7, 14), since=new.window_start,
            ),
        ),
    ]  # fmt: skip
    judged = planning.judged(new.dealer_id) if new.dealer_id else []
    if judged:
        names = ui.t("insight.list_separator").join(one.text(ui.language) for one in judged)
        rows.append(note(ui, ui.t("visits.planning.judged", items=names), "accent", ft.Icons.FLAG_OUTLINED))
    if persons:
        label = ui.t("visits.planning.person")
        rows.append(_wrapped(choose_button(ui, label, "plan-person", persons, new.person_id, pick_person)))
    else:
        rows.append(note(ui, ui.t("visits.planning.person_hint"), icon=ft.Icons.PERSON_SEARCH_OUTLINED))
    if chosen is not None and chosen.known and chosen.last_here is not None:
        words = ui.t("visits.planning.known", day=chosen.last_here.isoformat())
        rows.append(note(ui, words, "warn", ft.Icons.FACE_OUTLINED))
        rows.append(_switch(ui, "known_accepted", new.known_accepted, flip))
    rows += [
        text_field(
            ui,
            ui.t("visits.today.scenario"),
            "plan-scenario",
            story.text,
            multiline=True,
            min_lines=2,
            max_lines=6,
            on_change=ui.on_event(story.hear),
        ),
        _switch(ui, "announced", new.announced, flip),
        _wrapped(
            button(ui, ui.t("shell.cancel"), "plan-cancel", ui.on(close), look="quiet"),
            button(ui, ui.t("visits.planning.save"), "plan-save", ui.on(save), look="main"),
        ),
    ]
    return card(*rows, spacing=theme.GAP)


def _nobody() -> tuple[Visitor, ...]:
    return ()


def _wrapped(*controls: ft.Control) -> ft.Control:
    return ft.Row(list(controls), spacing=theme.NEAR, run_spacing=theme.NEAR, wrap=True)


def _switch(ui: Ui, name: str, on: bool, flip: Callable[[str], None]) -> ft.Control:
    label = ui.t(f"visits.planning.{name}")
    mark = choice(ui, label, f"plan-{name}", ui.on(flip, name), chosen=on, multiple=True, expand=False)
    return ft.Row([mark], wrap=True)


def load_words(ui: Ui, one: Visitor) -> str:
    """What a person has to do already, and when he or she was last at the dealer."""
    parts = [ui.t("visits.planning.load", open=one.open, done=one.done)]
    if one.declined:
        parts.append(ui.t("visits.planning.declines", count=one.declined))
    if one.last_here is not None:
        parts.append(ui.t("visits.planning.last_here", day=one.last_here.isoformat()))
    return " · ".join(parts)
