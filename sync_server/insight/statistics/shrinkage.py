"""Borrowing strength over dealers: the beta-binomial prior and the non-parametric one on a grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from sync_server.insight.statistics.arrays import FloatArray, as_counts

_PRECISION_BOUNDS = (1e-3, 1e6)


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


def beta_binomial_fit(successes: ArrayLike, trials: ArrayLike) -> BetaBinomialFit:
    """Beta prior of the groups' rates by maximum likelihood of the beta-binomial distribution.

    ℓ = Σ ln C(n,k) + ln B(k+α, n−k+β) − ln B(α, β); started at Kleinman's moments, L-BFGS in (logit mean,
    ln precision) with the analytic gradient. Skellam 1948; Kleinman 1973.

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
    pairs, counts = np.unique(np.stack([k, n]), axis=1, return_counts=True)
    k_u, n_u, m = pairs[0], pairs[1], counts.astype(np.float64)

    def negative(parameters: FloatArray) -> tuple[float, FloatArray]:
        mean, precision = float(special.expit(parameters[0])), float(np.exp(parameters[1]))
        a, b = mean * precision, (1 - mean) * precision
        value = np.sum(m * (special.betaln(k_u + a, n_u - k_u + b) - special.betaln(a, b)))
        common = special.psi(n_u + precision) - special.psi(precision)
        d_a = np.sum(m * (special.psi(k_u + a) - special.psi(a) - common))
        d_b = np.sum(m * (special.psi(n_u - k_u + b) - special.psi(b) - common))
        gradient = np.array([mean * (1 - mean) * precision * (d_a - d_b), d_a * a + d_b * b])
        return -float(value), -gradient

    mean0, precision0 = _moments(k, n)
    bounds = [(-12.0, 12.0), (float(np.log(_PRECISION_BOUNDS[0])), float(np.log(_PRECISION_BOUNDS[1])))]
    start = [float(special.logit(mean0)), float(np.clip(np.log(precision0), *bounds[1]))]
    found = optimize.minimize(
        negative, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-14, "gtol": 1e-9}
    )
    mean, precision = float(special.expit(found.x[0])), float(np.exp(found.x[1]))
    edge = any(abs(x - end) < 1e-6 for x, pair in zip(found.x, bounds, strict=True) for end in pair)
    choose = special.gammaln(n_u + 1) - special.gammaln(k_u + 1) - special.gammaln(n_u - k_u + 1)
    return BetaBinomialFit(
        alpha=mean * precision,
        beta=(1 - mean) * precision,
        mean=mean,
        rho=1 / (precision + 1),
        log_likelihood=float(-found.fun + np.sum(m * choose)),
        groups=int(k.size),
        at_boundary=edge,
    )


def shrunken_rate(successes: ArrayLike, trials: ArrayLike, alpha: float, beta: float) -> FloatArray:
    """Posterior mean (k + α)/(n + α + β) of a rate under a Beta(α, β) prior; the prior mean where n = 0."""
    if alpha <= 0 or beta <= 0:
        raise ValueError(f"alpha and beta must be positive, got {alpha} and {beta}")
    k, n = as_counts(successes, trials)
    return (k + alpha) / (n + alpha + beta)
