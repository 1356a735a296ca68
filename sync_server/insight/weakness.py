"""When an item is weak, and how much it matters. Pure.

The deck's own rule: its rate is low, or it fell against the month before. Two guards keep chance from being
read as a fall: only sources with enough observations in both months are compared, each with the same weight
in both months; and with fewer than 30 observations in either month, Newcombe's interval of the fall must
exclude zero.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special

from shared_models.checklists.stages import Source
from shared_models.insight.wire import ARROW_FROM, GREY_BELOW, Parameters, ReasonKind, WeakReason
from sync_server.insight.rates import Counts, Pooled, percent, rounded_percent
from sync_server.insight.statistics import newcombe_difference
from sync_server.insight.statistics import weak_reasons as rule
from sync_server.insight.tables import WHOLE

PRIOR_EXECUTED, PRIOR_NOT = 9.0, 1.0
"""Beta(9, 1) for networks too small to estimate a prior from."""


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


def priorities(cells: Sequence[Pooled], targets: Sequence[float]) -> list[float]:
    """0..100 per cell: expected shortfall against the target (percent) times how often the item applies.

    E[(target − θ)₊] of the Beta posterior, as a share of the target: a cell of few observations stays near
    the prior and does not top the list (every item taken as equally important).
    """
    if not cells:
        return []
    executed = np.array([cell.executed for cell in cells]) / WHOLE
    applicable = np.array([cell.applicable for cell in cells]) / WHOLE
    elsewhere = np.array([sum(c.not_applicable for c in cell.by_source) for cell in cells]) / WHOLE
    goal = np.array(targets) / 100
    a, b = PRIOR_EXECUTED + executed, PRIOR_NOT + applicable - executed
    mean = a / (a + b)
    shortfall = goal * special.betainc(a, b, goal) - mean * special.betainc(a + 1, b, goal)
    applies = applicable / np.maximum(applicable + elsewhere, 1e-12)
    return [round(float(value), 1) for value in np.clip(100 * shortfall / goal * applies, 0, 100)]
