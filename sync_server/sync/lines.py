"""Lines of the journal in memory, and how they and their rows are read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic_core import PydanticUndefined
from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from shared_models.columns import sql_table
from shared_models.problems import Code, Problem
from shared_models.sync.registry import ENTITIES
from sync_server.people.scope import WITHOUT_KEYS, Keys, root_keys
from sync_server.store.quick import quick_rows
from sync_server.store.statements import among, ids_parameter, is_sqlite
from sync_server.sync.runs import RUN_COLUMNS, Run, run_of, runs_in, runs_with
from sync_server.sync.tables import sync_row

RowKey = tuple[str, str]
"""(entity, row id)"""
Values = dict[str, Any]


@dataclass(slots=True)
class Entry:
    """A journal line in memory; ``seq`` is given when the batch is written."""

    entity: str
    row_id: str
    aggregate_id: str
    version: int = 0
    deleted: bool = False
    audience: str = ""
    dealer_id: str | None = None
    person_id: str | None = None
    clock: str = ""
    state_version: int = 0
    state_stream: int = 0
    run: int = 0
    """First number of the run that its line lies in (sync_server.sync.runs); 0 for a line of its own."""

    @property
    def keys(self) -> Keys:
        """Its scope keys."""
        return Keys(self.audience, self.dealer_id, self.person_id)

    def take(self, keys: Keys) -> None:
        """Set the scope keys."""
        self.audience, self.dealer_id, self.person_id = keys.audience, keys.dealer_id, keys.person_id

    def take_from(self, entity: str, row: Mapping[str, Any], root: Entry | None) -> None:
        """Set the scope keys of a row, which are its own or those of its aggregate's root."""
        if root is not None and entity in WITHOUT_KEYS:
            self.audience, self.dealer_id, self.person_id = root.audience, root.dealer_id, root.person_id
        else:
            self.take(keys_for(entity, self.row_id, row, root))

    def line(self, seq: int) -> tuple[Any, ...]:
        """Its line in the journal, in the order of the table's columns."""
        return (
            self.row_id,
            self.entity,
            seq,
            self.aggregate_id,
            self.version,
            self.deleted,
            self.audience,
            self.dealer_id,
            self.person_id,
            self.clock,
            self.state_version,
            self.state_stream,
        )


ENTRY_NAMES = (
    "entity",
    "row_id",
    "aggregate_id",
    "version",
    "deleted",
    "audience",
    "dealer_id",
    "person_id",
    "clock",
    "state_version",
    "state_stream",
)
_ENTRY_COLUMNS = [sync_row.c[name] for name in ENTRY_NAMES]


@lru_cache(maxsize=64)
def table_of(entity: str) -> Table:
    """The table of an entity."""
    return sql_table(ENTITIES[entity].table)


@lru_cache(maxsize=2)
def _entries_of(sqlite: bool) -> Any:
    return select(*_ENTRY_COLUMNS).where(among(sync_row.c.row_id, sqlite))


@lru_cache(maxsize=64)
def _rows_of(entity: str, sqlite: bool) -> Any:
    table = table_of(entity)
    first = [table.c.id, *(one for one in table.columns if one.name != "id")]
    return select(*first).where(among(table.c.id, sqlite))


def whole_row(entity: str, values: Mapping[str, Any]) -> Values:
    """A new row with every column: the given values and the defaults of the rest.

    Raises INVALID_FIELD naming a column that has no default and was not given.
    """
    row: Values = {}
    for name, info in ENTITIES[entity].table.model_fields.items():
        if name in values:
            row[name] = values[name]
            continue
        default = info.get_default(call_default_factory=True, validated_data={})
        if default is PydanticUndefined:
            raise Problem(Code.INVALID_FIELD, {"field": f"{entity}.{name}"})
        row[name] = default
    return row


