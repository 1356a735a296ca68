"""The parts of a plan's chapter: finding, causes, measures, progress, evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from reportlab.platypus import Flowable, Spacer

from shared_models.checklists.stages import CAUSE_CATEGORIES
from sync_server.reports.grid import Cell, Row
from sync_server.reports.heading import chapter, section
from sync_server.reports.lexicon import Lexicon, cell, day, head, minute, percent, points, stack
from sync_server.reports.look import BAD, BODY, CELL, CELL_SMALL, GOOD, INK, LABEL, MUTED, SECOND
from sync_server.reports.plan_cells import (
    RIGHT,
    TONE,
    grid,
    rate_cell,
    right,
    toned,
    trend_words,
    verdict_words,
)
from sync_server.reports.plan_finding import finding_height, finding_section
from sync_server.reports.plan_report import (
    Evaluation,
    Finding,
    ItemReport,
    Measure,
    PlanReport,
    ProgressLine,
    RequestLine,
)
from sync_server.reports.text import Text


def _change(finding: Finding, words: Lexicon) -> Cell:
    """Newest month against the one before; nothing where either is a small sample."""
    pair = [rate for rate in finding.merged.rates[-2:] if rate is not None]
    if len(pair) < 2:
        return right("—", RIGHT.but(colour=MUTED))
    before, after = pair
    if before.small or after.small or before.rate is None or after.rate is None:
        small = CELL_SMALL.but(align="right")
        return stack(words.say("reports.plan.small_sample"), small, small)
    change = after.rate - before.rate
    return right(points(change), RIGHT.but(colour=BAD if change < 0 else GOOD if change > 0 else INK))


def overview_row(number: int, item: ItemReport, words: Lexicon) -> Row:
    """One line of the overview on the first page."""
    name = tuple(f"{number}  {line}" if i == 0 else line for i, line in enumerate(words.pick(item.name)))
    return [
        cell(name, CELL.but(bold=True)),
        rate_cell(item.finding.latest, words),
        right(percent(item.finding.target)),
        _change(item.finding, words),
        right(str(len(item.measures))),
        toned(verdict_words(item.verdict, words), item.verdict),
    ]


def item_chapter(number: int, item: ItemReport, report: PlanReport, words: Lexicon) -> list[Flowable]:
    """Everything about one weak item."""
    key = f"item{number}"
    title = tuple(f"{number}  {line}" for line in words.pick(item.name))
    story = chapter(title, key, room=90 + finding_height(item.finding, words))
    labels = [words.say(f"checklists.stage.{item.stage}")] if item.stage else []
    labels += [words.say(f"checklists.rater.{item.rater}")] if item.rater else []
    story += stack(tuple(" · ".join(parts) for parts in zip(*labels, strict=True)), LABEL, LABEL.but(size=7))
    story += finding_section(key, item.finding, words)
    story += _causes(key, item, words)
    today = report.generated_at.date()
    story += measures_table(key, item.measures, today, words)
    story += requests_table(key, item.requests, words)
    story += progress_table(key, item.progress, words)
    story += _evaluation(key, item, words)
    return story


def general_chapter(report: PlanReport, words: Lexicon) -> list[Flowable]:
    """Measures that serve the whole plan."""
    story = chapter(words.say("reports.plan.general"), "general")
    story += measures_table("general", report.general_measures, report.generated_at.date(), words)
    story += requests_table("general", report.general_requests, words)
    story += progress_table("general", report.general_progress, words)
    return story


def _causes(key: str, item: ItemReport, words: Lexicon) -> list[Flowable]:
    story = section(words.say("reports.plan.causes"), f"{key}.causes", room=60)
    if not item.causes:
        return [*story, *stack(words.say("reports.plan.no_causes"), BODY.but(colour=MUTED), SECOND)]
    heads = [head(words.say(f"reports.plan.column.{name}")) for name in ("category", "cause", "evidence")]
    rows: list[Row] = []
    order = {str(category): place for place, category in enumerate(CAUSE_CATEGORIES)}
    for cause in sorted(item.causes, key=lambda one: order.get(one.category, len(order))):
        category = words.say(f"checklists.stage.{cause.category}")
        proof = [Text(f"• {label}", CELL_SMALL) for label in cause.evidence] or [Text("—", CELL_SMALL)]
        rows.append([cell(category, CELL.but(bold=True)), cell(words.pick(cause.text)), proof])
    return [*story, grid(heads, rows, (0.2, 0.45, 0.35))]


def measures_table(key: str, measures: Sequence[Measure], today: date, words: Lexicon) -> list[Flowable]:
    """Measures with method, people, dates and state."""
    title = section(words.say("reports.plan.measures"), f"{key}.measures", room=90)
    if not measures:
        return [*title, *stack(words.say("reports.plan.no_measures"), BODY.but(colour=MUTED), SECOND)]
    names = ("number", "measure", "method", "owner", "supervisor", "dates", "state")
    heads = [head(words.say(f"reports.plan.column.{name}")) for name in names]
    rows = [_measure_row(measure, today, words) for measure in measures]
    table = grid(heads, rows, (0.07, 0.31, 0.11, 0.115, 0.115, 0.15, 0.13))
    return [*title, table]


def _measure_row(measure: Measure, today: date, words: Lexicon) -> Row:
    late = measure.overdue(today)
    state = cell(
        words.say(f"plans.action.{measure.status}"),
        CELL.but(colour=TONE.get(measure.status, INK), bold=True),
    )
    if late:
        state += stack(words.say("reports.plan.late"), CELL_SMALL.but(colour=BAD, bold=True), CELL_SMALL)
    if measure.percent:
        state.append(Text(f"{measure.percent}%", CELL_SMALL))
    dates = [Text(day(measure.starts_on), CELL_SMALL)] if measure.starts_on else []
    return [
        [Text(measure.number, CELL.but(colour=MUTED))],
        [Text(measure.measure, CELL)],
        cell(words.say(f"plans.method.{measure.method}")),
        [Text(measure.owner or "—", CELL)],
        [Text(measure.supervisor or "—", CELL)],
        [*dates, Text(day(measure.due_on), CELL.but(bold=True, colour=BAD if late else INK))],
        state,
    ]


def requests_table(key: str, requests: Sequence[RequestLine], words: Lexicon) -> list[Flowable]:
    """Objections and requests for more time: every deadline that there was, and who moved it."""
    if not requests:
        return []
    names = ("at", "number", "request", "dates", "decision", "by")
    heads = [head(words.say(f"reports.plan.column.{name}")) for name in names]
    rows: list[Row] = []
    for one in requests:
        dates = [Text(f"{day(one.due_before)} → {day(one.due_wanted)}", CELL_SMALL)] if one.due_wanted else []
        if one.due_granted:
            dates.append(Text(day(one.due_granted), CELL.but(bold=True)))
        decision = cell(words.say(f"reports.plan.request.{one.status}"), CELL.but(bold=True))
        if one.decision:
            decision.append(Text(one.decision, CELL_SMALL))
        by = [Text(name, CELL_SMALL) for name in (one.author, one.decided_by) if name]
        rows.append(
            [
                [Text(minute(one.at), CELL_SMALL.but(leading=12.6))],
                [Text(one.number, CELL.but(colour=MUTED))],
                [*cell(words.say(f"reports.plan.request.{one.kind}")), Text(one.reason, CELL_SMALL)],
                dates or [Text("—", CELL_SMALL)],
                decision,
                by or [Text("—", CELL_SMALL)],
            ]
        )
    table = grid(heads, rows, (0.15, 0.06, 0.27, 0.2, 0.19, 0.13))
    return [*section(words.say("reports.plan.requests"), f"{key}.requests", room=70), table]


def progress_table(key: str, progress: Sequence[ProgressLine], words: Lexicon) -> list[Flowable]:
    """The progress log, oldest entry first."""
    if not progress:
        return []
    names = ("at", "number", "percent", "entry", "by")
    to_right = {"percent"}
    heads = [head(words.say(f"reports.plan.column.{n}"), "right" if n in to_right else "left") for n in names]
    rows: list[Row] = [
        [
            [Text(minute(one.at), CELL_SMALL.but(leading=12.6))],
            [Text(one.number, CELL.but(colour=MUTED))],
            right(f"{one.percent}%"),
            [Text(one.text or "—", CELL)],
            [Text(one.author or "—", CELL)],
        ]
        for one in sorted(progress, key=lambda one: one.at)
    ]
    table = grid(heads, rows, (0.17, 0.07, 0.1, 0.5, 0.16))
    return [*section(words.say("reports.plan.progress"), f"{key}.progress", room=70), table]


def _evaluation(key: str, item: ItemReport, words: Lexicon) -> list[Flowable]:
    if not item.evaluations:
        return []
    names = ("source", "before", "after", "difference", "outcome", "verdict")
    to_right = {"before", "after", "difference"}
    heads = [head(words.say(f"reports.plan.column.{n}"), "right" if n in to_right else "left") for n in names]
    rows = [_evaluation_row(one, words) for one in item.evaluations]
    table = grid(heads, rows, (0.18, 0.16, 0.16, 0.18, 0.16, 0.16))
    story = section(words.say("reports.plan.evaluation"), f"{key}.evaluation", room=90)
    if item.verdict:
        lines = words.say("reports.plan.verdict_is", verdict="{}")
        named = tuple(
            " · ".join(dict.fromkeys(pair))
            for pair in zip(verdict_words(item.verdict, words), trend_words(item.trend, words), strict=True)
        )
        tone = BODY.but(bold=True, colour=TONE.get(item.verdict, MUTED), after=4.0)
        story += stack(tuple(a.replace("{}", b) for a, b in zip(lines, named, strict=True)), tone, SECOND)
    return [*story, table, Spacer(0, 4), *_evaluation_notes(item, words)]


def _evaluation_notes(item: ItemReport, words: Lexicon) -> list[Text]:
    """Which months were compared and whether the target is reached."""
    notes: list[Text] = []
    if item.after_months:
        spans = {
            name: ", ".join(months) or "—"
            for name, months in (
                ("before", item.before_months),
                ("after", item.after_months),
                ("excluded", item.excluded_months),
            )
        }
        notes += stack(words.say("reports.plan.after_months", **spans), CELL_SMALL, CELL_SMALL)
        key = "reports.plan.target_reached" if item.target_reached else "reports.plan.target_missed"
        notes += stack(words.say(key, target=percent(item.finding.target)), CELL_SMALL, CELL_SMALL)
    for look in item.looks:
        notes += stack(words.pick(look), CELL_SMALL, CELL_SMALL)
    return notes


def _evaluation_row(one: Evaluation, words: Lexicon) -> Row:
    key = f"checklists.source.{one.source}" if one.source else "reports.plan.merged"
    small = CELL_SMALL.but(align="right")
    change: list[Text] = right(points(one.change), RIGHT.but(bold=True))
    if one.low is not None and one.high is not None:
        change.append(Text(f"{points(one.low)} … {points(one.high)}", small))
    return [
        cell(words.say(key), CELL.but(bold=not one.source)),
        rate_cell(one.before, words),
        rate_cell(one.after, words),
        change,
        toned(trend_words(one.trend, words), one.trend),
        toned(verdict_words(one.verdict, words), one.verdict),
    ]
