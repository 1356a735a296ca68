"""Where one source tells another story than the rest: per dealer over many items, and per dealer × item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sync_server.insight.engine.fusion import FloatArray, WindowCounts, predict_each_source
from sync_server.insight.engine.parameters import SOURCES, Parameters
from sync_server.insight.statistics import SourceCalibration, newcombe_difference

_INDEPENDENT = (0, 1)
"""Phone and mystery shop: nobody at the dealer takes part in them."""
_OWN = (2, 4)
"""Callback and internal supervision: the dealer's own people take part."""


@dataclass(frozen=True, slots=True)
class SourceConflicts:
    """How far each source lies above (+) or below (−) what the other sources predict.

    `z` dealers × sources, robust-scaled over dealers; `flagged` where |z| > 3: show a card, weigh the source
    by .25 at that dealer until it is reviewed. `cells` are the rows of the window × source whose gap to the
    pooled other sources is at least 20 points with an interval that excludes 0. `inflation` per dealer:
    callback and supervision above phone and mystery shop (自评虚高, fraction; NaN without both). Few
    conflicts are found near the ceiling (7-36 % of coached dealers through callbacks, none through
    supervision): no flag is no clean bill.
    """

    dealers: NDArray[np.int64]
    z: FloatArray
    flagged: NDArray[np.bool_]
    cells: NDArray[np.bool_]
    inflation: FloatArray


def find_conflicts(
    window: WindowCounts, parameters: Parameters, calibrations: Sequence[SourceCalibration]
) -> SourceConflicts:
    """Leave-one-source-out prediction of every source at every dealer.

    z = Σ(k_s − n_s q̂_s)/√Σ(n q̂(1−q̂)(1+(n−1)ρ) + n²·Var q̂) over the dealer's items, then divided by its
    spread over dealers (1.4826 × MAD around the median); q̂ and Var q̂ as of `predict_each_source`.
    """
    names, code = np.unique(window.dealers, return_inverse=True)
    z = np.zeros((names.size, len(SOURCES)))
    cells = np.zeros(window.trials.shape, bool)
    if not window.items.size:
        return SourceConflicts(names, z, z > 0, cells, np.zeros(0))
    expected = predict_each_source(window, parameters, calibrations)
    deff = 1 + np.maximum(window.trials - 1, 0) * np.asarray(parameters.rho)
    effective = (window.successes / deff, window.trials / deff)
    for s in range(len(SOURCES)):
        some = np.flatnonzero(~np.isnan(expected.rate[:, s]))
        if not some.size:
            continue
        k, n, q = window.successes[some, s], window.trials[some, s], expected.rate[some, s]
        variance = n * q * (1 - q) * deff[some, s] + n**2 * expected.variance[some, s]
        top = np.bincount(code[some], k - n * q, minlength=names.size)
        bottom = np.bincount(code[some], variance, minlength=names.size)
        z[:, s] = np.divide(top, np.sqrt(bottom), out=np.zeros(names.size), where=bottom > 0)
        cells[some, s] = _wide_gaps(effective[0][some], effective[1][some], s, parameters)
    middle = np.median(z, axis=0)
    spread = 1.482602218505602 * np.median(np.abs(z - middle), axis=0)
    robust = np.divide(z - middle, spread, out=np.zeros_like(z), where=spread > 0)
    return SourceConflicts(
        names, robust, np.abs(robust) > parameters.conflict_z, cells, _inflation(window, code)
    )


def _wide_gaps(k: FloatArray, n: FloatArray, s: int, parameters: Parameters) -> NDArray[np.bool_]:
    """Of effective counts, rows × sources: where a source lies far and surely from the others together."""
    rest = [one for one in range(len(SOURCES)) if one != s]
    others_k, others_n = (sum((x[:, one] for one in rest), np.zeros(len(x))) for x in (k, n))
    far = np.abs(k[:, s] / n[:, s] - others_k / others_n) >= parameters.conflict_gap
    at = np.flatnonzero(far)
    gap = newcombe_difference(k[at, s], n[at, s], others_k[at], others_n[at])
    far[at] = (gap.low > 0) | (gap.high < 0)
    return far


def _inflation(window: WindowCounts, code: NDArray[np.intp]) -> FloatArray:
    def rate(sources: tuple[int, ...]) -> FloatArray:
        k = np.bincount(code, window.successes[:, sources].sum(axis=1))
        n = np.bincount(code, window.trials[:, sources].sum(axis=1))
        return np.divide(k, n, out=np.full(k.shape, np.nan), where=n > 0)

    return rate(_OWN) - rate(_INDEPENDENT)


def review_weights(
    window: WindowCounts,
    conflicts: SourceConflicts,
    parameters: Parameters,
    reviewed: frozenset[tuple[int, int]] = frozenset(),
) -> FloatArray:
    """Weights for `fuse`: `conflict_weight` for a flagged dealer × source that nobody has `reviewed`, else
    1."""
    position = np.searchsorted(conflicts.dealers, window.dealers)
    open_flags = conflicts.flagged.copy()
    for dealer, source in reviewed:
        open_flags[conflicts.dealers == dealer, source] = False
    return np.where(open_flags[position], parameters.conflict_weight, 1.0)
