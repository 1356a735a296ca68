"""The finding of a weak item: rates per source and month, the trend chart, the reasons in words."""

from __future__ import annotations

from reportlab.platypus import Flowable

from sync_server.reports.grid import Grid, Row
from sync_server.reports.heading import section
from sync_server.reports.lexicon import Lexicon, cell, head, percent, stack
from sync_server.reports.look import BODY, CELL, CELL_SMALL, HEIGHT, SECOND, WIDTH
from sync_server.reports.plan_cells import grid, rate_cell
from sync_server.reports.plan_report import Finding, SourceRates
from sync_server.reports.trend_chart import TrendChart

MONTHS_SHOWN = 6
"""Most months that fit beside each other."""


def finding_section(key: str, finding: Finding, words: Lexicon) -> list[Flowable]:
    """Figures per source, the trend, and why the item counts as weak."""
    story = section(words.say("reports.plan.finding"), f"{key}.finding", room=120)
    if not finding.months:
        return [*story, *stack(words.say("reports.plan.no_figures"), BODY, SECOND)]
    story.append(_figures(finding, words))
    if TrendChart.worth_drawing(finding):
        merged = _last(finding.merged, len(finding.months))
        shown = Finding(finding.months[-MONTHS_SHOWN:], merged, (), finding.target)
        story.append(
            TrendChart(shown, words.say("reports.plan.target_line", target=percent(finding.target))[0])
        )
        story += stack(
            words.say("reports.plan.chart_note"), CELL_SMALL.but(after=4), CELL_SMALL.but(size=7.2)
        )
    if finding.reasons:
        story += section(words.say("reports.plan.reasons"), f"{key}.reasons", room=30)
        for reason in finding.reasons:
            lines = words.pick(reason)
            story += stack((f"• {lines[0]}", *[f"   {line}" for line in lines[1:]]), BODY, SECOND)
    return story


def finding_height(finding: Finding, words: Lexicon) -> float:
    """Room in points for the figures and their chart, which are best seen on one page."""
    if not finding.months:
        return 60.0
    chart = 150.0 if TrendChart.worth_drawing(finding) else 0.0
    return min(_figures(finding, words).wrap(WIDTH, 0)[1] + chart, 0.8 * HEIGHT)


def _figures(finding: Finding, words: Lexicon) -> Grid:
    months = finding.months[-MONTHS_SHOWN:]
    rows = [_source_row(finding.merged, len(finding.months), words, bold=True)]
    rows += [_source_row(source, len(finding.months), words) for source in finding.sources]
    first = 0.24
    share = [first, *[(1 - first) / len(months)] * len(months)]
    heads = [head(words.say("reports.plan.column.source")), *[head((month,), "right") for month in months]]
    return grid(heads, rows, share, after=8)


def _last(source: SourceRates, months: int) -> SourceRates:
    padded = (*source.rates, *[None] * (months - len(source.rates)))
    return SourceRates(source.source, padded[-MONTHS_SHOWN:])


def _source_row(source: SourceRates, months: int, words: Lexicon, *, bold: bool = False) -> Row:
    key = f"checklists.source.{source.source}" if source.source else "reports.plan.merged"
    name = cell(words.say(key), CELL.but(bold=bold))
    return [name, *[rate_cell(rate, words) for rate in _last(source, months).rates]]
