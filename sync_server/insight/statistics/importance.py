"""Which scores drive the overall one: LMG (Shapley) shares, Johnson's relative weights, Kano's contrast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import comb
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from sync_server.insight.statistics.arrays import FloatArray, as_matrix, as_vector, check_fraction

MAX_LMG_PREDICTORS = 16


@dataclass(frozen=True, slots=True)
class Importance:
    """`raw` adds up to `r_squared`; `share` = raw/r_squared adds up to 1 (NaN when nothing is explained).

    `negative` marks predictors whose plain correlation with the outcome is negative: in satisfaction data a
        sign of an error in the data, listed rather than hidden.
    """

    raw: FloatArray
    share: FloatArray
    r_squared: float
    negative: tuple[int, ...]


def correlation_matrix(columns: ArrayLike, min_pairs: int = 2) -> FloatArray:
    """Correlations of the columns, each pair over the rows where both are known (NaN = not answered).

    Raises:
        ValueError: when a pair has fewer than `min_pairs` rows in common or a column is constant.
    """
    x = as_matrix(columns, "columns", allow_nan=True)
    known = ~np.isnan(x)
    filled = np.where(known, x, 0.0)
    size = np.abs(filled).max(axis=0, initial=0.0)
    # about their middle, so that figures far from zero keep the digits that tell them apart
    middle = filled.sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    filled = np.where(known, x - middle, 0.0)
    mask = known.astype(np.float64)
    n = mask.T @ mask
    short = np.argwhere(n < max(2, min_pairs))
    if short.size:
        i, j = (int(v) for v in short[0])
        raise ValueError(
            f"columns {i} and {j} have {int(n[i, j])} answers in common, {max(2, min_pairs)} are needed"
        )
    sums, cross = filled.T @ mask, filled.T @ filled
    squares = (filled**2).T @ mask
    covariance = cross - sums * sums.T / n
    variance = squares - sums**2 / n
    scale = np.sqrt(np.maximum(variance, 0) * np.maximum(variance.T, 0))
    constant = np.flatnonzero(np.diag(variance) <= np.diag(n) * (1e-12 * size) ** 2)
    if constant.size:
        raise ValueError(f"column {int(constant[0])} is constant")
    with np.errstate(divide="ignore", invalid="ignore"):
        r = covariance / scale
    if np.isnan(r).any():
        i, j = (int(v) for v in np.argwhere(np.isnan(r))[0])
        raise ValueError(f"column {i} is constant where column {j} is answered")
    np.fill_diagonal(r, 1.0)
    return np.clip(r, -1.0, 1.0)


def _importance(raw: FloatArray, r: FloatArray) -> Importance:
    total = float(raw.sum())
    share = raw / total if total > 1e-12 else np.full(raw.shape, np.nan)
    return Importance(raw, share, total, tuple(int(i) for i in np.flatnonzero(r < 0)))


def _correlations(predictors: ArrayLike, outcome: ArrayLike, min_pairs: int) -> tuple[FloatArray, FloatArray]:
    x = as_matrix(predictors, "predictors", allow_nan=True)
    y = as_vector(outcome, "outcome", allow_nan=True)
    if x.shape[0] != y.size:
        raise ValueError(f"predictors have {x.shape[0]} rows, outcome has {y.size}")
    if x.shape[1] == 0:
        raise ValueError("predictors have no columns")
    whole = correlation_matrix(np.column_stack([x, y]), min_pairs)
    return whole[:-1, :-1], whole[:-1, -1]


def lmg_importance(predictors: ArrayLike, outcome: ArrayLike, *, min_pairs: int = 2) -> Importance:
    """Shares of R² by averaging each predictor's gain over all orders of entering (LMG, Shapley value).

    Lindeman, Merenda & Gold 1980; Grömping 2006, J Stat Softw 17(1). Exact over all 2^p subsets, p <= 16.

    Args:
        predictors: respondents × predictors; NaN where not answered (pairwise correlations are used).
        outcome: per respondent.
        min_pairs: answers each pair of columns must share.

    Raises:
        ValueError: constant column, too few common answers, more than 16 predictors (use `johnson_weights`).
    """
    return lmg_from_correlations(*_correlations(predictors, outcome, min_pairs))


def lmg_from_correlations(between: ArrayLike, with_outcome: ArrayLike) -> Importance:
    """`lmg_importance` from the predictors' correlation matrix and their correlations with the outcome."""
    big, r = as_matrix(between, "between"), as_vector(with_outcome, "with_outcome", min_size=1)
    p = r.size
    if big.shape != (p, p):
        raise ValueError(f"between is {big.shape}, with_outcome has {p} entries")
    if p > MAX_LMG_PREDICTORS:
        raise ValueError(f"{p} predictors are too many for all subsets, use johnson_weights")
    explained = _subset_r_squared(big, r)
    masks = np.arange(1 << p)
    size = np.array([int(m).bit_count() for m in masks])
    raw = np.zeros(p)
    weight = np.array([1 / (p * comb(p - 1, s)) for s in range(p)])
    for j in range(p):
        without = masks[(masks >> j) & 1 == 0]
        raw[j] = np.sum(weight[size[without]] * (explained[without | (1 << j)] - explained[without]))
    return _importance(raw, r)


