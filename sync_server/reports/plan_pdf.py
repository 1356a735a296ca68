"""The improvement plan 满意度提升方案 as PDF: cover, overview, a chapter per weak item, signatures."""

from __future__ import annotations

from reportlab.platypus import Flowable, KeepTogether, Spacer

from shared_models.plans import TO_DO
from sync_server.reports import plan_sections as sections
from sync_server.reports.grid import Grid
from sync_server.reports.heading import Rule, chapter
from sync_server.reports.lexicon import Lexicon, cell, day, head, minute, stack
from sync_server.reports.look import (
    ACCENT,
    BODY,
    CELL,
    CELL_SMALL,
    FIGURE,
    LABEL,
    OVERLINE,
    SECOND,
    TITLE,
    WIDTH,
)
from sync_server.reports.page import Running, build
from sync_server.reports.plan_report import Language, Phrase, PlanReport
from sync_server.reports.text import Mark, Text


def plan_pdf(report: PlanReport, language: Language, *, link: str = "") -> bytes:
    """The plan as PDF in Chinese, English, or Chinese with English beneath. Pure: same report, same pages.

    ``link``: where the app shows it, if the server knows its own address.
    """
    words = Lexicon(language)
    name = words.one_line(report.dealer)
    document = words.line("reports.plan.document")
    number = report.number or words.line("reports.plan.no_number")
    running = Running(
        head_left=f"{number}  {words.say('reports.plan.document')[0]}",
        head_right=f"{report.dealer_code}  {words.pick(report.dealer)[0]}",
        foot_left=words.line("reports.page.generated", at=minute(report.generated_at)),
        page_words=lambda page, pages: words.line("reports.page.of", page=page, pages=pages),
        title=f"{document} {number} {report.title}".strip(),
        author=report.author,
        subject=f"{report.dealer_code} {name}",
        language=words.tag,
    )
    return build(_story(report, words, link), running)


def _story(report: PlanReport, words: Lexicon, link: str) -> list[Flowable]:
    story: list[Flowable] = [*_cover(report, words, link), *_overview(report, words)]
    for number, item in enumerate(report.items, 1):
        story += sections.item_chapter(number, item, report, words)
    if report.general_measures or report.general_progress:
        story += sections.general_chapter(report, words)
    story += _reading(report, words)
    story += _signatures(report, words)
    return story


def _cover(report: PlanReport, words: Lexicon, link: str) -> list[Flowable]:
    title = report.title or words.say("reports.plan.document")[0]
    mark = Mark("cover", words.line("reports.plan.document"), 0)
    story: list[Flowable] = [
        Spacer(0, 12),
        *stack(words.say("reports.plan.document"), OVERLINE, SECOND, mark),
        Spacer(0, 6),
        Text(title, TITLE),
        Spacer(0, 10),
        Rule(64, 2.4, ACCENT),
        Spacer(0, 16),
        _facts(report, words),
        *([Spacer(0, 6), Text(f"{words.line('reports.plan.online')}  {link}", LABEL)] if link else []),
        Spacer(0, 16),
        _tiles(report, words),
    ]
    if report.summary.strip():
        story += [
            *chapter(words.say("reports.plan.summary"), "summary", room=90),
            Text(report.summary.strip(), BODY.but(after=4.0)),
        ]
    return story


def _facts(report: PlanReport, words: Lexicon) -> Grid:
    months = sorted({month for item in report.items for month in item.finding.months})
    period = f"{months[0]} – {months[-1]}" if months else report.trigger_month or "—"
    place = words.pick(report.city)
    dealer = tuple(
        f"{name} ({report.dealer_code})" if index == 0 else name
        for index, name in enumerate(words.pick(report.dealer))
    )
    region = tuple(
        " · ".join(filter(None, pair)) for pair in zip(words.pick(report.region), place, strict=False)
    )
    facts: list[tuple[str, tuple[str, ...]]] = [
        ("dealer", dealer),
        ("region", region or words.pick(report.region)),
        ("number", (report.number,) if report.number else words.say("reports.plan.no_number")),
        ("status", words.say(f"plans.status.{report.status}")),
        ("period", (period,)),
        ("trigger", (report.trigger_month or "—",)),
        ("author", (report.author or "—",)),
        ("created", (day(report.created_at),)),
        ("published", (day(report.published_at),)),
        ("closed", (day(report.closed_at),)),
    ]
    cells = [
        (
            stack(words.say(f"reports.plan.fact.{key}"), LABEL, LABEL.but(size=7)),
            cell(value, CELL.but(size=9.4)),
        )
        for key, value in facts
    ]
    label, value = 62.0, WIDTH / 2 - 62.0
    rows = [
        [*cells[index], *(cells[index + 1] if index + 1 < len(cells) else ([], []))]
        for index in range(0, len(cells), 2)
    ]
    return Grid([label, value + 18, label, value - 18], rows, pad_x=4)


