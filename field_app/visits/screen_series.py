"""Recurring visits: what runs, what could not be planned, and a new one."""

from __future__ import annotations

from collections.abc import Callable

import flet as ft

from field_app import theme
from field_app.insight.widgets.figures import age_note
from field_app.insight.workflow import Fetched
from field_app.shell.asking import ask
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.hooks import use_value
from field_app.shell.parts import busy, button, card, empty, named, tag, text
from field_app.shell.reading import fresh, use_reading
from field_app.shell.ui import Ui
from field_app.visits.widgets.series_form import SERIES_WORDS, SeriesForm
from field_app.visits.workflow_series import Series, SeriesLine
from shared_models.problems import Code

FAILED = 12
"""So many visits that could not be planned are named."""


@screen
def SeriesScreen(ui: Ui) -> ft.View:  # noqa: N802
    """The series of the caller; headquarters see all."""
    adding, add = use_value(bool(ui.work.typed.of(SERIES_WORDS).text))
    series = Series(ui.work.store, ui.work.api)

    async def read(first: Callable[[Fetched[list[SeriesLine]]], None]) -> Fetched[list[SeriesLine]]:
        return await fresh(first, lambda kept: series.listed(kept_first=kept))

    got = use_reading(ui, read)

    async def done() -> None:
        add(False)
        await got.again()

    rows: list[ft.Control] = []
    if adding:
        rows.append(SeriesForm(ui, series, done))
    else:
        label = ui.t("visits.series.new")
        new = button(ui, label, "series-new", ui.on(add, True), look="main", icon=ft.Icons.ADD)
        rows.append(ft.Row([new]))
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        rows.append(stand_in or busy(ui))
    else:
        rows += age_note(ui, got.value)
        if not got.value.value:
            words = ui.t("visits.series.none"), ui.t("visits.series.none_hint")
            rows.append(empty(ui, *words, ft.Icons.EVENT_REPEAT))
        rows += [_row(ui, series, one, got.again) for one in got.value.value]
    bar = title_bar(ui, ui.t("visits.series.title"), back=ui.going("/planning"))
    return framed(ui, "planning", bar, column(*rows, width=theme.READING + 120))


def _row(ui: Ui, series: Series, one: SeriesLine, again: Callable[[], object]) -> ft.Control:
    store = ui.work.store
    template = next(iter(store.by("template", code=one.template)), None)
    name = one.template if template is None else template["title" if ui.t.is_chinese else "title_en"]
    marks: list[ft.Control] = [
        tag(ui, ui.t(f"visits.series.every.{one.every}"), "accent"),
        tag(ui, ui.t("visits.series.window", day=one.from_day, days=one.days)),
        tag(ui, ui.t("visits.series.dealers", count=len(one.dealers))),
        tag(ui, ui.t("visits.series.people", count=len(one.people))),
        tag(
            ui,
            ui.t("visits.series.planned", count=sum(line.assignment_id is not None for line in one.planned)),
            "good",
        ),
    ]
    if one.ended:
        marks.append(tag(ui, ui.t("visits.series.ended")))
    elif one.next_window is not None:
        marks.append(tag(ui, ui.t("visits.series.next", day=one.next_window.isoformat())))
    parts: list[ft.Control] = [
        text(ui, name, "heading"),
        ft.Row(marks, spacing=6, run_spacing=6, wrap=True),
    ]
    failed = [line for line in one.planned if line.problem]
    for line in failed[:FAILED]:
        dealer = store.row("dealer", line.dealer_id)
        why = _why(ui, line.problem)
        code = dealer["code"] if dealer else ""
        words = ui.t("visits.series.failed", period=line.period, dealer=code, why=why)
        parts.append(text(ui, words, "small", theme.BAD))

    async def end() -> None:
        await series.end(one.id)
        await again()  # type: ignore[misc]

    def sure() -> None:
        ask(
            ui,
            "series-end",
            ui.t("visits.series.end_title"),
            ui.t("visits.series.end_body"),
            ui.t("visits.series.end"),
            end,
        )

    if not one.ended:
        label = ui.t("visits.series.end")
        parts.append(
            ft.Row(
                [
                    button(
                        ui, label, f"series-end-{one.id}", ui.on(sure), look="quiet", spoken=f"{label} {name}"
                    )
                ]
            )
        )
    return named(card(*parts, padding=theme.GAP), f"series-{one.id}", container=True)


def _why(ui: Ui, problem: str) -> str:
    try:
        code = Code(problem)
    except ValueError:
        return problem
    return ui.t(f"problems.{code.value}.title")
