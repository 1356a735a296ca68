"""Falling rates per dealer and item: an early warning by CUSUM, and a decline confirmed under multiplicity.

Every source is compared with its own past in the same cell, and only sources that report every month take
part. A source that appears, vanishes or changes its share of the answers therefore never looks like a
decline. What the whole network did to an item (season, Spring Festival, a new questionnaire) is taken out on
the logit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from sync_server.insight.engine.parameters import Parameters
from sync_server.insight.statistics import benjamini_hochberg, beta_binomial_fit

FloatArray = NDArray[np.float64]

_FALLBACK_PRIOR = (9.0, 1.0)


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


def early_warnings(
    successes: NDArray[np.number], trials: NDArray[np.number], parameters: Parameters
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """The CUSUM of every cell and its alarms, dealers × items × months; items do not depend on each other
    as long as each is measured at enough dealers for a prior of its own."""
    dealers, items, months = successes.shape[:3]
    # months first: every step below reads one month of all cells
    gain = np.zeros((months, dealers, items))
    for s in parameters.stable_sources:
        asked = np.flatnonzero(trials[..., s].sum(axis=(0, 2)) > 0)
        if asked.size:
            k, n = (
                np.ascontiguousarray(x[..., s].transpose(2, 0, 1)[:, :, asked], np.float64)
                for x in (successes, trials)
            )
            gain[:, :, asked] += _source_gain(k, n, parameters)
    statistic, alarm = _run(gain, parameters)
    return statistic.transpose(1, 2, 0), alarm.transpose(1, 2, 0)


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


def _network_logit(k: FloatArray, n: FloatArray) -> FloatArray:
    """Logit of the pooled rate over dealers (axis 0)."""
    return np.asarray(special.logit((k.sum(axis=0) + 0.5) / (n.sum(axis=0) + 1.0)))


def _source_gain(k: FloatArray, n: FloatArray, parameters: Parameters) -> FloatArray:
    """Log-likelihood ratio of "odds of failure doubled" per month and cell, against the cell's own baseline.

    The baseline is the first months, later all months but the latest three: those may already belong to the
    fall. Counts and result are months × dealers × items.
    """
    first, months = parameters.baseline_months, k.shape[0]
    gain = np.zeros(k.shape)
    if months <= first:
        return gain
    alpha, beta = _priors(k[:first].sum(axis=0), n[:first].sum(axis=0), parameters)
    k_sum, n_sum = np.cumsum(k, axis=0), np.cumsum(n, axis=0)
    for t in range(first, months):
        end = max(first, t - parameters.decline_recent)
        kb, nb = k_sum[end - 1], n_sum[end - 1]
        shift = _network_logit(k[t], n[t]) - _network_logit(kb, nb)
        # most cells have no answer of one source in one month: only the others can gain
        cells = np.flatnonzero((n[t] > 0) & (nb > 0))
        item = cells % k.shape[2]
        kt, nt, kb, nb = (x.reshape(-1)[cells] for x in (k[t], n[t], kb, nb))
        p0 = special.expit(special.logit((kb + alpha[item]) / (nb + alpha[item] + beta[item])) + shift[item])
        p0 = np.clip(p0, 1e-6, 1 - 1e-6)
        failing = parameters.cusum_odds_ratio * (1 - p0) / (p0 + parameters.cusum_odds_ratio * (1 - p0))
        llr = kt * np.log((1 - failing) / p0) + (nt - kt) * np.log(failing / (1 - p0))
        gain[t].reshape(-1)[cells] = llr / (1 + np.maximum(nt - 1, 0) * parameters.cusum_rho)
    return gain


def _run(gain: FloatArray, parameters: Parameters) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Months × dealers × items in and out."""
    statistic, alarm = np.zeros(gain.shape), np.zeros(gain.shape, bool)
    current = np.zeros(gain.shape[1:])
    for t in range(parameters.baseline_months, gain.shape[0]):
        current = np.maximum(0.0, current + gain[t])
        statistic[t] = current
        alarm[t] = current >= parameters.cusum_threshold
        current = np.where(alarm[t], 0.0, current)
    return statistic, alarm


def decline_tests(
    successes: NDArray[np.number], trials: NDArray[np.number], month: int, parameters: Parameters
) -> tuple[FloatArray, FloatArray]:
    """Last 3 against previous 6 months at the end of a month, stratified by source (Cochran 1954).

    Returns:
        One-sided p and drop (fraction, positive where it fell) per dealer × item; NaN where either side has
        no answers. Multiplicity is up to the caller.
    """
    shape = successes.shape[:2]
    recent, before = parameters.decline_recent, parameters.decline_before
    parts = (
        slice(month - recent + 1, month + 1),
        slice(month - recent - before + 1, month - recent + 1),
    )
    top, spread, weight = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for s in parameters.stable_sources:
        ka, na, kb, nb = (
            x[:, :, part, s].sum(axis=2, dtype=np.float64) for part in parts for x in (successes, trials)
        )
        shift = _network_logit(ka, na) - _network_logit(kb, nb)
        some = (na > 0) & (nb > 0)
        na_eff, nb_eff = (n / (1 + np.maximum(n - 1, 0) * parameters.rho[s]) for n in (na, nb))
        rate_b = special.expit(special.logit((kb + 0.5) / (nb + 1.0)) + shift)
        rate_a = (ka + 0.5) / (na + 1.0)
        pooled = (rate_a * na_eff + rate_b * nb_eff) / np.maximum(na_eff + nb_eff, 1e-12)
        w = np.where(some, na_eff * nb_eff / np.maximum(na_eff + nb_eff, 1e-12), 0.0)
        top += w * (rate_b - rate_a)
        spread += w * pooled * (1 - pooled)
        weight += w
    known = weight > 0
    z = np.divide(top, np.sqrt(spread), out=np.zeros_like(top), where=known & (spread > 0))
    drop = np.divide(top, weight, out=np.full_like(top, np.nan), where=known)
    return np.where(known, special.ndtr(-z), np.nan), drop


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
