"""Satisfaction figures from 1-10 answers: ACSI-style index, PLS weights, net promoter score, top box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from sync_server.insight.statistics.arrays import FloatArray, as_matrix, as_vector, check_fraction
from sync_server.insight.statistics.proportions import Interval, wilson_interval


@dataclass(frozen=True, eq=False)
class AcsiIndex(float):
    """The index 0..100, itself a number, with the question means and the weights (sum 1) it is made of."""

    estimate: float
    means: FloatArray
    weights: FloatArray

    def __new__(cls, estimate: float, *_made_of: object) -> Self:
        """A number of the size of the estimate; the other fields are kept beside it."""
        return super().__new__(cls, estimate)


def acsi_index(means: ArrayLike, weights: ArrayLike | None = None) -> AcsiIndex:
    """ACSI-style index 0..100: 100·(Σw·x̄ − Σw)/(9·Σw) from questions answered 1 to 10.

    Fornell et al. 1996, J Marketing 60(4):7. Weights are 1 each until n >= 250, then the unstandardised PLS
    outer weights, frozen for a year.

    Raises:
        ValueError: a mean outside 1..10, weights that do not fit or do not sum to a positive number.
    """
    x = as_vector(means, "means", min_size=1)
    w = np.ones(x.size) if weights is None else as_vector(weights, "weights")
    if w.size != x.size:
        raise ValueError(f"means has {x.size} entries, weights has {w.size}")
    if ((x < 1) | (x > 10)).any():
        raise ValueError("means must lie between 1 and 10")
    if float(w.sum()) <= 0:
        raise ValueError("weights must sum to a positive number")
    estimate = float(100 * np.sum(w * (x - 1)) / (9 * w.sum()))
    return AcsiIndex(estimate, x, w / w.sum())


@dataclass(frozen=True, slots=True)
class NetPromoterScore:
    """`estimate` (with ends) is a fraction −1..1; `points` the customary −100..100. NaN without answers."""

    estimate: float
    low: float
    high: float
    variance: float
    promoters: int
    passives: int
    detractors: int

    @property
    def points(self) -> float:
        """The score as it is usually quoted, −100 to 100."""
        return 100 * self.estimate


def net_promoter_score(scores: ArrayLike, confidence: float = 0.95) -> NetPromoterScore:
    """Share of 9-10 minus share of 0-6; variance of the score (p₊ + p₋ − NPS²)/n.

    Reichheld 2003; variance of a trinomial difference. NaN answers are left out.

    Raises:
        ValueError: a score outside 0..10.
    """
    x = as_vector(scores, "scores", allow_nan=True)
    x = x[~np.isnan(x)]
    z = float(special.ndtri(0.5 + check_fraction(confidence, "confidence") / 2))
    if ((x < 0) | (x > 10)).any():
        raise ValueError("scores must lie between 0 and 10")
    up, down = int((x >= 9).sum()), int((x <= 6).sum())
    n = int(x.size)
    if n == 0:
        nan = float("nan")
        return NetPromoterScore(nan, -1.0, 1.0, nan, 0, 0, 0)
    score = (up - down) / n
    variance = ((up + down) / n - score**2) / n
    half = z * variance**0.5
    return NetPromoterScore(
        score, max(-1.0, score - half), min(1.0, score + half), variance, up, n - up - down, down
    )


def top_box(scores: ArrayLike, lowest: float = 9, confidence: float = 0.95) -> Interval[float]:
    """Share of answers at or above `lowest` (top-2-box of 1-10: 9) with Wilson interval; NaN answers left
    out."""
    x = as_vector(scores, "scores", allow_nan=True)
    x = x[~np.isnan(x)]
    return wilson_interval(float((x >= lowest).sum()), float(x.size), confidence)


def bottom_box(scores: ArrayLike, highest: float = 6, confidence: float = 0.95) -> Interval[float]:
    """Share of answers at or below `highest` with Wilson interval; NaN answers left out."""
    x = as_vector(scores, "scores", allow_nan=True)
    x = x[~np.isnan(x)]
    return wilson_interval(float((x <= highest).sum()), float(x.size), confidence)


@dataclass(frozen=True, slots=True)
class PlsWeights:
    """Outer weights per block.

    `standardised` give latent scores of variance 1 from standardised columns; `unstandardised` are those
    divided by the columns' standard deviations (the weights of the ACSI formula, up to scale); `loadings` the
    columns' correlations with their own latent score; `scores` respondents × blocks.
    """

    standardised: tuple[FloatArray, ...]
    unstandardised: tuple[FloatArray, ...]
    loadings: tuple[FloatArray, ...]
    scores: FloatArray
    iterations: int
    converged: bool


def pls_weights(
    blocks: Sequence[ArrayLike], paths: ArrayLike, *, tolerance: float = 1e-7, max_iterations: int = 500
) -> PlsWeights:
    """PLS path modelling weights, mode A (reflective), centroid scheme.

    Wold 1982; Lohmöller 1989; Tenenhaus et al. 2005, Comput Stat Data Anal 48:159. Outer scores from the
    weights, inner scores from the signs of the correlations of neighbouring blocks, weights from the
    covariances with the inner score, until the largest change is below `tolerance`. The sign of a block is
    chosen so that most of its columns load positively.

    Args:
        blocks: per latent variable respondents × columns, complete (no NaN).
        paths: square matrix over blocks, non-zero where one block points to another (direction is not used).

    Raises:
        ValueError: NaN, fewer than three respondents, constant columns, a block without neighbour.
    """
    tables = [as_matrix(np.atleast_2d(np.asarray(b)), f"block {i}") for i, b in enumerate(blocks)]
    links = as_matrix(paths, "paths")
    if links.shape != (len(tables), len(tables)):
        raise ValueError(f"paths must be {len(tables)} × {len(tables)}, got {links.shape}")
    rows = tables[0].shape[0] if tables else 0
    if rows < 3 or any(t.shape[0] != rows for t in tables):
        raise ValueError("blocks need the same respondents, three at least")
    neighbour = (links != 0) | (links.T != 0)
    np.fill_diagonal(neighbour, False)
    alone = np.flatnonzero(~neighbour.any(axis=1))
    if alone.size:
        raise ValueError(f"block {int(alone[0])} is not linked to any other")
    spreads = [t.std(axis=0, ddof=1) for t in tables]
    for i, spread in enumerate(spreads):
        if (spread == 0).any():
            raise ValueError(f"block {i} has a constant column")
    z = [(t - t.mean(axis=0)) / s for t, s in zip(tables, spreads, strict=True)]
    weights = [_unit(x, np.ones(x.shape[1])) for x in z]
    converged, iterations = False, 0
    while iterations < max_iterations and not converged:
        iterations += 1
        outer = np.column_stack([x @ w for x, w in zip(z, weights, strict=True)])
        inner = outer @ (np.sign(np.corrcoef(outer.T).reshape(len(z), len(z))) * neighbour)
        fresh = [_unit(x, x.T @ inner[:, j] / (rows - 1)) for j, x in enumerate(z)]
        change = max(float(np.abs(a - b).max()) for a, b in zip(fresh, weights, strict=True))
        weights = fresh
        converged = change < tolerance
    loadings: list[FloatArray] = []
    for j, x in enumerate(z):
        loading = x.T @ (x @ weights[j]) / (rows - 1)
        if float(np.sign(loading).sum()) < 0:
            weights[j], loading = -weights[j], -loading
        loadings.append(loading)
    return PlsWeights(
        tuple(weights),
        tuple(w / s for w, s in zip(weights, spreads, strict=True)),
        tuple(loadings),
        np.column_stack([x @ w for x, w in zip(z, weights, strict=True)]),
        iterations,
        converged,
    )


def _unit(columns: FloatArray, weights: FloatArray) -> FloatArray:
    """The weights scaled so that the score has variance 1."""
    spread = float((columns @ weights).std(ddof=1))
    if spread == 0:
        raise ValueError("a block's columns cancel each other, no score can be formed")
    return weights / spread
