"""Counts of whole months over the network: of the Parquet facts, or of the ledger as of any data cut.

Both give the same numbers to the last millionth, whatever the order in which answers came (tests hold it), so
that figures can be computed again later from the ledger alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from sync_server.insight import repository
from sync_server.insight.engine.parameters import SOURCES
from sync_server.insight.fact_files import COUNTED, NOT_APPLICABLE, FactFiles
from sync_server.insight.tables import WHOLE
from sync_server.people.scope import Scope

IntArray = NDArray[np.int64]
_Cube = tuple[NDArray[np.float64], NDArray[np.float64]]
_EVERYTHING = Scope(person_id="", everything=True)
_COLUMNS = {
    "dealer": pl.Int32,
    "item": pl.Int32,
    "source": pl.Int8,
    "executed": pl.Int64,
    "applicable": pl.Int32,
    "not_applicable": pl.Int32,
}
"""As narrow as they may be: two years of a large network are kept in memory."""


@dataclass(frozen=True, slots=True)
class MonthCounts:
    """One month: a row per dealer, item and source that said anything.

    `dealer` and `item` are places in the network's lists, `source` in SOURCES; `executed` in millionths,
    `applicable` and `not_applicable` in whole observations.
    """

    dealer: NDArray[np.integer[Any]]
    item: NDArray[np.integer[Any]]
    source: NDArray[np.integer[Any]]
    executed: IntArray
    applicable: NDArray[np.integer[Any]]
    not_applicable: NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class NetworkCounts:
    """Months without gaps, oldest first, over the dealers and items that occur in them (ids in order)."""

    dealers: tuple[str, ...]
    items: tuple[str, ...]
    months: tuple[str, ...]
    counts: tuple[MonthCounts, ...]

    def dense(self, part: slice) -> tuple[NDArray[np.float64], NDArray[np.float64], IntArray]:
        """Executed, applicable (items × dealers × sources) and not applicable (items) of some months."""
        width = len(SOURCES)
        size = len(self.items) * len(self.dealers) * width
        executed, applicable = np.zeros(size), np.zeros(size)
        elsewhere = np.zeros(len(self.items))
        for one in self.counts[part]:
            key = (one.item.astype(np.int64) * len(self.dealers) + one.dealer) * width + one.source
            executed += np.bincount(key, one.executed, size)
            applicable += np.bincount(key, one.applicable, size)
            elsewhere += np.bincount(one.item, one.not_applicable, len(self.items))
        shape = (len(self.items), len(self.dealers), width)
        return (executed / WHOLE).reshape(shape), applicable.reshape(shape), elsewhere.astype(np.int64)

    def cube(self, items: slice | Sequence[int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Executed and applicable of some items: dealers × those items × months × sources."""
        wanted = np.arange(len(self.items))[items]
        place = np.full(len(self.items), -1)
        place[wanted] = np.arange(wanted.size)
        executed, applicable = self._empty_cube(wanted.size)
        for t, one in enumerate(self.counts):
            at = place[one.item]
            use = np.flatnonzero(at >= 0)
            self._enter(t, one, use, at[use], executed, applicable)
        return executed.transpose(2, 3, 0, 1), applicable.transpose(2, 3, 0, 1)

    def cubes(self, step: int) -> Iterator[tuple[slice, Callable[[], _Cube]]]:
        """The cubes of all items, ``step`` at a time, each made when it is called for.

        Every month is sorted once instead of being searched for every part.
        """
        kind = np.uint16 if len(self.items) < 1 << 16 else np.int64  # small numbers sort in linear time
        orders = [np.argsort(one.item.astype(kind), kind="stable").astype(np.int32) for one in self.counts]
        ends = [np.cumsum(np.bincount(one.item, minlength=len(self.items))) for one in self.counts]
        for start in range(0, len(self.items), step):
            part = slice(start, min(start + step, len(self.items)))
            yield part, lambda part=part: self._part(part, orders, ends)

    def _part(self, part: slice, orders: Sequence[NDArray[np.int32]], ends: Sequence[IntArray]) -> _Cube:
        executed, applicable = self._empty_cube(part.stop - part.start)
        for t, (one, order, end) in enumerate(zip(self.counts, orders, ends, strict=True)):
            use = order[end[part.start - 1] if part.start else 0 : end[part.stop - 1]]
            self._enter(t, one, use, one.item[use] - part.start, executed, applicable)
        return executed.transpose(2, 3, 0, 1), applicable.transpose(2, 3, 0, 1)

    def _empty_cube(self, items: int) -> _Cube:
        """Months × sources × dealers × items: what is read together lies together."""
        shape = (len(self.months), len(SOURCES), len(self.dealers), items)
        return np.zeros(shape), np.zeros(shape)

    @staticmethod
    def _enter(
        t: int,
        one: MonthCounts,
        use: NDArray[np.integer[Any]],
        item: NDArray[np.integer[Any]],
        executed: NDArray[np.float64],
        applicable: NDArray[np.float64],
    ) -> None:
        _, _, dealers, items = executed.shape
        where = (one.source[use].astype(np.int64) * dealers + one.dealer[use]) * items + item
        executed[t].reshape(-1)[where] = one.executed[use] / WHOLE
        applicable[t].reshape(-1)[where] = one.applicable[use]


