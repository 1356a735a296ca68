"""How one source's rates relate to the reference source's, free of the bias that noise in both would
bring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from sync_server.insight.statistics.arrays import FloatArray, as_counts

_FINE = 4096
"""Steps of the instrument's rate; groups are made of whole steps."""


@dataclass(frozen=True, slots=True)
class SourceCalibration:
    """logit q_source = intercept + slope · logit θ_reference. Not `calibrated`: too little data, identity
    used."""

    intercept: float
    slope: float
    calibrated: bool
    reference_answers: float
    groups: int


def calibrate_source(
    source_successes: ArrayLike,
    source_trials: ArrayLike,
    reference_successes: ArrayLike,
    reference_trials: ArrayLike,
    instrument_successes: ArrayLike,
    instrument_trials: ArrayLike,
    *,
    groups: int = 20,
    min_reference: float = 500,
    slope_bounds: tuple[float, float] = (0.3, 1.5),
    max_error: float = float("inf"),
) -> SourceCalibration:
    """Intercept and slope of a source against the reference by grouping on a third source.

    Regressing one noisy rate on another flattens the slope (errors in variables). Grouping the cells by an
    instrument that shares no noise with either (the rate in the *other* sources), pooling inside each group
    and
    fitting through the groups does not: Wald 1940, Ann Math Stat 11:284. Weighted least squares on the
        logits, slope held inside `slope_bounds`.

    Args:
        source_*: counts per cell of the source to calibrate.
        reference_*: counts per cell of the reference.
        instrument_*: counts per cell of the other sources together.
        groups: equal-sized groups of cells in order of the instrument's rate.
        min_reference: below this many reference answers nothing is estimated.
        max_error: a slope with a larger standard error (scatter of the groups included), or one that its
            bounds had to hold, is no calibration.
    """
    k, n = as_counts(source_successes, source_trials)
    k0, n0 = as_counts(reference_successes, reference_trials)
    kz, nz = as_counts(instrument_successes, instrument_trials)
    if not k.shape == k0.shape == kz.shape or k.ndim != 1:
        raise ValueError("source, reference and instrument need one count per cell")
    if groups < 2:
        raise ValueError(f"grouping needs at least 2 groups, got {groups}")
    answers = float(n0.sum())
    usable = (n > 0) | (n0 > 0)
    usable &= nz > 0
    neutral = SourceCalibration(0.0, 1.0, False, answers, 0)
    if answers < min_reference or int(usable.sum()) < 2 * groups or float(n[usable].sum()) == 0:
        return neutral
    k, n, k0, n0, kz, nz = (x[usable] for x in (k, n, k0, n0, kz, nz))
    # groups by value, not by rank: cells with equal rates stay together whatever the order of the rows
    fine = ((kz + 0.5) / (nz + 1) * _FINE).astype(np.int64)
    below = np.cumsum(np.bincount(fine, minlength=_FINE))
    code = ((below - 1) * groups // fine.size)[fine]
    pooled: list[FloatArray] = [
        np.bincount(code, x, minlength=groups).astype(np.float64) for x in (k, n, k0, n0)
    ]
    some = (pooled[1] > 0) & (pooled[3] > 0)
    k, n, k0, n0 = (x[some] for x in pooled)
    if k.size < 2:
        return neutral
    y, x = _logit(k, n), _logit(k0, n0)
    weight = 1 / (_variance(k, n) + _variance(k0, n0))
    x_mean, y_mean = np.average(x, weights=weight), np.average(y, weights=weight)
    spread = float(np.sum(weight * (x - x_mean) ** 2))
    slope = float(np.sum(weight * (x - x_mean) * (y - y_mean))) / spread if spread > 0 else 1.0
    rest = y - y_mean - slope * (x - x_mean)
    scatter = max(1.0, float(np.sum(weight * rest**2)) / max(k.size - 2, 1))
    error = float(np.sqrt(scatter / spread)) if spread > 0 else float("inf")
    if np.isfinite(max_error) and (error > max_error or not slope_bounds[0] < slope < slope_bounds[1]):
        return neutral
    slope = float(np.clip(slope, *slope_bounds))
    return SourceCalibration(float(y_mean - slope * x_mean), slope, True, answers, int(k.size))


def _logit(k: FloatArray, n: FloatArray) -> FloatArray:
    return np.asarray(special.logit((k + 0.5) / (n + 1)))


def _variance(k: FloatArray, n: FloatArray) -> FloatArray:
    return 1 / (k + 0.5) + 1 / (n - k + 0.5)
