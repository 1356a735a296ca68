"""Facts as month-partitioned Parquet, and the refresh of a month from them.

Layout: ROOT/month=YYYYMM/*.parquet with the columns of `schema`. Files are only ever added: an answer that
arrives late is one more file in its month, and only that month is read again. Dealers and items are positions
0..n−1 in the network's own lists; whoever writes facts keeps those lists.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sync_server.insight import frames as pl
from sync_server.insight.engine.blas import single_thread
from sync_server.insight.engine.fusion import FusedRates, WindowCounts, fuse
from sync_server.insight.engine.parameters import SOURCES, Parameters
from sync_server.insight.statistics import SourceCalibration

FloatArray = NDArray[np.float64]


@cache
def schema() -> pl.Schema:
    """Columns of facts: `month` YYYYMM, `source` the position in SOURCES, `value` 0 to 1, null where not
    applicable or not observed."""
    return pl.Schema(
        {
            "dealer": pl.Int32(),
            "item": pl.Int32(),
            "month": pl.Int32(),
            "source": pl.Int8(),
            "value": pl.Float32(),
        }
    )


_BATCH_BYTES = 8_000_000
"""Compressed; about five million observations, 120 MB in memory."""


@dataclass(frozen=True, slots=True)
class MonthRefresh:
    """The window's counts and what follows from them; `order` lists the flagged rows, most needed first."""

    window: WindowCounts
    rates: FusedRates
    order: NDArray[np.int64]


def add_facts(root: Path, facts: pl.DataFrame) -> list[Path]:
    """Write observations as new files into the partitions of their months; readers never see half a file.

    Raises:
        ValueError: columns that differ from `schema`, a value outside 0..1, an unknown source.
    """
    if facts.schema != schema():
        raise ValueError(f"facts must have the columns {dict(schema())}, got {dict(facts.schema)}")
    wrong = facts.filter(
        ~pl.col("value").is_between(0, 1) | ~pl.col("source").is_between(0, len(SOURCES) - 1)
    )
    if wrong.height:
        raise ValueError(f"facts hold a value or source out of range: {wrong.row(0, named=True)}")
    written: list[Path] = []
    for (month,), part in facts.partition_by("month", as_dict=True).items():
        folder = root / f"month={month}"
        folder.mkdir(parents=True, exist_ok=True)
        final = folder / f"{uuid.uuid4().hex}.parquet"
        partial = final.with_suffix(".part")
        part.sort("item", "dealer").write_parquet(partial, compression="zstd", statistics=True)
        os.replace(partial, final)
        written.append(final)
    return written


def month_files(root: Path, months: Sequence[int]) -> list[Path]:
    """The files of some months (YYYYMM), in a fixed order; months without facts have none."""
    return [file for m in months for file in sorted((root / f"month={m}").glob("*.parquet"))]


def _batches(files: Sequence[Path]) -> Iterator[list[Path]]:
    """Files in groups that are small enough to be held together."""
    batch: list[Path] = []
    size = 0
    for file in files:
        batch.append(file)
        size += file.stat().st_size
        if size > _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _key(dealers: int) -> pl.Expr:
    cell = pl.col("item").cast(pl.Int64) * dealers + pl.col("dealer")
    return (cell * len(SOURCES) + pl.col("source")).alias("key")


def window_counts(root: Path, months: Sequence[int], dealers: int, items: int) -> WindowCounts:
    """Pooled counts of some months, a row per dealer × item that has answers, sorted by item and dealer.

    The key (item, dealer, source) is dense, so the groups are added up by position and no hash table is
    built. Memory is that of the result and of the largest file.

    Args:
        dealers, items: sizes of the network's lists.

    Raises:
        ValueError: a dealer or item outside them.
    """
    width = len(SOURCES)
    size = items * dealers * width
    counted: tuple[NDArray[np.int64], FloatArray] | None = None
    for files in _batches(month_files(root, months)):
        frame = (
            pl.scan_parquet(files)
            .drop_nulls("value")
            .select(_key(dealers), "value", "dealer", "item")
            .collect()
        )
        if frame.height == 0:
            continue
        top = frame.select(d=pl.col("dealer").max(), i=pl.col("item").max()).row(0)
        if top[0] >= dealers or top[1] >= items:
            raise ValueError(f"facts hold dealer {top[0]} or item {top[1]}, outside the lists")
        key = frame["key"].to_numpy()
        n: NDArray[np.int64] = np.bincount(key, minlength=size)
        k: FloatArray = np.asarray(np.bincount(key, frame["value"].to_numpy(), size), np.float64)
        if counted is None:
            # a window of one batch, the usual one, is not added to a network of zeros first
            counted = (n, k)
        else:
            np.add(counted[0], n, out=counted[0])
            np.add(counted[1], k, out=counted[1])
    if counted is None:
        nothing = np.zeros(0, np.int64)
        return WindowCounts(nothing, nothing, np.zeros((0, width)), np.zeros((0, width)))
    trials, successes = counted[0].reshape(-1, width), counted[1].reshape(-1, width)
    # columns one by one: a reduction along five neighbours is an order of magnitude slower
    some = trials[:, 0] > 0
    for s in range(1, width):
        some |= trials[:, s] > 0
    rows = np.flatnonzero(some)
    item = rows // dealers
    return WindowCounts(rows - item * dealers, item, successes[rows], trials[rows].astype(np.float64))


def refresh_month(
    root: Path,
    months: Sequence[int],
    dealers: int,
    items: int,
    parameters: Parameters,
    *,
    calibrations: Sequence[SourceCalibration] | None = None,
    targets: FloatArray | None = None,
    importance: FloatArray | None = None,
    workers: int | None = None,
) -> MonthRefresh:
    """Aggregate the window's facts, estimate every cell, list the weak ones and rank them.

    Args:
        months: the window, YYYYMM.
        calibrations: as last estimated over all months; from the window itself when not given.
    """
    window = window_counts(root, months, dealers, items)
    return refresh_of(
        window,
        parameters,
        calibrations=calibrations,
        targets=targets,
        importance=importance,
        workers=workers,
    )


def refresh_of(
    window: WindowCounts,
    parameters: Parameters,
    *,
    calibrations: Sequence[SourceCalibration] | None = None,
    targets: FloatArray | None = None,
    importance: FloatArray | None = None,
    workers: int | None = None,
) -> MonthRefresh:
    """The second half of `refresh_month`: from the window's counts, whoever added them up."""
    with single_thread():
        rates = fuse(
            window,
            parameters,
            calibrations=calibrations,
            targets=targets,
            importance=importance,
            workers=workers,
        )
    listed = np.flatnonzero(rates.flagged)
    # ties in priority fall back on the row, so that the order is always the same
    return MonthRefresh(window, rates, listed[np.argsort(-rates.priority[listed], kind="stable")])
