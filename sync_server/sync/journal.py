"""The journal: every change of a synced row gets a version, a place in commit order, and its scope keys.

Server code that changes a synced row goes through :func:`write_row`, :func:`write_rows` or
:func:`delete_row`; a push builds one :class:`Batch` of many rows. All sequence numbers of a transaction come
from the one counter row, which the transaction holds until it commits (docs/sync-protocol.md, S1).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pydantic_core import PydanticUndefined
from sqlalchemy import Table, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from shared_models.clock import to_text, utc_now
from shared_models.columns import sql_table
from shared_models.problems import Code, Problem
from shared_models.sync.registry import ENTITIES, aggregate_of
from sync_server.people.scope import WITHOUT_KEYS, Keys, root_keys
from sync_server.store.rows import insert_rows, insert_tuples
from sync_server.store.statements import among, ids_parameter, is_sqlite
from sync_server.sync.tables import sync_counter, sync_departure, sync_row

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


_ENTRY_NAMES = (
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
_ENTRY_COLUMNS = [sync_row.c[name] for name in _ENTRY_NAMES]
_JOURNAL = tuple(column.name for column in sync_row.columns)
_ORDER = {name: place for place, name in enumerate(ENTITIES)}
_next_seq = (
    update(sync_counter)
    .where(sync_counter.c.id == 1)
    .values(seq=sync_counter.c.seq + bindparam("count"))
    .returning(sync_counter.c.seq)
)
_change_entry = (
    update(sync_row)
    .where(sync_row.c.row_id == bindparam("b_row"), sync_row.c.entity == bindparam("b_entity"))
    .values({name: bindparam(name) for name in (*_ENTRY_NAMES[2:], "seq")})
)


def _place(key: RowKey) -> int:
    """Parents are written before their children."""
    return _ORDER[key[0]]


@lru_cache(maxsize=64)
def table_of(entity: str) -> Table:
    """The table of an entity."""
    return sql_table(ENTITIES[entity].table)


@lru_cache(maxsize=64)
def _changing(entity: str) -> Any:
    table = table_of(entity)
    names = [c.name for c in table.columns if c.name != "id"]
    return (
        update(table).where(table.c.id == bindparam("b_id")).values({name: bindparam(name) for name in names})
    )


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


def load_entries(session: Session, ids: Iterable[str]) -> dict[RowKey, Entry]:
    """Journal lines of these row ids, whatever their entity."""
    wanted = list(ids)
    if not wanted:
        return {}
    sqlite = is_sqlite(session)
    rows = session.connection().execute(_entries_of(sqlite), {"ids": ids_parameter(wanted, sqlite)})
    entries = (Entry(*row) for row in rows)
    return {(entry.entity, entry.row_id): entry for entry in entries}


def load_rows(session: Session, entity: str, ids: Iterable[str]) -> dict[str, Values]:
    """Rows of an entity by id, every column as Python value."""
    wanted = list(ids)
    if not wanted:
        return {}
    sqlite = is_sqlite(session)
    rows = session.connection().execute(_rows_of(entity, sqlite), {"ids": ids_parameter(wanted, sqlite)})
    names = ["id", *(one.name for one in table_of(entity).columns if one.name != "id")]
    return {row[0]: dict(zip(names, row, strict=True)) for row in rows}


def next_seq(session: Session, count: int) -> int:
    """Take ``count`` sequence numbers; the first of them. Holds the counter row until the commit."""
    last = session.connection().execute(_next_seq, {"count": count}).scalar_one()
    return last - count + 1


@dataclass
class Batch:
    """Rows to write together: at most one state per row."""

    rows: dict[RowKey, Values] = field(default_factory=dict[RowKey, Values])
    entries: dict[RowKey, Entry] = field(default_factory=dict[RowKey, Entry])
    created: set[RowKey] = field(default_factory=set[RowKey])
    """Rows that are not in their table yet."""
    unknown: set[RowKey] = field(default_factory=set[RowKey])
    """Rows that are not in the journal yet."""
    former: dict[RowKey, Keys] = field(default_factory=dict[RowKey, Keys])
    """Scope keys before this batch, of rows whose keys have changed."""
    notes: list[tuple[Table, Values]] = field(default_factory=list[tuple[Table, Values]])
    """Lines of the server's own tables that go with the rows."""

    def put(self, entry: Entry, row: Values, *, created: bool, unknown: bool, former: Keys | None) -> None:
        """Add a row's newest state; ``former``: its scope keys as stored, None for a new row."""
        key = entry.entity, entry.row_id
        row["version"] = entry.version
        self.rows[key] = row
        if key not in self.entries:
            if created:
                self.created.add(key)
            if unknown:
                self.unknown.add(key)
        self.entries[key] = entry
        if former is not None and former != entry.keys:
            self.former.setdefault(key, former)

    def remove(self, entry: Entry) -> None:
        """Add a tombstone."""
        key = entry.entity, entry.row_id
        self.rows.pop(key, None)
        self.entries[key] = entry

    def write(self, session: Session) -> None:
        """Write everything: rows, then journal lines in commit order. Clears the batch."""
        if not self.entries and not self.notes:
            return
        self._carry_keys(session)
        sorted_keys = sorted(self.entries, key=_place)
        connection = session.connection()
        gone = [key for key in reversed(sorted_keys) if self.entries[key].deleted]
        for entity, row_id in gone:
            if (entity, row_id) not in self.created:
                table = table_of(entity)
                connection.execute(delete(table).where(table.c.id == row_id))
        fresh: dict[str, list[Values]] = {}
        changed: dict[str, list[Values]] = {}
        for key in sorted_keys:
            row = self.rows.get(key)
            if row is None:
                continue
            if key in self.created:
                fresh.setdefault(key[0], []).append(row)
            else:
                changed.setdefault(key[0], []).append({"b_id": key[1], **row})
        for entity, rows in fresh.items():
            insert_rows(session, table_of(entity), rows)
        for entity, rows in changed.items():
            for row in rows:
                del row["id"]
            connection.execute(_changing(entity), rows)
        self._journal(session, sorted_keys)
        lines: dict[Table, list[Values]] = {}
        for table, line in self.notes:
            lines.setdefault(table, []).append(line)
        for table, found in lines.items():
            insert_rows(session, table, found)
        self.rows, self.entries, self.former, self.notes = {}, {}, {}, []
        self.created, self.unknown = set(), set()

    def _journal(self, session: Session, keys: Sequence[RowKey]) -> None:
        if not keys:
            return
        connection = session.connection()
        seq = next_seq(session, len(keys) + len(self.former))
        if self.former:
            now = to_text(utc_now())
            departures: list[Values] = []
            for (entity, row_id), former in self.former.items():
                departures.append(
                    {"seq": seq, "entity": entity, "row_id": row_id, "at": now, **former.__dict__}
                )
                seq += 1
            connection.execute(insert(sync_departure), departures)
        fresh: list[tuple[Any, ...]] = []
        changed: list[Values] = []
        for key in keys:
            entry = self.entries[key]
            if key in self.unknown:
                fresh.append(entry.line(seq))
            else:
                line = dict(zip(_JOURNAL, entry.line(seq), strict=True))
                line["b_row"], line["b_entity"] = line.pop("row_id"), line.pop("entity")
                changed.append(line)
            seq += 1
        insert_tuples(session, sync_row, fresh)
        if changed:
            connection.execute(_change_entry, changed)

    def _carry_keys(self, session: Session) -> None:
        """A root whose scope keys have changed takes all rows of its aggregate along."""
        for root, former in list(self.former.items()):
            entry = self.entries[root]
            stored = session.execute(
                select(*_ENTRY_COLUMNS).where(
                    sync_row.c.aggregate_id == entry.aggregate_id, sync_row.c.row_id != entry.row_id
                )
            )
            for line in stored:
                child = Entry(*line)
                key = child.entity, child.row_id
                child = self.entries.setdefault(key, child)
                child.take(entry.keys)
                self.former[key] = former
            for child in self.entries.values():
                if child.aggregate_id == entry.aggregate_id and child is not entry:
                    child.take(entry.keys)


