"""Borrowing strength over dealers: the beta-binomial prior and the non-parametric one on a grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from sync_server.insight.statistics.arrays import FloatArray, as_counts

_LEAST, _MOST = 1e-3, 1e6
_MAX_STEPS = 200
_LEAST_STEP, _SETTLED = 1e-3, 1e-7
"""Where the likelihood is flat, a thousandth of a Newton step finds no more than its rounding. Newton's steps
square the distance: after one of 1e-7 nothing is left."""


@dataclass(frozen=True, slots=True)
class BetaBinomialFit:
    """Maximum-likelihood Beta(alpha, beta) over groups. `rho` = 1/(α+β+1) is the correlation inside a group.

    `at_boundary`: the groups vary no more (or no less) than the search range allows; with no variation beyond
    chance α+β stops at 1e6, which makes the prior practically one point.
    """

    alpha: float
    beta: float
    mean: float
    rho: float
    log_likelihood: float
    groups: int
    at_boundary: bool


def _moments(k: FloatArray, n: FloatArray) -> tuple[float, float]:
    """Kleinman 1973 (JASA 68:46): mean and precision α+β by moments weighted with n."""
    weight = n / n.sum()
    rate = k / n
    mean = float(np.clip(np.sum(weight * rate), 1e-4, 1 - 1e-4))
    spread = float(np.sum(weight * (rate - mean) ** 2))
    among = float(np.sum(weight * (1 - weight)))
    inverse = float(np.sum(weight * (1 - weight) / n))
    variance = mean * (1 - mean)
    below = variance * (among - inverse)
    correlation = (spread - variance * inverse) / below if below > 0 else 0.0
    correlation = float(np.clip(correlation, 1e-4, 0.9))
    return mean, 1 / correlation - 1


def _distinct(k: FloatArray, n: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Different pairs (k, n) in order, and how often each occurs."""
    base = float(n.max()) + 1
    if base < 2**26 and (k == np.floor(k)).all() and (n == np.floor(n)).all():
        # whole numbers as one number: sorting those is much faster than sorting pairs, the order is the same
        code, counts = np.unique(k * base + n, return_counts=True)
        first = np.floor(code / base)
        return first, code - first * base, counts.astype(np.float64)
    pairs, counts = np.unique(np.stack([k, n]), axis=1, return_counts=True)
    return pairs[0], pairs[1], counts.astype(np.float64)


def beta_binomial_fit(successes: ArrayLike, trials: ArrayLike) -> BetaBinomialFit:
    """Beta prior of the groups' rates by maximum likelihood of the beta-binomial distribution.

    ℓ = Σ ln C(n,k) + ln B(k+α, n−k+β) − ln B(α, β); started at Kleinman's moments, damped Newton in (ln α, ln
    β). Skellam 1948; Kleinman 1973.

    Args:
        successes, trials: one entry per group; groups with n = 0 are left out.

    Raises:
        ValueError: when fewer than two groups have n > 0, and as `wilson_interval` for counts.
    """
    k, n = as_counts(successes, trials)
    if k.ndim != 1:
        raise ValueError("successes must be one-dimensional")
    k, n = k[n > 0], n[n > 0]
    if k.size < 2:
        raise ValueError(f"a prior needs at least two groups with answers, got {k.size}")
    k_u, n_u, m = _distinct(k, n)

    def likelihood(a: float, b: float) -> float:
        return float(np.sum(m * (special.betaln(k_u + a, n_u - k_u + b) - special.betaln(a, b))))

    mean, precision = _moments(k, n)
    precision = min(max(precision, 2 * _LEAST), _MOST / 2)
    alpha, beta = mean * precision, (1 - mean) * precision
    value = likelihood(alpha, beta)
    for _ in range(_MAX_STEPS):
        step = _newton_step(k_u, n_u, m, alpha, beta)
        size = min(1.0, 2.0 / max(abs(step[0]), abs(step[1]), 1e-300))
        while size > _LEAST_STEP:
            a, b = alpha * np.exp(size * step[0]), beta * np.exp(size * step[1])
            better = likelihood(a, b) if _LEAST <= a + b <= _MOST else -np.inf
            if better >= value:
                break
            size /= 2
        else:
            break
        moved = size * max(abs(step[0]), abs(step[1]))
        alpha, beta, value = float(a), float(b), better
        if moved < _SETTLED:
            break
    precision = alpha + beta
    edge = precision > 0.9 * _MOST or precision < 1.1 * _LEAST or not 1e-5 < alpha / precision < 1 - 1e-5
    choose = special.gammaln(n_u + 1) - special.gammaln(k_u + 1) - special.gammaln(n_u - k_u + 1)
    return BetaBinomialFit(
        alpha=alpha,
        beta=beta,
        mean=alpha / precision,
        rho=1 / (precision + 1),
        log_likelihood=value + float(np.sum(m * choose)),
        groups=int(k.size),
        at_boundary=edge,
    )


def _newton_step(k: FloatArray, n: FloatArray, m: FloatArray, a: float, b: float) -> tuple[float, float]:
    """Ascent step in (ln α, ln β); of the precision alone where the curvature does not point to a maximum."""
    total, common = a + b, special.psi(n + a + b) - special.psi(a + b)
    d_a = float(np.sum(m * (special.psi(k + a) - special.psi(a) - common)))
    d_b = float(np.sum(m * (special.psi(n - k + b) - special.psi(b) - common)))
    bend = special.zeta(2.0, total) - special.zeta(2.0, n + total)
    cross = float(np.sum(m * bend))
    h_aa = float(np.sum(m * (special.zeta(2.0, k + a) - special.zeta(2.0, a)))) + cross
    h_bb = float(np.sum(m * (special.zeta(2.0, n - k + b) - special.zeta(2.0, b)))) + cross
    g_a, g_b = a * d_a, b * d_b
    h11, h22, h12 = a * a * h_aa + g_a, b * b * h_bb + g_b, a * b * cross
    determinant = h11 * h22 - h12 * h12
    if h11 < 0 and determinant > 1e-12 * abs(h11 * h22):
        return (h12 * g_b - h22 * g_a) / determinant, (h12 * g_a - h11 * g_b) / determinant
    # far out the likelihood is curved the other way along the precision, while the mean is known well: a step
    # in the gradient's own direction would spoil the mean first
    along = float(np.sign(g_a + g_b))
    return along, along


def shrunken_rate(successes: ArrayLike, trials: ArrayLike, alpha: float, beta: float) -> FloatArray:
    """Posterior mean (k + α)/(n + α + β) of a rate under a Beta(α, β) prior; the prior mean where n = 0."""
    if alpha <= 0 or beta <= 0:
        raise ValueError(f"alpha and beta must be positive, got {alpha} and {beta}")
    k, n = as_counts(successes, trials)
    return (k + alpha) / (n + alpha + beta)
