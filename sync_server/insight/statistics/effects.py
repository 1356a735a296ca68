"""Did it get better, did it get worse: trends, declines, effects of plans, and how many answers that
needs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import ceil

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from sync_server.insight.statistics.arrays import FloatArray, as_counts, as_vector, check_fraction
from sync_server.insight.statistics.proportions import Interval, effective_counts, newcombe_difference


class Trend(StrEnum):
    """The deck's words for a row of rates."""

    IMPROVING = "improving"  # 逐步提升, 要继续保持
    NOT_IMPROVED = "not_improved"  # 未提升, 需要重点关注和提升
    UNCLEAR = "unclear"
    NO_DATA = "no_data"


def trend_label(rates: ArrayLike, rise: float = 0.03) -> Trend:
    """The descriptive verdict on rates (fractions) in order of time, without regard to how many answers.

    Never falling and last − first >= `rise`: improving; last <= first: not improved; between: unclear.
    Months that are NaN are left out; fewer than two months: no data.
    """
    x = as_vector(rates, "rates", allow_nan=True)
    x = x[~np.isnan(x)]
    if x.size < 2:
        return Trend.NO_DATA
    gain = float(x[-1] - x[0])
    if gain <= 1e-9:
        return Trend.NOT_IMPROVED
    if bool((np.diff(x) >= -1e-9).all()) and gain >= rise - 1e-9:
        return Trend.IMPROVING
    return Trend.UNCLEAR


class WeakReason(StrEnum):
    """Why an item stands on the weak list in the deck's own rule."""

    LOW = "low"  # 执行率低
    FELL = "fell"  # 环比下滑


def weak_reasons(
    rate: float, previous: float | None = None, *, target: float = 0.85, drop: float = 0.05
) -> tuple[WeakReason, ...]:
    """执行率低 when rate < target, 环比下滑 when it fell by `drop` or more (fractions) against the month
    before.

    Empty for an item that is not weak or whose rate is NaN. Compared after rounding to 1e-9, so that .90 −
    .85 counts as .05.
    """
    if np.isnan(rate):
        return ()
    reasons: list[WeakReason] = []
    if round(rate, 9) < target:
        reasons.append(WeakReason.LOW)
    if previous is not None and not np.isnan(previous) and round(previous - rate, 9) >= drop:
        reasons.append(WeakReason.FELL)
    return tuple(reasons)


@dataclass(frozen=True, slots=True)
class DeclineTest:
    """One-sided test of a fall per cell: how far (fraction), z and p; NaN where either side has no
    answers."""

    drop: FloatArray
    z: FloatArray
    p_value: FloatArray


