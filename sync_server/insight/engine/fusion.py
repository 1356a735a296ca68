"""Five sources to one rate per dealer and item: calibrate, weigh, learn the prior, take the posterior."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sync_server.insight.engine.blas import single_thread
from sync_server.insight.engine.parameters import REFERENCE, SOURCES, Parameters
from sync_server.insight.statistics import (
    SourceCalibration,
    bayesian_fdr,
    calibrate_source,
    rate_grid,
    smooth,
    source_log_odds,
    target_terms,
)

_In = TypeVar("_In")
_Out = TypeVar("_Out")
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_USUAL = (9.0, 1.0)
"""Beta distribution of rates where nothing is known of a network."""
_NETWORK_CELLS = 40_000
"""More cells change the network's prior by less than its smoothing does."""
_BLOCK_CELLS = 5_000
IDENTITY = tuple(SourceCalibration(0.0, 1.0, False, 0.0, 0) for _ in SOURCES)


@dataclass(frozen=True, slots=True)
class WindowCounts:
    """Counts of one window, one row per dealer × item, rows sorted by item.

    `successes` and `trials` are rows × sources in the order of SOURCES; `items` are positions 0..I−1.
    """

    dealers: IntArray
    items: IntArray
    successes: FloatArray
    trials: FloatArray

    def __post_init__(self) -> None:
        rows = self.items.size
        if self.dealers.size != rows or self.successes.shape != (rows, len(SOURCES)):
            raise ValueError(f"window counts need {len(SOURCES)} sources and one dealer and item per row")
        if self.trials.shape != self.successes.shape:
            raise ValueError("successes and trials have different shapes")
        if rows and (np.diff(self.items) < 0).any():
            raise ValueError("window counts must be sorted by item")


@dataclass(frozen=True, slots=True)
class FusedRates:
    """Per row of the window: the fused rate on the reference scale, its interval, and what follows for the
    list.

    `shortfall` is E[(target − θ)₊]; `priority` 0..100 with the neediest cell of the list at 100; `flagged`
    the weak-item list; `expected_false_share` of that list.
    """

    mean: FloatArray
    low: FloatArray
    high: FloatArray
    p_below: FloatArray
    shortfall: FloatArray
    flagged: NDArray[np.bool_]
    priority: FloatArray
    expected_false_share: float
    calibrations: tuple[SourceCalibration, ...]


def calibrate(
    successes: FloatArray, trials: FloatArray, parameters: Parameters
) -> tuple[SourceCalibration, ...]:
    """Every source against the mystery shop, each grouped by the rate of the remaining sources.

    Args:
        successes, trials: cells × sources, all months of a cell pooled.
    """
    reference = SOURCES.index(REFERENCE)
    # a source's counts side by side in memory: they are gone over many times
    k, n = np.ascontiguousarray(successes.T), np.ascontiguousarray(trials.T)
    k_all, n_all = k.sum(axis=0), n.sum(axis=0)
    found: list[SourceCalibration] = []
    for s in range(len(SOURCES)):
        if s == reference:
            found.append(IDENTITY[s])
            continue
        # shares of observations are no whole numbers: what is left of them may miss zero by a rounding
        others = np.maximum(n_all - n[s] - n[reference], 0.0)
        found.append(
            calibrate_source(
                k[s],
                n[s],
                k[reference],
                n[reference],
                np.clip(k_all - k[s] - k[reference], 0.0, others),
                others,
                groups=parameters.calibration_groups,
                min_reference=parameters.calibration_min_reference,
                slope_bounds=parameters.slope_bounds,
                max_error=parameters.calibration_max_error,
            )
        )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Item:
    """Some cells, usually one item's: distinct count patterns, how often each occurs, and which is whose."""

    likelihood: NDArray[np.float32]
    repeats: NDArray[np.float32]
    inverse: IntArray | None


