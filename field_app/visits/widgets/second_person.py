"""Sending a second person to the same dealer in the same days, so that both visits can be compared."""

from __future__ import annotations

import flet as ft

from field_app.review.workflow_quality import Quality
from field_app.shell.asking import ask
from field_app.shell.choosing import Option, choose
from field_app.shell.parts import button
from field_app.shell.ui import Ui
from field_app.visits.widgets.planning_form import load_words
from field_app.visits.workflow_planning import PlannedVisit
from shared_models.problems import Code, Problem


def second_person(ui: Ui, one: PlannedVisit) -> ft.Control:
    """The button; the list of people comes from the server, which knows who was where."""
    it = one.card
    quality = Quality(ui.work.store, ui.work.api)

    async def send(person: str, known_accepted: bool = False) -> None:
        await quality.second(it.id, person, known_accepted=known_accepted)
        ui.tell(ui.t("visits.planning.second_done"))
        ui.page.run_task(ui.work.sync.run_once)

    async def take(person: str) -> None:
        try:
            await send(person)
        except Problem as problem:
            if problem.code is not Code.VISITOR_KNOWN:
                raise
            ask(
                ui,
                "second-known",
                problem.title(ui.language),
                problem.todo(ui.language),
                ui.t("visits.planning.known_accepted"),
                lambda: send(person, True),
            )

    async def look() -> None:
        found = (await ui.work.planning.visitors(it.dealer.id, it.window_start)).value
        options = [Option(p.id, p.name, load_words(ui, p)) for p in found if p.name != one.person]
        choose(ui, ui.t("visits.planning.second_title"), f"second-{it.id}", options, take)

    label = ui.t("visits.planning.second")
    return button(
        ui,
        label,
        f"planning-second-{it.id}",
        ui.on(look),
        look="quiet",
        small=True,
        spoken=f"{label} {it.dealer.name.text(ui.language)}",
    )
