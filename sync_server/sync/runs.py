"""Runs of the journal: lines that came together, stored as one line and unfolded when they are read.

Most rows are the parts of a visit: made together, at version 1, under the scope keys of their root. Until
one of them changes, all that tells their journal lines apart is row, clock and number. A changed row leaves
its run for a line of its own in ``sync_row``, so that every row stands in exactly one of the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Row, bindparam, delete, select, update
from sqlalchemy.orm import Session

from shared_models.columns import sql_table
from shared_models.sync.registry import ENTITIES
from sync_server.store.quick import quick_rows
from sync_server.store.rows import insert_tuples
from sync_server.store.statements import among, ids_parameter, is_sqlite
from sync_server.sync.tables import sync_row_run

IN_RUNS = frozenset({"answer"})
"""Entities whose lines may lie in runs: parts with one parent, their root, that nothing looks up by
``sync_row`` alone (sync_server.people.scope.readable_by does)."""
SHORTEST = 2
"""Fewer lines than this are stored by themselves."""
LONGEST = 500
"""Most lines of a run: a reader that looks for numbers above one finds the run that holds it."""

_encode = msgspec.json.Encoder().encode
_decode_ids = msgspec.json.Decoder(list[str | None]).decode
_decode_clocks = msgspec.json.Decoder(list[str]).decode


@dataclass(slots=True)
class Run:
    """A run as it is stored; ``row_ids`` holds None for rows that have left it."""

    first_seq: int
    aggregate_id: str
    entity: str
    audience: str
    dealer_id: str | None
    person_id: str | None
    row_ids: Sequence[str | None]
    clocks: Sequence[str]

    def rows(self) -> list[tuple[int, str, str]]:
        """(number, row id, clock) of the rows that are still in it."""
        first = self.first_seq
        return [
            (first + place, row_id, clock)
            for place, (row_id, clock) in enumerate(zip(self.row_ids, self.clocks, strict=True))
            if row_id is not None
        ]

    def line(self) -> tuple[Any, ...]:
        """Its line in the table, in the order of the columns."""
        return (
            self.first_seq,
            self.first_seq + len(self.row_ids) - 1,
            self.aggregate_id,
            self.entity,
            self.audience,
            self.dealer_id,
            self.person_id,
            _encode(self.row_ids).decode(),
            _encode(self.clocks).decode(),
        )


RUN_COLUMNS = [
    sync_row_run.c[name]
    for name in (
        "first_seq",
        "aggregate_id",
        "entity",
        "audience",
        "dealer_id",
        "person_id",
        "row_ids",
        "clocks",
    )
]
_by_first = select(*RUN_COLUMNS).where(sync_row_run.c.first_seq == bindparam("first"))
_shorten = (
    update(sync_row_run)
    .where(sync_row_run.c.first_seq == bindparam("first"))
    .values(row_ids=bindparam("ids"))
)


def run_of(row: Row[Any] | tuple[Any, ...]) -> Run:
    """A run from RUN_COLUMNS."""
    first, aggregate, entity, audience, dealer, person, row_ids, clocks = tuple(row)
    return Run(
        first, aggregate, entity, audience, dealer, person, _decode_ids(row_ids), _decode_clocks(clocks)
    )


@lru_cache(maxsize=2)
def _of_aggregates(sqlite: bool) -> Any:
    return select(*RUN_COLUMNS).where(among(sync_row_run.c.aggregate_id, sqlite))


def runs_in(session: Session, aggregate_ids: Iterable[str]) -> list[Run]:
    """All runs of these aggregates."""
    wanted = sorted(set(aggregate_ids))
    if not wanted:
        return []
    sqlite = is_sqlite(session)
    ids = ids_parameter(wanted, sqlite)
    return [run_of(row) for row in quick_rows(session, _of_aggregates(sqlite), ids=ids)]


@lru_cache(maxsize=16)
def _roots(entity: str, sqlite: bool) -> Any:
    spec = ENTITIES[entity]
    table = sql_table(spec.table)
    return select(table.c[spec.aggregate_field]).where(among(table.c.id, sqlite)).distinct()


def runs_with(session: Session, row_ids: Iterable[str]) -> list[Run]:
    """Runs that may hold one of these rows: those of the aggregates in which such rows are."""
    wanted = list(row_ids)
    if not wanted:
        return []
    sqlite = is_sqlite(session)
    ids = {"ids": ids_parameter(wanted, sqlite)}
    roots: set[str] = set()
    for entity in IN_RUNS:
        roots.update(session.connection().execute(_roots(entity, sqlite), ids).scalars())
    return runs_in(session, roots)


def add_runs(session: Session, runs: Sequence[Run]) -> None:
    """Write new runs."""
    insert_tuples(session, sync_row_run, [one.line() for one in runs])


def take_out(session: Session, gone: Mapping[int, set[str]]) -> None:
    """Rows leave their runs, by the runs' first numbers: they have lines of their own now."""
    connection = session.connection()
    for first, row_ids in gone.items():
        run = run_of(connection.execute(_by_first, {"first": first}).one())
        left = [None if one in row_ids else one for one in run.row_ids]
        if any(left):
            connection.execute(_shorten, {"first": first, "ids": _encode(left).decode()})
        else:
            connection.execute(delete(sync_row_run).where(sync_row_run.c.first_seq == first))
