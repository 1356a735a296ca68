"""The dealer scorecard as workbook."""

from __future__ import annotations

from shared_models.checklists.stages import Source
from shared_models.insight.words import reason_text
from shared_models.messages import words
from shared_models.reports import Scorecard
from sync_server.reports.lexicon import Lexicon
from sync_server.reports.plan_report import Language, Phrase
from sync_server.reports.sheets import Book, Column, Value, line_chart


def scorecard_xlsx(card: Scorecard, language: Language) -> bytes:
    """Sheets: facts, items by month with a chart, sources, weak items, plans, visits."""
    t = Lexicon(language)
    name = t.one_line(Phrase(card.dealer.name, card.dealer.name_en))
    book = Book(f"{t.line('reports.score.document')} {card.dealer.code} {card.month}", name)
    newest = card.overall[-1]
    book.facts(
        t.line("reports.score.sheet.facts"),
        [
            (t.line("reports.score.dealer"), f"{card.dealer.code} {name}", "text"),
            (t.line("reports.score.region"), t.one_line(Phrase(card.region, card.region_en)), "text"),
            (t.line("reports.score.month"), card.month, "text"),
            (t.line("reports.score.overall"), newest.rate, "percent"),
            (t.line("reports.score.low"), newest.low, "percent"),
            (t.line("reports.score.high"), newest.high, "percent"),
            (t.line("reports.score.n"), newest.applicable, "number"),
            (t.line("reports.score.weak_count"), sum(one.weak is not None for one in card.items), "number"),
            (t.line("reports.score.newest_day"), card.newest_day, "day"),
            (t.line("reports.score.data_cut"), card.data_cut, "number"),
        ],
    )
    _items(book, card, t)
    _sources(book, card, t)
    _weak(book, card, t)
    _plans(book, card, t)
    _visits(book, card, t)
    return book.bytes()


def _named(card: Scorecard, t: Lexicon) -> list[str]:
    return [t.one_line(Phrase(one.item.short, one.item.short_en)) for one in card.items]


def _items(book: Book, card: Scorecard, t: Lexicon) -> None:
    columns = [
        Column(t.line("reports.score.item"), width=30),
        *(Column(month, "percent", 10) for month in card.months),
        Column(t.line("reports.score.low"), "percent", 12),
        Column(t.line("reports.score.high"), "percent", 12),
        Column(t.line("reports.score.n"), "number", 10),
        Column(t.line("reports.score.target"), "percent", 10),
        Column(t.line("reports.score.stage"), width=18),
    ]
    rows: list[list[Value]] = []
    for name, one in zip(_named(card, t), card.items, strict=True):
        last = one.months[-1]
        rows.append(
            [
                name,
                *(cell.rate if cell else None for cell in one.months),
                last.low if last else None,
                last.high if last else None,
                last.applicable if last else None,
                one.item.target,
                t.line(f"checklists.stage.{one.item.stage.value}"),
            ]
        )
    total: list[Value] = [
        t.line("reports.score.overall"),
        *(one.rate for one in card.overall),
        card.overall[-1].low,
        card.overall[-1].high,
        card.overall[-1].applicable,
        None,
        None,
    ]
    sheet = book.table(t.line("reports.score.sheet.items"), columns, [total, *rows])
    weak = [place for place, one in enumerate(card.items, 3) if one.weak is not None]
    line_chart(
        sheet,
        t.line("reports.score.trend"),
        first=2,
        last=1 + len(card.months),
        rows=[2, *weak[:6]],
        at=f"A{len(rows) + 5}",
    )


def _sources(book: Book, card: Scorecard, t: Lexicon) -> None:
    columns = [
        Column(t.line("reports.score.item"), width=30),
        *(
            column
            for source in Source
            for column in (
                Column(t.line(f"checklists.source.{source.value}"), "percent", 16),
                Column(t.line("reports.score.n"), "number", 8),
            )
        ),
    ]
    rows: list[list[Value]] = []
    for name, one in zip(_named(card, t), card.items, strict=True):
        by = {cell.source: cell for cell in one.by_source}
        row: list[Value] = [name]
        for source in Source:
            cell = by.get(source)
            row += [cell.rate, cell.applicable] if cell else [None, None]
        rows.append(row)
    book.table(t.line("reports.score.sheet.sources"), columns, rows)


def _weak(book: Book, card: Scorecard, t: Lexicon) -> None:
    columns = [
        Column(t.line("reports.score.item"), width=30),
        Column(t.line("reports.score.rate"), "percent", 12),
        Column(t.line("reports.score.n"), "number", 10),
        Column(t.line("reports.score.target"), "percent", 12),
        Column(t.line("reports.score.priority"), "number", 12),
        Column(t.line("reports.score.reasons"), width=70),
    ]
    rows: list[list[Value]] = []
    for name, one in zip(_named(card, t), card.items, strict=True):
        if one.weak is None:
            continue
        said = [reason_text(reason, words(tag)) for tag in t.tags for reason in one.weak.reasons]
        rows.append(
            [
                name,
                one.weak.merged.rate,
                one.weak.merged.applicable,
                one.weak.target,
                one.weak.priority,
                "; ".join(said),
            ]
        )
    book.table(t.line("reports.score.sheet.weak"), columns, rows)


def _plans(book: Book, card: Scorecard, t: Lexicon) -> None:
    columns = [
        Column(t.line("reports.score.number"), width=18),
        Column(t.line("reports.score.plan"), width=44),
        Column(t.line("reports.score.status"), width=14),
        Column(t.line("reports.score.published"), "day", 14),
        Column(t.line("reports.score.actions"), "number", 10),
        Column(t.line("reports.score.verified"), "number", 10),
        Column(t.line("reports.score.overdue"), "number", 10),
        Column(t.line("reports.score.verdicts"), width=30),
    ]
    rows: list[list[Value]] = [
        [
            one.number or "–",
            one.title,
            t.line(f"plans.status.{one.status}"),
            one.published_on,
            one.actions,
            one.verified,
            one.overdue,
            "; ".join(t.line(f"insight.verdict.{verdict}") for verdict in one.verdicts),
        ]
        for one in card.plans
    ]
    book.table(t.line("reports.score.sheet.plans"), columns, rows)


def _visits(book: Book, card: Scorecard, t: Lexicon) -> None:
    columns = [
        Column(t.line("reports.score.day"), "day", 14),
        Column(t.line("reports.score.source"), width=20),
        Column(t.line("reports.score.checklist"), width=40),
        Column(t.line("reports.score.score"), "percent", 12),
    ]
    rows: list[list[Value]] = [
        [
            one.day,
            t.line(f"checklists.source.{one.source.value}"),
            t.one_line(Phrase(one.title, one.title_en)),
            one.score,
        ]
        for one in card.visits
    ]
    book.table(t.line("reports.score.sheet.visits"), columns, rows)
