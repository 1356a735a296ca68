"""The button that begins one's own observation at a dealer."""

from __future__ import annotations

import flet as ft

from field_app.shell.parts import button
from field_app.shell.ui import Ui
from field_app.visits.screen_today import note_start
from field_app.visits.ways import visit_way


async def begin_observation(ui: Ui, dealer_id: str) -> None:
    """Open the checklist of an observation; works without network."""
    session = await ui.work.observing.begin(dealer_id)
    live = ui.app.shelf.adopt(session)
    ui.go(visit_way(ui, session.id))
    ui.page.run_task(note_start, live)


def observe_button(ui: Ui, dealer_id: str) -> list[ft.Control]:
    """For desks over the dealer; nothing for others."""
    if not ui.work.observing.may_observe(dealer_id):
        return []
    return [
        button(
            ui,
            ui.t("visits.observe.begin"),
            "observe-begin",
            ui.on(begin_observation, ui, dealer_id),
            icon=ft.Icons.VISIBILITY_OUTLINED,
        )
    ]