def _tiles(report: PlanReport, words: Lexicon) -> Grid:
    measures = report.measures
    done = sum(1 for measure in measures if measure.status in {"done", "verified"})
    today = report.generated_at.date()
    open_dates = [m.due_on for m in measures if m.due_on and m.status in TO_DO]
    late = sum(1 for measure in measures if measure.overdue(today))
    figures = (
        ("items", str(len(report.items))),
        ("measures", str(len(measures))),
        ("done", f"{done} / {len(measures)}"),
        ("late", str(late)),
        ("next_due", day(min(open_dates)) if open_dates else "—"),
    )
    row = [
        [
            Text(value, FIGURE.but(size=19 if len(value) < 8 else 13.5)),
            *stack(words.say(f"reports.plan.tile.{key}"), LABEL, LABEL.but(size=7)),
        ]
        for key, value in figures
    ]
    unit = WIDTH / 5.6
    return Grid([unit, unit, unit, unit, unit * 1.6], [row], lines=False, tinted=True, pad_x=10)


def _overview(report: PlanReport, words: Lexicon) -> list[Flowable]:
    if not report.items:
        return []
    names = ("item", "rate", "target", "change", "measures", "verdict")
    right = {"rate", "target", "change", "measures"}
    heads = [head(words.say(f"reports.plan.column.{n}"), "right" if n in right else "left") for n in names]
    rows = [sections.overview_row(number, item, words) for number, item in enumerate(report.items, 1)]
    share = (0.27, 0.15, 0.10, 0.16, 0.12, 0.20)
    grid = Grid([WIDTH * part for part in share], rows, head=heads, after=4)
    return [*chapter(words.say("reports.plan.overview"), "overview"), grid]


def _reading(report: PlanReport, words: Lexicon) -> list[Flowable]:
    story = chapter(words.say("reports.plan.reading"), "reading")
    story += [*stack(words.say("reports.plan.reading_text"), BODY.but(after=6.0))]
    if report.data_cut:
        story += stack(words.say("reports.plan.data_cut", cut=report.data_cut), CELL)
    if report.sources:
        story += stack(words.say("reports.plan.sources_are", sources=_source_names(report, words)), CELL)
    return [*story, *stack(words.say("reports.plan.times_in", zone=report.zone), CELL)]


def _source_names(report: PlanReport, words: Lexicon) -> Phrase:
    """The sources' names, in each language of the report."""
    names = [words.say(f"checklists.source.{code}") for code in report.sources]
    first, last = ([lines[at] for lines in names] for at in (0, -1))
    return Phrase(zh="、".join(first), en=", ".join(last))


def _signatures(report: PlanReport, words: Lexicon) -> list[Flowable]:
    owners = tuple(dict.fromkeys(m.owner for m in report.measures if m.owner))
    supervisors = tuple(dict.fromkeys(m.supervisor for m in report.measures if m.supervisor))
    people: list[tuple[str, str]] = [("principal", "")]
    people += [("owner", name) for name in owners] + [("supervisor", name) for name in supervisors]
    people += [(report.author_role, name) for name in report.managers or (report.author,)]
    people += [("hq", report.approved_by)] if report.approved_by else []
    heads = [head(words.say(f"reports.plan.signature.{n}")) for n in ("role", "name", "signature", "date")]
    rows = [
        [cell(words.say(f"reports.plan.signature.{role}")), [Text(f"{name}\n", CELL)], [], []]
        for role, name in people
    ]
    grid = Grid([WIDTH * part for part in (0.26, 0.2, 0.34, 0.2)], rows, head=heads)
    title = chapter(words.say("reports.plan.signatures"), "signatures", room=130)
    note = stack(
        words.say("reports.plan.signature.note"), CELL_SMALL.but(after=6.0), CELL_SMALL.but(size=7.2)
    )
    if len(rows) > 10:
        return [*title, *note, grid]
    return [title[0], KeepTogether([*title[1:], *note, grid])]