def _source_table(calibrations: Sequence[SourceCalibration], grid: FloatArray) -> NDArray[np.float32]:
    """2S × G: ln q of every source over the grid, then ln(1−q)."""
    both = [source_log_odds(grid, c.intercept, c.slope) for c in calibrations]
    return np.vstack([yes for yes, _ in both] + [no for _, no in both]).astype(np.float32)


def _patterns(k: FloatArray, n: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, IntArray | None]:
    """Cells with the same counts have the same likelihood: compute each pattern once where that pays."""
    top = float(n.max(initial=0.0))
    whole = bool((k == np.floor(k)).all() and (n == np.floor(n)).all())
    sources = k.shape[1]
    base = top + 1
    if not whole or base ** (2 * sources) > 2**62:
        return k, n, np.ones(len(k)), None
    code = np.zeros(len(k), np.int64)
    for column in (*k.T, *n.T):
        code = code * int(base) + column.astype(np.int64)
    _, first, inverse, repeats = np.unique(code, return_index=True, return_inverse=True, return_counts=True)
    if first.size > 0.8 * len(k):
        return k, n, np.ones(len(k)), None
    return k[first], n[first], repeats.astype(np.float64), inverse.astype(np.int64)


def _prepare(
    k: FloatArray,
    n: FloatArray,
    weights: FloatArray | None,
    rho: FloatArray,
    table: NDArray[np.float32],
) -> _Item:
    if weights is None or (weights == 1).all():
        weights = None
        k, n, repeats, inverse = _patterns(k, n)
    else:
        repeats, inverse = np.ones(len(k)), None
    w = 1.0 / (1.0 + np.maximum(n - 1.0, 0.0) * rho)
    if weights is not None:
        w *= weights
    both = np.hstack([w * k, w * (n - k)]).astype(np.float32)
    log = both @ table
    log -= log.max(axis=1, keepdims=True)
    np.exp(log, out=log)
    return _Item(log, repeats.astype(np.float32), inverse)


def _learnt(
    likelihood: NDArray[np.float32], repeats: NDArray[np.float32], start: FloatArray, steps: int
) -> FloatArray:
    """`steps` of EM towards the distribution of the true rates."""
    g, total = start, float(repeats.sum(dtype=np.float64))
    for _ in range(steps):
        marginal = likelihood @ g.astype(np.float32)
        g = g * ((repeats / marginal) @ likelihood).astype(np.float64) / total
    return g


