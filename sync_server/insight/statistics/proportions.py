"""Rates and their intervals: Wilson, Clopper-Pearson, Newcombe, Student's t, and the design effect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, cast, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from sync_server.insight.statistics.arrays import (
    FloatArray,
    Value,
    as_counts,
    as_floats,
    as_vector,
    check_fraction,
)

Counts = NDArray[np.float64] | NDArray[np.int64] | NDArray[np.int32] | Sequence[float]


@dataclass(frozen=True, slots=True)
class Interval(Generic[Value]):
    """An estimate with the ends of its interval; numbers for scalar input, arrays for array input.

    `estimate` is NaN where there is no data; the ends are then the widest the quantity can take.
    """

    estimate: Value
    low: Value
    high: Value

    @property
    def half_width(self) -> Value:
        """Half the length of the interval, in the units of the estimate."""
        return (self.high - self.low) / 2


def _interval(
    estimate: FloatArray, low: FloatArray, high: FloatArray
) -> Interval[float] | Interval[FloatArray]:
    if estimate.ndim == 0:
        return Interval(float(estimate), float(low), float(high))
    return Interval(estimate, low, high)


def _z(confidence: float) -> float:
    return float(special.ndtri(0.5 + check_fraction(confidence, "confidence") / 2))


def _wilson_bounds(k: FloatArray, n: FloatArray, z: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    with np.errstate(divide="ignore", invalid="ignore"):
        p = k / n
        centre = (k + z * z / 2) / (n + z * z)
        half = z / (n + z * z) * np.sqrt(k * (n - k) / n + z * z / 4)
    empty = n == 0
    # the closed form misses 0 and 1 by rounding only; a count of none or all must end exactly there
    low = np.where(empty | (k == 0), 0.0, np.clip(centre - half, 0.0, 1.0))
    high = np.where(empty | (k == n), 1.0, np.clip(centre + half, 0.0, 1.0))
    return np.where(empty, np.nan, p), low, high


@overload
def wilson_interval(successes: float, trials: float, confidence: float = ...) -> Interval[float]: ...
@overload
def wilson_interval(
    successes: Counts, trials: Counts | float, confidence: float = ...
) -> Interval[FloatArray]: ...
def wilson_interval(
    successes: ArrayLike, trials: ArrayLike, confidence: float = 0.95
) -> Interval[float] | Interval[FloatArray]:
    """Wilson score interval of a proportion.

    (k + z²/2)/(n + z²) ± z/(n + z²) · √(k(n−k)/n + z²/4). Wilson 1927; method 3 of Newcombe 1998 (Stat Med
    17:857).

    Args:
        successes: how many did it, k; may be fractional (effective counts).
        trials: of how many, n.
        confidence: two-sided, 0.95 by default.

    Returns:
        k/n with its interval, as fractions. With n = 0 the estimate is NaN and the interval is 0 to 1;
        with k = 0 the low end is exactly 0, with k = n the high end exactly 1.

    Raises:
        ValueError: on NaN, negative counts, k > n, shapes that do not fit, confidence outside (0, 1).
    """
    k, n = as_counts(successes, trials)
    return _interval(*_wilson_bounds(k, n, _z(confidence)))


@overload
def clopper_pearson_interval(successes: float, trials: float, confidence: float = ...) -> Interval[float]: ...
@overload
def clopper_pearson_interval(
    successes: Counts, trials: Counts | float, confidence: float = ...
) -> Interval[FloatArray]: ...
def clopper_pearson_interval(
    successes: ArrayLike, trials: ArrayLike, confidence: float = 0.95
) -> Interval[float] | Interval[FloatArray]:
    """Exact ("Clopper-Pearson") interval of a proportion: never covers less than stated, so it is wide.

    The ends are the quantiles of Beta(k, n−k+1) and Beta(k+1, n−k). Clopper & Pearson 1934, Biometrika
    26:404. Same conventions at n = 0, k = 0 and k = n as `wilson_interval`; same errors.
    """
    k, n = as_counts(successes, trials)
    tail = (1 - check_fraction(confidence, "confidence")) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        p = np.where(n == 0, np.nan, k / n)
    low = np.where(k == 0, 0.0, special.betaincinv(np.where(k == 0, 1.0, k), n - k + 1, tail))
    high = np.where(k == n, 1.0, special.betaincinv(k + 1, np.where(k == n, 1.0, n - k), 1 - tail))
    return _interval(p, low, high)


@overload
def newcombe_difference(
    successes_1: float, trials_1: float, successes_2: float, trials_2: float, confidence: float = ...
) -> Interval[float]: ...
@overload
def newcombe_difference(
    successes_1: Counts,
    trials_1: Counts | float,
    successes_2: Counts | float,
    trials_2: Counts | float,
    confidence: float = ...,
) -> Interval[FloatArray]: ...
def newcombe_difference(
    successes_1: ArrayLike,
    trials_1: ArrayLike,
    successes_2: ArrayLike,
    trials_2: ArrayLike,
    confidence: float = 0.95,
) -> Interval[float] | Interval[FloatArray]:
    """Difference p1 − p2 of two independent proportions with Newcombe's hybrid score interval.

    d − √((p1−l1)² + (u2−p2)²) to d + √((u1−p1)² + (p2−l2)²), l and u the Wilson ends.
    Method 10 of Newcombe 1998, Stat Med 17:873.

    Returns:
        The difference as a fraction (−1 to 1). Where either n is 0 the estimate is NaN and the interval −1 to
        1.

    Raises:
        ValueError: as for `wilson_interval`.
    """
    z = _z(confidence)
    k1, n1 = as_counts(successes_1, trials_1)
    k2, n2 = as_counts(successes_2, trials_2)
    try:
        k1, n1, k2, n2 = np.broadcast_arrays(k1, n1, k2, n2)
    except ValueError as error:
        raise ValueError(f"the two groups have shapes {k1.shape} and {k2.shape}") from error
    p1, l1, u1 = _wilson_bounds(k1, n1, z)
    p2, l2, u2 = _wilson_bounds(k2, n2, z)
    difference = p1 - p2
    unknown = np.isnan(difference)
    low = np.where(unknown, -1.0, difference - np.hypot(p1 - l1, u2 - p2))
    high = np.where(unknown, 1.0, difference + np.hypot(u1 - p1, p2 - l2))
    return _interval(difference, np.maximum(low, -1.0), np.minimum(high, 1.0))


@overload
def kish_design_effect(size: float, rho: float) -> float: ...
@overload
def kish_design_effect(size: Counts, rho: float) -> FloatArray: ...
def kish_design_effect(size: ArrayLike, rho: float) -> float | FloatArray:
    """Design effect 1 + (n − 1)ρ of n answers that share a cluster (Kish 1965, Survey Sampling, §5.4).

    Args:
        size: answers in the cluster; for n <= 1 the effect is 1.
        rho: intra-cluster correlation, 0 to 1.
    """
    if not 0.0 <= rho <= 1.0:
        raise ValueError(f"rho must lie between 0 and 1, got {rho}")
    n = as_floats(size, "size")
    effect = 1.0 + np.maximum(n - 1.0, 0.0) * rho
    return float(effect) if effect.ndim == 0 else effect


def effective_counts(successes: ArrayLike, trials: ArrayLike, rho: float) -> tuple[FloatArray, FloatArray]:
    """Counts shrunk by the design effect: n_eff = n/(1 + (n−1)ρ), k_eff = k·n_eff/n.

    Feed them to `wilson_interval` or `newcombe_difference` to allow for clustered answers.
    """
    k, n = as_counts(successes, trials)
    deff = np.asarray(kish_design_effect(n, rho))
    return k / deff, n / deff


def kish_effective_size(weights: ArrayLike) -> float:
    """Effective number of answers under unequal weights: (Σw)²/Σw² (Kish 1965). 0 for no answers."""
    w = as_vector(weights, "weights")
    if (w < 0).any():
        raise ValueError("weights must not be negative")
    square = float(np.sum(w * w))
    return float(np.sum(w)) ** 2 / square if square else 0.0


def t_interval(values: ArrayLike, confidence: float = 0.95) -> Interval[float]:
    """Mean with Student's t interval: x̄ ± t(n−1)·s/√n. NaN values are left out.

    No values give NaN with an interval of NaN; one value gives itself with infinite ends.
    """
    x = as_vector(values, "values", allow_nan=True)
    x = x[~np.isnan(x)]
    check_fraction(confidence, "confidence")
    if x.size == 0:
        return Interval(float("nan"), float("nan"), float("nan"))
    mean = float(x.mean())
    if x.size == 1:
        return Interval(mean, float("-inf"), float("inf"))
    t = float(special.stdtrit(x.size - 1, 0.5 + confidence / 2))
    half = t * float(x.std(ddof=1)) / x.size**0.5
    return Interval(mean, mean - half, mean + half)


def bootstrap_mean_interval(
    values: ArrayLike, confidence: float = 0.95, *, resamples: int = 2000, seed: int = 0
) -> Interval[float]:
    """Mean with a percentile bootstrap interval (Efron 1979), for small or skewed samples.

    The seed is part of the result: the same values and seed give the same ends. NaN values are left out.
    """
    x = as_vector(values, "values", allow_nan=True)
    x = x[~np.isnan(x)]
    check_fraction(confidence, "confidence")
    if resamples < 1:
        raise ValueError(f"resamples must be positive, got {resamples}")
    if x.size == 0:
        return Interval(float("nan"), float("nan"), float("nan"))
    draws = np.random.default_rng(seed).integers(0, x.size, (resamples, x.size))
    tail = (1 - confidence) / 2
    low, high = cast(FloatArray, np.quantile(x[draws].mean(axis=1), [tail, 1 - tail]))
    return Interval(float(x.mean()), float(low), float(high))
