"""Did a plan work: before and after per source and together, net of matched dealers without a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sync_server.insight.engine.fusion import IDENTITY, WindowCounts, fuse
from sync_server.insight.engine.parameters import SOURCES, Parameters
from sync_server.insight.statistics import (
    DifferenceInDifferences,
    Effect,
    Interval,
    SourceCalibration,
    Verdict,
    beta_binomial_fit,
    difference_in_differences,
    mover_difference,
    newcombe_difference,
    shrunken_rate,
    verdict_of,
)

FloatArray = NDArray[np.float64]
_NOTHING = Effect(Verdict.NOT_ENOUGH_DATA, float("nan"), -1.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan on one item at one dealer; positions on the axes of the counts, `start` the month it began."""

    dealer: int
    item: int
    start: int


@dataclass(frozen=True, slots=True)
class PlanVerdict:
    """The verdict on a plan. `fused` is net of `controls` dealers; `by_source` is not (sources in their own
    scale).

    `on_target`: P(rate after >= target) reached the level for the tag 达标. `conflict`: one source says
        improved, another worse; both are to be shown.
    """

    plan: Plan
    fused: Effect
    by_source: tuple[Effect, ...]
    controls: int
    matched: bool
    on_target: bool
    conflict: bool


@dataclass(frozen=True, slots=True)
class _Windows:
    before: slice
    after: slice


def _windows(start: int, months: int, parameters: Parameters) -> _Windows:
    end = start - parameters.effect_skip_before
    first = start + parameters.effect_wash_in
    return _Windows(
        slice(max(0, end - parameters.effect_months), max(0, end)),
        slice(min(first, months), min(first + parameters.effect_months, months)),
    )


def judge_plans(
    successes: NDArray[np.number],
    trials: NDArray[np.number],
    plans: Sequence[Plan],
    parameters: Parameters,
    *,
    regions: NDArray[np.int64] | None = None,
    calibrations: Sequence[SourceCalibration] = IDENTITY,
    targets: FloatArray | None = None,
) -> list[PlanVerdict]:
    """A verdict per plan, in the order given.

    Args:
        successes, trials: dealers × items × months × sources.
        plans: dealers with a plan on an item are never controls for that item.
        regions: per dealer; controls come from the same region where there are enough.
        calibrations: for the tag 达标, which is judged on the reference scale.
        targets: per item.
    """
    dealers, items, months, _ = successes.shape
    planned = np.zeros((dealers, items), bool)
    shared: dict[tuple[int, int], _Shared] = {}
    for plan in plans:
        if not (0 <= plan.dealer < dealers and 0 <= plan.item < items and plan.start >= 0):
            raise ValueError(f"{plan} lies outside the counts")
        planned[plan.dealer, plan.item] = True
    found: list[PlanVerdict] = []
    for plan in plans:
        key = (plan.item, plan.start)
        if key not in shared:
            target = parameters.target if targets is None else float(targets[plan.item])
            window = _windows(plan.start, months, parameters)
            counts = tuple(
                x[:, plan.item, part].sum(axis=1, dtype=np.float64)
                for part in (window.before, window.after)
                for x in (successes, trials)
            )
            shared[key] = _share(
                counts,
                ~planned[:, plan.item],
                calibrations,
                target,
                parameters,
                complete=window.after.stop - window.after.start == parameters.effect_months,
            )
        found.append(_judge(plan, shared[key], regions, calibrations, parameters))
    return found


@dataclass(frozen=True, slots=True)
class _Shared:
    """What all plans on one item that started in one month have in common.

    `counts`: before successes and trials, after successes and trials, each dealers × sources. `complete`: all
    months of the second window are there; looking earlier, and again, would find improvement by chance.
    """

    counts: tuple[FloatArray, ...]
    complete: bool
    rate_before: FloatArray
    free: NDArray[np.bool_]
    on_target: NDArray[np.bool_]


