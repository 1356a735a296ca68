"""One imported file: its counts and every row that was wrong."""

from __future__ import annotations

from collections.abc import Callable

import flet as ft

from field_app import theme
from field_app.imports.widgets.report import batch_facts, counts_row, findings_card, repeated_note
from field_app.insight.widgets.figures import age_note
from field_app.insight.workflow import Fetched
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.parts import busy, card, heading
from field_app.shell.reading import fresh, use_reading
from field_app.shell.ui import Ui
from shared_models.imports.wire import ImportReport


@screen
def BatchScreen(ui: Ui) -> ft.View:  # noqa: N802
    """The batch of the route."""
    batch_id = ft.use_route_params().get("batch_id", "")

    async def read(first: Callable[[Fetched[ImportReport]], None]) -> Fetched[ImportReport]:
        return await fresh(first, lambda kept: ui.work.imports.report(batch_id, kept_first=kept))

    got = use_reading(ui, read, batch_id)
    bar = title_bar(ui, ui.t("desk.import.batch"), back=ui.going("/imports"))
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        return framed(ui, "imports", bar, stand_in or busy(ui))
    report = got.value.value
    return framed(
        ui,
        "imports",
        bar,
        column(
            *age_note(ui, got.value),
            card(
                heading(ui, report.batch.file_name),
                *repeated_note(ui, report.batch),
                counts_row(ui, report.batch.counts),
                batch_facts(ui, report.batch),
            ),
            findings_card(ui, report.findings, report.findings_total),
            width=theme.READING + 120,
        ),
    )
