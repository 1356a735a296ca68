"""The figures of one month over the whole network: what the month engine says of every dealer and item. Pure.

Counts in, one value out; the same counts, targets and parameters give the same bytes (`to_bytes`).
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sync_server.insight import frames as pl
from sync_server.insight.engine.blas import single_thread
from sync_server.insight.engine.conflicts import SourceConflicts, find_conflicts, review_weights
from sync_server.insight.engine.declines import Compared, EarlyWarning, compare_months, confirmed_declines
from sync_server.insight.engine.fusion import WindowCounts, calibrate, fuse
from sync_server.insight.engine.parameters import SOURCES, Parameters
from sync_server.insight.month_counts import NetworkCounts
from sync_server.insight.statistics import SourceCalibration
from sync_server.insight.tables import WHOLE
from sync_server.insight.weakness import deck_rule

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class NetworkMonth:
    """What is known of a month at one data cut; rows are dealer × item in the order of `cells`."""

    month: str
    window: tuple[str, ...]
    """Months of the fused rate, oldest first."""
    history: tuple[str, ...]
    """Months that calibration and declines looked at."""
    data_cut: int
    parameters: Parameters
    calibrations: tuple[SourceCalibration, ...]
    expected_false_share: float
    """Of the listed cells, the share expected not to be below target."""
    cells: pl.DataFrame
    """dealer, item, target, k_/n_ per source, mean, low, high, p_below, shortfall, priority, importance,
    listed, deck (the trade's own rule), warning (month of a recent alarm), confirmed, drop, weight_ and
    gap_ per source."""
    dealers: pl.DataFrame
    """dealer, source, z, flagged, inflation: sources against what the others predict."""

    @cached_property
    def flagged_sources(self) -> Mapping[str, frozenset[str]]:
        """By dealer, the sources that disagree over all of its items; read once for a whole list."""
        found: dict[str, set[str]] = {}
        for dealer, source in self.dealers.filter("flagged").select("dealer", "source").iter_rows():
            found.setdefault(dealer, set()).add(source)
        return {dealer: frozenset(sources) for dealer, sources in found.items()}

    def row(self, dealer_id: str, item_id: str) -> dict[str, object] | None:
        """One cell; None where the window has no answer."""
        found = self.cells.filter((pl.col("dealer") == dealer_id) & (pl.col("item") == item_id))
        return found.row(0, named=True) if found.height else None

    def to_bytes(self) -> bytes:
        """Both tables as Parquet, one after the other: the same figures give the same bytes."""
        out = io.BytesIO()
        for frame in (self.cells, self.dealers):
            frame.write_parquet(out, compression="zstd", statistics=False, row_group_size=1 << 30)
        return out.getvalue()

    @property
    def sha256(self) -> str:
        """Of `to_bytes`."""
        return hashlib.sha256(self.to_bytes()).hexdigest()


def compute_network_month(
    network: NetworkCounts,
    parameters: Parameters,
    *,
    data_cut: int,
    targets: Mapping[str, float],
    importance: Mapping[str, float] | None = None,
    local: Mapping[str, Mapping[str, float]] | None = None,
    reviewed: Collection[tuple[str, str]] = (),
) -> NetworkMonth:
    """Rates, lists, declines and conflicts of the last month of the counts.

    Args:
        targets: by item id, fractions; the parameters' target where an item has none.
        local: by item id and dealer id, fractions: targets of a region or dealer.
        importance: by item id, what the priority is multiplied by; 1 for an item that is not named.
        reviewed: (dealer, source) whose conflict somebody has looked into: they count in full.
    """
    with single_thread(), ThreadPoolExecutor(1) as beside:
        # declines look at other months than rates and lists: neither waits for the other
        fell = beside.submit(_declines, network, parameters)
        return _compute(
            network, parameters, data_cut, targets, importance, local or {}, frozenset(reviewed), fell
        )


def _compute(
    network: NetworkCounts,
    parameters: Parameters,
    data_cut: int,
    targets: Mapping[str, float],
    importance: Mapping[str, float] | None,
    local: Mapping[str, Mapping[str, float]],
    reviewed: frozenset[tuple[str, str]],
    declines: Future[_Fell],
) -> NetworkMonth:
    months, lately = network.months, slice(-parameters.window, None)
    executed, applicable = network.pooled(slice(0, None))
    calibrations = calibrate(executed.T, applicable.T, parameters)
    executed, applicable = network.pooled(lately)
    rows = np.flatnonzero(_any(applicable))
    items, dealers = np.divmod(rows, max(len(network.dealers), 1))
    window = WindowCounts(
        dealers, items, *(np.ascontiguousarray(x[:, rows].T) for x in (executed, applicable))
    )
    target = np.array([targets.get(one, parameters.target) for one in network.items])
    wanted = _cell_targets(network, target, local, dealers, items)
    matters = np.array([(importance or {}).get(one, 1.0) for one in network.items])
    # both lengths are given: a month far from all facts has no items, and of nothing no length follows
    applies = applicable.reshape(len(SOURCES), len(network.items), len(network.dealers)).sum(axis=(0, 2))
    share = applies / np.maximum(applies + network.not_applicable(lately), 1)
    del executed, applicable  # of every cell, and most cells of a large network say little
    conflicts = _enough(find_conflicts(window, parameters, calibrations), window, parameters)
    seen = frozenset(
        (network.dealers.index(dealer), SOURCES.index(source))
        for dealer, source in reviewed
        if dealer in network.dealers
    )
    weights = review_weights(window, conflicts, parameters, seen)
    rates = fuse(
        window,
        parameters,
        calibrations=calibrations,
        weights=weights,
        targets=target,
        importance=matters,
        applicability=share,
        cell_targets=wanted,
    )
    fell = declines.result()
    deck = deck_rule(*_last_two(network, rows), wanted)
    warning = fell.warning[rows]
    cells = {
        "dealer": pl.Series(network.dealers, dtype=pl.String).gather(dealers),
        "item": pl.Series(network.items, dtype=pl.String).gather(items),
        "target": wanted,
        "mean": rates.mean,
        "low": rates.low,
        "high": rates.high,
        "p_below": rates.p_below,
        "shortfall": rates.shortfall,
        "priority": rates.priority,
        "importance": matters[items],
        "listed": rates.flagged,
        "deck": deck,
        "warning": pl.Series([months[t] if t >= 0 else None for t in warning.tolist()], dtype=pl.String),
        "confirmed": fell.confirmed[rows],
        "drop": fell.drop[rows],
    }
    for s, source in enumerate(SOURCES):
        cells |= {
            f"k_{source}": window.successes[:, s],
            f"n_{source}": window.trials[:, s],
            f"weight_{source}": weights[:, s],
            f"gap_{source}": conflicts.cells[:, s],
        }
    return NetworkMonth(
        month=months[-1],
        window=months[-parameters.window :],
        history=months,
        data_cut=data_cut,
        parameters=parameters,
        calibrations=tuple(calibrations),
        expected_false_share=rates.expected_false_share,
        cells=pl.DataFrame(cells),
        dealers=_dealer_table(network, conflicts),
    )


def _cell_targets(
    network: NetworkCounts,
    target: FloatArray,
    local: Mapping[str, Mapping[str, float]],
    dealers: IntArray,
    items: IntArray,
) -> FloatArray:
    """The target of each row: its dealer's own, else the item's."""
    found = target[items]
    place = {dealer: at for at, dealer in enumerate(network.dealers)}
    for at, item in enumerate(network.items):
        for dealer, value in local.get(item, {}).items():
            if dealer in place:
                found[(items == at) & (dealers == place[dealer])] = value
    return found


def _enough(conflicts: SourceConflicts, window: WindowCounts, parameters: Parameters) -> SourceConflicts:
    """No flag where a source measures too few dealers to know how far dealers usually differ."""
    measured = [np.unique(window.dealers[window.trials[:, s] > 0]).size for s in range(len(SOURCES))]
    known = np.array(measured) >= parameters.conflict_min_dealers
    return SourceConflicts(
        conflicts.dealers, conflicts.z, conflicts.flagged & known, conflicts.cells, conflicts.inflation
    )


def _dealer_table(network: NetworkCounts, conflicts: SourceConflicts) -> pl.DataFrame:
    count, width = conflicts.dealers.size, len(SOURCES)
    return pl.DataFrame(
        {
            "dealer": pl.Series(network.dealers, dtype=pl.String).gather(np.repeat(conflicts.dealers, width)),
            "source": pl.Series(list(SOURCES) * count, dtype=pl.String),
            "z": conflicts.z.ravel(),
            "flagged": conflicts.flagged.ravel(),
            "inflation": np.repeat(conflicts.inflation, width),
        }
    )


def _any(counts: FloatArray) -> BoolArray:
    """Of sources × cells: cells with any answer; source by source, which is what lies together."""
    found = np.zeros(counts.shape[1], bool)
    for one in counts:
        found |= one > 0
    return found


def _last_two(
    network: NetworkCounts, rows: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Executed and applicable of the last month and of the one before, rows × sources."""
    last = len(network.months) - 1
    found: list[FloatArray] = []
    for part in (slice(last, last + 1), slice(max(last - 1, 0), last)):
        found += [x[:, rows].T for x in network.pooled(part)]
    return found[0], found[1], found[2], found[3]


@dataclass(frozen=True, slots=True)
class _Fell:
    """Declines at the end of the last month, per cell; `warning` is a place among the months or −1."""

    warning: IntArray
    confirmed: BoolArray
    drop: FloatArray


def _declines(network: NetworkCounts, parameters: Parameters) -> _Fell:
    dealers, items = len(network.dealers), len(network.items)
    last = len(network.months) - 1
    warning = np.full(dealers * items, -1, np.int64)
    p, drop = np.full(warning.size, np.nan), np.full(warning.size, np.nan)
    if last >= parameters.baseline_months:
        watch = EarlyWarning(dealers, items, parameters, parts=WHOLE)
        for t, one in enumerate(network.counts):
            watch.add([one.said(s, dealers) for s in parameters.stable_sources])
            if t > last - parameters.warning_months:
                warning[watch.alarm] = t
        if last >= parameters.decline_recent + parameters.decline_before - 1:
            p, drop = compare_months(_compared(network, parameters), dealers, items, parameters)
    return _Fell(warning, confirmed_declines(p, drop, parameters), drop)


def _compared(network: NetworkCounts, parameters: Parameters) -> Iterator[Compared]:
    """The last months and those before them, one source after the other: the memory of one."""
    end = len(network.months)
    middle = end - parameters.decline_recent
    for s in parameters.stable_sources:
        parts = (slice(middle, end), slice(middle - parameters.decline_before, middle))
        (ka, na), (kb, nb) = (network.pooled_source(s, part) for part in parts)
        yield Compared(s, ka, na, kb, nb)
