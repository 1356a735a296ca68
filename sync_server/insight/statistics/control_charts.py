"""Charts over time: the p-chart with Laney's correction, the binomial CUSUM, and how long a CUSUM runs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from sync_server.insight.statistics.arrays import BoolArray, FloatArray, IntArray, as_counts, as_vector

_D2_OF_TWO = 1.128379167095513  # mean range of two standard normals, 2/√π
RUN_LENGTH = 8


@dataclass(frozen=True, slots=True)
class PChart:
    """Centre line, limits per sample, and the positions (counted from 0) that signal.

    `dispersion_ratio` is the short-term spread of the z-scores; well above 1 (1.2 in this program) ask for
    the chart again with `laney=True`. `runs` are positions that end 8 points on one side of the centre.
    """

    centre: float
    rate: FloatArray
    low: FloatArray
    high: FloatArray
    signals: tuple[int, ...]
    runs: tuple[int, ...]
    dispersion_ratio: float
    laney: bool


def p_chart(
    events: ArrayLike,
    sizes: ArrayLike,
    *,
    centre: float | None = None,
    sigmas: float = 3.0,
    laney: bool = False,
) -> PChart:
    """Shewhart's chart of a proportion: p̄ ± 3√(p̄(1−p̄)/n), limits clipped to 0..1.

    NIST/SEMATECH e-Handbook 6.3.3.2; with `laney` the limits are widened by the moving-range spread of the
    z-scores (p′ chart, Laney 2002, Quality Engineering 14:531).

    Args:
        events, sizes: per sample in order of time; samples of size 0 have NaN and never signal.
        centre: a known rate; Σk/Σn by default.

    Raises:
        ValueError: no sample with answers, and as `wilson_interval` for counts.
    """
    k, n = as_counts(events, sizes)
    if k.ndim != 1:
        raise ValueError("events must be one-dimensional")
    some = n > 0
    if not some.any():
        raise ValueError("a chart needs at least one sample with answers")
    middle = float(k.sum() / n.sum()) if centre is None else centre
    if not 0 <= middle <= 1:
        raise ValueError(f"centre must lie between 0 and 1, got {centre}")
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(some, k / n, np.nan)
        spread = np.where(some, np.sqrt(middle * (1 - middle) / n), np.nan)
        z = (rate - middle) / spread
    inside = z[some]
    steps = np.abs(np.diff(inside))
    ratio = float(steps.mean() / _D2_OF_TWO) if steps.size and np.isfinite(steps).all() else float("nan")
    if laney and np.isfinite(ratio):
        spread = spread * ratio
    low, high = np.clip(middle - sigmas * spread, 0, 1), np.clip(middle + sigmas * spread, 0, 1)
    out = some & ((rate < low) | (rate > high))
    return PChart(
        middle,
        rate,
        low,
        high,
        tuple(int(i) for i in np.flatnonzero(out)),
        _runs(rate - middle),
        ratio,
        laney,
    )


def _runs(offset: FloatArray) -> tuple[int, ...]:
    found: list[int] = []
    length, side = 0, 0.0
    for position, value in enumerate(offset):
        if np.isnan(value):
            continue
        here = float(np.sign(value))
        length = length + 1 if here == side and here != 0 else int(here != 0)
        side = here
        if length >= RUN_LENGTH:
            found.append(position)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class CusumPath:
    """The statistic per month and where it alarmed; same shape as the counts (last axis is time)."""

    statistic: FloatArray
    alarm: BoolArray

    @property
    def first_alarm(self) -> IntArray:
        """Position of the first alarm along time, −1 where there is none."""
        hit = self.alarm.any(axis=-1)
        return np.where(hit, self.alarm.argmax(axis=-1), -1).astype(np.int64)


def binomial_cusum(
    successes: ArrayLike,
    trials: ArrayLike,
    baseline: ArrayLike,
    *,
    odds_ratio: float = 2.0,
    threshold: float = 4.5,
    rho: float = 0.02,
) -> CusumPath:
    """One-sided log-likelihood-ratio CUSUM for a falling rate, reset to 0 after an alarm.

    S_t = max(0, S_{t−1} + w[k ln(p1/p0) + (n−k) ln((1−p1)/(1−p0))]), w = 1/(1+(n−1)ρ), alarm at S >=
    threshold; p1 has `odds_ratio` times the odds of failure of p0. Page 1954; Steiner et al. 2000,
    Biostatistics 1:441.

    Args:
        successes, trials: … × months; months with n = 0 leave the statistic as it is.
        baseline: p0, broadcast against the counts; strictly between 0 and 1.
    """
    k, n = as_counts(successes, trials)
    if k.ndim == 0:
        raise ValueError("successes needs a time axis")
    p0 = np.broadcast_to(np.asarray(baseline, dtype=np.float64), k.shape)
    if not ((p0 > 0) & (p0 < 1)).all():
        raise ValueError("baseline must lie strictly between 0 and 1")
    if odds_ratio <= 1 or threshold <= 0:
        raise ValueError("odds_ratio must exceed 1 and threshold must be positive")
    q1 = odds_ratio * (1 - p0) / (p0 + odds_ratio * (1 - p0))
    gain = k * np.log((1 - q1) / p0) + (n - k) * np.log(q1 / (1 - p0))
    gain = gain / (1 + np.maximum(n - 1, 0) * rho)
    statistic, alarm = np.zeros(k.shape), np.zeros(k.shape, bool)
    current = np.zeros(k.shape[:-1])
    for t in range(k.shape[-1]):
        current = np.maximum(0.0, current + gain[..., t])
        statistic[..., t] = current
        alarm[..., t] = current >= threshold
        current = np.where(alarm[..., t], 0.0, current)
    return CusumPath(statistic, alarm)


@dataclass(frozen=True, slots=True)
class RunLength:
    """Average number of samples until a CUSUM alarms."""

    average: float
    threshold: float
    sided: int


_MOST_THRESHOLD = 500
_LONGEST_RUN = 1e12


def cusum_run_length(
    reference: float,
    threshold: float,
    shift: float = 0.0,
    *,
    two_sided: bool = False,
    head_start: float = 0.0,
    nodes: int = 60,
) -> RunLength:
    """Average run length of the tabular CUSUM S = max(0, S + x − reference) of standard normal values.

    Solves Page's integral equation L(s) = 1 + L(0)Φ(k − s − δ) + ∫₀ʰ L(y)φ(y + k − s − δ)dy by Gauss-Legendre
    quadrature (Page 1954; Goel & Wu 1971; k = ½: h = 4 gives 335, h = 5 gives 931 one-sided, half of it
    two-sided). Two sides combine as 1/L = 1/L⁺ + 1/L⁻.

    Args:
        reference: allowance k, in standard deviations.
        threshold: decision limit h, in standard deviations.
        shift: true mean of the values.
        head_start: where the statistic begins (fast initial response), one-sided use only.
        nodes: of the quadrature, at the least; a high threshold takes more.

    Returns:
        `average` is infinite beyond 1e12 values, where double precision no longer tells one from another.
    """
    if not np.isfinite([reference, threshold, shift]).all():
        raise ValueError("reference, threshold and shift must be finite numbers")
    if not 0 < threshold <= _MOST_THRESHOLD or nodes < 2:
        raise ValueError(f"threshold must be positive, at most {_MOST_THRESHOLD}, and nodes at least 2")
    if not 0 <= head_start < threshold:
        raise ValueError("head_start must lie between 0 and the threshold")
    nodes = max(nodes, math.ceil(4 * threshold))
    up = _page(reference, threshold, shift, head_start, nodes)
    if not two_sided:
        return RunLength(up, threshold, 1)
    down = _page(reference, threshold, -shift, head_start, nodes)
    return RunLength(1 / (1 / up + 1 / down), threshold, 2)


def _page(k: float, h: float, shift: float, start: float, nodes: int) -> float:
    points, weights = np.polynomial.legendre.leggauss(nodes)
    y, w = h * (points + 1) / 2, h * weights / 2
    states = np.append(0.0, y)

    def row(s: FloatArray) -> FloatArray:
        argument = y[None, :] + k - s[:, None] - shift
        inside = w * np.exp(-(argument**2) / 2) / np.sqrt(2 * np.pi)
        return np.column_stack([special.ndtr(k - s - shift), inside])

    solution = np.linalg.solve(np.eye(nodes + 1) - row(states), np.ones(nodes + 1))
    found = 1.0 + float((row(np.array([start])) @ solution)[0])
    return found if 0 < found < _LONGEST_RUN else math.inf


def binomial_cusum_run_length(
    trials: ArrayLike,
    baseline: float,
    rate: float | None = None,
    *,
    odds_ratio: float = 2.0,
    threshold: float = 4.5,
    rho: float = 0.02,
    states: int = 400,
) -> RunLength:
    """Average run length in months of `binomial_cusum` with n answers a month, by a Markov chain on the
    statistic.

    Brook & Evans 1972, Biometrika 59:539. `rate` is the true rate (the baseline by default: time between
    false alarms). `trials` may list several monthly sizes that are equally likely.
    """
    sizes = as_vector(np.atleast_1d(np.asarray(trials, float)), "trials", min_size=1)
    if (sizes < 1).any() or (sizes != np.floor(sizes)).any():
        raise ValueError("trials must be whole numbers from 1 on")
    true = baseline if rate is None else rate
    if not (0 < baseline < 1 and 0 <= true <= 1):
        raise ValueError("baseline and rate must be proportions")
    q1 = odds_ratio * (1 - baseline) / (baseline + odds_ratio * (1 - baseline))
    width = threshold / states
    middle = (np.arange(states) + 0.5) * width
    middle[0] = 0.0
    chain = np.zeros((states, states))
    for n in sizes.astype(int):
        k = np.arange(n + 1)
        gain = (k * np.log((1 - q1) / baseline) + (n - k) * np.log(q1 / (1 - baseline))) / (1 + (n - 1) * rho)
        chance = np.exp(
            special.gammaln(n + 1)
            - special.gammaln(k + 1)
            - special.gammaln(n - k + 1)
            + special.xlogy(k, true)
            + special.xlog1py(n - k, -true)
        )
        target = np.floor(np.maximum(middle[:, None] + gain[None, :], 0.0) / width).astype(int)
        inside = target < states
        rows = np.broadcast_to(np.arange(states)[:, None], target.shape)
        np.add.at(
            chain, (rows[inside], target[inside]), np.broadcast_to(chance, target.shape)[inside] / sizes.size
        )
    lengths = np.linalg.solve(np.eye(states) - chain, np.ones(states))
    return RunLength(float(lengths[0]), threshold, 1)
