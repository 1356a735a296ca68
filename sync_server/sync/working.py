"""The rows a push works on: loaded in bulk, changed in memory, written together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Table
from sqlalchemy.orm import Session

from shared_models.sync.registry import ENTITIES
from sync_server.people.scope import Keys, root_keys
from sync_server.sync.journal import Batch, Parts, write_row
from sync_server.sync.lines import Entry, RowKey, Values, entries_in, load_rows, stored_entries, unfolded
from sync_server.sync.runs import IN_RUNS, runs_in, runs_with

_NONE: Mapping[RowKey, str] = {}


class Working:
    """Rows and journal lines as they stand with the ops applied so far, written or not."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._entries: dict[RowKey, Entry | Parts | None] = {}
        self._rows: dict[RowKey, Values] = {}
        self._stored_keys: dict[RowKey, Keys] = {}
        self._batch = Batch()
        self._members: dict[str, set[RowKey]] = {}
        """Rows that were put, by aggregate."""
        self._born: set[str] = set()
        """Aggregates whose root was made here: all their rows are known."""
        self.arrived: list[str] = []
        """Ids of rows that are new since the push began."""

    def prefetch(self, keys: Iterable[RowKey], new_in: Mapping[RowKey, str] = _NONE) -> None:
        """Load these rows and their journal lines with few statements.

        ``new_in``: the aggregates of those that an op says to be new. Such a row is looked for in that
        aggregate only; should it stand in another one, the database refuses it as it is written.
        """
        missing = {key for key in keys if key not in self._entries}
        found = stored_entries(self._session, sorted({row_id for _, row_id in missing}))
        lost = {key for key in missing if key[0] in IN_RUNS and key not in found}
        roots = {new_in[key] for key in lost if key in new_in}
        runs = runs_with(self._session, [key[1] for key in lost if key not in new_in])
        roots -= self._unborn(roots, found).union(run.aggregate_id for run in runs)
        runs += runs_in(self._session, roots)
        for entry in unfolded(runs):
            key = entry.entity, entry.row_id
            if key in lost:
                found[key] = entry
        wanted: dict[str, list[str]] = {}
        for key in missing:
            entry = found.get(key)
            self._entries[key] = entry
            if entry is not None:
                self._stored_keys[key] = entry.keys
                if not entry.deleted and not ENTITIES[key[0]].reference:
                    wanted.setdefault(key[0], []).append(key[1])
        for entity, ids in wanted.items():
            for row_id, row in load_rows(self._session, entity, ids).items():
                self._rows[entity, row_id] = row

    def _unborn(self, roots: set[str], found: Mapping[RowKey, Entry]) -> set[str]:
        """Roots that are known not to be there: nothing can lie in them."""
        here = {row_id for _, row_id in found}
        here |= {key[1] for key, entry in self._entries.items() if entry is not None}
        return {root for root in roots if root not in here}

    def entry(self, entity: str, row_id: str) -> Entry | None:
        """The journal line of a row, tombstones included."""
        key = entity, row_id
        if key not in self._entries:
            self.prefetch([key])
        found = self._entries[key]
        if isinstance(found, Parts):
            self._open(found)
            found = self._entries[key]
            assert not isinstance(found, Parts)
        return found

    def lacks(self, entity: str, row_ids: Iterable[str]) -> bool:
        """Whether none of these rows is there, nor ever was."""
        entries = self._entries
        return all(
            entries[key] is None if (key := (entity, row_id)) in entries else self.entry(*key) is None
            for row_id in row_ids
        )

    def add_parts(self, parts: Parts) -> None:
        """Plain new parts of an aggregate; nothing is known of them but that they are new."""
        keys = [(parts.entity, row_id) for row_id in parts.row_ids]
        self._batch.parts.append(parts)
        self._entries.update(dict.fromkeys(keys, parts))
        self._rows.update(zip(keys, parts.rows, strict=True))
        self._members.setdefault(parts.root.row_id, set()).update(keys)
        self.arrived += parts.row_ids

    def _open(self, parts: Parts) -> None:
        """One of them changes before they are written: each becomes a row like any other."""
        self._batch.parts.remove(parts)
        for entry, row in zip(parts.entries(), parts.rows, strict=True):
            self._batch.put(entry, row, created=True, unknown=True, former=None)
            self._entries[entry.entity, entry.row_id] = entry

    def find(self, entity: str, row_id: str) -> Values | None:
        """A living row; None if it is not there."""
        key = entity, row_id
        row = self._rows.get(key)
        if row is None:
            entry = self.entry(entity, row_id)
            if entry is None or entry.deleted:
                return None
            row = self._rows.get(key) or load_rows(self._session, entity, [row_id]).get(row_id)
            if row is not None:
                self._rows[key] = row
        return row

    def rows_in(self, entity: str, aggregate_id: str) -> list[Values]:
        """Living rows of an entity in an aggregate, by id."""
        rows: dict[str, Values] = {}
        if aggregate_id not in self._born:
            lines = entries_in(self._session, aggregate_id)
            ids = [one.row_id for one in lines if one.entity == entity and not one.deleted]
            self.prefetch((entity, row_id) for row_id in ids)
            rows = {row_id: row for row_id in ids if (row := self._rows.get((entity, row_id))) is not None}
        for key in self._members.get(aggregate_id, ()):
            if key[0] == entity and key in self._rows:
                rows[key[1]] = self._rows[key]
        return [rows[row_id] for row_id in sorted(rows)]

    def add(self, table: Table, line: Values) -> None:
        """A line of a slice's own table, written with the rows."""
        self._batch.notes.append((table, line))

    def put(self, entry: Entry, row: Values) -> None:
        """The newest state of a row."""
        key = entry.entity, entry.row_id
        known = self._entries.get(key)
        created = known is None
        if created:
            self.arrived.append(entry.row_id)
            if entry.aggregate_id == entry.row_id:
                self._born.add(entry.row_id)
        members = self._members.get(entry.aggregate_id)
        if members is None:
            members = self._members[entry.aggregate_id] = set()
        members.add(key)
        self._batch.put(entry, row, created=created, unknown=created, former=self._stored_keys.get(key))
        self._entries[key] = entry
        self._rows[key] = row

    def adder(self, aggregate_id: str) -> Callable[[Entry, Values], None]:
        """What :meth:`put` does for new rows of an aggregate below its root."""
        entries, rows, batch, arrived = self._entries, self._rows, self._batch, self.arrived
        members = self._members.setdefault(aggregate_id, set())

        def add(entry: Entry, row: Values) -> None:
            key = entry.entity, entry.row_id
            row["version"] = entry.version
            entries[key] = batch.entries[key] = entry
            rows[key] = batch.rows[key] = row
            members.add(key)
            batch.created.add(key)
            batch.unknown.add(key)
            arrived.append(entry.row_id)

        return add

    def remove(self, entry: Entry) -> None:
        """Tombstone a row; with its whole aggregate if it is the root."""
        doomed = [entry]
        if entry.aggregate_id == entry.row_id:
            self.write()
            inside = entries_in(self._session, entry.row_id)
            doomed += [one for one in inside if one.row_id != entry.row_id and not one.deleted]
        for one in doomed:
            one.version += 1
            one.deleted = True
            self._batch.remove(one)
            self._entries[one.entity, one.row_id] = one
            self._rows.pop((one.entity, one.row_id), None)

    def change(self, entity: str, row_id: str, values: Mapping[str, Any]) -> int:
        """Change a row as the server; it is written with the others."""
        entry, row = self.entry(entity, row_id), self.find(entity, row_id)
        if entry is None or row is None:
            self.write()
            version = write_row(self._session, entity, row_id, values)
            self._entries.pop((entity, row_id), None)
            self._rows.pop((entity, row_id), None)
            return version
        changed = {**row, **values}
        if changed == row:
            return entry.version
        after = replace(entry, version=entry.version + 1)
        if changed.get("status") != row.get("status"):
            after.state_version, after.state_stream = after.version, 0
        after.take(root_keys(entity, row_id, changed) or entry.keys)
        self.put(after, changed)
        return after.version

    def reset(self) -> None:
        """Forget what is known and not written: the transaction was rolled back to an earlier point."""
        self._entries, self._rows, self._stored_keys, self._batch = {}, {}, {}, Batch()
        self._members, self._born = {}, set()

    def write(self) -> None:
        """Write what has changed since the last time."""
        for one in self._batch.parts:
            for row_id in one.row_ids:
                del self._entries[one.entity, row_id]
        written = list(self._batch.entries.values())
        self._batch.write(self._session)
        for entry in written:
            self._stored_keys[entry.entity, entry.row_id] = entry.keys
