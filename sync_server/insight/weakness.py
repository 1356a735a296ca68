"""When the month's own figure makes an item weak. Pure.

The deck's own rule: its rate is low, or it fell against the month before. Two guards keep chance from being
read as a fall: only sources with enough observations in both months are compared, each with the same weight
in both months; and with fewer than 30 observations in either month, Newcombe's interval of the fall must
exclude zero.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shared_models.checklists.stages import Source
from shared_models.insight.wire import ARROW_FROM, GREY_BELOW, Parameters, ReasonKind, WeakReason
from sync_server.insight.rates import Counts, Pooled, percent, rounded_percent
from sync_server.insight.statistics import newcombe_difference
from sync_server.insight.statistics import weak_reasons as rule
from sync_server.insight.tables import WHOLE

FloatArray = NDArray[np.float64]


def reasons(
    now: Pooled, before: Pooled | None, *, target: float, parameters: Parameters, previous_month: str
) -> tuple[WeakReason, ...]:
    """Why the item is weak this month (``target`` in percent); empty where it is not, or nobody can tell."""
    if now.applicable < parameters.grey_below * WHOLE:
        return ()
    found: list[WeakReason] = []
    if rule(now.rate, target=target / 100):
        rate = percent(now.executed, now.applicable)
        assert rate is not None
        found.append(WeakReason(kind=ReasonKind.LOW_RATE, rate=rate, target=target))
    fall = _fall(now, before, parameters, previous_month) if before else None
    return (*found, fall) if fall else tuple(found)


def _fall(now: Pooled, before: Pooled, parameters: Parameters, previous_month: str) -> WeakReason | None:
    pairs = _stable_sources(now, before)
    if not pairs:
        return None
    weight = sum(new.applicable for new, _ in pairs)
    rate = sum(new.executed for new, _ in pairs) / weight
    # the sources of this month's mix, so that a changed mix is not read as a fall
    previous = sum(old.executed / old.applicable * new.applicable for new, old in pairs) / weight
    if not rule(rate, previous, target=0.0, drop=parameters.decline_points / 100):
        return None
    old_size = sum(old.applicable for _, old in pairs) / WHOLE
    new_size = weight / WHOLE
    if min(old_size, new_size) < ARROW_FROM:
        change = newcombe_difference(previous * old_size, old_size, rate * new_size, new_size)
        if change.low <= 0:
            return None
    return WeakReason(
        kind=ReasonKind.DECLINE,
        rate=rounded_percent(rate),
        previous_month=previous_month,
        previous_rate=rounded_percent(previous),
        drop=rounded_percent(previous - rate),
        sources=tuple(Source(new.source) for new, _ in pairs),
    )


def _stable_sources(now: Pooled, before: Pooled) -> list[tuple[Counts, Counts]]:
    """This month's and the last month's counts of the sources that say enough in both."""
    enough = GREY_BELOW * WHOLE
    old = {count.source: count for count in before.by_source if count.applicable >= enough}
    return [(c, old[c.source]) for c in now.by_source if c.applicable >= enough and c.source in old]


def deck_rule(
    executed: FloatArray,
    applicable: FloatArray,
    executed_before: FloatArray,
    applicable_before: FloatArray,
    targets: FloatArray,
    parameters: Parameters | None = None,
) -> NDArray[np.bool_]:
    """Which of many cells have a reason, by the same rule as :func:`reasons` (tests hold the two together).

    Args:
        executed, applicable: this month, cells × sources; the same of the month before.
        targets: per cell, fractions.
    """
    parameters = parameters or Parameters()
    n = applicable.sum(axis=1)
    known = n >= parameters.grey_below
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = executed.sum(axis=1) / n
        low = np.round(rate, 9) < targets
        stable = (applicable >= GREY_BELOW) & (applicable_before >= GREY_BELOW)
        weight = np.where(stable, applicable, 0.0).sum(axis=1)
        now = np.where(stable, executed, 0.0).sum(axis=1) / weight
        each = np.where(stable, executed_before / applicable_before * applicable, 0.0)
        previous = each.sum(axis=1) / weight
        fell = (weight > 0) & (np.round(previous - now, 9) >= parameters.decline_points / 100)
    size = np.where(stable, applicable_before, 0.0).sum(axis=1)
    few = np.flatnonzero(known & fell & (np.minimum(size, weight) < ARROW_FROM))
    if few.size:
        change = newcombe_difference(
            previous[few] * size[few], size[few], now[few] * weight[few], weight[few]
        )
        fell[few[change.low <= 0]] = False
    return np.asarray(known & (low | fell))
