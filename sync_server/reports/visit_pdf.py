"""The visit report as PDF: scores and answers as they count. Nothing in it tells who the visitor was."""

from __future__ import annotations

from datetime import datetime

from reportlab.platypus import Flowable, Spacer

from shared_models.appeals.wire import Result, ResultAnswer
from shared_models.checklists.logic import AnswerValue
from shared_models.reports import ReportDealer
from shared_models.visits.scoring import question_fraction
from sync_server.reports.grid import Row
from sync_server.reports.heading import Rule, chapter
from sync_server.reports.lexicon import Lexicon, cell, head, percent, stack
from sync_server.reports.look import (
    ACCENT,
    BAD,
    BODY,
    CELL,
    CELL_SMALL,
    GOOD,
    INK,
    MUTED,
    OVERLINE,
    SECOND,
    TITLE,
)
from sync_server.reports.page import build
from sync_server.reports.plan_cells import grid, right
from sync_server.reports.plan_report import Language, Phrase
from sync_server.reports.score_cells import running
from sync_server.reports.text import Mark, Text
from sync_server.reports.visit_lines import answer_lines, recorded_lines


def visit_pdf(result: Result, dealer: ReportDealer, language: Language, *, made_at: datetime) -> bytes:
    """The report in Chinese, English, or Chinese with English beneath. Pure: same visit, same pages."""
    t = Lexicon(language)
    name = f"{dealer.code}  {t.one_line(Phrase(dealer.name, dealer.name_en))}"
    day = result.day.isoformat() if result.day else "—"
    return build(_story(result, dealer, t), running(t, t.line("reports.visit.document"), name, day, made_at))


def _story(result: Result, dealer: ReportDealer, t: Lexicon) -> list[Flowable]:
    mark = Mark("cover", t.line("reports.visit.document"), 0)
    title = t.pick(Phrase(result.title.zh, result.title.en))
    source = t.one_line(Phrase(*_both(f"checklists.source.{result.source.value}", t)))
    day = result.day.isoformat() if result.day else "—"
    story: list[Flowable] = [
        Spacer(0, 8),
        *stack(t.say("reports.visit.document"), OVERLINE, SECOND, mark),
        Spacer(0, 6),
        Text(t.pick(Phrase(dealer.name, dealer.name_en))[0], TITLE),
        *stack(title, BODY.but(bold=True), SECOND),
        Text(f"{dealer.code} · {day} · {source}", BODY.but(colour=MUTED)),
        Spacer(0, 8),
        Rule(64, 2.4, ACCENT),
        *_sections(result, t),
    ]
    for place, section in enumerate(result.sections, 1):
        story += chapter(t.pick(Phrase(section.title.zh, section.title.en)), f"s{place}", room=110)
        heads = [head(t.say(f"reports.visit.{name}")) for name in ("question", "answer", "remark")]
        rows = [_row(one, one.question.code in result.critical_failures, t) for one in section.answers]
        story.append(grid(heads, rows, (0.52, 0.2, 0.28)))
    return [*story, Spacer(0, 10), *stack(t.say("reports.visit.note"), CELL_SMALL, CELL_SMALL)]


def _both(key: str, t: Lexicon) -> tuple[str, str]:
    said = t.say(key)
    return said[0], said[-1]


def _sections(result: Result, t: Lexicon) -> list[Flowable]:
    heads = [head(t.say("reports.visit.section")), head(t.say("reports.score.score"), "right")]
    rows: list[Row] = [
        [
            cell(t.pick(Phrase(section.title.zh, section.title.en))),
            right(percent(float(section.percent)) if section.percent is not None else "—"),
        ]
        for section in result.sections
    ]
    total = percent(float(result.score)) if result.score is not None else "—"
    rows.append(
        [
            cell(t.say("reports.visit.total"), CELL.but(bold=True)),
            right(total, CELL.but(bold=True, align="right")),
        ]
    )
    story: list[Flowable] = [*chapter(t.say("reports.visit.scores"), "scores"), grid(heads, rows, (0.8, 0.2))]
    if result.critical_failures:
        text = t.say("reports.visit.critical", count=len(result.critical_failures))
        story += stack(text, BODY.but(colour=BAD, bold=True), SECOND)
    return story


def _row(answer: ResultAnswer, critical: bool, t: Lexicon) -> Row:
    question = answer.question
    fraction = None
    if answer.state:
        fraction = question_fraction(question, AnswerValue(answer.state, answer.value))  # type: ignore[arg-type]
    tone = INK if fraction is None else GOOD if fraction == 1 else BAD if fraction == 0 else MUTED
    remark: list[Text] = []
    if critical:
        remark += stack(t.say("reports.visit.is_critical"), CELL_SMALL.but(colour=BAD, bold=True), CELL_SMALL)
    if before := recorded_lines(answer, t):
        remark += stack(t.say("reports.visit.was", answer=" / ".join(before)), CELL_SMALL, CELL_SMALL)
    if answer.comment:
        remark.append(Text(answer.comment, CELL_SMALL))
    if answer.photos:
        remark += stack(t.say("reports.visit.photos", count=len(answer.photos)), CELL_SMALL, CELL_SMALL)
    return [
        cell(t.pick(Phrase(question.text.zh, question.text.en))),
        cell(answer_lines(answer, t), CELL.but(colour=tone, bold=fraction == 0)),
        remark,
    ]
