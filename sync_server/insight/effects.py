"""Did a plan help? Before and after per item and source: the deck's label beside the verdict. Pure.

Before: the last three months before the plan's month, the month whose figure raised the flag left out. Then
the plan's month and the next are for carrying it out. After: the next three months. The month that raised the
flag stays out because an extreme figure falls back by itself (regression to the mean) and would be read as
success. There is no verdict before the last of the three months is final: looking earlier and again would
find an improvement by chance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from shared_models.checklists.stages import Source
from shared_models.insight.wire import EffectCell, Evaluation, Trend, Verdict
from sync_server.insight.calendar import is_final, month_of, shifted
from sync_server.insight.rates import Pooled, percent, rounded_percent
from sync_server.insight.repository import PlanFrame
from sync_server.insight.statistics import effect_verdict, trend_label
from sync_server.insight.tables import WHOLE

BEFORE_MONTHS = 3
WASH_IN_MONTHS = 1
AFTER_MONTHS = 3


@dataclass(frozen=True)
class Window:
    """The months of an evaluation."""

    before: tuple[str, ...]
    excluded: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def months(self) -> tuple[str, ...]:
        """All months whose figures are needed."""
        return (*self.before, *self.after)


def window_of(plan: PlanFrame) -> Window | None:
    """The months to compare; None for a plan that has not begun.

    The plan's month is that of its earliest action's start, else of its publication.
    """
    begun: date | None = plan.starts_on or plan.published_on
    if begun is None:
        return None
    month = month_of(begun)
    trigger = plan.trigger_month
    earlier = [shifted(month, -back) for back in range(BEFORE_MONTHS + 1, 0, -1)]
    before = [one for one in earlier if one != trigger][-BEFORE_MONTHS:]
    carrying_out = [shifted(month, ahead) for ahead in range(WASH_IN_MONTHS + 1)]
    after = [shifted(month, WASH_IN_MONTHS + ahead) for ahead in range(1, AFTER_MONTHS + 1)]
    excluded = {*([trigger] if trigger else []), *carrying_out}
    return Window(
        tuple(before),
        tuple(sorted(excluded)),
        tuple(after),
    )


def evaluate(
    window: Window, cells: Mapping[str, Pooled], *, target: float, data_cut: int, evaluated_on: date
) -> Evaluation:
    """The effect on one item; ``cells`` are its pooled counts by month, ``target`` in percent."""
    sources = [
        source
        for source in Source
        if any(count.source == source for pooled in cells.values() for count in pooled.by_source)
    ]
    complete = is_final(window.after[-1], evaluated_on)
    merged = _effect(window, cells, None, complete=complete)
    return Evaluation(
        verdict=merged.verdict,
        trend=merged.trend,
        merged=merged,
        by_source=tuple(_effect(window, cells, source, complete=complete) for source in sources),
        before_months=window.before,
        after_months=window.after,
        excluded_months=window.excluded,
        target=target,
        target_reached=merged.after_rate is not None and merged.after_rate >= target,
        data_cut=data_cut,
        evaluated_on=evaluated_on.isoformat(),
    )


def _effect(
    window: Window, cells: Mapping[str, Pooled], source: Source | None, *, complete: bool
) -> EffectCell:
    before = _sum(cells, window.before, source)
    after = _sum(cells, window.after, source)
    by_month = [_sum(cells, (month,), source) for month in window.after]
    rates = [k / n if n else float("nan") for k, n in by_month]
    effect = effect_verdict(*(count / WHOLE for count in (*before, *after)))
    known = bool(before[1] and after[1])
    return EffectCell(
        source=source,
        before_executed=before[0] / WHOLE,
        before_applicable=before[1] / WHOLE,
        after_executed=after[0] / WHOLE,
        after_applicable=after[1] / WHOLE,
        before_rate=percent(*before),
        after_rate=percent(*after),
        difference=rounded_percent(effect.difference) if known else None,
        low=rounded_percent(effect.low) if known else None,
        high=rounded_percent(effect.high) if known else None,
        verdict=Verdict(effect.verdict.value) if complete else Verdict.NOT_ENOUGH_DATA,
        trend=Trend(trend_label(rates).value),
        months=window.after,
        rates=tuple(percent(*counts) for counts in by_month),
    )


def _sum(cells: Mapping[str, Pooled], months: tuple[str, ...], source: Source | None) -> tuple[int, int]:
    """Executed and applicable over months, of one source or of all."""
    counts = [
        count
        for month in months
        if month in cells
        for count in cells[month].by_source
        if source is None or count.source == source
    ]
    return sum(count.executed for count in counts), sum(count.applicable for count in counts)