def keys_for(entity: str, row_id: str, values: Mapping[str, Any], root: Entry | None) -> Keys:
    """Scope keys of a row: its own, or those of its aggregate's root."""
    own = root_keys(entity, row_id, values)
    if own is not None:
        return own
    if root is None:
        raise Problem(Code.INVALID_FIELD, {"field": f"{entity}.{ENTITIES[entity].aggregate_field}"})
    return root.keys


def write_row(session: Session, entity: str, row_id: str, values: Mapping[str, Any]) -> int:
    """Insert a row or change some of its columns, as the server; the row's version afterwards.

    A change that changes nothing writes nothing. Raises ROW_DELETED for a tombstone.
    """
    write_rows(session, entity, [{**values, "id": row_id}])
    return load_entries(session, [row_id])[entity, row_id].version


def write_rows(session: Session, entity: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert or change many rows of one entity (each with its ``id``), as the server."""
    ids = [str(row["id"]) for row in rows]
    entries = load_entries(session, ids)
    known = load_rows(session, entity, [row_id for row_id in ids if (entity, row_id) in entries])
    batch = Batch()
    roots: dict[str, Entry | None] = {}
    for values in rows:
        row_id = str(values["id"])
        stored = entries.get((entity, row_id))
        if stored is not None and stored.deleted:
            raise Problem(Code.ROW_DELETED, {"row": f"{entity}.{row_id}"})
        before = known.get(row_id)
        if before is not None and all(before.get(k) == v for k, v in values.items() if k != "version"):
            continue
        row = {**before, **values} if before is not None else whole_row(entity, values)
        aggregate_id = aggregate_of(entity, row_id, row)
        if aggregate_id not in roots and aggregate_id != row_id:
            found = load_entries(session, [aggregate_id])
            roots[aggregate_id] = next(iter(found.values()), None)
        entry = stored or Entry(entity, row_id, aggregate_id)
        former = stored.keys if stored else None
        entry.version += 1
        if before is not None and before.get("status") != row.get("status"):
            entry.state_version, entry.state_stream = entry.version, 0
        entry.take(keys_for(entity, row_id, row, roots.get(aggregate_id)))
        batch.put(entry, row, created=before is None, unknown=stored is None, former=former)
    batch.write(session)


def delete_row(session: Session, entity: str, row_id: str) -> None:
    """Delete a row, as the server: with its aggregate if it is the root. Tombstones stay in the journal."""
    entry = load_entries(session, [row_id]).get((entity, row_id))
    if entry is None or entry.deleted:
        return
    batch = Batch()
    doomed = [entry]
    if entry.aggregate_id == row_id:
        lines = session.execute(
            select(*_ENTRY_COLUMNS).where(
                sync_row.c.aggregate_id == row_id,
                sync_row.c.row_id != row_id,
                sync_row.c.deleted.is_(False),
            )
        )
        doomed += [Entry(*line) for line in lines]
    for one in doomed:
        one.version += 1
        one.deleted = True
        batch.remove(one)
    batch.write(session)


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
