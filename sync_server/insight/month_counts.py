"""Counts of whole months over the network: of the Parquet facts, or of the ledger as of any data cut.

Both give the same numbers to the last millionth, whatever the order in which answers came (tests hold it), so
that figures can be computed again later from the ledger alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from sync_server.insight import frames as pl
from sync_server.insight import repository
from sync_server.insight.engine.declines import Said
from sync_server.insight.engine.parameters import SOURCES
from sync_server.insight.fact_files import COUNTED, NOT_APPLICABLE, FactFiles
from sync_server.insight.tables import WHOLE
from sync_server.people.scope import Scope

IntArray = NDArray[np.int64]
_Cube = tuple[NDArray[np.float64], NDArray[np.float64]]
_EVERYTHING = Scope(person_id="", everything=True)
_COLUMNS = ("dealer", "item", "source", "executed", "applicable", "not_applicable")


def _narrow(column: NDArray[np.integer[Any]]) -> NDArray[np.integer[Any]]:
    """In the narrowest unsigned type that holds it; below zero it stays as it is."""
    if not column.size or column.min() < 0:
        return column
    return column.astype(np.min_scalar_type(int(column.max())))


@dataclass(frozen=True, slots=True)
class MonthCounts:
    """One month: a row per dealer, item and source that said anything, the rows of a source together.

    `dealer` and `item` are places in the network's lists, `source` in SOURCES; `executed` in millionths,
    `applicable` and `not_applicable` in whole observations.
    """

    dealer: NDArray[np.integer[Any]]
    item: NDArray[np.integer[Any]]
    source: NDArray[np.integer[Any]]
    executed: NDArray[np.integer[Any]]
    applicable: NDArray[np.integer[Any]]
    not_applicable: NDArray[np.integer[Any]]

    @classmethod
    def of(cls, columns: Sequence[NDArray[np.integer[Any]]]) -> MonthCounts:
        """Columns in the order of the fields, rows in any: put in order and made as narrow as they may be,
        for two years of a large network are kept in memory."""
        order = np.lexsort((columns[0], columns[1], columns[2]))
        return cls(*(_narrow(column)[order] for column in columns))

    def said(self, source: int, dealers: int) -> Said:
        """What a source said in a network of so many dealers, in millionths."""
        start, end = np.searchsorted(self.source, np.array((source, source + 1), self.source.dtype))
        applicable = self.applicable[start:end].astype(np.float64)
        cells = self.item[start:end].astype(np.int64) * dealers + self.dealer[start:end]
        executed = self.executed[start:end].astype(np.float64)
        if (applicable > 0).all():
            return Said(cells, executed, applicable)
        some = applicable > 0
        return Said(cells[some], executed[some], applicable[some])


@dataclass(frozen=True, slots=True)
class NetworkCounts:
    """Months without gaps, oldest first, over the dealers and items that occur in them (ids in order)."""

    dealers: tuple[str, ...]
    items: tuple[str, ...]
    months: tuple[str, ...]
    counts: tuple[MonthCounts, ...]

    def pooled(self, part: slice) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Executed and applicable of some months together: sources × cells, a cell being item × dealers +
        dealer."""
        both = np.zeros((2, len(SOURCES), len(self.items) * len(self.dealers)))
        for s in range(len(SOURCES)):
            both[:, s] = self.pooled_source(s, part)
        return both[0], both[1]

    def pooled_source(self, source: int, part: slice) -> NDArray[np.float64]:
        """Of one source: executed and applicable × cells. Millionths are added up before they are divided,
        so that the order in which answers came does not matter."""
        found = np.zeros((2, len(self.items) * len(self.dealers)))
        for one in self.counts[part]:
            said = one.said(source, len(self.dealers))
            found[0][said.cells] += said.executed
            found[1][said.cells] += said.applicable
        found[0] /= WHOLE
        return found

    def not_applicable(self, part: slice) -> IntArray:
        """Observations that found an item not applicable, of some months, per item."""
        found = np.zeros(len(self.items), np.int64)
        for one in self.counts[part]:
            found += np.bincount(one.item, one.not_applicable, len(self.items)).astype(np.int64)
        return found

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
    return of_observations(pl.concat(parts)) if parts else _empty()


def of_observations(month: pl.LazyFrame) -> MonthCounts:
    """One month's observations with their state, and 1 for `sign` or −1 where one was taken back."""
    counted = pl.col("state") == COUNTED
    frame = (
        month.group_by("dealer", "item", "source")
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
        .collect()
    )
    return MonthCounts.of([frame[name].to_numpy() for name in _COLUMNS])


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
        MonthCounts.of(list(np.array(rows[month], dtype=np.int64).T)) if rows[month] else _empty()
        for month in months
    ]
    return _ordered(dealers, named, tuple(months), counts)


def _ordered(
    dealers: Sequence[str], items: Sequence[str], months: tuple[str, ...], counts: Sequence[MonthCounts]
) -> NetworkCounts:
    named: list[tuple[str, ...]] = []
    places: list[NDArray[np.integer[Any]]] = []
    for ids, columns in (
        (dealers, [one.dealer for one in counts]),
        (items, [one.item for one in counts]),
    ):
        used = np.zeros(len(ids), bool)
        for column in columns:
            used[column] = True
        order = sorted(np.flatnonzero(used).tolist(), key=lambda at, of=ids: of[at])
        place = np.zeros(len(ids), np.int64)
        place[order] = np.arange(len(order))
        named.append(tuple(ids[at] for at in order))
        places.append(_narrow(place))
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
