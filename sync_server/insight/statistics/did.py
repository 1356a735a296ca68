"""Difference in differences: what changed in treated dealers beyond what changed in the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from sync_server.insight.statistics.arrays import FloatArray, as_vector, check_fraction


@dataclass(frozen=True, slots=True)
class DifferenceInDifferences:
    """Effect (in units of the outcome; a fraction for yes/no answers) with interval, and the four means it is
    made of. `standard_error` is that of the bootstrap (clusters) or of the four means."""

    estimate: float
    low: float
    high: float
    standard_error: float
    treated_before: float
    treated_after: float
    control_before: float
    control_after: float
    clusters: int


def difference_in_differences(
    outcome: ArrayLike,
    treated: ArrayLike,
    after: ArrayLike,
    *,
    cluster: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    confidence: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> DifferenceInDifferences:
    """(treated after − treated before) − (control after − control before), the saturated linear model's
    interaction.

    Linear probability model for 0/1 outcomes; with `cluster` (dealers) the interval is the percentile
    interval of a bootstrap that draws whole clusters, treated and control apart (Bertrand, Duflo &
    Mullainathan 2004, QJE 119:249); without it, of independent answers (normal, unequal variances).

    Args:
        outcome: one value per answer (or per cell, with `weights` = answers).
        treated, after: 0/1 per answer.
        cluster: which dealer each answer belongs to; a dealer must be wholly treated or wholly control.
        seed: of the bootstrap; same seed, same ends.

    Raises:
        ValueError: an empty one of the four groups; flags other than 0 and 1; a cluster that is both.
    """
    y = as_vector(outcome, "outcome", min_size=1)
    d, t = as_vector(treated, "treated"), as_vector(after, "after")
    w = np.ones(y.size) if weights is None else as_vector(weights, "weights")
    if not y.size == d.size == t.size == w.size:
        raise ValueError("outcome, treated, after and weights must have the same length")
    for name, flag in (("treated", d), ("after", t)):
        if not np.isin(flag, (0, 1)).all():
            raise ValueError(f"{name} must be 0 or 1")
    if (w < 0).any():
        raise ValueError("weights must not be negative")
    check_fraction(confidence, "confidence")
    group = (2 * d + t).astype(
        np.int64
    )  # 0 control before, 1 control after, 2 treated before, 3 treated after
    total = np.bincount(group, w, minlength=4)
    names = ("control before", "control after", "treated before", "treated after")
    for name, weight in zip(names, total, strict=True):
        if weight == 0:
            raise ValueError(f"there is no answer in the group {name}")
    means = np.bincount(group, w * y, minlength=4) / total
    estimate = float(means[3] - means[2] - means[1] + means[0])
    tail = (1 - confidence) / 2
    if cluster is None:
        spread = np.bincount(group, w * (y - means[group]) ** 2, minlength=4) / total
        size = total**2 / np.bincount(group, w**2, minlength=4)
        error = float(np.sqrt(np.sum(spread / np.maximum(size - 1, 1))))
        half = float(special.ndtri(1 - tail)) * error
        low, high, clusters = estimate - half, estimate + half, 0
    else:
        draws, clusters = _clustered(y, group, w, np.asarray(cluster), resamples, seed)
        low, high = (float(v) for v in np.nanquantile(draws, [tail, 1 - tail]))
        error = float(np.nanstd(draws, ddof=1))
    return DifferenceInDifferences(
        estimate=estimate,
        low=low,
        high=high,
        standard_error=error,
        treated_before=float(means[2]),
        treated_after=float(means[3]),
        control_before=float(means[0]),
        control_after=float(means[1]),
        clusters=clusters,
    )


def _clustered(
    y: FloatArray, group: np.ndarray, w: FloatArray, cluster: np.ndarray, resamples: int, seed: int
) -> tuple[FloatArray, int]:
    if cluster.shape != y.shape:
        raise ValueError(f"outcome has {y.size} entries, cluster has {cluster.size}")
    _, code = np.unique(cluster, return_inverse=True)
    clusters = int(code.max()) + 1
    weight = np.zeros((clusters, 4))
    value = np.zeros((clusters, 4))
    np.add.at(weight, (code, group), w)
    np.add.at(value, (code, group), w * y)
    is_treated = weight[:, 2:].sum(axis=1) > 0
    if (is_treated & (weight[:, :2].sum(axis=1) > 0)).any():
        raise ValueError("a cluster is both treated and control")
    rng = np.random.default_rng(seed)
    draws = np.empty(resamples)
    arms = (np.flatnonzero(~is_treated), np.flatnonzero(is_treated))
    for b in range(resamples):
        rows = np.concatenate([arm[rng.integers(0, arm.size, arm.size)] for arm in arms])
        total = weight[rows].sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            m = value[rows].sum(axis=0) / total
        draws[b] = m[3] - m[2] - m[1] + m[0]
    return draws, clusters
