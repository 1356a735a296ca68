"""The synthetic network: true rates per dealer, item and month, and what five imperfect sources report of
them.

logit θ = item + region + dealer + dealer × category + dealer × item + season − Spring Festival + AR(1) noise;
a few cells are weak from the start, a few fall, plans lift some of them. Everything follows from the seed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import special

SOURCES = ("phone", "mystery", "callback", "onsite", "supervision")
_BIAS = (0.05, 0.0, 0.20, 0.40, 0.60)
_SENSITIVITY = (0.96, 0.985, 0.97, 0.99, 0.99)
_SPECIFICITY = (0.80, 0.97, 0.75, 0.95, 0.90)
_DEALER_BIAS = (0.15, 0.10, 0.25, 0.30, 0.50)
_CATEGORIES = np.array((14, 8, 18, 14, 16, 14, 14, 14, 8))
_PLAN_WORKS, _PLAN_NOTHING, _PLAN_FADES = 0, 1, 2
EXTRA_BINOMIAL = 0.03


@dataclass(frozen=True)
class Size:
    """How large the network is, and how much of the full volume of answers there is."""

    dealers: int = 300
    items: int = 40
    months: int = 18
    volume: float = 1.0
    shares: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0, 1.0)
    """Multiplies the volume of each source, to shift the mix."""
    shift_month: int | None = None
    """From which month on `shares` hold; from the beginning when None."""


@dataclass(frozen=True)
class Network:
    """Truth (dealer × item × month, on the reference scale) and counts (… × source)."""

    successes: NDArray[np.int32]
    trials: NDArray[np.int32]
    theta: NDArray[np.float64]
    weak: NDArray[np.bool_]
    decline_month: NDArray[np.int64]
    """−1 where the cell does not fall."""
    plan_month: NDArray[np.int64]
    plan_kind: NDArray[np.int64]
    """0 works, 1 nothing, 2 fades; −1 without plan."""
    category: NDArray[np.int64]
    coached: NDArray[np.bool_]
    region: NDArray[np.int64] = field(repr=False)

    @property
    def plans(self) -> list[tuple[int, int, int]]:
        """(dealer, item, start month) in order."""
        return [(int(d), int(i), int(self.plan_month[d, i])) for d, i in np.argwhere(self.plan_month >= 0)]


def _item_categories(items: int) -> NDArray[np.int64]:
    edges = np.cumsum(_CATEGORIES) / _CATEGORIES.sum() * items
    return np.searchsorted(edges, np.arange(items), side="right").astype(np.int64)


def _base_logits(rng: np.random.Generator, size: Size) -> tuple[NDArray[np.float64], ...]:
    d, i, t = size.dealers, size.items, size.months
    category = _item_categories(i)
    item = special.logit(np.clip(special.expit(rng.normal(special.logit(0.945), 0.35, i)), 0.85, 0.985))
    region = np.arange(d) % 6
    level = item[None, :] + rng.normal(0, 0.15, 6)[region][:, None] + rng.normal(0, 0.30, d)[:, None]
    level = level + rng.normal(0, 0.20, (d, int(category.max()) + 1))[:, category]
    level = level + rng.normal(0, 0.25, (d, i))
    month = np.arange(t)
    phase = rng.uniform(0, 2 * np.pi, i)
    season = 0.10 * np.cos(2 * np.pi * month[None, :] / 12 + phase[:, None])
    season = season - 0.15 * (month % 12 == 1)[None, :]
    drift = np.empty((d, i, t))
    drift[..., 0] = rng.normal(0, 0.08, (d, i))
    for m in range(1, t):
        drift[..., m] = 0.7 * drift[..., m - 1] + rng.normal(0, 0.08 * np.sqrt(1 - 0.49), (d, i))
    return level, season, drift, category, region


def make_network(seed: int, size: Size | None = None) -> Network:
    """The network of a seed."""
    size = size or Size()
    rng = np.random.default_rng(seed)
    d, i, t = size.dealers, size.items, size.months
    level, season, drift, category, region = _base_logits(rng, size)
    weak = rng.random((d, i)) < 0.03
    level = np.where(weak, special.logit(rng.uniform(0.45, 0.75, (d, i))), level)
    theta = special.expit(level[..., None] + season[None] + drift)
    falls = (rng.random((d, i)) < 0.02) & ~weak
    decline_month = np.where(falls, rng.integers(7, max(8, t - 2), (d, i)), -1)
    depth, ramp = rng.uniform(0.08, 0.22, (d, i)), rng.integers(0, 3, (d, i))
    month = np.arange(t)
    progress = np.clip((month - decline_month[..., None] + 1) / (ramp[..., None] + 1), 0, 1)
    theta = theta - np.where(falls, depth, 0.0)[..., None] * progress
    target = weak | falls
    planned = np.where(target, rng.random((d, i)) < 0.60, rng.random((d, i)) < 0.005)
    start = np.where(falls, decline_month + 2, rng.integers(2, t - 1, (d, i)))
    planned &= start < t
    kind = np.where(planned, rng.choice(3, (d, i), p=(0.5, 0.3, 0.2)), -1)
    since = month - start[..., None]
    lift = rng.uniform(0.08, 0.20, (d, i))[..., None] * np.clip((since + 1) / 3, 0, 1)
    lift = np.where((kind == _PLAN_FADES)[..., None], lift * np.clip(1 - (since - 4) / 4, 0, 1), lift)
    works = (kind == _PLAN_WORKS) | (kind == _PLAN_FADES)
    theta = np.clip(theta + np.where(works[..., None] & (since >= 0), lift, 0.0), 0.02, 0.99)
    coached = rng.random(d) < 0.05
    k, n = _observe(rng, theta, coached, size)
    reference = _SENSITIVITY[1] * theta + (1 - _SPECIFICITY[1]) * (1 - theta)
    return Network(
        k, n, reference, weak, decline_month, np.where(planned, start, -1), kind, category, coached, region
    )


def _observe(
    rng: np.random.Generator, theta: NDArray[np.float64], coached: NDArray[np.bool_], size: Size
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    d, i, t = theta.shape
    scale = rng.gamma(3, 1 / 3, d)
    applicable = rng.beta(8, 1.5, i)
    asked_back = rng.permutation(i) < round(0.4 * i)
    k = np.zeros((d, i, t, 5), np.int32)
    n = np.zeros((d, i, t, 5), np.int32)
    shares = np.ones((5, t))
    shares[:, size.shift_month or 0 :] = np.array(size.shares)[:, None]
    for s in range(5):
        share = shares[s] * size.volume
        if s == 0:
            asked = rng.poisson(25 * scale[:, None, None] * share, (d, i, t))
        elif s == 1:
            visits = (rng.random((d, t)) < 0.5 * share) * rng.integers(1, 3, (d, t))
            asked = np.broadcast_to(visits[:, None, :], (d, i, t))
        elif s == 2:
            asked = rng.poisson(30 * scale[:, None, None] * share, (d, i, t)) * asked_back[None, :, None]
        else:
            mean = (5 if s == 3 else 8) * share
            whole = np.floor(mean)
            asked = (whole + (rng.random((d, i, t)) < mean - whole)).astype(np.int64)
        n[..., s] = rng.binomial(asked, applicable[None, :, None])
        bias = _BIAS[s] + rng.normal(0, _DEALER_BIAS[s], d)[:, None, None]
        shown = special.expit(special.logit(theta) + bias)
        reported = _SENSITIVITY[s] * shown + (1 - _SPECIFICITY[s]) * (1 - shown)
        if s in (2, 4):
            reported = np.where(coached[:, None, None], np.maximum(reported, 0.97), reported)
        spread = 1 / EXTRA_BINOMIAL - 1
        month_rate = rng.beta(reported * spread, (1 - reported) * spread)
        k[..., s] = rng.binomial(n[..., s], month_rate)
    return k, n
