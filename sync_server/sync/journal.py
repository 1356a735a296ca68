"""The journal: every change of a synced row gets a version, a place in commit order, and its scope keys.

Server code that changes a synced row goes through :func:`write_row`, :func:`write_rows` or
:func:`delete_row`; a push builds one :class:`Batch` of many rows. All sequence numbers of a transaction come
from the one counter row, which the transaction holds until it commits (docs/sync-protocol.md, S1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import Table, bindparam, delete, insert, update
from sqlalchemy.orm import Session

from shared_models.clock import to_text, utc_now
from shared_models.problems import Code, Problem
from shared_models.sync.registry import ENTITIES, aggregate_of
from sync_server.people.scope import Keys
from sync_server.store.quick import quick_rows
from sync_server.store.rows import insert_rows, insert_tuples
from sync_server.sync.lines import (
    ENTRY_NAMES,
    Entry,
    RowKey,
    Values,
    entries_in,
    keys_for,
    load_entries,
    load_rows,
    table_of,
    whole_row,
)
from sync_server.sync.runs import IN_RUNS, LONGEST, SHORTEST, Run, add_runs, take_out
from sync_server.sync.tables import sync_counter, sync_departure, sync_row

__all__ = [
    "Batch",
    "Entry",
    "Values",
    "delete_row",
    "load_entries",
    "load_rows",
    "next_seq",
    "table_of",
    "whole_row",
    "write_row",
    "write_rows",
]

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
    .values({name: bindparam(name) for name in (*ENTRY_NAMES[2:], "seq")})
)


def _place(key: RowKey) -> int:
    """Parents are written before their children."""
    return _ORDER[key[0]]


@lru_cache(maxsize=64)
def _changing(entity: str) -> Any:
    table = table_of(entity)
    names = [c.name for c in table.columns if c.name != "id"]
    return (
        update(table).where(table.c.id == bindparam("b_id")).values({name: bindparam(name) for name in names})
    )


def next_seq(session: Session, count: int) -> int:
    """Take ``count`` sequence numbers; the first of them. Holds the counter row until the commit."""
    ((last,),) = quick_rows(session, _next_seq, count=count)
    return int(last) - count + 1


@dataclass(eq=False)
class Parts:
    """New parts of one aggregate, all plain: they become one run."""

    entity: str
    root: Entry
    """Its scope keys are theirs."""
    row_ids: list[str]
    clocks: list[str]
    rows: list[Values]

    def entries(self) -> list[Entry]:
        """Their journal lines, one by one."""
        root = self.root
        keys = root.audience, root.dealer_id, root.person_id
        return [
            Entry(self.entity, row_id, root.row_id, 1, False, *keys, clock)
            for row_id, clock in zip(self.row_ids, self.clocks, strict=True)
        ]

    def run(self, first_seq: int) -> Run:
        """Their run, numbered from there on."""
        root = self.root
        keys = root.audience, root.dealer_id, root.person_id
        return Run(first_seq, root.row_id, self.entity, *keys, self.row_ids, self.clocks)


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
    parts: list[Parts] = field(default_factory=list[Parts])
    """New parts that are in none of the other lists."""
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
        if not self.entries and not self.notes and not self.parts:
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
        for one in self.parts:
            fresh.setdefault(one.entity, []).extend(one.rows)
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
        self.created, self.unknown, self.parts = set(), set(), []

    def _journal(self, session: Session, keys: Sequence[RowKey]) -> None:
        many = sum(len(one.row_ids) for one in self.parts)
        if not keys and not many:
            return
        connection = session.connection()
        seq = next_seq(session, len(keys) + len(self.former) + many)
        if self.former:
            now = to_text(utc_now())
            departures: list[Values] = []
            for (entity, row_id), former in self.former.items():
                departures.append(
                    {"seq": seq, "entity": entity, "row_id": row_id, "at": now, **former.__dict__}
                )
                seq += 1
            connection.execute(insert(sync_departure), departures)
        runs, alone = self._runs(keys)
        for run in runs:
            run.first_seq = seq
            seq += len(run.row_ids)
            for row_id in run.row_ids:
                self.entries[run.entity, str(row_id)].run = run.first_seq
        for one in self.parts:
            runs.append(one.run(seq))
            seq += len(one.row_ids)
        add_runs(session, runs)
        fresh: list[tuple[Any, ...]] = []
        changed: list[Values] = []
        left: dict[int, set[str]] = {}
        for key in alone:
            entry = self.entries[key]
            if entry.run:
                left.setdefault(entry.run, set()).add(entry.row_id)
                entry.run = 0
                fresh.append(entry.line(seq))
            elif key in self.unknown:
                fresh.append(entry.line(seq))
            else:
                line = dict(zip(_JOURNAL, entry.line(seq), strict=True))
                line["b_row"], line["b_entity"] = line.pop("row_id"), line.pop("entity")
                changed.append(line)
            seq += 1
        take_out(session, left)
        insert_tuples(session, sync_row, fresh)
        if changed:
            connection.execute(_change_entry, changed)

    def _runs(self, keys: Sequence[RowKey]) -> tuple[list[Run], list[RowKey]]:
        """What of these lines goes into runs, and what stands by itself."""
        together: dict[tuple[str, str, Keys], list[RowKey]] = {}
        alone: list[RowKey] = []
        for key in keys:
            entry = self.entries[key]
            if key[0] in IN_RUNS and key in self.unknown and entry.version == 1 and not entry.state_version:
                together.setdefault((key[0], entry.aggregate_id, entry.keys), []).append(key)
            else:
                alone.append(key)
        runs: list[Run] = []
        for (entity, aggregate_id, scope), found in together.items():
            while len(found) >= SHORTEST:
                part, found = found[:LONGEST], found[LONGEST:]
                ids = [row_id for _, row_id in part]
                clocks = [self.entries[key].clock for key in part]
                keys_of = scope.audience, scope.dealer_id, scope.person_id
                runs.append(Run(0, aggregate_id, entity, *keys_of, ids, clocks))
            alone += found
        return runs, alone

    def _carry_keys(self, session: Session) -> None:
        """A root whose scope keys have changed takes all rows of its aggregate along."""
        for root, former in list(self.former.items()):
            entry = self.entries[root]
            for child in entries_in(session, entry.aggregate_id):
                if child.row_id == entry.row_id:
                    continue
                key = child.entity, child.row_id
                child = self.entries.setdefault(key, child)
                child.take(entry.keys)
                self.former[key] = former
            for one in self.parts:
                if one.root.row_id == entry.row_id:
                    one.root = entry
            for child in self.entries.values():
                if child.aggregate_id == entry.aggregate_id and child is not entry:
                    child.take(entry.keys)


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
        doomed += [one for one in entries_in(session, row_id) if one.row_id != row_id and not one.deleted]
    for one in doomed:
        one.version += 1
        one.deleted = True
        batch.remove(one)
    batch.write(session)
