"""Opening a visit for a screen, once for all screens that stand on it."""

from __future__ import annotations

from typing import cast

import flet as ft

from field_app.shell.hooks import use_value
from field_app.shell.ui import Ui
from field_app.visits.live import LiveVisit
from field_app.visits.widgets.route_card import resume_route
from shared_models.problems import Problem


def use_live_visit(ui: Ui, visit_id: str) -> LiveVisit | Problem | None:
    """The open visit, None while it is being read, or why it cannot be opened.

    The visit, its test drive and its submission stand on top of each other and share one session, kept until
    another visit is opened.
    """
    shelf = ui.app.shelf
    first: LiveVisit | Problem | None = shelf.known(visit_id)
    opened, set_opened = use_value(cast(LiveVisit | Problem | None, first))

    async def open_it() -> None:
        try:
            found = await shelf.open(ui.work, visit_id)
        except Problem as problem:
            set_opened(problem)
        else:
            set_opened(found)
            resume_route(ui, found)
        if isinstance(first, LiveVisit) and first.recorder is not None:
            await first.recorder.stop()  # nothing is recorded under a screen that does not show it

    ft.use_effect(open_it, [visit_id])
    return opened
