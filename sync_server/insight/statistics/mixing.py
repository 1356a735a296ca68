"""A rate's posterior on a grid, with a prior learnt from all cells without assuming its shape.

Laird 1978 (JASA 73:805) for the non-parametric maximum likelihood, Silverman et al. 1990 (JRSS B 52:271) for
the smoothed EM, Efron 2016 (Biometrika 103:1) for prior estimation on a grid. Non-parametric so that a rare
weak tail is not shrunk into the bulk.

A grid point stands for its whole cell: G points cut (0, 1) into G equal cells, and probabilities below a
target inside a cell are shared out in proportion.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from sync_server.insight.statistics.arrays import FloatArray, as_counts, as_matrix, as_vector, check_fraction

SMOOTHING = (0.1, 0.2, 0.4, 0.2, 0.1)


def rate_grid(points: int = 97) -> FloatArray:
    """Midpoints of `points` equal cells of (0, 1)."""
    if points < 3:
        raise ValueError(f"a grid needs at least 3 points, got {points}")
    return (np.arange(points) + 0.5) / points


def source_log_odds(
    grid: ArrayLike, intercept: float = 0.0, slope: float = 1.0
) -> tuple[FloatArray, FloatArray]:
    """ln q and ln(1−q) at each grid point for a source with logit q = intercept + slope·logit θ."""
    theta = as_vector(grid, "grid", min_size=1)
    if ((theta <= 0) | (theta >= 1)).any():
        raise ValueError("grid points must lie strictly between 0 and 1")
    logit = intercept + slope * special.logit(theta)
    return np.asarray(special.log_expit(logit)), np.asarray(special.log_expit(-logit))


def log_likelihood(
    successes: ArrayLike,
    trials: ArrayLike,
    grid: ArrayLike,
    *,
    rho: ArrayLike = 0.0,
    intercepts: ArrayLike = 0.0,
    slopes: ArrayLike = 1.0,
) -> FloatArray:
    """log L(θ) = Σ_s w_s[k_s ln q_s(θ) + (n_s−k_s) ln(1−q_s(θ))], w_s = 1/(1+(n_s−1)ρ_s), per cell and grid
    point.

    Args:
        successes, trials: cells × sources.
        grid: strictly inside (0, 1).
        rho, intercepts, slopes: per source or one number for all.

    Returns:
        cells × grid points; a cell without answers has 0 everywhere.
    """
    k, n = as_counts(successes, trials)
    if k.ndim != 2:
        raise ValueError("successes must be cells × sources")
    sources = k.shape[1]
    r = np.broadcast_to(np.asarray(rho, float), (sources,))
    a = np.broadcast_to(np.asarray(intercepts, float), (sources,))
    b = np.broadcast_to(np.asarray(slopes, float), (sources,))
    w = 1.0 / (1.0 + np.maximum(n - 1.0, 0.0) * r)
    both = [source_log_odds(grid, float(a[s]), float(b[s])) for s in range(sources)]
    return (w * k) @ np.stack([yes for yes, _ in both]) + (w * (n - k)) @ np.stack([no for _, no in both])


def smooth(weights: FloatArray, kernel: tuple[float, ...] = SMOOTHING) -> FloatArray:
    """A distribution on a grid, smoothed; mass that would leave an end stays at that end, the sum stays."""
    reach = len(kernel) // 2
    if len(kernel) % 2 == 0 or weights.size < len(kernel):
        raise ValueError("the kernel must have odd length and fit into the grid")
    wide = np.convolve(weights, np.asarray(kernel))
    inner = wide[reach : wide.size - reach].copy()
    inner[:reach] += wide[:reach][::-1]
    inner[-reach:] += wide[wide.size - reach :][::-1]
    return inner / inner.sum()


def fit_mixing_distribution(
    likelihood: ArrayLike,
    *,
    repeats: ArrayLike | None = None,
    start: ArrayLike | None = None,
    steps: int = 20,
    kernel: tuple[float, ...] = SMOOTHING,
) -> FloatArray:
    """Distribution of the true rates over cells: EM, g ← mean over cells of the posterior, smoothed at the
    end.

    Args:
        likelihood: cells × grid points, not logarithmic, any positive scale per row.
        repeats: how many cells each row stands for; one each when not given.
        start: first guess; uniform when not given.
        steps: EM steps; few on purpose, early stopping regularises.
    """
    table = as_matrix(likelihood, "likelihood")
    if table.shape[0] == 0:
        raise ValueError("likelihood has no cells")
    m = np.ones(table.shape[0]) if repeats is None else as_vector(repeats, "repeats")
    points = table.shape[1]
    g = np.full(points, 1.0 / points) if start is None else as_vector(start, "start", min_size=points)
    for _ in range(steps):
        marginal = table @ g
        if (marginal <= 0).any():
            raise ValueError("a cell has likelihood 0 at every point the prior allows")
        g = g * ((m / marginal) @ table) / m.sum()
    return smooth(g, kernel)


@dataclass(frozen=True, slots=True)
class GridPosterior:
    """Per cell: mean, ends of the central 90 % interval, P(θ < target), and E[(target − θ)₊]."""

    mean: FloatArray
    low: FloatArray
    high: FloatArray
    p_below: FloatArray
    shortfall: FloatArray


def grid_posterior(
    likelihood: ArrayLike, prior: ArrayLike, grid: ArrayLike, target: float, *, confidence: float = 0.90
) -> GridPosterior:
    """Posterior summaries of every cell under one prior on an equally spaced grid (see `rate_grid`).

    Args:
        likelihood: cells × grid points, not logarithmic.
        prior: weights on the grid; made to sum to one.
        target: the rate asked for, 0 to 1.
    """
    table = as_matrix(likelihood, "likelihood")
    theta = as_vector(grid, "grid", min_size=3)
    g = as_vector(prior, "prior", min_size=theta.size)
    check_fraction(target, "target")
    tail = (1 - check_fraction(confidence, "confidence")) / 2
    width = float(theta[1] - theta[0])
    posterior = table * g
    total = posterior.sum(axis=1, keepdims=True)
    if (total <= 0).any():
        raise ValueError("a cell has likelihood 0 at every point the prior allows")
    posterior /= total
    below, shortfall = target_terms(theta, target)
    cumulative = np.cumsum(posterior, axis=1)
    left = float(theta[0]) - width / 2

    def quantile(level: float) -> FloatArray:
        at = np.minimum((cumulative < level).sum(axis=1), theta.size - 1)
        rows = np.arange(at.size)
        inside = posterior[rows, at]
        before = cumulative[rows, at] - inside
        share = np.divide(level - before, inside, out=np.zeros_like(inside), where=inside > 0)
        return left + width * (at + np.clip(share, 0, 1))

    return GridPosterior(
        posterior @ theta, quantile(tail), quantile(1 - tail), posterior @ below, posterior @ shortfall
    )


def target_terms(grid: FloatArray, target: float) -> tuple[FloatArray, FloatArray]:
    """Per grid cell, the share of it below the target and the mean shortfall (target − θ)₊ inside it."""
    width = float(grid[1] - grid[0])
    share = np.clip((target - (grid - width / 2)) / width, 0, 1)
    # inside the part of the cell that lies below the target θ is on average half that part above its left end
    mean_below = (grid - width / 2) + share * width / 2
    return share, share * (target - mean_below)
