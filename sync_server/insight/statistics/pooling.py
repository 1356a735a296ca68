"""Combining groups: random-effects pooling, weighted means, raking to known margins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from sync_server.insight.statistics.arrays import FloatArray, as_vector, check_fraction
from sync_server.insight.statistics.proportions import kish_effective_size


@dataclass(frozen=True, slots=True)
class RandomEffects:
    """Pooled effect with interval, variance between groups (τ²), Cochran's Q with its p-value, and I²."""

    estimate: float
    low: float
    high: float
    standard_error: float
    tau_squared: float
    q: float
    p_heterogeneity: float
    i_squared: float
    groups: int


def dersimonian_laird(effects: ArrayLike, variances: ArrayLike, confidence: float = 0.95) -> RandomEffects:
    """Random-effects pooling: τ² = max(0, (Q − (k−1))/(Σw − Σw²/Σw)), weights 1/(v + τ²).

    DerSimonian & Laird 1986, Control Clin Trials 7:177. For large groups such as regions; never for the
    logits of single small cells, where the ½ correction drags 2 of 2 down to 83 %.

    Raises:
        ValueError: no groups, sizes that differ, a variance that is not positive.
    """
    y = as_vector(effects, "effects", min_size=1)
    v = as_vector(variances, "variances", min_size=1)
    if y.size != v.size:
        raise ValueError(f"effects has {y.size} entries, variances has {v.size}")
    if (v <= 0).any():
        raise ValueError("variances must be positive")
    z = float(special.ndtri(0.5 + check_fraction(confidence, "confidence") / 2))
    w = 1 / v
    fixed = float(np.sum(w * y) / w.sum())
    q = float(np.sum(w * (y - fixed) ** 2))
    freedom = y.size - 1
    scale = float(w.sum() - np.sum(w**2) / w.sum())
    tau2 = max(0.0, (q - freedom) / scale) if scale > 0 else 0.0
    w = 1 / (v + tau2)
    estimate, error = float(np.sum(w * y) / w.sum()), float(w.sum() ** -0.5)
    return RandomEffects(
        estimate=estimate,
        low=estimate - z * error,
        high=estimate + z * error,
        standard_error=error,
        tau_squared=tau2,
        q=q,
        p_heterogeneity=float(special.chdtrc(freedom, q)) if freedom else 1.0,
        i_squared=max(0.0, 1 - freedom / q) if q > 0 else 0.0,
        groups=int(y.size),
    )


def weighted_mean(values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Σw·x/Σw, plain mean without weights; values that are NaN are left out, NaN when no weight remains."""
    x = as_vector(values, "values", allow_nan=True)
    w = np.ones(x.size) if weights is None else as_vector(weights, "weights")
    if w.size != x.size:
        raise ValueError(f"values has {x.size} entries, weights has {w.size}")
    if (w < 0).any():
        raise ValueError("weights must not be negative")
    known = ~np.isnan(x)
    total = float(w[known].sum())
    return float(np.sum(w[known] * x[known]) / total) if total > 0 else float("nan")


@dataclass(frozen=True, slots=True)
class Raking:
    """Weights with mean 1, how far the margins are still off (as shares), and the effective sample size."""

    weights: FloatArray
    largest_gap: float
    effective_size: float
    converged: bool


def raking(
    margins: Sequence[tuple[ArrayLike, dict[object, float]]],
    *,
    trim: tuple[float, float] = (0.3, 3.0),
    tolerance: float = 1e-6,
    rounds: int = 200,
) -> Raking:
    """Weights that make the sample's margins match known shares (iterative proportional fitting, Deming
    1940).

    Args:
        margins: per characteristic the category of every respondent, and the known share (or count) per
            category.
        trim: weights are kept inside these bounds; trimmed weights leave a gap, reported as `largest_gap`.

    Raises:
        ValueError: a category with known share has no respondent, or a respondent has an unlisted category.
    """
    coded: list[tuple[np.ndarray, FloatArray]] = []
    size = -1
    for labels, shares in margins:
        column = list(np.asarray(labels, dtype=object).ravel())
        if size not in (-1, len(column)):
            raise ValueError("every margin needs one category per respondent")
        size = len(column)
        wanted = {name: value for name, value in shares.items() if value > 0}
        position = {name: i for i, name in enumerate(wanted)}
        strange = [label for label in column if label not in position]
        if strange:
            raise ValueError(f"category {strange[0]!r} has no known share")
        missing = [name for name in wanted if name not in set(column)]
        if missing:
            raise ValueError(f"no respondent in category {missing[0]!r}")
        target = np.array(list(wanted.values()), dtype=np.float64)
        coded.append((np.array([position[label] for label in column]), target / target.sum()))
    if size <= 0:
        raise ValueError("raking needs respondents and at least one margin")
    w = np.ones(size)
    gap = np.inf
    for _ in range(rounds):
        for code, target in coded:
            share = np.bincount(code, w, minlength=target.size) / w.sum()
            w = w * (target / share)[code]
        w = np.clip(w * size / w.sum(), *trim)
        gap = max(
            float(np.abs(np.bincount(code, w, minlength=target.size) / w.sum() - target).max())
            for code, target in coded
        )
        if gap < tolerance:
            break
    return Raking(w, gap, kish_effective_size(w), gap < tolerance)