def two_proportion_decline(
    before_successes: ArrayLike,
    before_trials: ArrayLike,
    after_successes: ArrayLike,
    after_trials: ArrayLike,
    *,
    rho: float = 0.02,
    shift: ArrayLike = 0.0,
) -> DeclineTest:
    """Pooled two-proportion z test of "the rate fell", on effective counts, one-sided.

    z = (p_b − p_a)/√(p̄(1−p̄)(1/n_b + 1/n_a)). `shift` moves the rate before on the logit by what the whole
    network did for this item meanwhile, so that season and a changed questionnaire are not taken for a
    decline.
    """
    kb, nb = effective_counts(before_successes, before_trials, rho)
    ka, na = effective_counts(after_successes, after_trials, rho)
    some = (nb > 0) & (na > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        before, after = kb / nb, ka / na
        inside = (before > 0) & (before < 1)
        moved = np.where(inside, special.expit(special.logit(np.where(inside, before, 0.5)) + shift), before)
        pooled = (moved * nb + ka) / (nb + na)
        spread = np.sqrt(pooled * (1 - pooled) * (1 / nb + 1 / na))
        drop = np.where(some, moved - after, np.nan)
        z = np.where(spread > 0, drop / spread, np.where(some, 0.0, np.nan))
    return DeclineTest(drop, z, np.where(some, special.ndtr(-z), np.nan))


def sample_size_for_drop(rate: float, drop: float, *, power: float = 0.80, alpha: float = 0.05) -> int:
    """Answers per period needed to see a fall from `rate` by `drop` (fractions), one-sided.

    n = (z_α√(2p̄q̄) + z_β√(p₁q₁ + p₂q₂))²/d² (Fleiss 1981, without continuity correction). From 90 %, a fall
    of 5 points needs 540 answers before and after.
    """
    check_fraction(power, "power")
    check_fraction(alpha, "alpha")
    after = rate - drop
    if not (0 < after < rate <= 1):
        raise ValueError(f"a fall by {drop} from {rate} does not stay between 0 and 1")
    middle = (rate + after) / 2
    root = special.ndtri(1 - alpha) * np.sqrt(2 * middle * (1 - middle)) + special.ndtri(power) * np.sqrt(
        rate * (1 - rate) + after * (1 - after)
    )
    # the customary tables round to the nearest answer above
    return ceil(float(root) ** 2 / drop**2 - 1e-9)


class Verdict(StrEnum):
    """What the data say about a finished plan."""

    IMPROVED = "improved"  # 已提升
    NOT_IMPROVED = "not_improved"  # 未见提升
    WORSE = "worse"  # 变差
    NOT_ENOUGH_DATA = "not_enough_data"  # 数据不足


@dataclass(frozen=True, slots=True)
class Effect:
    """Change after − before (fraction, net of the controls' change where given), interval and verdict."""

    verdict: Verdict
    difference: float
    low: float
    high: float
    before_trials: float
    after_trials: float


def effect_verdict(
    before_successes: float,
    before_trials: float,
    after_successes: float,
    after_trials: float,
    *,
    control_change: Interval[float] | None = None,
    rho: float = 0.0,
    min_trials: float = 20,
    max_half_width: float = 0.20,
    confidence: float = 0.95,
) -> Effect:
    """Verdict on one plan, item and source: Newcombe's interval of the change on effective counts.

    Not enough data with fewer than `min_trials` answers on a side or a half-width above `max_half_width`;
    improved when the interval lies above 0, worse when below, else not improved. With `control_change` the
    change of matched dealers is subtracted and the two intervals combined by MOVER (Zou & Donner 2008, Stat
    Med 27:1693). Minimum answers are counted before the design effect.
    """
    as_counts(before_successes, before_trials)
    as_counts(after_successes, after_trials)
    kb, nb = (float(x) for x in effective_counts(before_successes, before_trials, rho))
    ka, na = (float(x) for x in effective_counts(after_successes, after_trials, rho))
    change = newcombe_difference(ka, na, kb, nb, confidence)
    if control_change is not None:
        change = mover_difference(change, control_change)
    verdict = verdict_of(
        change, before_trials, after_trials, min_trials=min_trials, max_half_width=max_half_width
    )
    return Effect(
        verdict, change.estimate, change.low, change.high, float(before_trials), float(after_trials)
    )


def verdict_of(
    change: Interval[float],
    before_trials: float,
    after_trials: float,
    *,
    min_trials: float = 20,
    max_half_width: float = 0.20,
) -> Verdict:
    """The verdict that an interval of a change gives (see `effect_verdict`)."""
    few = min(before_trials, after_trials) < min_trials
    if few or np.isnan(change.estimate) or change.half_width > max_half_width:
        return Verdict.NOT_ENOUGH_DATA
    if change.low > 0:
        return Verdict.IMPROVED
    return Verdict.WORSE if change.high < 0 else Verdict.NOT_IMPROVED


def mover_difference(first: Interval[float], second: Interval[float]) -> Interval[float]:
    """Interval of first − second from their own, kept asymmetric: d ∓ √((e₁−l₁)² + (u₂−e₂)²) and its
    mirror."""
    estimate = first.estimate - second.estimate
    low = estimate - float(np.hypot(first.estimate - first.low, second.high - second.estimate))
    high = estimate + float(np.hypot(first.high - first.estimate, second.estimate - second.low))
    return Interval(estimate, low, high)