def stored_entries(session: Session, ids: Iterable[str]) -> dict[RowKey, Entry]:
    """Journal lines of these row ids that do not lie in runs, whatever their entity."""
    wanted = list(ids)
    if not wanted:
        return {}
    sqlite = is_sqlite(session)
    rows = quick_rows(session, _entries_of(sqlite), ids=ids_parameter(wanted, sqlite))
    entries = (Entry(*row) for row in rows)
    return {(entry.entity, entry.row_id): entry for entry in entries}


def load_entries(session: Session, ids: Iterable[str]) -> dict[RowKey, Entry]:
    """Journal lines of these row ids, whatever their entity."""
    wanted = set(ids)
    found = stored_entries(session, wanted)
    missing = wanted - {row_id for _, row_id in found}
    for entry in unfolded(runs_with(session, missing)):
        if entry.row_id in missing:
            found[entry.entity, entry.row_id] = entry
    return found


def entries_in(session: Session, aggregate_id: str) -> list[Entry]:
    """All journal lines of an aggregate, tombstones included."""
    lines = session.execute(select(*_ENTRY_COLUMNS).where(sync_row.c.aggregate_id == aggregate_id))
    return [*(Entry(*line) for line in lines), *unfolded(runs_in(session, [aggregate_id]))]


def whole_journal(session: Session) -> list[tuple[int, Entry]]:
    """Every line of the journal with its number, in commit order."""
    own = session.execute(select(sync_row.c.seq, *_ENTRY_COLUMNS))
    found = [(seq, Entry(*line)) for seq, *line in own]
    for run in map(run_of, session.execute(select(*RUN_COLUMNS))):
        seqs = [seq for seq, _, _ in run.rows()]
        found += zip(seqs, unfolded([run]), strict=True)
    return sorted(found, key=lambda one: one[0])


def unfolded(runs: Iterable[Run]) -> list[Entry]:
    """The journal lines that lie in these runs."""
    return [
        Entry(
            run.entity,
            row_id,
            run.aggregate_id,
            version=1,
            audience=run.audience,
            dealer_id=run.dealer_id,
            person_id=run.person_id,
            clock=clock,
            run=run.first_seq,
        )
        for run in runs
        for _, row_id, clock in run.rows()
    ]


def load_rows(session: Session, entity: str, ids: Iterable[str]) -> dict[str, Values]:
    """Rows of an entity by id, every column as Python value."""
    wanted = list(ids)
    if not wanted:
        return {}
    sqlite = is_sqlite(session)
    rows = session.connection().execute(_rows_of(entity, sqlite), {"ids": ids_parameter(wanted, sqlite)})
    names = ["id", *(one.name for one in table_of(entity).columns if one.name != "id")]
    return {row[0]: dict(zip(names, row, strict=True)) for row in rows}


def keys_for(entity: str, row_id: str, values: Mapping[str, Any], root: Entry | None) -> Keys:
    """Scope keys of a row: its own, or those of its aggregate's root."""
    own = root_keys(entity, row_id, values)
    if own is not None:
        return own
    if root is None:
        raise Problem(Code.INVALID_FIELD, {"field": f"{entity}.{ENTITIES[entity].aggregate_field}"})
    return root.keys


def clocks_of(entry: Entry) -> Callable[[str], tuple[str, int]]:
    """By column: the hybrid stamp with which it was last written, and the row's version then."""
    if not entry.clock.startswith("{"):
        whole = (entry.clock, 1)
        return lambda _column: whole
    stamps: dict[str, str] = json.loads(entry.clock)

    def clock(column: str) -> tuple[str, int]:
        stamp, _, version = stamps.get(column, stamps.get("", "")).partition("|")
        return stamp, int(version or 1)

    return clock


def set_clock(entry: Entry, columns: Iterable[str], stamp: str) -> None:
    """Note the stamp with which these columns were written, and the row's version with them."""
    stamps: dict[str, str] = json.loads(entry.clock) if entry.clock.startswith("{") else {"": entry.clock}
    stamps.update(dict.fromkeys(columns, f"{stamp}|{entry.version}"))
    entry.clock = json.dumps(stamps, separators=(",", ":"))