def _share(
    counts: tuple[FloatArray, ...],
    free: NDArray[np.bool_],
    calibrations: Sequence[SourceCalibration],
    target: float,
    parameters: Parameters,
    *,
    complete: bool,
) -> _Shared:
    """Rates before are shrunk before dealers are compared by them: those picked for a rate that is low by
    chance would climb back by themselves and hide an effect."""
    kb, nb, ka, na = counts
    k, n = kb.sum(axis=1), nb.sum(axis=1)
    alpha, beta = 9.0, 1.0
    if int((n > 0).sum()) >= parameters.prior_min_dealers:
        prior = beta_binomial_fit(k, n)
        alpha, beta = prior.alpha, prior.beta
    rows = len(ka)
    window = WindowCounts(np.arange(rows), np.zeros(rows, np.int64), ka, na)
    after = fuse(window, parameters, calibrations=calibrations, targets=np.array([target]), workers=1)
    return _Shared(
        counts,
        complete,
        shrunken_rate(k, n, alpha, beta),
        free & (n > 0) & (na.sum(axis=1) > 0),
        1 - after.p_below >= parameters.on_target,
    )


def _judge(
    plan: Plan,
    shared: _Shared,
    regions: NDArray[np.int64] | None,
    calibrations: Sequence[SourceCalibration],
    parameters: Parameters,
) -> PlanVerdict:
    counts = shared.counts
    own = tuple(x[plan.dealer] for x in counts)
    by_source = tuple(_source_effect(own, s, parameters) for s in range(len(SOURCES)))
    words = {e.verdict for e in by_source}
    conflict = Verdict.IMPROVED in words and Verdict.WORSE in words
    change, weights = _stratified(own, parameters)
    if change is None or not shared.complete:
        return PlanVerdict(plan, _NOTHING, by_source, 0, False, False, conflict)
    controls, matched = _controls(plan.dealer, shared, regions, parameters)
    if controls.size:
        theirs = _control_change(tuple(x[controls] for x in counts), weights, parameters)
        if theirs is not None:
            change = mover_difference(change, theirs)
    before, after = float(own[1].sum()), float(own[3].sum())
    verdict = verdict_of(
        change,
        before,
        after,
        min_trials=parameters.effect_min_trials,
        max_half_width=parameters.effect_max_half_width,
    )
    fused = Effect(verdict, change.estimate, change.low, change.high, before, after)
    reached = after > 0 and bool(shared.on_target[plan.dealer])
    return PlanVerdict(plan, fused, by_source, int(controls.size), matched, reached, conflict)


def _effective(k: FloatArray, n: FloatArray, parameters: Parameters) -> tuple[FloatArray, FloatArray]:
    deff = 1 + np.maximum(n - 1, 0) * np.asarray(parameters.rho)
    return k / deff, n / deff


def _source_effect(own: tuple[FloatArray, ...], source: int, parameters: Parameters) -> Effect:
    kb, nb, ka, na = (float(x[source]) for x in own)
    rho = parameters.rho[source]
    if nb == 0 or na == 0:
        return Effect(Verdict.NOT_ENOUGH_DATA, float("nan"), -1.0, 1.0, nb, na)
    deff_b, deff_a = 1 + max(nb - 1, 0) * rho, 1 + max(na - 1, 0) * rho
    change = newcombe_difference(
        ka / deff_a, na / deff_a, kb / deff_b, nb / deff_b, parameters.effect_confidence
    )
    verdict = verdict_of(
        change,
        nb,
        na,
        min_trials=parameters.effect_min_trials,
        max_half_width=parameters.effect_max_half_width,
    )
    return Effect(verdict, change.estimate, change.low, change.high, nb, na)


def _stratified(
    own: tuple[FloatArray, ...], parameters: Parameters
) -> tuple[Interval[float] | None, FloatArray]:
    """After − before over the sources that measured both, each against itself, weighted by its effective
    answers."""
    kb, nb = _effective(own[0], own[1], parameters)
    ka, na = _effective(own[2], own[3], parameters)
    weights = np.divide(na * nb, na + nb, out=np.zeros_like(na), where=(na > 0) & (nb > 0))
    if weights.sum() == 0:
        return None, weights
    weights = weights / weights.sum()
    return _combine(kb, nb, ka, na, weights, parameters), weights


