"""The visit report as workbook."""

from __future__ import annotations

from shared_models.appeals.wire import Result
from shared_models.reports import ReportDealer
from sync_server.reports.lexicon import Lexicon
from sync_server.reports.plan_report import Language, Phrase
from sync_server.reports.sheets import Book, Column, Value
from sync_server.reports.visit_lines import answer_lines, recorded_lines


def visit_xlsx(result: Result, dealer: ReportDealer, language: Language) -> bytes:
    """Sheets: facts with the sections' scores, answers."""
    t = Lexicon(language)
    name = t.one_line(Phrase(dealer.name, dealer.name_en))
    book = Book(f"{t.line('reports.visit.document')} {dealer.code} {result.day or ''}".strip(), name)
    book.facts(
        t.line("reports.visit.scores"),
        [
            (t.line("reports.score.dealer"), f"{dealer.code} {name}", "text"),
            (t.line("reports.score.checklist"), t.one_line(Phrase(result.title.zh, result.title.en)), "text"),
            (t.line("reports.score.day"), result.day, "day"),
            (t.line("reports.score.source"), t.line(f"checklists.source.{result.source.value}"), "text"),
            (t.line("reports.visit.total"), result.score, "percent"),
            *(
                (t.one_line(Phrase(section.title.zh, section.title.en)), section.percent, "percent")
                for section in result.sections
            ),
        ],
    )
    columns = [
        Column(t.line("reports.visit.section"), width=24),
        Column(t.line("reports.visit.code"), width=10),
        Column(t.line("reports.visit.question"), width=60),
        Column(t.line("reports.visit.answer"), width=20),
        Column(t.line("reports.visit.before"), width=20),
        Column(t.line("reports.visit.is_critical"), "number", 10),
        Column(t.line("reports.visit.remark"), width=40),
    ]
    rows: list[list[Value]] = [
        [
            t.one_line(Phrase(section.title.zh, section.title.en)),
            one.question.code,
            t.one_line(Phrase(one.question.text.zh, one.question.text.en)),
            " / ".join(answer_lines(one, t)),
            " / ".join(recorded_lines(one, t)),
            1 if one.question.code in result.critical_failures else None,
            one.comment,
        ]
        for section in result.sections
        for one in section.answers
    ]
    book.table(t.line("reports.visit.answers"), columns, rows)
    return book.bytes()
