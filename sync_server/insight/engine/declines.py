"""Falling rates per dealer and item: an early warning by CUSUM, and a decline confirmed under multiplicity.

Every source is compared with its own past in the same cell, and only sources that report every month take
part. A source that appears, vanishes or changes its share of the answers therefore never looks like a
decline. What the whole network did to an item (season, Spring Festival, a new questionnaire) is taken out on
the logit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from sync_server.insight.engine.parameters import Parameters
from sync_server.insight.statistics import benjamini_hochberg, beta_binomial_fit

FloatArray = NDArray[np.float64]

_FALLBACK_PRIOR = (9.0, 1.0)
_LEAST_ODDS = 1e-6


@dataclass(frozen=True, slots=True)
class Declines:
    """Months as positions on the time axis, −1 for never; arrays are dealers × items.

    `alarm` (dealers × items × months) holds every early warning, `p_value`, `drop` and `confirmed` those of
    the comparison "last 3 against previous 6 months" at each month.
    """

    alarm: NDArray[np.bool_]
    statistic: FloatArray
    confirmed: NDArray[np.bool_]
    drop: FloatArray

    @property
    def first_alarm(self) -> NDArray[np.int64]:
        """Month of the first early warning."""
        return _first(self.alarm)

    @property
    def first_confirmed(self) -> NDArray[np.int64]:
        """Month at whose end the decline was first confirmed."""
        return _first(self.confirmed)


def _first(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.where(flags.any(axis=-1), flags.argmax(axis=-1), -1).astype(np.int64)


def find_declines(
    successes: NDArray[np.number], trials: NDArray[np.number], parameters: Parameters
) -> Declines:
    """Warnings and confirmed declines of every dealer × item.

    Args:
        successes, trials: dealers × items × months × sources, months without gaps.

    The months of the first baseline never alarm. Cells without a baseline never alarm.
    """
    if successes.ndim != 4 or successes.shape != trials.shape:
        raise ValueError("counts must be dealers × items × months × sources")
    statistic, alarm = early_warnings(successes, trials, parameters)
    confirmed, drop = _confirm(successes, trials, parameters)
    return Declines(alarm, statistic, confirmed, drop)


@dataclass(frozen=True, slots=True)
class Said:
    """What one source said in one month: every cell that it answered once, in any order.

    `cells` are item × dealers + dealer; `executed` counts in parts of an answer, see `EarlyWarning`;
    `applicable`, above 0, in answers.
    """

    cells: NDArray[np.int64]
    executed: FloatArray
    applicable: FloatArray


class EarlyWarning:
    """The CUSUM of every cell, carried from month to month; most cells say nothing in most months, and only
    those that do are looked at. Items do not depend on each other as long as each is measured at enough
    dealers for a prior of its own.
    """

    def __init__(self, dealers: int, items: int, parameters: Parameters, *, parts: int = 1) -> None:
        """`parts`: so many parts of `executed` are an answer. Sums over whole parts are exact, so that the
        order of the cells does not matter."""
        self._parameters, self._shape, self._parts = parameters, (items, dealers), float(parts)
        self._months = 0
        self._lately: deque[Sequence[Said]] = deque()
        size = items * dealers
        self._base = [(np.zeros(size), np.zeros(size)) for _ in parameters.stable_sources]
        self._priors: list[tuple[FloatArray, FloatArray]] = []
        self._current = np.zeros(size)
        self.alarm: NDArray[np.bool_] = np.zeros(size, bool)
        """Cells that alarm in the month last added."""

    @property
    def statistic(self) -> FloatArray:
        """Of every cell after the month last added; an alarm sets it back with the next one."""
        return self._current

    def add(self, month: Sequence[Said]) -> None:
        """The next month: what each of `parameters.stable_sources` said, in their order."""
        p, t = self._parameters, self._months
        self._months += 1
        if t < p.baseline_months:
            self._into_base(month)
            return
        if t == p.baseline_months:
            self._priors = [self._prior(k, n) for k, n in self._base]
        if len(self._lately) > p.decline_recent:
            # the latest months may already belong to the fall
            self._into_base(self._lately.popleft())
        self._lately.append(month)
        self._current[self.alarm] = 0.0
        for said, base, prior in zip(month, self._base, self._priors, strict=True):
            cells, gain = self._gain(said, base, prior)
            self._current[cells] += gain
        np.maximum(self._current, 0.0, out=self._current)
        self.alarm = self._current >= p.cusum_threshold

    def _into_base(self, month: Sequence[Said]) -> None:
        for said, (k, n) in zip(month, self._base, strict=True):
            k[said.cells] += said.executed
            n[said.cells] += said.applicable

    def _prior(self, k: FloatArray, n: FloatArray) -> tuple[FloatArray, FloatArray]:
        k, n = (x.reshape(self._shape).T for x in (k / self._parts, n))
        return _priors(k, n, self._parameters)

    def _gain(
        self, said: Said, base: tuple[FloatArray, FloatArray], prior: tuple[FloatArray, FloatArray]
    ) -> tuple[NDArray[np.int64], FloatArray]:
        """Log-likelihood ratio of "odds of failure doubled" per cell, against the cell's own baseline moved
        by what the network did to the item.

        With p0 = o/(1+o) and odds of failure r times as high, k ln(p1/p0) + (n−k) ln((1−p1)/(1−p0)) is
        n ln((1+o)/(r+o)) + (n−k) ln r.
        """
        items, dealers = self._shape
        item = said.cells // dealers
        sums = [np.bincount(item, x, items).astype(np.float64) for x in (said.executed, said.applicable)]
        past = [x.reshape(self._shape).sum(axis=1) for x in base]
        shift = _pooled_logit(sums[0] / self._parts, sums[1]) - _pooled_logit(past[0] / self._parts, past[1])
        nb = base[1][said.cells]
        known = nb > 0
        cells, item, nb = said.cells[known], item[known], nb[known]
        kb = base[0][cells] / self._parts
        kt, nt = said.executed[known] / self._parts, said.applicable[known]
        odds = (kb + prior[0][item]) / (nb - kb + prior[1][item]) * np.exp(shift)[item]
        np.clip(odds, _LEAST_ODDS, 1 / _LEAST_ODDS, out=odds)
        ratio = self._parameters.cusum_odds_ratio
        llr = nt * np.log((1 + odds) / (ratio + odds)) + (nt - kt) * np.log(ratio)
        return cells, llr / (1 + np.maximum(nt - 1, 0) * self._parameters.cusum_rho)


def early_warnings(
    successes: NDArray[np.number], trials: NDArray[np.number], parameters: Parameters
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """The CUSUM of every cell and its alarms, dealers × items × months."""
    dealers, items, months = successes.shape[:3]
    watch = EarlyWarning(dealers, items, parameters)
    statistic, alarm = np.zeros((months, items, dealers)), np.zeros((months, items, dealers), bool)
    for t in range(months):
        watch.add([_said(successes[:, :, t, s], trials[:, :, t, s]) for s in parameters.stable_sources])
        statistic[t], alarm[t] = (x.reshape(items, dealers) for x in (watch.statistic, watch.alarm))
    return statistic.transpose(2, 1, 0), alarm.transpose(2, 1, 0)


def _said(successes: NDArray[np.number], trials: NDArray[np.number]) -> Said:
    """Of dealers × items."""
    k, n = (np.ravel(x.T).astype(np.float64) for x in (successes, trials))
    cells = np.flatnonzero(n > 0)
    return Said(cells, k[cells], n[cells])


def _priors(k: FloatArray, n: FloatArray, parameters: Parameters) -> tuple[FloatArray, FloatArray]:
    """Beta prior per item from its dealers, else from all items together, else Beta(9, 1)."""
    enough = (n > 0).sum(axis=0) >= parameters.prior_min_dealers
    alpha, beta = np.empty(k.shape[1]), np.empty(k.shape[1])
    common = _FALLBACK_PRIOR
    if not enough.all() and int((n > 0).sum()) >= parameters.prior_min_dealers:
        fit = beta_binomial_fit(k.ravel(), n.ravel())
        common = (fit.alpha, fit.beta)
    for i in range(k.shape[1]):
        if enough[i]:
            fit = beta_binomial_fit(k[:, i], n[:, i])
            alpha[i], beta[i] = fit.alpha, fit.beta
        else:
            alpha[i], beta[i] = common
    return alpha, beta


def _pooled_logit(k: FloatArray, n: FloatArray) -> FloatArray:
    """Logit of the pooled rate of an item, of its sums over the dealers."""
    return np.asarray(special.logit((k + 0.5) / (n + 1.0)))


@dataclass(frozen=True, slots=True)
class Compared:
    """One source's counts in the recent months and in those before, per cell (items × dealers, flat)."""

    source: int
    recent_executed: FloatArray
    recent_applicable: FloatArray
    before_executed: FloatArray
    before_applicable: FloatArray


