"""Dealers side by side: ranking, map, trend, heat map, sources, importance; each table one tap away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import flet as ft

from field_app import theme
from field_app.desk.filters import address, use_filters
from field_app.desk.priorities import Point, points_of
from field_app.desk.widgets.dealer_map import dealer_map, map_table
from field_app.desk.widgets.figure_table import figure_table
from field_app.desk.widgets.files import file_buttons
from field_app.desk.widgets.heat_map import fullest_stage, heat_columns, heat_map, heat_table, short_of
from field_app.desk.widgets.network_choices import PAGE, PATH, Want, Wanted, choices
from field_app.desk.widgets.priority_chart import priority_chart, priority_rows, priority_table
from field_app.desk.widgets.ranking import ranking, ranking_table
from field_app.desk.widgets.source_bars import source_bars, source_table, spread
from field_app.insight.answers import counted_answers
from field_app.insight.widgets.answers_link import answers_link
from field_app.insight.widgets.figures import age_note
from field_app.insight.widgets.trend_chart import trend_chart, trend_table
from field_app.insight.workflow import Fetched
from field_app.shell.choosing import Option, choose_button
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.parts import busy, button, card, empty, text
from field_app.shell.reading import fresh, use_reading
from field_app.shell.sync_chip import SyncChip
from field_app.shell.ui import Ui
from shared_models.checklists.stages import Stage
from shared_models.insight import InsightMonths
from shared_models.problems import Code
from shared_models.reports import RegionSummary, SourceScore


@screen
def NetworkScreen(ui: Ui) -> ft.View:  # noqa: N802
    """What is chosen stays while the figures are read again, and until the next time."""
    wanted, want = use_filters(ui, PATH, Wanted())
    weighed = wanted.view == "priority"

    async def read(first: Callable[[Fetched[RegionSummary]], None]) -> Fetched[RegionSummary]:
        return await fresh(
            first,
            lambda kept: ui.work.desk.region(
                wanted.region or None,
                wanted.month or None,
                compare=wanted.compare or None,
                importance=weighed,
                kept_first=kept,
            ),
        )

    async def read_months(first: Callable[[Fetched[InsightMonths]], None]) -> Fetched[InsightMonths]:
        return await fresh(first, lambda kept: ui.work.insight.months(kept_first=kept))

    got = use_reading(ui, read, wanted.region, wanted.month, wanted.compare, weighed)
    known = use_reading(ui, read_months)
    months = tuple(one.month for one in known.value.value.months) if known.value else ()
    shown = (got.value.value.month, got.value.value.previous_month) if got.value else ("", "")
    back = ui.going("/overview")
    under = ui.t("desk.network.under", month=shown[0], compare=shown[1] or "–") if got.value else "…"
    bar = title_bar(
        ui, ui.t("desk.network.title"), under=under, back=back, actions=[SyncChip(ui, brief=ui.look.phone)]
    )
    rows: list[ft.Control] = [choices(ui, wanted, want, months, shown)]
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        if got.problem is not None and got.problem.code is Code.OUT_OF_SCOPE and wanted.region:
            # somebody else's link: its region is not to be chosen here, so there must be a way out of it
            own = ui.on(want, replace(wanted, region=""))
            rows.append(ft.Row([button(ui, ui.t("desk.network.own_scope"), "network-own", own, look="main")]))
        return framed(ui, "overview", bar, column(*rows, stand_in or busy(ui)))
    summary = got.value.value
    rows += age_note(ui, got.value)
    rows += _DRAWN[wanted.view if wanted.view in _DRAWN else "ranking"](ui, summary, wanted, want)
    query = {"region_id": wanted.region} if wanted.region else {}
    if wanted.compare:
        query["compare"] = wanted.compare
    rows.append(
        file_buttons(ui, "/reports/region/file", f"region-{summary.month}", month=summary.month, **query)
    )
    return framed(ui, "overview", bar, column(*rows, width=theme.READING + 320))


def _target(summary: RegionSummary) -> float:
    return min((item.target for item in summary.items), default=0.0)


def _more(ui: Ui, count: int, wanted: Wanted, want: Want) -> list[ft.Control]:
    if count <= wanted.shown:
        return []
    label = ui.t("desk.more", count=count - wanted.shown)
    act = ui.on(want, replace(wanted, shown=wanted.shown + PAGE))
    return [ft.Row([button(ui, label, "network-more", act, expand=True)])]


def _ranking(ui: Ui, summary: RegionSummary, wanted: Wanted, want: Want) -> list[ft.Control]:
    shown = summary.dealers[: wanted.shown]
    note = text(ui, ui.t("desk.network.ranking_note"), "small", theme.MUTED)
    if wanted.table:
        heads, rows = ranking_table(ui, summary.dealers, summary.previous_month)
        return [note, card(figure_table(ui, "ranking-table", heads, rows))]
    return [note, card(*ranking(ui, shown, _target(summary))), *_more(ui, len(summary.dealers), wanted, want)]


def _map(ui: Ui, summary: RegionSummary, wanted: Wanted, _want: Want) -> list[ft.Control]:
    note = text(ui, ui.t("desk.map.note"), "small", theme.MUTED)
    target = _target(summary)
    if wanted.table:
        return [note, card(figure_table(ui, "map-table", *map_table(ui, summary.dealers, target)))]
    return [note, card(*dealer_map(ui, summary.dealers, target))]


def _trend(ui: Ui, summary: RegionSummary, wanted: Wanted, _want: Want) -> list[ft.Control]:
    note = text(ui, ui.t("desk.network.trend_note"), "small", theme.MUTED)
    if wanted.table:
        return [note, card(trend_table(ui, summary.trend))]
    chart = trend_chart(ui, summary.trend, _target(summary), "network-trend-chart")
    months = [one.month for one in summary.trend]
    if not months:
        return [note, card(chart)]
    return [note, card(chart, ft.Row([_answers(ui, "network-answers", months, None, wanted)]))]


def _stage_picker(
    ui: Ui, stages: Sequence[Stage], chosen: str, wanted: Wanted, want: Want, first: Sequence[Option] = ()
) -> ft.Control:
    options = [*first, *(Option(stage.value, ui.t(f"checklists.stage.{stage.value}")) for stage in stages)]

    def pick(key: str) -> None:
        want(replace(wanted, stage=key))

    return ft.Row([choose_button(ui, ui.t("desk.network.stage"), "network-stage", options, chosen, pick)])


def _heat(ui: Ui, summary: RegionSummary, wanted: Wanted, want: Want) -> list[ft.Control]:
    stages: Sequence[Stage] = tuple(dict.fromkeys(item.stage for item in summary.items))
    chosen = wanted.stage or fullest_stage(summary)
    columns = heat_columns(summary, chosen)
    shown = summary.dealers[: wanted.shown]
    picker = _stage_picker(ui, stages, chosen, wanted, want)
    if wanted.table:
        body = figure_table(ui, "heat-table", *heat_table(ui, summary, columns, summary.dealers))
        return [picker, card(body)]
    picture = card(heat_map(ui, summary, columns, shown))
    return [picker, picture, *_more(ui, len(summary.dealers), wanted, want)]


def _sources(ui: Ui, summary: RegionSummary, wanted: Wanted, want: Want) -> list[ft.Control]:
    found = sorted((one for one in summary.sources if one.by_source), key=spread, reverse=True)
    note = text(ui, ui.t("desk.network.sources_note"), "small", theme.MUTED)
    if wanted.table:
        return [note, card(figure_table(ui, "sources-table", *source_table(ui, found)))]
    bars = [
        source_bars(ui, place, one, _answers(ui, f"source-answers-{place}", [summary.month], one, wanted))
        for place, one in enumerate(found[: wanted.shown])
    ]
    return [note, card(*bars), *_more(ui, len(found), wanted, want)]


def _answers(
    ui: Ui, identifier: str, months: Sequence[str], one: SourceScore | None, wanted: Wanted
) -> ft.Control:
    """The way to the answers of these months: of one item, or of all."""
    named = {"region_id": wanted.region} if wanted.region else {}
    if one is not None:
        named["item_id"] = one.item.id
    called = short_of(ui, one.item) if one is not None else ui.t("desk.network.column.overall")
    back = address(PATH, wanted, Wanted())
    return answers_link(ui, identifier, counted_answers(months, **named), called, back)


def _priority(ui: Ui, summary: RegionSummary, wanted: Wanted, want: Want) -> list[ft.Control]:
    stages: Sequence[Stage] = tuple(dict.fromkeys(item.stage for item in summary.items))
    whole = Option("", ui.t("desk.priority.stages"))
    picker = _stage_picker(ui, stages, wanted.stage, wanted, want, [whole])
    field = points_of(summary, wanted.stage)
    if not field.points:
        title, hint = ui.t("desk.priority.none"), ui.t("desk.priority.none_hint")
        return [picker, empty(ui, title, hint, ft.Icons.SCATTER_PLOT_OUTLINED)]
    basis = text(ui, ui.t(f"desk.priority.basis.{summary.importance_basis}"), "small", theme.MUTED)

    def open_it(point: Point) -> None:
        if wanted.stage:  # an item: the dealers at which it stands how
            want(replace(wanted, view="heat"))
        else:
            want(replace(wanted, stage=point.key))

    if wanted.table:
        return [picker, basis, card(figure_table(ui, "priority-table", *priority_table(ui, field)))]
    return [picker, basis, card(priority_chart(ui, field), *priority_rows(ui, field, open_it))]


_DRAWN: dict[str, Callable[[Ui, RegionSummary, Wanted, Want], list[ft.Control]]] = {
    "ranking": _ranking,
    "map": _map,
    "trend": _trend,
    "heat": _heat,
    "sources": _sources,
    "priority": _priority,
}