def of_files(facts: FactFiles, month: str) -> MonthCounts:
    """One month of the Parquet facts; what was taken back is subtracted."""
    said, gone = facts.files(month)
    parts = [_scan(files, sign) for files, sign in ((said, 1), (gone, -1)) if files]
    if not parts:
        return _empty()
    counted = pl.col("state") == COUNTED
    frame = (
        pl.concat(parts)
        .group_by("dealer", "item", "source")
        .agg(
            # a value is kept as float32: rounding to millionths gives back exactly what the ledger says
            executed=((pl.col("value").cast(pl.Float64) * WHOLE).round().fill_null(0) * pl.col("sign"))
            .sum()
            .cast(pl.Int64),
            applicable=(counted * pl.col("sign")).sum(),
            not_applicable=((pl.col("state") == NOT_APPLICABLE) * pl.col("sign")).sum(),
            left=pl.col("sign").sum(),
        )
        .filter(pl.col("left") != 0)
        .sort("item", "dealer", "source")
        .collect()
    )
    return MonthCounts(*(frame[name].cast(kind).to_numpy() for name, kind in _COLUMNS.items()))


def _scan(files: list[Path], sign: int) -> pl.LazyFrame:
    columns = ("dealer", "item", "source", "value", "state")
    return pl.scan_parquet(files).select(*columns, sign=pl.lit(sign, pl.Int64))


def _empty() -> MonthCounts:
    nothing = np.zeros(0, np.int64)
    return MonthCounts(*(nothing for _ in _COLUMNS))


def network_of_files(facts: FactFiles, months: Sequence[str], counts: Sequence[MonthCounts]) -> NetworkCounts:
    """Months of the facts with their lists in the order of ids, without dealers and items of other months."""
    return _ordered(facts.dealers, facts.items, tuple(months), counts)


def network_of_ledger(
    session: Session, months: Sequence[str], cut: int | None, *, items: Sequence[str] | None = None
) -> NetworkCounts:
    """The same from the ledger itself, as it stands or as it stood at a data cut; of all items or of some."""
    question = repository.Question(months=months, items=items, cut=cut)
    found = repository.counts(session, _EVERYTHING, question)
    dealers = sorted({one.dealer_id or "" for one in found})
    named = sorted({one.item_id for one in found})
    dealer_at = {one: place for place, one in enumerate(dealers)}
    item_at = {one: place for place, one in enumerate(named)}
    rows: dict[str, list[tuple[int, ...]]] = defaultdict(list)
    for one in found:
        rows[one.month].append(
            (
                dealer_at[one.dealer_id or ""],
                item_at[one.item_id],
                SOURCES.index(one.source),
                one.executed,
                one.applicable // WHOLE,
                one.not_applicable // WHOLE,
            )
        )
    counts = [
        MonthCounts(*np.array(rows[month], dtype=np.int64).T.copy()) if rows[month] else _empty()
        for month in months
    ]
    return _ordered(dealers, named, tuple(months), counts)


def _ordered(
    dealers: Sequence[str], items: Sequence[str], months: tuple[str, ...], counts: Sequence[MonthCounts]
) -> NetworkCounts:
    named: list[tuple[str, ...]] = []
    places: list[NDArray[np.int32]] = []
    for ids, columns in (
        (dealers, [one.dealer for one in counts]),
        (items, [one.item for one in counts]),
    ):
        used = np.zeros(len(ids), bool)
        for column in columns:
            used[column] = True
        order = sorted(np.flatnonzero(used).tolist(), key=lambda at, of=ids: of[at])
        place = np.full(len(ids), -1, np.int32)
        place[order] = np.arange(len(order))
        named.append(tuple(ids[at] for at in order))
        places.append(place)
    moved = tuple(
        MonthCounts(
            places[0][one.dealer],
            places[1][one.item],
            one.source,
            one.executed,
            one.applicable,
            one.not_applicable,
        )
        for one in counts
    )
    return NetworkCounts(named[0], named[1], months, moved)
