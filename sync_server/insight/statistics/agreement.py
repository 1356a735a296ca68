"""Do two or more coders say the same: Krippendorff's alpha, Cohen's kappa, Gwet's AC1, PABAK, Cronbach's
alpha."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sync_server.insight.statistics.arrays import FloatArray, as_matrix

Level = Literal["nominal", "ordinal", "interval", "ratio"]


@dataclass(frozen=True, slots=True)
class Reliability:
    """Krippendorff's α with its parts. `value` is NaN when nothing can be compared or only one value
    occurs."""

    value: float
    observed: float
    expected: float
    pairable: int
    level: Level

    @property
    def verdict(self) -> Literal["reliable", "tentative", "unreliable", "unknown"]:
        """α >= .80 reliable, .667 to .80 tentative, below: review the item's wording (Krippendorff 2004)."""
        if np.isnan(self.value):
            return "unknown"
        return "reliable" if self.value >= 0.8 else "tentative" if self.value >= 0.667 else "unreliable"


def krippendorff_alpha(ratings: ArrayLike, level: Level = "nominal") -> Reliability:
    """Krippendorff's α = 1 − D_o/D_e from the coincidence matrix.

    Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability".

    Args:
        ratings: coders × units, numbers (code labels first), NaN where a coder did not judge a unit.
        level: how far apart two values are: nominal, ordinal, interval or ratio.

    Returns:
        α; NaN when no unit has two ratings, or when all pairable ratings are the same value (no variation:
        agreement cannot be told from lack of choice).

    Raises:
        ValueError: fewer than two coders; a level not known; negative values at ratio level.
    """
    table = as_matrix(ratings, "ratings", allow_nan=True)
    if table.shape[0] < 2:
        raise ValueError(f"reliability needs at least two coders, got {table.shape[0]}")
    if level not in ("nominal", "ordinal", "interval", "ratio"):
        raise ValueError(f"level must be nominal, ordinal, interval or ratio, got {level}")
    known = ~np.isnan(table)
    judged = known.sum(axis=0)
    table, known, judged = table[:, judged > 1], known[:, judged > 1], judged[judged > 1]
    values = np.unique(table[known])
    if values.size and level == "ratio" and values[0] < 0:
        raise ValueError("ratio level needs values that are not negative")
    counts = (
        np.stack([((table == v) & known).sum(axis=0) for v in values]) if values.size else np.zeros((0, 0))
    )
    coincidence = (counts / np.maximum(judged - 1, 1)) @ counts.T
    coincidence -= np.diag((counts / np.maximum(judged - 1, 1)).sum(axis=1)) if values.size else 0
    totals = coincidence.sum(axis=0)
    n = float(totals.sum())
    if values.size < 2:
        return Reliability(
            float("nan"), 0.0 if n else float("nan"), 0.0 if n else float("nan"), int(n), level
        )
    distance = _distance(values, totals, level)
    observed = float(np.sum(coincidence * distance)) / n
    expected = float(np.sum(np.outer(totals, totals) * distance)) / (n * (n - 1))
    return Reliability(1 - observed / expected, observed, expected, round(n), level)


def _distance(values: FloatArray, totals: FloatArray, level: Level) -> FloatArray:
    c, k = values[:, None], values[None, :]
    if level == "nominal":
        return (c != k).astype(np.float64)
    if level == "interval":
        return (c - k) ** 2
    if level == "ratio":
        total = c + k
        return np.divide(c - k, total, out=np.zeros_like(total), where=total != 0) ** 2
    running = np.cumsum(totals)
    between = np.abs(running[:, None] - running[None, :])
    # Σ n_g from c to k, both ends counted half
    half = (totals[None, :] - totals[:, None]) / 2
    upper = between - half
    lower = between + half
    return np.where(np.arange(values.size)[:, None] <= np.arange(values.size)[None, :], upper, lower) ** 2


@dataclass(frozen=True, slots=True)
class Agreement:
    """Chance-corrected agreement of two raters; NaN where chance alone would give full agreement."""

    value: float
    observed: float
    expected: float
    ratings: float


def _table(first: ArrayLike, second: ArrayLike | None) -> FloatArray:
    """Square table of joint ratings, from two raters' labels or as given (counts or shares)."""
    if second is None:
        table = as_matrix(first, "table")
        if table.shape[0] != table.shape[1] or table.shape[0] == 0:
            raise ValueError(f"a table of agreement must be square, got {table.shape}")
        if (table < 0).any():
            raise ValueError("a table of agreement must not have negative entries")
        return table
    a, b = np.asarray(first), np.asarray(second)
    if a.ndim != 1 or a.shape != b.shape:
        raise ValueError(f"the two raters must rate the same units, got {a.shape} and {b.shape}")
    if a.dtype.kind == "f" or b.dtype.kind == "f":
        a, b = a.astype(float), b.astype(float)
        both = ~(np.isnan(a) | np.isnan(b))
        a, b = a[both], b[both]
    labels: NDArray[np.generic] = np.unique(np.concatenate([a, b]))
    table = np.zeros((labels.size, labels.size))
    np.add.at(table, (np.searchsorted(labels, a), np.searchsorted(labels, b)), 1.0)
    return table


