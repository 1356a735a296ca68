"""The dealer scorecard as PDF: where the dealer stands, what is weak and why, plans, visits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from reportlab.platypus import Flowable, Spacer

from shared_models.checklists.stages import Source
from shared_models.insight.wire import RateCell
from shared_models.insight.words import reason_text
from shared_models.messages import words
from shared_models.reports import Scorecard
from sync_server.reports.grid import Grid, Row
from sync_server.reports.heading import Rule, chapter
from sync_server.reports.lexicon import Lexicon, cell, day, head, percent, stack
from sync_server.reports.look import (
    ACCENT,
    BAD,
    BODY,
    CELL,
    CELL_SMALL,
    FIGURE,
    LABEL,
    MUTED,
    OVERLINE,
    SECOND,
    TITLE,
    WIDTH,
)
from sync_server.reports.page import build
from sync_server.reports.plan_cells import RIGHT, grid, right
from sync_server.reports.plan_report import Finding, Language, Phrase, SourceRates
from sync_server.reports.score_cells import cell_of, rate_of, running
from sync_server.reports.text import Mark, Text
from sync_server.reports.trend_chart import TrendChart

_MONTHS_SHOWN = 3


def scorecard_pdf(card: Scorecard, language: Language, *, made_at: datetime) -> bytes:
    """The report in Chinese, English, or Chinese with English beneath. Pure: same figures, same pages."""
    t = Lexicon(language)
    name = f"{card.dealer.code}  {t.one_line(Phrase(card.dealer.name, card.dealer.name_en))}"
    return build(_story(card, t), running(t, t.line("reports.score.document"), name, card.month, made_at))


def _story(card: Scorecard, t: Lexicon) -> list[Flowable]:
    return [
        *_cover(card, t),
        *_trend(card, t),
        *_weak(card, t),
        *_items(card, t),
        *_sources(card, t),
        *_plans(card, t),
        *_visits(card, t),
        *_reading(card, t),
    ]


def _cover(card: Scorecard, t: Lexicon) -> list[Flowable]:
    mark = Mark("cover", t.line("reports.score.document"), 0)
    region = t.one_line(Phrase(card.region, card.region_en))
    return [
        Spacer(0, 8),
        *stack(t.say("reports.score.document"), OVERLINE, SECOND, mark),
        Spacer(0, 6),
        Text(t.pick(Phrase(card.dealer.name, card.dealer.name_en))[0], TITLE),
        Text(f"{card.dealer.code} · {region} · {card.month}", BODY.but(colour=MUTED)),
        Spacer(0, 8),
        Rule(64, 2.4, ACCENT),
        Spacer(0, 12),
        _tiles(card, t),
    ]


def _tiles(card: Scorecard, t: Lexicon) -> Grid:
    now = card.overall[-1]
    running_plans = [plan for plan in card.plans if plan.status == "published"]
    figures = (
        ("overall", "—" if now.rate is None or now.small else f"{now.rate:.1f}%"),
        ("weak_count", str(sum(one.weak is not None for one in card.items))),
        ("plans_running", str(len(running_plans))),
        ("overdue", str(sum(plan.overdue for plan in running_plans))),
        ("newest_day", card.newest_day or "—"),
    )
    row = [
        [
            Text(value, FIGURE.but(size=19 if len(value) < 8 else 13.5)),
            *stack(t.say(f"reports.score.{key}"), LABEL, LABEL.but(size=7)),
        ]
        for key, value in figures
    ]
    unit = WIDTH / 5.4
    return Grid([unit, unit, unit, unit, unit * 1.4], [row], lines=False, tinted=True, pad_x=10)


def _trend(card: Scorecard, t: Lexicon) -> list[Flowable]:
    finding = Finding(card.months, SourceRates("", tuple(rate_of(one) for one in card.overall)))
    if not TrendChart.worth_drawing(finding):
        return []
    return [*chapter(t.say("reports.score.trend"), "trend", room=200), TrendChart(finding, "")]


def _heads(t: Lexicon, names: list[tuple[str, str]], from_right: int = 1) -> list[list[Text]]:
    return [
        head(t.say(key) if key else (text,), "right" if place >= from_right else "left")
        for place, (key, text) in enumerate(names)
    ]


def _weak(card: Scorecard, t: Lexicon) -> list[Flowable]:
    title = chapter(t.say("reports.score.sheet.weak"), "weak", room=120)
    weak = [one for one in card.items if one.weak is not None]
    if not weak:
        return [*title, *stack(t.say("reports.score.no_weak"), BODY.but(colour=MUTED), SECOND)]
    heads = [head(t.say(f"reports.score.{n}")) for n in ("item", "rate", "target", "reasons")]
    rows: list[Row] = []
    for one in sorted(weak, key=lambda one: -(one.weak.priority if one.weak else 0)):
        assert one.weak is not None
        reasons = [
            text
            for reason in one.weak.reasons
            for text in stack(tuple(reason_text(reason, words(tag)) for tag in t.tags), CELL, CELL_SMALL)
        ]
        rows.append(
            [
                cell(t.pick(Phrase(one.item.name, one.item.name_en)), CELL.but(bold=True)),
                cell_of(one.weak.merged, t),
                right(percent(one.weak.target)),
                reasons,
            ]
        )
    return [*title, grid(heads, rows, (0.28, 0.17, 0.1, 0.45))]


def _items(card: Scorecard, t: Lexicon) -> list[Flowable]:
    shown = card.months[-_MONTHS_SHOWN:]
    heads = _heads(
        t, [("reports.score.item", ""), *(("", month) for month in shown), ("reports.score.target", "")]
    )
    rows: list[Row] = []
    told = [one for one in card.items if _enough(one.months[-_MONTHS_SHOWN:])]
    for one in told:
        label = stack(t.say(f"checklists.stage.{one.item.stage.value}"), CELL_SMALL, CELL_SMALL)
        rows.append(
            [
                [*cell(t.pick(Phrase(one.item.name, one.item.name_en))), *label[:1]],
                *(cell_of(month, t) for month in one.months[-_MONTHS_SHOWN:]),
                right(percent(one.item.target)),
            ]
        )
    share = 0.56 / len(shown)
    table = [grid(heads, rows, (0.34, *([share] * len(shown)), 0.10))] if rows else []
    rest = _rest(len(card.items) - len(told), t)
    return [*chapter(t.say("reports.score.sheet.items"), "items"), *table, *rest]


def _enough(cells: Iterable[RateCell | None]) -> bool:
    """Whether any of them has answers enough for a rate to be printed."""
    rates = (rate_of(one) for one in cells)
    return any(rate is not None and rate.n > 0 and not rate.too_few for rate in rates)


def _rest(count: int, t: Lexicon) -> list[Flowable]:
    """How many items have too few answers for a line of their own; the workbook has them all."""
    if not count:
        return []
    return [Spacer(0, 6), *stack(t.say("reports.score.few_items", count=count), CELL.but(colour=MUTED))]


def _sources(card: Scorecard, t: Lexicon) -> list[Flowable]:
    heads = _heads(
        t,
        [("reports.score.item", ""), *((f"checklists.source.{s.value}", "") for s in Source)],
    )
    rows: list[Row] = []
    for one in card.items:
        by = {c.source: c for c in one.by_source}
        if _enough(one.by_source):
            name = cell(t.pick(Phrase(one.item.short, one.item.short_en)))
            rows.append([name, *(cell_of(by.get(source), t) for source in Source)])
    if not rows:
        return []
    table = grid(heads, rows, (0.22, 0.18, *([0.15] * (len(Source) - 1))))
    rest = _rest(sum(bool(one.by_source) for one in card.items) - len(rows), t)
    return [*chapter(t.say("reports.score.sheet.sources"), "sources"), table, *rest]


def _plans(card: Scorecard, t: Lexicon) -> list[Flowable]:
    if not card.plans:
        return []
    names = ("number", "plan", "status", "actions", "overdue", "verdicts")
    heads = [head(t.say(f"reports.score.{name}")) for name in names]
    rows: list[Row] = [
        [
            [Text(one.number or "–", CELL)],
            [Text(one.title, CELL)],
            cell(t.say(f"plans.status.{one.status}")),
            right(f"{one.verified} / {one.actions}"),
            right(str(one.overdue), RIGHT.but(colour=BAD if one.overdue else MUTED)),
            [text for v in one.verdicts for text in cell(t.say(f"insight.verdict.{v}"))] or [Text("–", CELL)],
        ]
        for one in card.plans
    ]
    table = grid(heads, rows, (0.18, 0.28, 0.13, 0.1, 0.12, 0.19))
    return [*chapter(t.say("reports.score.sheet.plans"), "plans"), table]


def _visits(card: Scorecard, t: Lexicon) -> list[Flowable]:
    if not card.visits:
        return []
    heads = [head(t.say(f"reports.score.{name}")) for name in ("day", "source", "checklist", "score")]
    rows: list[Row] = [
        [
            [Text(one.day, CELL)],
            cell(t.say(f"checklists.source.{one.source.value}")),
            cell(t.pick(Phrase(one.title, one.title_en))),
            right(percent(float(one.score)) if one.score is not None else "—"),
        ]
        for one in card.visits
    ]
    table = grid(heads, rows, (0.16, 0.22, 0.48, 0.14))
    return [*chapter(t.say("reports.score.sheet.visits"), "visits"), table]


def _reading(card: Scorecard, t: Lexicon) -> list[Flowable]:
    return [
        *chapter(t.say("reports.plan.reading"), "reading"),
        *stack(t.say("reports.plan.reading_text"), BODY.but(after=6.0)),
        *stack(t.say("reports.plan.data_cut", cut=f"#{card.data_cut}"), CELL),
        *stack(
            t.say("reports.score.newest_is", day=day(None) if card.newest_day is None else card.newest_day),
            CELL,
        ),
    ]
