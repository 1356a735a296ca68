"""The regional summary as workbook."""

from __future__ import annotations

from openpyxl.utils import get_column_letter

from shared_models.checklists.stages import Source
from shared_models.insight.wire import RateCell
from shared_models.reports import RegionSummary, ReportDealer
from sync_server.reports.lexicon import Lexicon
from sync_server.reports.plan_report import Language, Phrase
from sync_server.reports.sheets import Book, Column, Value, bar_chart, heat


def region_xlsx(summary: RegionSummary, language: Language) -> bytes:
    """Sheets: ranking with a chart, dealer by item as heat map, the five sources per item."""
    t = Lexicon(language)
    name = t.one_line(Phrase(summary.region, summary.region_en)) or t.line("reports.region.whole")
    book = Book(f"{t.line('reports.region.document')} {name} {summary.month}", name)
    _ranking(book, summary, t)
    _heat(book, summary, t)
    _sources(book, summary, t)
    return book.bytes()


def _dealer(dealer: ReportDealer, t: Lexicon) -> str:
    return f"{dealer.code} {t.one_line(Phrase(dealer.name, dealer.name_en))}"


def _ranking(book: Book, summary: RegionSummary, t: Lexicon) -> None:
    columns = [
        Column(t.line("reports.score.dealer"), width=34),
        Column(t.line("reports.score.overall"), "percent", 12),
        Column(t.line("reports.score.low"), "percent", 12),
        Column(t.line("reports.score.high"), "percent", 12),
        Column(t.line("reports.score.n"), "number", 10),
        Column(t.line("reports.region.before", month=summary.previous_month), "percent", 14),
        Column(t.line("reports.region.best"), "number", 10),
        Column(t.line("reports.region.worst"), "number", 10),
        Column(t.line("reports.score.weak_count"), "number", 10),
        Column(t.line("reports.region.plans"), "number", 10),
        Column(t.line("reports.score.overdue"), "number", 10),
        Column(t.line("reports.score.newest_day"), "day", 14),
    ]
    rows: list[list[Value]] = [
        [
            _dealer(one.dealer, t),
            one.overall.rate,
            one.overall.low,
            one.overall.high,
            one.overall.applicable,
            one.before.rate,
            one.best_place,
            one.worst_place,
            one.weak,
            one.plans_running,
            one.actions_overdue,
            one.newest_day,
        ]
        for one in summary.dealers
    ]
    sheet = book.table(t.line("reports.region.sheet.ranking"), columns, rows)
    if rows:
        title = t.line("reports.region.chart")
        bar_chart(sheet, title, names=1, values=2, count=min(len(rows), 40), at=f"A{len(rows) + 4}")


def _heat(book: Book, summary: RegionSummary, t: Lexicon) -> None:
    names = [t.one_line(Phrase(item.short, item.short_en)) for item in summary.items]
    columns = [
        Column(t.line("reports.score.dealer"), width=34),
        *(Column(name, "percent", 11) for name in names),
    ]
    rows: list[list[Value]] = [
        [_dealer(one.dealer, t), *(_shown(cell) for cell in one.cells)] for one in summary.dealers
    ]
    sheet = book.table(t.line("reports.region.sheet.heat"), columns, rows)
    if rows and names:
        heat(sheet, f"B2:{get_column_letter(len(names) + 1)}{len(rows) + 1}")


def _shown(cell: RateCell | None) -> float | None:
    """A few answers draw no conclusion, so they get no colour either."""
    return None if cell is None or cell.small else cell.rate


def _sources(book: Book, summary: RegionSummary, t: Lexicon) -> None:
    columns = [
        Column(t.line("reports.score.item"), width=30),
        Column(t.line("reports.score.merged"), "percent", 12),
        Column(t.line("reports.score.n"), "number", 10),
        Column(t.line("reports.region.before", month=summary.previous_month), "percent", 14),
        *(Column(t.line(f"checklists.source.{source.value}"), "percent", 16) for source in Source),
        Column(t.line("reports.score.target"), "percent", 10),
        Column(t.line("reports.region.weak_dealers"), "number", 12),
    ]
    rows: list[list[Value]] = []
    for one in summary.sources:
        by = {cell.source: cell.rate for cell in one.by_source}
        rows.append(
            [
                t.one_line(Phrase(one.item.short, one.item.short_en)),
                one.merged.rate if one.merged else None,
                one.merged.applicable if one.merged else None,
                one.before.rate if one.before else None,
                *(by.get(source) for source in Source),
                one.item.target,
                one.weak,
            ]
        )
    book.table(t.line("reports.region.sheet.sources"), columns, rows)
