"""A desk's own observations: begin one at a dealer, go on with a draft, see what became of the others."""

from __future__ import annotations

from collections.abc import Callable

import flet as ft

from field_app.shell.choosing import Option, choose
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.parts import busy, button, empty, heading, note
from field_app.shell.reading import use_reading
from field_app.shell.sync_chip import SyncChip
from field_app.shell.ui import Ui
from field_app.visits.screen_history import history_card
from field_app.visits.screen_today import visit_card
from field_app.visits.widgets.observe_button import begin_observation
from field_app.visits.workflow_observing import Observations

LISTED = 30
"""So many sent observations are shown; older ones stand under the review."""


@screen
def ObserveScreen(ui: Ui) -> ft.View:  # noqa: N802
    """Managers and headquarters in the showroom."""

    async def read(_first: Callable[[Observations], None]) -> Observations:
        return await ui.work.observing.load()

    watched = frozenset({"visit", "answer", "dealer", "template", "template_version"})
    got = use_reading(ui, read, entities=watched)
    bar = title_bar(
        ui,
        ui.t("visits.observe.title"),
        back=ui.going("/overview"),
        actions=[SyncChip(ui, brief=ui.look.phone)],
    )
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        return framed(ui, "overview", bar, stand_in or busy(ui))
    return framed(ui, "overview", bar, column(*observation_rows(ui, got.value)))


def observation_rows(ui: Ui, view: Observations) -> list[ft.Control]:
    """The way to a new one, then the lists with their headings."""
    dealers = [
        Option(one.id, one.name.text(ui.language), one.code)
        for one in ui.work.observing.dealers()
        if ui.work.observing.may_observe(one.id)
    ]

    def ask() -> None:
        async def chosen(dealer_id: str) -> None:
            await begin_observation(ui, dealer_id)

        choose(ui, ui.t("visits.observe.dealer"), "observe-dealer", dealers, chosen)

    rows: list[ft.Control] = [note(ui, ui.t("visits.observe.hint"), icon=ft.Icons.VISIBILITY_OUTLINED)]
    label = ui.t("visits.observe.new")
    start = button(ui, label, "observe-new", ui.on(ask), look="main", icon=ft.Icons.ADD, disabled=not dealers)
    rows.append(ft.Row([start], wrap=True))
    if not dealers:
        rows.append(note(ui, ui.t("visits.observe.no_dealer"), "warn"))
    if view.returned:
        rows.append(heading(ui, ui.t("visits.today.returned")))
        rows += [visit_card(ui, one) for one in view.returned]
    if view.drafts:
        rows.append(heading(ui, ui.t("visits.today.drafts")))
        rows += [visit_card(ui, one) for one in view.drafts]
    if view.sent:
        rows.append(heading(ui, ui.t("visits.history.title")))
        rows += [history_card(ui, one) for one in view.sent[:LISTED]]
    if not (view.returned or view.drafts or view.sent):
        rows.append(
            empty(ui, ui.t("visits.observe.none"), ui.t("visits.observe.none_hint"), ft.Icons.STOREFRONT)
        )
    return rows