def _subset_r_squared(big: FloatArray, r: FloatArray) -> FloatArray:
    """R² of every subset of predictors, indexed by bit mask; collinear subsets through the pseudo-inverse."""
    p = r.size
    members: dict[int, list[tuple[int, list[int]]]] = {}
    for mask in range(1, 1 << p):
        chosen = [j for j in range(p) if mask >> j & 1]
        members.setdefault(len(chosen), []).append((mask, chosen))
    explained = np.zeros(1 << p)
    for group in members.values():
        index = np.array([chosen for _, chosen in group])
        blocks = big[index[:, :, None], index[:, None, :]]
        sides = r[index][:, :, None]
        try:
            beta = np.linalg.solve(blocks, sides)
        except np.linalg.LinAlgError:
            beta = np.linalg.pinv(blocks, hermitian=True) @ sides
        explained[[mask for mask, _ in group]] = np.sum(beta * sides, axis=(1, 2))
    return explained


def johnson_weights(predictors: ArrayLike, outcome: ArrayLike, *, min_pairs: int = 2) -> Importance:
    """Johnson's relative weights: shares of R² through the nearest orthogonal variables.

    R = VDVᵀ, Λ = VD^½Vᵀ, β = Λ⁻¹r, ε = Λ²·β² (Johnson 2000, Multivariate Behav Res 35:1). Any number of
    predictors; practically equal to LMG. Arguments and errors as `lmg_importance`.
    """
    return johnson_from_correlations(*_correlations(predictors, outcome, min_pairs))


def johnson_from_correlations(between: ArrayLike, with_outcome: ArrayLike) -> Importance:
    """`johnson_weights` from correlations. Directions without variance (collinear columns) are dropped."""
    big, r = as_matrix(between, "between"), as_vector(with_outcome, "with_outcome", min_size=1)
    if big.shape != (r.size, r.size):
        raise ValueError(f"between is {big.shape}, with_outcome has {r.size} entries")
    values, vectors = np.linalg.eigh(big)
    root = np.sqrt(np.maximum(values, 0.0))
    inverse = np.where(root > 1e-7, 1 / np.maximum(root, 1e-7), 0.0)
    scale = (vectors * root) @ vectors.T
    beta = (vectors * inverse) @ vectors.T @ r
    return _importance(scale**2 @ beta**2, r)


@dataclass(frozen=True, slots=True)
class ImportanceIntervals:
    """Shares with percentile intervals over resampled respondents. `enough`: n reached the minimum asked
    for."""

    share: FloatArray
    low: FloatArray
    high: FloatArray
    respondents: int
    enough: bool


def bootstrap_importance(
    predictors: ArrayLike,
    outcome: ArrayLike,
    *,
    method: Literal["lmg", "johnson"] = "johnson",
    resamples: int = 500,
    confidence: float = 0.90,
    min_respondents: int = 600,
    seed: int = 0,
) -> ImportanceIntervals:
    """Importance shares with bootstrap intervals over respondents; equal shares when there are too few of
    them.

    With fewer than `min_respondents` rows the shares are 1/p with the whole 0..1 as interval and `enough` is
    False: rank agreement with the truth was .48 at n = 100 and .85 at n = 600. Network or brand level only.
    """
    x = as_matrix(predictors, "predictors", allow_nan=True)
    y = as_vector(outcome, "outcome", allow_nan=True)
    if x.shape[0] != y.size:
        raise ValueError(f"predictors have {x.shape[0]} rows, outcome has {y.size}")
    check_fraction(confidence, "confidence")
    n, p = x.shape
    if p == 0:
        raise ValueError("predictors have no columns")
    if n < min_respondents:
        return ImportanceIntervals(np.full(p, 1 / p), np.zeros(p), np.ones(p), n, False)
    compute: Callable[[ArrayLike, ArrayLike], Importance] = (
        lmg_importance if method == "lmg" else johnson_weights
    )
    share = compute(x, y).share
    rng = np.random.default_rng(seed)
    draws = np.empty((resamples, p))
    for b in range(resamples):
        rows = rng.integers(0, n, n)
        draws[b] = compute(x[rows], y[rows]).share
    tail = (1 - confidence) / 2
    low, high = np.quantile(draws, [tail, 1 - tail], axis=0)
    return ImportanceIntervals(share, low, high, n, True)


@dataclass(frozen=True, slots=True)
class PenaltyReward:
    """Change of the overall score when an item is low or high against the middle, and the class that
    follows."""

    penalty: float
    reward: float
    ratio: float
    kind: Literal["must-be", "one-dimensional", "attractive", "indifferent"]


def penalty_reward_contrast(
    overall: ArrayLike,
    item: ArrayLike,
    *,
    low: float = 6,
    high: float = 9,
    must_be: float = 0.6,
    attractive: float = 0.4,
) -> PenaltyReward:
    """Kano class by penalty-reward contrast: regress overall on dummies for item <= low and item >= high.

    ratio = |penalty|/(|penalty|+|reward|), above `must_be` must-be, below `attractive` attractive. Brandt
    1987. Rows with NaN are left out. ValueError when one of the three groups is empty.
    """
    y = as_vector(overall, "overall", allow_nan=True)
    x = as_vector(item, "item", allow_nan=True)
    if x.size != y.size:
        raise ValueError(f"overall has {y.size} answers, item has {x.size}")
    known = ~(np.isnan(x) | np.isnan(y))
    x, y = x[known], y[known]
    groups = [y[x <= low], y[(x > low) & (x < high)], y[x >= high]]
    if any(g.size == 0 for g in groups):
        raise ValueError("needs answers at the low end, in the middle and at the high end")
    penalty = float(groups[0].mean() - groups[1].mean())
    reward = float(groups[2].mean() - groups[1].mean())
    size = abs(penalty) + abs(reward)
    if size == 0:
        return PenaltyReward(0.0, 0.0, float("nan"), "indifferent")
    ratio = abs(penalty) / size
    kind = "must-be" if ratio > must_be else "attractive" if ratio < attractive else "one-dimensional"
    return PenaltyReward(penalty, reward, ratio, kind)