def compare_months(
    sources: Iterable[Compared], dealers: int, items: int, parameters: Parameters
) -> tuple[FloatArray, FloatArray]:
    """Recent against earlier months of every cell, stratified by source (Cochran 1954).

    Returns:
        One-sided p and drop (fraction, positive where it fell) per cell; NaN where either side has no
        answers. Multiplicity is up to the caller.
    """
    top, spread, weight = np.zeros(items * dealers), np.zeros(items * dealers), np.zeros(items * dealers)
    for one in sources:
        counts = (one.recent_executed, one.recent_applicable, one.before_executed, one.before_applicable)
        sums = [x.reshape(items, dealers).sum(axis=1) for x in counts]
        shift = _pooled_logit(sums[0], sums[1]) - _pooled_logit(sums[2], sums[3])
        cells = np.flatnonzero((one.recent_applicable > 0) & (one.before_applicable > 0))
        ka, na, kb, nb = (x[cells] for x in counts)
        rho = parameters.rho[one.source]
        na_eff, nb_eff = (n / (1 + np.maximum(n - 1, 0) * rho) for n in (na, nb))
        odds = (kb + 0.5) / (nb - kb + 0.5) * np.exp(shift)[cells // dealers]
        rate_b = odds / (1 + odds)
        rate_a = (ka + 0.5) / (na + 1.0)
        both = na_eff + nb_eff
        pooled = (rate_a * na_eff + rate_b * nb_eff) / both
        w = na_eff * nb_eff / both
        top[cells] += w * (rate_b - rate_a)
        spread[cells] += w * pooled * (1 - pooled)
        weight[cells] += w
    known = weight > 0
    z = np.divide(top, np.sqrt(spread), out=np.zeros_like(top), where=known & (spread > 0))
    drop = np.divide(top, weight, out=np.full_like(top, np.nan), where=known)
    return np.where(known, special.ndtr(-z), np.nan), drop


def decline_tests(
    successes: NDArray[np.number], trials: NDArray[np.number], month: int, parameters: Parameters
) -> tuple[FloatArray, FloatArray]:
    """Last 3 against previous 6 months at the end of a month: p and drop as of `compare_months`, dealers ×
    items."""
    dealers, items = successes.shape[:2]
    recent, before = parameters.decline_recent, parameters.decline_before
    parts = (
        slice(month - recent + 1, month + 1),
        slice(month - recent - before + 1, month - recent + 1),
    )
    compared = (
        Compared(
            s,
            *(
                np.ravel(x[:, :, part, s].sum(axis=2, dtype=np.float64).T)
                for part in parts
                for x in (successes, trials)
            ),
        )
        for s in parameters.stable_sources
    )
    p, drop = compare_months(compared, dealers, items, parameters)
    return p.reshape(items, dealers).T, drop.reshape(items, dealers).T


def confirmed_declines(p: FloatArray, drop: FloatArray, parameters: Parameters) -> NDArray[np.bool_]:
    """Which falls are confirmed: Benjamini-Hochberg over all cells of the month, and a drop that matters."""
    found = benjamini_hochberg(p, parameters.decline_fdr).rejected
    return np.asarray(found & (np.nan_to_num(drop) >= parameters.decline_min_drop))


def _confirm(
    successes: NDArray[np.number], trials: NDArray[np.number], parameters: Parameters
) -> tuple[NDArray[np.bool_], FloatArray]:
    shape = successes.shape[:3]
    confirmed, drops = np.zeros(shape, bool), np.full(shape, np.nan)
    first = parameters.decline_recent + parameters.decline_before - 1
    for t in range(first, shape[2]):
        p, drops[..., t] = decline_tests(successes, trials, t, parameters)
        confirmed[..., t] = confirmed_declines(p, drops[..., t], parameters)
    return confirmed, drops
