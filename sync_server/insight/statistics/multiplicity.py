"""Many comparisons at once: Benjamini-Hochberg, Bayesian false discovery rate, funnel comparison."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from sync_server.insight.statistics.arrays import (
    BoolArray,
    FloatArray,
    as_counts,
    as_floats,
    as_vector,
    check_fraction,
)


@dataclass(frozen=True, slots=True)
class FalseDiscovery:
    """Adjusted p-values and what they reject at level q; same shape as the input."""

    adjusted: FloatArray
    rejected: BoolArray
    q: float


def benjamini_hochberg(p_values: ArrayLike, q: float = 0.10) -> FalseDiscovery:
    """Control of the false discovery rate among many tests (step-up).

    adjusted p(i) = min over j >= i of m·p(j)/j, rejected when <= q.
    Benjamini & Hochberg 1995, JRSS B 57:289; valid also under positive dependence (Benjamini & Yekutieli
    2001).

    Args:
        p_values: any shape; NaN marks a test that was not made: it is not counted, stays NaN, is never
            rejected.
        q: accepted share of false rejections.

    Raises:
        ValueError: on a p-value outside 0..1 or q outside (0, 1).
    """
    p = as_floats(p_values, "p_values", allow_nan=True)
    check_fraction(q, "q")
    made = ~np.isnan(p)
    if ((p[made] < 0) | (p[made] > 1)).any():
        raise ValueError("p_values must lie between 0 and 1")
    adjusted = np.full(p.shape, np.nan)
    values = p[made]
    if values.size:
        order = np.argsort(values, kind="stable")
        scaled = values[order] * values.size / np.arange(1, values.size + 1)
        ranked = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
        back = np.empty_like(values)
        back[order] = ranked
        adjusted[made] = back
    return FalseDiscovery(adjusted, np.less_equal(adjusted, q, where=made, out=np.zeros(p.shape, bool)), q)


@dataclass(frozen=True, slots=True)
class BayesianDiscovery:
    """Which cells are listed, and the share of the list expected to be wrong."""

    flagged: BoolArray
    expected_false_share: float
    q: float


def bayesian_fdr(null_probability: ArrayLike, q: float = 0.10) -> BayesianDiscovery:
    """The largest list whose mean probability of not belonging there is at most q.

    Sort by P(null | data), take the longest prefix with running mean <= q. Newton et al. 2004, Biostatistics
    5:155.

    Args:
        null_probability: P(θ >= target) per cell, one-dimensional; NaN is never listed.
        q: accepted expected share of false entries.
    """
    p = as_vector(null_probability, "null_probability", allow_nan=True)
    check_fraction(q, "q")
    known = ~np.isnan(p)
    if ((p[known] < 0) | (p[known] > 1)).any():
        raise ValueError("null_probability must lie between 0 and 1")
    # the list ends before the mean exceeds q: when the cells up to ½ exceed it already, the rest need no
    # sorting
    candidates = np.flatnonzero(known & (p <= 0.5))
    if candidates.size == 0 or float(p[candidates].mean()) <= q:
        candidates = np.flatnonzero(known)
    order = candidates[np.argsort(p[candidates], kind="stable")]
    running = np.cumsum(p[order]) / np.arange(1, order.size + 1)
    listed = int(np.searchsorted(running, q, side="right"))
    flagged = np.zeros(p.shape, bool)
    flagged[order[:listed]] = True
    return BayesianDiscovery(flagged, float(running[listed - 1]) if listed else 0.0, q)


_SPREAD_FROM = 5


@dataclass(frozen=True, slots=True)
class FunnelComparison:
    """Units compared with their common rate; arrays in the order of the input."""

    rate: FloatArray
    pooled: float
    z: FloatArray
    p_value: FloatArray
    adjusted: FloatArray
    flagged: BoolArray
    low: FloatArray
    high: FloatArray
    cutoff: float
    """The p-value up to which a unit is flagged here, q·R/m of R flagged among m (R = 1 where none is).
    `funnel_limits` at it part the flagged units from the others."""
    dispersion: float
    """How far units spread beyond chance (φ, 1: no further); 1 where it was not asked for."""


@dataclass(frozen=True, slots=True)
class FunnelLimits:
    """Where the two-sided exact binomial p-value reaches a cutoff; NaN-free, clipped to 0..1."""

    low: FloatArray
    high: FloatArray


def funnel_limits(
    trials: ArrayLike, centre: float, p_value: float, *, dispersion: float = 1.0
) -> FunnelLimits:
    """Exact limits of a funnel plot at numbers of trials, interpolated between whole successes.

    With F the distribution of Binomial(n, centre), r the least with F(r) >= p/2 and
    a = (F(r) − p/2)/(F(r) − F(r−1)), the lower limit is (r − a)/n; the upper one is that of the failures,
    turned round. A rate lies outside exactly where twice its tail probability is below p. Spiegelhalter 2005,
    Stat Med 24:1185, appendix A.1. With a dispersion φ above 1 normal limits, centre ± z√(φ·c(1−c)/n).

    Args:
        trials: whole numbers from 1 on.
        centre, p_value: 0..1, p_value strictly inside.
        dispersion: φ of `funnel_comparison`.
    """
    n = as_vector(trials, "trials", min_size=1)
    if (n < 1).any() or (n != np.floor(n)).any():
        raise ValueError("trials must be whole numbers from 1 on")
    if not 0 <= centre <= 1:
        raise ValueError(f"centre must lie between 0 and 1, got {centre}")
    check_fraction(p_value, "p_value")
    if dispersion > 1:
        width = -float(special.ndtri(p_value / 2)) * np.sqrt(dispersion * centre * (1 - centre) / n)
        return FunnelLimits(np.clip(centre - width, 0, 1), np.clip(centre + width, 0, 1))
    low, high = _lower_limit(n, centre, p_value / 2), 1 - _lower_limit(n, 1 - centre, p_value / 2)
    return FunnelLimits(np.clip(low, 0, 1), np.clip(high, 0, 1))


def _lower_limit(n: FloatArray, centre: float, tail: float) -> FloatArray:
    if centre in (0.0, 1.0):
        return np.full(n.shape, centre)
    low, high = np.full(n.shape, -1.0), n.copy()  # F(low) < tail <= F(high)
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        reached = special.bdtr(middle, n.astype(int), centre) >= tail
        high, low = np.where(reached, middle, high), np.where(reached, low, middle)
    at = special.bdtr(high, n.astype(int), centre)
    before = np.where(high > 0, special.bdtr(np.maximum(high - 1, 0), n.astype(int), centre), 0.0)
    return (high - (at - tail) / (at - before)) / n


def funnel_comparison(
    events: ArrayLike,
    trials: ArrayLike,
    *,
    centre: float | None = None,
    q: float = 0.10,
    confidence: float = 0.998,
    overdispersed: bool = False,
) -> FunnelComparison:
    """Funnel plot with exact binomial tests: who differs from the whole, with multiplicity controlled.

    The pooled rate Σk/Σn is the centre line unless one is given (never the mean of the units' rates).
    p = min(1, 2·min(P(X<=k), P(X>=k))) under Binomial(n, centre), Benjamini-Hochberg at q. Spiegelhalter
    2005, Stat Med 24:1185. `low`/`high` are normal funnel limits at `confidence` for drawing, clipped to
    0..1. Units with n = 0 have NaN everywhere and are never flagged.

    With `overdispersed` the units are taken to differ by more than chance anyway, as dealers do: φ is the
    mean z² after the outer tenths are drawn in (Winsorised), and where it exceeds 1, p = 2Φ(−|z|/√φ); fewer
    than 5 units do not show how far they spread (same paper, section 3.2).
    """
    k, n = as_counts(events, trials)
    if k.ndim != 1:
        raise ValueError("events must be one-dimensional")
    check_fraction(confidence, "confidence")
    total = float(n.sum())
    pooled = centre if centre is not None else (float(k.sum()) / total if total else float("nan"))
    if centre is not None and not 0 <= centre <= 1:
        raise ValueError(f"centre must lie between 0 and 1, got {centre}")
    some = n > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(some, k / n, np.nan)
        spread = np.where(some, np.sqrt(pooled * (1 - pooled) / n), np.nan)
        z = np.where(spread > 0, (rate - pooled) / spread, np.where(some & (rate == pooled), 0.0, np.nan))
    p = np.full(k.shape, np.nan)
    if some.any() and 0 < pooled < 1:
        below = special.bdtr(np.floor(k[some]), n[some].astype(int), pooled)
        above = special.bdtrc(np.ceil(k[some]) - 1, n[some].astype(int), pooled)
        above = np.where(k[some] == 0, 1.0, above)
        p[some] = np.minimum(1.0, 2 * np.minimum(below, above))
    elif some.any():
        p[some] = np.where(rate[some] == pooled, 1.0, 0.0)
    dispersion = _dispersion(z[some]) if overdispersed else 1.0
    if dispersion > 1:
        p[some] = 2 * special.ndtr(-np.abs(z[some]) / np.sqrt(dispersion))
    found = benjamini_hochberg(p, q)
    width = float(special.ndtri(0.5 + confidence / 2)) * spread * np.sqrt(dispersion)
    cutoff = q * max(int(found.rejected.sum()), 1) / max(int(some.sum()), 1)
    return FunnelComparison(
        rate,
        pooled,
        z,
        p,
        found.adjusted,
        found.rejected,
        np.clip(pooled - width, 0, 1),
        np.clip(pooled + width, 0, 1),
        cutoff,
        dispersion,
    )


def _dispersion(z: FloatArray) -> float:
    if z.size < _SPREAD_FROM or not np.isfinite(z).all():
        return 1.0
    low, high = np.quantile(z, (0.1, 0.9))
    return max(1.0, float(np.mean(np.clip(z, low, high) ** 2)))
