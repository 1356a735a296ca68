"""Dealers side by side: ranking with intervals, heat map, five sources; each with its table one tap away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import flet as ft

from field_app import theme
from field_app.desk.widgets.figure_table import figure_table
from field_app.desk.widgets.files import file_buttons
from field_app.desk.widgets.heat_map import heat_map, heat_table
from field_app.desk.widgets.ranking import ranking, ranking_table
from field_app.desk.widgets.source_bars import source_bars, source_table, spread
from field_app.insight.widgets.figures import age_note
from field_app.insight.workflow import Fetched
from field_app.shell.choosing import Option, choose_button
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.hooks import use_value
from field_app.shell.parts import busy, button, card, choice, text
from field_app.shell.reading import fresh, use_reading
from field_app.shell.sync_chip import SyncChip
from field_app.shell.ui import Ui
from shared_models.checklists.stages import Stage
from shared_models.reports import RegionSummary

VIEWS = ("ranking", "heat", "sources")
PAGE = 20
"""So many dealers or items at a time."""


@dataclass(frozen=True)
class _Wanted:
    view: str = VIEWS[0]
    table: bool = False
    region: str = ""
    stage: str = ""
    """Of the heat map; "" for the first stage that has figures."""
    shown: int = PAGE


@screen
def NetworkScreen(ui: Ui) -> ft.View:  # noqa: N802
    """What is chosen stays while the figures are read again."""
    wanted, want = use_value(_Wanted())

    async def read(first: Callable[[Fetched[RegionSummary]], None]) -> Fetched[RegionSummary]:
        region = wanted.region or None
        return await fresh(first, lambda kept: ui.work.desk.region(region, kept_first=kept))

    got = use_reading(ui, read, wanted.region)
    back = ui.going("/overview")
    under = got.value.value.month if got.value else "…"
    bar = title_bar(
        ui, ui.t("desk.network.title"), under=under, back=back, actions=[SyncChip(ui, brief=ui.look.phone)]
    )
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        return framed(ui, "overview", bar, column(_choices(ui, wanted, want), stand_in or busy(ui)))
    summary = got.value.value
    rows: list[ft.Control] = [_choices(ui, wanted, want), *age_note(ui, got.value)]
    rows += {"ranking": _ranking, "heat": _heat, "sources": _sources}[wanted.view](ui, summary, wanted, want)
    query = {"region_id": wanted.region} if wanted.region else {}
    rows.append(
        file_buttons(ui, "/reports/region/file", f"region-{summary.month}", month=summary.month, **query)
    )
    return framed(ui, "overview", bar, column(*rows, width=theme.READING + 320))


Want = Callable[[_Wanted], None]


def _choices(ui: Ui, wanted: _Wanted, want: Want) -> ft.Control:
    regions = sorted(ui.work.store.by("region"), key=lambda row: row["code"])
    row: list[ft.Control] = [
        choice(
            ui,
            ui.t(f"desk.network.view.{view}"),
            f"network-{view}",
            ui.on(want, replace(wanted, view=view, shown=PAGE)),
            chosen=view == wanted.view,
            expand=False,
        )
        for view in VIEWS
    ]
    row.append(
        choice(
            ui,
            ui.t("desk.network.table"),
            "network-table",
            ui.on(want, replace(wanted, table=not wanted.table)),
            chosen=wanted.table,
            multiple=True,
            expand=False,
        )
    )
    if len(regions) > 1:
        names = [
            (one["id"], one["name"] if ui.t.is_chinese else one["name_en"] or one["name"]) for one in regions
        ]
        options = [Option("", ui.t("desk.network.everywhere")), *(Option(key, name) for key, name in names)]

        def pick(key: str) -> None:
            want(replace(wanted, region=key, shown=PAGE))

        row.append(
            choose_button(ui, ui.t("desk.network.region"), "network-region", options, wanted.region, pick)
        )
    return ft.Row(row, spacing=theme.NEAR, run_spacing=theme.NEAR, wrap=True)


def _more(ui: Ui, count: int, wanted: _Wanted, want: Want) -> list[ft.Control]:
    if count <= wanted.shown:
        return []
    label = ui.t("desk.more", count=count - wanted.shown)
    act = ui.on(want, replace(wanted, shown=wanted.shown + PAGE))
    return [ft.Row([button(ui, label, "network-more", act, expand=True)])]


def _ranking(ui: Ui, summary: RegionSummary, wanted: _Wanted, want: Want) -> list[ft.Control]:
    shown = summary.dealers[: wanted.shown]
    note = text(ui, ui.t("desk.network.ranking_note"), "small", theme.MUTED)
    if wanted.table:
        return [note, card(figure_table(ui, "ranking-table", *ranking_table(ui, summary.dealers)))]
    target = min((item.target for item in summary.items), default=0.0)
    return [note, card(*ranking(ui, shown, target)), *_more(ui, len(summary.dealers), wanted, want)]


def _heat(ui: Ui, summary: RegionSummary, wanted: _Wanted, want: Want) -> list[ft.Control]:
    stages: Sequence[Stage] = tuple(dict.fromkeys(item.stage for item in summary.items))
    chosen = wanted.stage or next((stage.value for stage in stages), "")
    options = [Option(stage.value, ui.t(f"checklists.stage.{stage.value}")) for stage in stages]

    def pick(key: str) -> None:
        want(replace(wanted, stage=key))

    columns = [at for at, item in enumerate(summary.items) if item.stage.value == chosen]
    shown = summary.dealers[: wanted.shown]
    picker = choose_button(ui, ui.t("desk.network.stage"), "network-stage", options, chosen, pick)
    if wanted.table:
        body = figure_table(ui, "heat-table", *heat_table(ui, summary, columns, summary.dealers))
        return [ft.Row([picker]), card(body)]
    picture = card(heat_map(ui, summary, columns, shown))
    return [ft.Row([picker]), picture, *_more(ui, len(summary.dealers), wanted, want)]


def _sources(ui: Ui, summary: RegionSummary, wanted: _Wanted, want: Want) -> list[ft.Control]:
    found = sorted((one for one in summary.sources if one.by_source), key=spread, reverse=True)
    note = text(ui, ui.t("desk.network.sources_note"), "small", theme.MUTED)
    if wanted.table:
        return [note, card(figure_table(ui, "sources-table", *source_table(ui, found)))]
    bars = [source_bars(ui, place, one) for place, one in enumerate(found[: wanted.shown])]
    return [note, card(*bars), *_more(ui, len(found), wanted, want)]
