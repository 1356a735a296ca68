"""The answers behind any figure: of a table's row, a scorecard's item, a plan's before and after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import flet as ft

from field_app import theme
from field_app.desk.filters import asked_in
from field_app.insight.answers import PATH, plain_route, wanted_of
from field_app.insight.widgets.evidence import evidence_row
from field_app.insight.widgets.figures import age_note
from field_app.insight.widgets.fused import months_text
from field_app.insight.workflow import Fetched
from field_app.shell.choosing import Option, choose_button
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.hooks import use_value
from field_app.shell.parts import busy, button, card, text
from field_app.shell.reading import fresh, use_reading
from field_app.shell.sync_chip import SyncChip
from field_app.shell.ui import Ui
from shared_models.checklists.stages import Source
from shared_models.insight import AnswersPage

PAGE = 30
MOST = 500
"""More the server gives at no time; what is left is for the files and the command line."""


@screen
def AnswersScreen(ui: Ui) -> ft.View:  # noqa: N802
    """The address names the question; a chooser changes between ratings and what was observed."""
    ft.use_route_location()
    wanted = wanted_of(asked_in(ui.page.route or "", PATH))
    chosen, choose = use_value("")
    source, set_source = use_value("")
    count, set_count = use_value(PAGE)
    asked = replace(wanted, what=chosen or wanted.what)
    of_any_source = asked.what == "observations" and not wanted.source
    if of_any_source:
        asked = replace(asked, source=source)

    async def read(first: Callable[[Fetched[AnswersPage]], None]) -> Fetched[AnswersPage]:
        query = asked.query() | {"limit": str(min(count, MOST))}
        return await fresh(first, lambda kept: ui.work.insight.answers(query, kept_first=kept))

    got = use_reading(ui, read, asked, count)
    page = got.value.value if got.value and got.value.value.what == asked.what else None
    under = " · ".join(
        part for part in (wanted.called, months_text(page.months) if page and page.months else "") if part
    )
    bar = title_bar(
        ui,
        ui.t("insight.answers.title"),
        under=under or "…",
        back=ui.going(plain_route(wanted.back)),
        actions=[SyncChip(ui, brief=ui.look.phone)],
    )
    rows: list[ft.Control] = []
    if wanted.dimension:
        options = [Option(one, ui.t(f"insight.answers.{one}")) for one in ("observations", "ratings")]

        def pick(key: str) -> None:
            set_count(PAGE)
            choose(key)

        rows.append(
            ft.Row(
                [choose_button(ui, ui.t("insight.answers.what"), "answers-what", options, asked.what, pick)]
            )
        )
    if of_any_source:
        sources = [Option("", ui.t("desk.source.all"))]
        sources += [Option(one.value, ui.t(f"checklists.source.{one.value}")) for one in Source]

        def narrow(key: str) -> None:
            set_count(PAGE)
            set_source(key)

        rows.append(
            ft.Row([choose_button(ui, ui.t("desk.source.label"), "answers-source", sources, source, narrow)])
        )
    stand_in = got.stand_in(ui)
    if stand_in is not None or page is None or got.value is None:
        return framed(ui, "overview", bar, column(*rows, stand_in or busy(ui)))
    rows += age_note(ui, got.value)
    said = ui.t(f"insight.answers.order.{asked.what}", count=page.total)
    lines: list[ft.Control] = [text(ui, said, "small", theme.MUTED)]
    lines += [evidence_row(ui, place, one, None) for place, one in enumerate(page.answers)]
    rows.append(card(*lines))
    left = min(page.total, MOST) - len(page.answers)
    if left > 0:
        more = ui.on(lambda: set_count(count + PAGE))
        rows.append(ft.Row([button(ui, ui.t("desk.more", count=left), "answers-more", more, expand=True)]))
    return framed(ui, "overview", bar, column(*rows, width=theme.READING))
