"""Cells that a plan's tables share: rates with their interval, verdicts, colours of states."""

from __future__ import annotations

from collections.abc import Sequence

from reportlab.lib.colors import Color

from sync_server.reports.grid import Cell, Grid, Row
from sync_server.reports.lexicon import Lexicon, cell, interval, percent, stack
from sync_server.reports.look import BAD, CELL, CELL_SMALL, GOOD, INK, MUTED, WARN, WIDTH, Style
from sync_server.reports.plan_report import Rate
from sync_server.reports.text import Text

TONE: dict[str, Color] = {
    "improved": GOOD,
    "improving": GOOD,
    "verified": GOOD,
    "done": GOOD,
    "not_improved": WARN,
    "running": WARN,
    "worse": BAD,
}
RIGHT = CELL.but(align="right")


def right(text: str, style: Style = RIGHT) -> list[Text]:
    """A figure set to the right."""
    return [Text(text, style)]


def grid(heads: Sequence[list[Text]], rows: Sequence[Row], share: Sequence[float], after: float = 4) -> Grid:
    """A table over the whole width; ``share`` are parts of it."""
    return Grid([WIDTH * part for part in share], rows, head=heads, after=after)


def verdict_words(verdict: str, words: Lexicon) -> tuple[str, ...]:
    """The statistical verdict; a dash while there is none."""
    return words.say(f"insight.verdict.{verdict}") if verdict else ("—",)


def trend_words(trend: str, words: Lexicon) -> tuple[str, ...]:
    """The trade's reading (要继续保持 / 重点关注和提升); a dash while there is none."""
    return words.say(f"insight.trend.{trend}") if trend else ("—",)


def toned(lines: tuple[str, ...], code: str) -> list[Text]:
    """A cell in the colour of a state or verdict."""
    return cell(lines, CELL.but(colour=TONE.get(code, MUTED)))


def _n(rate: Rate) -> str:
    return f"n={rate.n:.1f}".removesuffix(".0")


def rate_cell(rate: Rate | None, words: Lexicon) -> Cell:
    """A rate with its interval and n; a few answers say so instead of a rate."""
    small = CELL_SMALL.but(align="right")
    if rate is None or rate.n == 0:
        return right("—", RIGHT.but(colour=MUTED))
    if rate.too_few:
        return [*stack(words.say("reports.plan.too_few"), small, small), Text(_n(rate), small)]
    note = stack(words.say("reports.plan.small_sample"), small.but(colour=WARN), small) if rate.small else []
    value = RIGHT.but(bold=not rate.small, colour=MUTED if rate.small else INK)
    return [
        Text(percent(rate.rate), value),
        Text(interval(rate), small),
        Text(_n(rate), small),
        *note,
    ]
