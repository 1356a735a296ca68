"""The regional summary as PDF: ranking with intervals, the five sources per item, what is open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from reportlab.platypus import Flowable, Spacer

from shared_models.checklists.stages import Source
from shared_models.insight.wire_engine import NetworkTable
from shared_models.reports import DealerScore, RegionSummary
from sync_server.reports.funnel_chart import funnel_story
from sync_server.reports.grid import Row
from sync_server.reports.heading import Rule, chapter
from sync_server.reports.interval_chart import Bar, IntervalChart
from sync_server.reports.lexicon import Lexicon, cell, head, percent, points, stack
from sync_server.reports.look import ACCENT, BAD, BODY, CELL, MUTED, OVERLINE, SECOND, TITLE
from sync_server.reports.page import build
from sync_server.reports.plan_cells import RIGHT, grid, right
from sync_server.reports.plan_report import Language, Phrase
from sync_server.reports.score_cells import cell_of, running
from sync_server.reports.text import Mark, Text


def region_pdf(
    summary: RegionSummary, language: Language, *, made_at: datetime, funnels: Sequence[NetworkTable] = ()
) -> bytes:
    """The report in Chinese, English, or Chinese with English beneath. Pure: same figures, same pages."""
    t = Lexicon(language)
    name = _name(summary, t)
    document = t.line("reports.region.document")
    return build(_story(summary, funnels, t), running(t, document, name, summary.month, made_at))


def _name(summary: RegionSummary, t: Lexicon) -> str:
    return t.one_line(Phrase(summary.region, summary.region_en)) or t.line("reports.region.whole")


def _story(summary: RegionSummary, funnels: Sequence[NetworkTable], t: Lexicon) -> list[Flowable]:
    mark = Mark("cover", t.line("reports.region.document"), 0)
    count = t.say("reports.region.count", dealers=len(summary.dealers), items=len(summary.items))
    return [
        Spacer(0, 8),
        *stack(t.say("reports.region.document"), OVERLINE, SECOND, mark),
        Spacer(0, 6),
        Text(_name(summary, t), TITLE),
        Text(f"{summary.month} · {'  '.join(count)}", BODY.but(colour=MUTED)),
        Spacer(0, 8),
        Rule(64, 2.4, ACCENT),
        *_ranking(summary, t),
        *_dealers(summary, t),
        *_sources(summary, t),
        *_funnels(funnels, t),
        *chapter(t.say("reports.plan.reading"), "reading"),
        *stack(t.say("reports.region.reading"), BODY.but(after=6.0)),
        *stack(t.say("reports.plan.data_cut", cut=f"#{summary.data_cut}"), CELL),
    ]


def _places(one: DealerScore) -> str:
    if one.best_place is None or one.worst_place is None:
        return "—"
    return str(one.best_place) if one.best_place == one.worst_place else f"{one.best_place}–{one.worst_place}"


def _ranking(summary: RegionSummary, t: Lexicon) -> list[Flowable]:
    bars = [
        Bar(
            f"{one.dealer.code} {t.pick(Phrase(one.dealer.name, one.dealer.name_en))[0]}",
            *(
                (None, None, None)
                if one.overall.small
                else (one.overall.rate, one.overall.low, one.overall.high)
            ),
            note=_places(one),
        )
        for one in summary.dealers
    ]
    note = stack(t.say("reports.region.ranking_note"), BODY.but(size=8.6, leading=12.5, after=6.0), SECOND)
    title = chapter(t.say("reports.region.sheet.ranking"), "ranking", room=260)
    return [*title, *note, *IntervalChart.charts(bars)]


def _dealers(summary: RegionSummary, t: Lexicon) -> list[Flowable]:
    names = ("dealer", "overall", "change", "places", "weak_count", "plans_running", "overdue", "newest_day")
    heads = [head(t.say(f"reports.score.{n}"), "left" if n == "dealer" else "right") for n in names]
    rows: list[Row] = []
    for one in summary.dealers:
        change = None
        if one.overall.rate is not None and one.before.rate is not None and not one.before.small:
            change = one.overall.rate - one.before.rate
        rows.append(
            [
                [
                    *cell(t.pick(Phrase(one.dealer.name, one.dealer.name_en)), CELL.but(bold=True)),
                    Text(one.dealer.code, CELL.but(colour=MUTED)),
                ],
                cell_of(one.overall, t),
                right(points(change)),
                right(_places(one)),
                right(str(one.weak)),
                right(str(one.plans_running)),
                right(str(one.actions_overdue), RIGHT.but(colour=BAD if one.actions_overdue else MUTED)),
                right(one.newest_day or "—"),
            ]
        )
    table = grid(heads, rows, (0.25, 0.15, 0.1, 0.1, 0.09, 0.1, 0.09, 0.12))
    return [*chapter(t.say("reports.region.dealers"), "dealers"), table]


def _sources(summary: RegionSummary, t: Lexicon) -> list[Flowable]:
    heads = [
        head(t.say("reports.score.item")),
        head(t.say("reports.score.merged"), "right"),
        *(head(t.say(f"checklists.source.{source.value}"), "right") for source in Source),
        head(t.say("reports.region.weak_dealers"), "right"),
    ]
    rows: list[Row] = []
    for one in summary.sources:
        by = {c.source: c for c in one.by_source}
        rows.append(
            [
                cell(t.pick(Phrase(one.item.short, one.item.short_en))),
                cell_of(one.merged, t),
                *(right(percent(by[source].rate) if source in by else "—") for source in Source),
                right(str(one.weak)),
            ]
        )
    table = grid(heads, rows, (0.24, 0.16, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1))
    return [*chapter(t.say("reports.score.sheet.sources"), "sources"), table]


def _funnels(funnels: Sequence[NetworkTable], t: Lexicon) -> list[Flowable]:
    if not funnels:
        return []
    months = funnels[0].months
    note = t.say("reports.region.funnel_note", first=months[0], last=months[-1])
    return [
        *chapter(t.say("reports.region.funnels"), "funnels", room=300),
        *stack(note, BODY.but(size=8.6, leading=12.5), SECOND),
        *(part for one in funnels for part in funnel_story(one, t)),
    ]
