"""Rates with Wilson intervals out of counts, many at a time. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from shared_models.checklists.stages import Source
from shared_models.insight.wire import GREY_BELOW, RateCell
from sync_server.insight.statistics import wilson_interval
from sync_server.insight.tables import WHOLE


@dataclass(frozen=True, slots=True)
class Counts:
    """What one source says about one item in one month, in millionths of an observation."""

    dealer_id: str | None
    item_id: str
    month: str
    source: str
    executed: int
    applicable: int
    not_applicable: int
    not_observed: int


@dataclass(frozen=True, slots=True)
class Pooled:
    """The counts of an item and month over all its sources."""

    by_source: tuple[Counts, ...]

    @property
    def executed(self) -> int:
        """Millionths executed."""
        return sum(count.executed for count in self.by_source)

    @property
    def applicable(self) -> int:
        """Millionths applicable."""
        return sum(count.applicable for count in self.by_source)

    @property
    def rate(self) -> float:
        """Pooled fraction; NaN where nothing was applicable."""
        return self.executed / self.applicable if self.applicable else float("nan")


CellKey = tuple[str | None, str, str]
"""Dealer, item, month."""


def pool(counts: Iterable[Counts]) -> dict[CellKey, Pooled]:
    """Counts by dealer, item and month, the sources of each in their fixed order."""
    order = {source.value: i for i, source in enumerate(Source)}
    groups: dict[CellKey, list[Counts]] = defaultdict(list)
    for count in counts:
        groups[count.dealer_id, count.item_id, count.month].append(count)
    return {
        key: Pooled(tuple(group if len(group) == 1 else sorted(group, key=lambda count: order[count.source])))
        for key, group in groups.items()
    }


def percent(part: int, whole: int) -> float | None:
    """100·part/whole, exactly, rounded half up to two decimals; None where whole is 0."""
    return None if whole == 0 else (20_000 * part + whole) // (2 * whole) / 100


def rounded_percent(fraction: float) -> float:
    """A fraction as percent, rounded half up to two decimals."""
    return float(np.floor(fraction * 10_000 + 0.5 + 1e-9)) / 100


def merged_and_sources(
    pooled: Sequence[Pooled], codes: dict[str, str]
) -> list[tuple[RateCell, tuple[RateCell, ...]]]:
    """For each pooled count its merged cell and the cells of its sources.

    Merged: executed over applicable, summed over sources, so that every observation counts the same; beside
    it the plain mean of the sources' rates, so that every source counts the same.
    """
    lines = [line for one in pooled for line in ((one.executed, one.applicable), *_lines(one))]
    if not lines:
        return []
    executed, applicable = (np.array(column, dtype=float) / WHOLE for column in zip(*lines, strict=True))
    bounds = wilson_interval(executed, applicable)
    low, high = bounds.low, bounds.high
    cells: list[tuple[RateCell, tuple[RateCell, ...]]] = []
    at = 0
    for one in pooled:
        ends = [(float(low[at + i]), float(high[at + i])) for i in range(len(one.by_source) + 1)]
        at += len(ends)
        code = codes[one.by_source[0].item_id]
        sources = tuple(
            _cell(count, code, Source(count.source), *end)
            for count, end in zip(one.by_source, ends[1:], strict=True)
        )
        cells.append((_merged(one, code, *ends[0]), sources))
    return cells


def _lines(one: Pooled) -> list[tuple[int, int]]:
    return [(count.executed, count.applicable) for count in one.by_source]


def _cell(
    count: Counts,
    code: str,
    source: Source | None,
    low: float,
    high: float,
    sources: int | None = None,
    equal_source_rate: float | None = None,
) -> RateCell:
    some = count.applicable > 0
    return RateCell(
        item_id=count.item_id,
        item_code=code,
        month=count.month,
        dealer_id=count.dealer_id,
        source=source,
        executed=count.executed / WHOLE,
        applicable=count.applicable / WHOLE,
        not_applicable=count.not_applicable / WHOLE,
        not_observed=count.not_observed / WHOLE,
        rate=percent(count.executed, count.applicable),
        low=rounded_percent(low) if some else None,
        high=rounded_percent(high) if some else None,
        small=count.applicable < GREY_BELOW * WHOLE,
        sources=int(some) if sources is None else sources,
        equal_source_rate=equal_source_rate,
    )


def _merged(one: Pooled, code: str, low: float, high: float) -> RateCell:
    first = one.by_source[0]
    if len(one.by_source) == 1:
        only = percent(first.executed, first.applicable)
        return _cell(first, code, None, low, high, int(first.applicable > 0), only)
    whole = Counts(
        first.dealer_id,
        first.item_id,
        first.month,
        "",
        one.executed,
        one.applicable,
        sum(count.not_applicable for count in one.by_source),
        sum(count.not_observed for count in one.by_source),
    )
    rates = [Fraction(c.executed, c.applicable) for c in one.by_source if c.applicable]
    mean = sum(rates, Fraction(0)) / len(rates) if rates else None
    plain = percent(mean.numerator, mean.denominator) if mean is not None else None
    return _cell(whole, code, None, low, high, len(rates), plain)