def _combine(
    kb: FloatArray,
    nb: FloatArray,
    ka: FloatArray,
    na: FloatArray,
    weights: FloatArray,
    parameters: Parameters,
) -> Interval[float]:
    """Weighted sum of Newcombe differences, intervals combined by MOVER (Zou & Donner 2008)."""
    use = weights > 0
    part = newcombe_difference(ka[use], na[use], kb[use], nb[use], parameters.effect_confidence)
    w = weights[use]
    estimate = float(np.sum(w * part.estimate))
    low = estimate - float(np.sqrt(np.sum((w * (part.estimate - part.low)) ** 2)))
    high = estimate + float(np.sqrt(np.sum((w * (part.high - part.estimate)) ** 2)))
    return Interval(estimate, low, high)


def _control_change(
    counts: tuple[FloatArray, ...], weights: FloatArray, parameters: Parameters
) -> Interval[float] | None:
    """The controls' change with the treated dealer's weights of the sources; None without common sources."""
    kb, nb = (x.sum(axis=0) for x in _effective(counts[0], counts[1], parameters))
    ka, na = (x.sum(axis=0) for x in _effective(counts[2], counts[3], parameters))
    usable = np.where((nb > 0) & (na > 0), weights, 0.0)
    total = float(usable.sum())
    return _combine(kb, nb, ka, na, usable / total, parameters) if total > 0 else None


def _controls(
    dealer: int, shared: _Shared, regions: NDArray[np.int64] | None, parameters: Parameters
) -> tuple[NDArray[np.int64], bool]:
    """Dealers without plan whose rate before was like the treated one's; all of them when too few are
    alike."""
    rate = shared.rate_before
    alike = shared.free & (np.abs(rate - rate[dealer]) <= parameters.control_band)
    if regions is not None:
        near = alike & (regions == regions[dealer])
        if int(near.sum()) >= parameters.control_min:
            return np.flatnonzero(near), True
    if int(alike.sum()) >= parameters.control_min:
        return np.flatnonzero(alike), True
    everyone = np.flatnonzero(shared.free)
    return (everyone, False) if everyone.size >= parameters.control_min else (everyone[:0], False)


def judge_programme(
    successes: NDArray[np.number],
    trials: NDArray[np.number],
    item: int,
    treated: Sequence[int],
    start: int,
    parameters: Parameters,
    *,
    seed: int = 0,
) -> DifferenceInDifferences:
    """Effect of one measure at many dealers at once: linear probability DiD, bootstrap over dealers (seeded).

    For ten treated dealers and more that started in the same month. Weighted by answers, all sources pooled.

    Raises:
        ValueError: fewer than ten treated dealers, or no answers on one of the four sides.
    """
    if len(set(treated)) < 10:
        raise ValueError(f"a programme needs at least 10 treated dealers, got {len(set(treated))}")
    window = _windows(start, successes.shape[2], parameters)
    is_treated = np.isin(np.arange(successes.shape[0]), list(treated))
    outcome: list[FloatArray] = []
    weight: list[FloatArray] = []
    for part in (window.before, window.after):
        k = successes[:, item, part].sum(axis=(1, 2), dtype=np.float64)
        n = trials[:, item, part].sum(axis=(1, 2), dtype=np.float64)
        outcome.append(np.divide(k, n, out=np.zeros_like(k), where=n > 0))
        weight.append(n)
    dealers = np.arange(successes.shape[0])
    return difference_in_differences(
        np.concatenate(outcome),
        np.tile(is_treated, 2).astype(float),
        np.repeat([0.0, 1.0], dealers.size),
        cluster=np.tile(dealers, 2),
        weights=np.concatenate(weight),
        seed=seed,
    )