def _network_prior(
    prepare: Callable[[IntArray], _Item], window: WindowCounts, parameters: Parameters, threads: int
) -> FloatArray:
    """What rates of all dealers and items look like; of a large network an even part of the cells shows it.

    A handful of cells with answers shows no distribution: what is usual counts then.
    """
    points, cells = parameters.grid_points, window.items.size
    if int(window.trials.any(axis=1).sum()) < parameters.prior_min_dealers:
        (more, less), rate = _USUAL, rate_grid(points)
        usual = rate ** (more - 1) * (1 - rate) ** (less - 1)  # a beta density; its constant cancels
        return np.asarray(usual / usual.sum())
    taken = np.arange(0, cells, -(-cells // _NETWORK_CELLS))
    blocks = np.array_split(taken, -(-taken.size // _BLOCK_CELLS))
    shown = _each(prepare, blocks, threads)
    flat = np.full(points, 1.0 / points)
    found = _learnt(
        np.vstack([one.likelihood for one in shown]),
        np.concatenate([one.repeats for one in shown]),
        flat,
        parameters.network_steps,
    )
    return smooth(found, parameters.smoothing)


def _item_prior(item: _Item, network: FloatArray, parameters: Parameters) -> FloatArray:
    """An item's own prior begins at the network's: a few steps move it as far as its answers say."""
    own = _learnt(item.likelihood, item.repeats, network, parameters.em_steps)
    return smooth(own, parameters.smoothing)


def _summarise(
    item: _Item, prior: FloatArray, grid: FloatArray, columns: NDArray[np.float32], tail: float
) -> FloatArray:
    """Rows × (mean, low, high, p_below, shortfall)."""
    posterior = item.likelihood * prior.astype(np.float32)
    posterior /= posterior.sum(axis=1, keepdims=True)
    out = np.empty((len(posterior), 5))
    out[:, [0, 3, 4]] = posterior @ columns
    np.cumsum(posterior, axis=1, out=posterior)
    width = float(grid[1] - grid[0])
    left = float(grid[0]) - width / 2
    row = np.arange(len(posterior))
    for column, level in ((1, tail), (2, 1 - tail)):
        at = np.minimum((posterior < np.float32(level)).sum(axis=1), grid.size - 1)
        before = np.where(at > 0, posterior[row, at - 1], 0.0).astype(np.float64)
        inside = posterior[row, at].astype(np.float64) - before
        share = np.divide(level - before, inside, out=np.zeros(len(row)), where=inside > 0)
        out[:, column] = left + width * (at + np.clip(share, 0, 1))
    return out if item.inverse is None else out[item.inverse]


def _each(work: Callable[[_In], _Out], jobs: Sequence[_In], threads: int) -> list[_Out]:
    if threads <= 1:
        return [work(job) for job in jobs]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, jobs))


def fuse(
    window: WindowCounts,
    parameters: Parameters,
    *,
    calibrations: Sequence[SourceCalibration] | None = None,
    weights: FloatArray | None = None,
    targets: FloatArray | None = None,
    importance: FloatArray | None = None,
    applicability: FloatArray | None = None,
    cell_targets: FloatArray | None = None,
    workers: int | None = None,
) -> FusedRates:
    """The month's estimate of every dealer × item, the weak-item list and its order.

    Args:
        window: counts of the last `parameters.window` months.
        calibrations: per source; from the window itself when not given (all months pooled are better).
        weights: rows × sources, .25 for a source under review at a dealer, 1 otherwise.
        targets: per item, `parameters.target` when not given.
        cell_targets: per row, where dealers have targets of their own; wins over `targets`.
        importance, applicability: per item; equal and 1 when not given.
        workers: threads; items are independent, so the result does not depend on it.
    """
    with single_thread():
        size = int(window.items[-1]) + 1 if window.items.size else 0
        per_item = np.full(size, parameters.target) if targets is None else targets
        per_cell = per_item[window.items] if cell_targets is None else cell_targets
        return _fuse(window, parameters, calibrations, weights, per_cell, importance, applicability, workers)


def _fuse(
    window: WindowCounts,
    parameters: Parameters,
    calibrations: Sequence[SourceCalibration] | None,
    weights: FloatArray | None,
    targets: FloatArray,
    importance: FloatArray | None,
    applicability: FloatArray | None,
    workers: int | None,
) -> FusedRates:
    size = window.items.size
    if calibrations is None:
        calibrations = calibrate(window.successes, window.trials, parameters)
    if size == 0:
        nothing = np.zeros(0)
        return FusedRates(
            nothing, nothing, nothing, nothing, nothing, np.zeros(0, bool), nothing, 0.0, tuple(calibrations)
        )
    grid = rate_grid(parameters.grid_points)
    tail = (1 - parameters.interval) / 2
    out = np.empty((size, 5))

    def finish(rows: slice, item: _Item, prior: FloatArray) -> None:
        wanted = targets[rows]
        for target in np.unique(wanted):  # one, where no dealer has a target of its own
            below, short = target_terms(grid, float(target))
            columns = np.column_stack([grid, below, short]).astype(np.float32)
            out[rows][wanted == target] = _summarise(item, prior, grid, columns, tail)[wanted == target]

    _with_priors(finish, window, parameters, calibrations, weights, workers)
    mean, low, high, p_below, shortfall = out.T
    listed = bayesian_fdr(np.clip(1 - p_below, 0, 1), parameters.list_fdr)
    need = shortfall.copy()
    for factor in (importance, applicability):
        if factor is not None:
            need *= factor[window.items]
    top = float(need.max())
    return FusedRates(
        mean,
        low,
        high,
        np.clip(p_below, 0, 1),
        shortfall,
        listed.flagged,
        100 * need / top if top > 0 else need,
        listed.expected_false_share,
        tuple(calibrations),
    )


def _with_priors(
    work: Callable[[slice, _Item, FloatArray], None],
    window: WindowCounts,
    parameters: Parameters,
    calibrations: Sequence[SourceCalibration],
    weights: FloatArray | None,
    workers: int | None,
) -> None:
    """Each item's cells and the prior of its rates, in any order."""
    table = _source_table(calibrations, rate_grid(parameters.grid_points))
    rho = np.asarray(parameters.rho)
    starts = np.flatnonzero(np.diff(window.items, prepend=-1))
    bounds = [slice(int(a), int(b)) for a, b in zip(starts, [*starts[1:], window.items.size], strict=True)]

    def prepare(rows: IntArray | slice) -> _Item:
        weight = None if weights is None else weights[rows]
        return _prepare(window.successes[rows], window.trials[rows], weight, rho, table)

    threads = min(workers or os.cpu_count() or 1, len(bounds))
    network = _network_prior(prepare, window, parameters, threads)

    def finish(rows: slice) -> None:
        # an item's likelihood is made, used and dropped: all of them together would be the largest thing here
        item, dealers = prepare(rows), rows.stop - rows.start
        few = dealers < parameters.prior_min_dealers
        own = network if few else _item_prior(item, network, parameters)
        prior = (dealers * own + parameters.pseudo_dealers * network) / (dealers + parameters.pseudo_dealers)
        work(rows, item, prior)

    _each(finish, bounds, threads)


@dataclass(frozen=True, slots=True)
class Predicted:
    """Per row of the window and source: what the other sources of the cell lead one to expect of it, and the
    variance of that; NaN where the source or all others said nothing."""

    rate: FloatArray
    variance: FloatArray


def predict_each_source(
    window: WindowCounts, parameters: Parameters, calibrations: Sequence[SourceCalibration]
) -> Predicted:
    """Mean and variance of q_s(θ) over the posterior of θ from the sources other than s, for every s.

    The prior is that of all sources: what one cell adds to it is one part in as many as the item has dealers.
    """
    width = len(SOURCES)
    rate, variance = (np.full(window.trials.shape, np.nan) for _ in range(2))
    grid = rate_grid(parameters.grid_points)
    table = _source_table(calibrations, grid)
    odds = [source_log_odds(grid, c.intercept, c.slope)[0] for c in calibrations]
    rho = np.asarray(parameters.rho)

    def predict(rows: slice, item: _Item, prior: FloatArray) -> None:
        k, n = window.successes[rows], window.trials[rows]
        w = 1.0 / (1.0 + np.maximum(n - 1.0, 0.0) * rho)
        both = np.hstack([w * k, w * (n - k)]).astype(np.float32)
        total = n.sum(axis=1)
        for s in range(width):
            at = np.flatnonzero((n[:, s] > 0) & (total > n[:, s]))
            if not at.size:
                continue
            rest = both[at]
            rest[:, [s, width + s]] = 0.0
            log = rest @ table
            log -= log.max(axis=1, keepdims=True)
            np.exp(log, out=log)
            q = np.exp(odds[s])
            middle = float(prior @ q / prior.sum())  # single precision would lose a square of differences
            moments = log @ (prior * np.vstack([np.ones(q.size), q - middle, (q - middle) ** 2])).T.astype(
                np.float32
            )
            first, second = (moments[:, one].astype(np.float64) / moments[:, 0] for one in (1, 2))
            rate[rows.start + at, s] = middle + first
            variance[rows.start + at, s] = np.maximum(second - first**2, 0.0)

    with single_thread():
        _with_priors(predict, window, parameters, calibrations, None, None)
    return Predicted(rate, variance)