def cohen_kappa(
    first: ArrayLike,
    second: ArrayLike | None = None,
    *,
    weights: Literal["linear", "quadratic"] | ArrayLike | None = None,
) -> Agreement:
    """Cohen's κ of two raters, plain or weighted: κ = 1 − Σv·p_o/Σv·p_e, v the disagreement weights.

    Cohen 1960 (Educ Psychol Meas 20:37), 1968 (Psychol Bull 70:213).

    Args:
        first, second: the two raters' labels per unit; pairs with NaN are left out. With `second` left out,
            `first` is the square table of joint counts or shares.
        weights: None (any disagreement counts the same), "linear", "quadratic" over the sorted labels, or a
            square matrix of disagreement weights.

    Returns:
        κ; NaN for no units or when both raters use one and the same label only. At 95 % prevalence κ
        collapses: read it beside `gwet_ac1` and `prevalence_adjusted_kappa`.
    """
    table = _table(first, second)
    total = float(table.sum())
    if total == 0:
        return Agreement(float("nan"), float("nan"), float("nan"), 0.0)
    p = table / total
    chance = np.outer(p.sum(axis=1), p.sum(axis=0))
    steps = np.abs(np.subtract.outer(np.arange(len(p)), np.arange(len(p)))).astype(np.float64)
    if weights is None:
        v = (steps > 0).astype(np.float64)
    elif isinstance(weights, str):
        if weights not in ("linear", "quadratic"):
            raise ValueError(f"weights must be linear, quadratic or a matrix, got {weights}")
        v = steps if weights == "linear" else steps**2
    else:
        v = as_matrix(weights, "weights")
        if v.shape != p.shape:
            raise ValueError(f"weights are {v.shape}, the table is {p.shape}")
    v = v / max(float(v.max(initial=0.0)), 1e-300)
    observed, expected = float(np.sum(v * p)), float(np.sum(v * chance))
    value = 1 - observed / expected if expected > 0 else float("nan")
    return Agreement(value, 1 - observed, 1 - expected, total)


def gwet_ac1(first: ArrayLike, second: ArrayLike | None = None) -> Agreement:
    """Gwet's AC1, stable when one answer is rare: p_e = Σ π(1−π)/(q−1), π the mean share of a label.

    Gwet 2008, Br J Math Stat Psychol 61:29. Input as `cohen_kappa`; NaN with fewer than two labels in the
    table.
    """
    table = _table(first, second)
    total, labels = float(table.sum()), len(table)
    if total == 0 or labels < 2:
        return Agreement(float("nan"), float("nan"), float("nan"), total)
    p = table / total
    share = (p.sum(axis=0) + p.sum(axis=1)) / 2
    expected = float(np.sum(share * (1 - share))) / (labels - 1)
    observed = float(np.trace(p))
    return Agreement((observed - expected) / (1 - expected), observed, expected, total)


def prevalence_adjusted_kappa(first: ArrayLike, second: ArrayLike | None = None) -> Agreement:
    """PABAK = (q·p_o − 1)/(q − 1): κ as it would be if every label were equally common (Byrt et al. 1993)."""
    table = _table(first, second)
    total, labels = float(table.sum()), len(table)
    if total == 0 or labels < 2:
        return Agreement(float("nan"), float("nan"), float("nan"), total)
    observed = float(np.trace(table)) / total
    return Agreement((labels * observed - 1) / (labels - 1), observed, 1 / labels, total)


def cronbach_alpha(scores: ArrayLike) -> float:
    """Internal consistency k/(k−1)·(1 − Σs²_i/s²_total) of respondents × items (Cronbach 1951).

    Respondents with a missing item are left out; NaN with fewer than two of them or when the totals do not
    vary. ValueError with fewer than two items.
    """
    x = as_matrix(scores, "scores", allow_nan=True)
    items = x.shape[1]
    if items < 2:
        raise ValueError(f"consistency needs at least two items, got {items}")
    x = x[~np.isnan(x).any(axis=1)]
    if x.shape[0] < 2:
        return float("nan")
    total = float(x.sum(axis=1).var(ddof=1))
    return (
        items / (items - 1) * (1 - float(x.var(axis=0, ddof=1).sum()) / total) if total > 0 else float("nan")
    )
