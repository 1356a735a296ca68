"""One op on the working rows: checked in full first, so that a refusal leaves nothing behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from shared_models.clock import to_text
from shared_models.ids import is_id
from shared_models.problems import Code, Place, Problem
from shared_models.sync.codec import column_readers, decode_fields, encode_fields
from shared_models.sync.registry import ENTITIES, Entity, Merge, aggregate_of
from shared_models.sync.wire import Op, OpKind, Outcome
from sync_server.audit import ops as audit
from sync_server.audit.recording import By
from sync_server.audit.tables import audit_entry
from sync_server.sync.handler import Handler, WriteContext
from sync_server.sync.handlers import HANDLERS
from sync_server.sync.lines import Entry, Values, clocks_of, keys_for, set_clock, whole_row
from sync_server.sync.merge import Merged, merge_fields
from sync_server.sync.working import Working


class Waiting(Exception):
    """The op needs a row that has not arrived."""

    def __init__(self, row_id: str) -> None:
        super().__init__(row_id)
        self.row_id = row_id


@dataclass(frozen=True)
class Done:
    """An op that was taken: its outcome and the row's version after it."""

    outcome: Outcome
    version: int


@dataclass
class Applier:
    """Applies the ops of one person and one stream, in order."""

    ctx: WriteContext
    working: Working
    stream_id: int
    now: datetime
    history: list[Values]
    """Lines of the history table, to be written at the end."""
    exact: bool = False
    """Write after every transition, also where nobody would look."""
    ahead_waits: bool = False
    """A transition made on a later state of its row than the one here waits for it."""

    def apply(self, op: Op, stamp: str) -> Done:
        """Apply one op; raises Problem where it is refused and Waiting where it is too early."""
        spec = ENTITIES.get(op.entity)
        handler = HANDLERS.get(op.entity)
        if spec is None or (handler is None and not spec.reference):
            raise Problem(Code.UNKNOWN_ENTITY, {"entity": op.entity})
        if spec.reference or handler is None:
            raise Problem(Code.NOT_ALLOWED)
        if not is_id(op.row_id):
            raise _invalid(op.entity, "id")
        entry = self.working.entry(op.entity, op.row_id)
        if entry is not None and entry.deleted:
            if op.kind is OpKind.DELETE:
                return Done(Outcome.APPLIED, entry.version)
            raise Problem(Code.ROW_DELETED, {"row": f"{op.entity}.{op.row_id}"})
        if op.kind is OpKind.CREATE and entry is None:
            return self._create(spec, handler, op, stamp)
        row = self.working.find(op.entity, op.row_id)
        if entry is None or row is None:
            raise Waiting(op.row_id)
        if op.aggregate_id != entry.aggregate_id:
            raise _invalid(op.entity, "aggregate_id")
        match op.kind:
            case OpKind.TRANSITION:
                return self._transition(spec, handler, op, stamp, entry, row)
            case OpKind.DELETE:
                handler.authorise(self.ctx, op, row, {})
                gone = copy(entry)
                self.working.remove(gone)
                return Done(Outcome.APPLIED, gone.version)
            case _:
                return self._update(spec, handler, op, stamp, entry, row)

    def _create(self, spec: Entity, handler: Handler, op: Op, stamp: str) -> Done:
        row = new_row(spec.name, op)
        aggregate_id = aggregate_of(spec.name, op.row_id, row)
        if aggregate_id != op.aggregate_id:
            raise _invalid(spec.name, "aggregate_id")
        for column, parent in spec.parents:
            if row[column] is not None:
                self._need_parent(parent, row[column], f"{spec.name}.{column}")
        handler.authorise(self.ctx, op, None, row)
        row = handler.check(self.ctx, op, None, row)
        entry = Entry(spec.name, op.row_id, aggregate_id, version=1, clock=stamp)
        entry.take_from(spec.name, row, self._root(spec, row))
        self.working.put(entry, row)
        if spec.name in audit.MADE:
            self.working.add(audit_entry, audit.made(self._by(), spec.name, row, entry.dealer_id))
        handler.made(self.ctx, row)
        return Done(Outcome.APPLIED, 1)

    def _root(self, spec: Entity, row: Values) -> Entry | None:
        for column, parent in spec.parents:
            if column in {"visit_id", "plan_id", "appeal_id", "assignment_id"} and row[column] is not None:
                return self.working.entry(parent, row[column])
        return None

    def _need_parent(self, parent: str, row_id: str, place: str) -> None:
        entry = self.working.entry(parent, row_id)
        if entry is None:
            raise Waiting(row_id)
        if entry.deleted:
            raise Problem(Code.ROW_DELETED, {"row": f"{parent}.{row_id}"}, [Place(place, "deleted")])

    def _update(self, spec: Entity, handler: Handler, op: Op, stamp: str, entry: Entry, row: Values) -> Done:
        values = self._changeable(spec, op, row)
        handler.authorise(self.ctx, op, row, values)
        values = handler.check(self.ctx, op, row, values)
        merged = merge_fields(row, values, stamp, clock_of=clocks_of(entry), base_version=op.base_version)
        self._remember(op, stamp, merged)
        outcome = Outcome.MERGED if merged.lost or merged.displaced else Outcome.APPLIED
        if not merged.stamped:
            return Done(outcome, entry.version)
        after = replace(entry, version=entry.version + bool(merged.taken))
        set_clock(after, merged.stamped, stamp)
        changed = {**row, **merged.taken}
        after.take(keys_for(spec.name, op.row_id, changed, self._root(spec, changed)))
        self.working.put(after, changed)
        return Done(outcome, after.version)

    def _changeable(self, spec: Entity, op: Op, row: Values) -> Values:
        """The columns of an update or of a create that came twice; a fixed column may only be repeated."""
        values: Values = {}
        for column, value in decode_fields(spec.name, op.fields).items():
            rule = spec.rule(column)
            if rule is Merge.LAST_WRITER:
                values[column] = value
                continue
            # a create that comes twice names the states of its beginning: they say nothing
            moving = rule in (Merge.TRANSITION, Merge.BEGUN)
            fixed = rule is Merge.IMMUTABLE or (moving and op.kind is OpKind.UPDATE)
            if fixed and row[column] != value:
                raise _invalid(spec.name, column)
        return values

    def _transition(
        self, spec: Entity, handler: Handler, op: Op, stamp: str, entry: Entry, row: Values
    ) -> Done:
        action = op.fields.get("action")
        if not isinstance(action, str):
            raise _invalid(spec.name, "action")
        given = {name: value for name, value in op.fields.items() if name != "action"}
        fields = decode_fields(spec.name, given)
        handler.authorise(self.ctx, op, row, fields)
        if handler.already(self.ctx, row, action):
            return Done(Outcome.APPLIED, entry.version)
        if self.ahead_waits and op.base_version > entry.version:
            raise Waiting(op.row_id)
        moved_since = entry.state_version > op.base_version and entry.state_stream != self.stream_id
        if moved_since:
            places = [Place(f"{spec.name}.status", str(row.get("status", "")))]
            raise Problem(Code.STALE_VERSION, {"action": action}, places)
        free = {k: v for k, v in fields.items() if spec.rule(k) is Merge.LAST_WRITER}
        merged = merge_fields(row, free, stamp, clock_of=clocks_of(entry), base_version=op.base_version)
        proposed = {**row, **merged.taken}
        changed = {**proposed, **handler.transition(self.ctx, proposed, action, fields)}
        self._remember(op, stamp, merged)
        version = entry.version + 1
        after = replace(entry, version=version, state_version=version, state_stream=self.stream_id)
        if merged.stamped:
            set_clock(after, merged.stamped, stamp)
        after.take(keys_for(spec.name, op.row_id, changed, self._root(spec, changed)))
        self.working.put(after, changed)
        told = audit.moved(self._by(), spec.name, action, changed, row, after.dealer_id)
        self.working.add(audit_entry, told)
        if self.exact or action not in handler.moves_by_context:
            self.working.write()
        handler.after(self.ctx, changed, action, row)
        entry_now = self.working.entry(spec.name, op.row_id)
        return Done(Outcome.APPLIED, entry_now.version if entry_now else version)

    def _by(self) -> By:
        return By(self.ctx.person_id, self.now, "device")

    def _remember(self, op: Op, stamp: str, merged: Merged) -> None:
        losers = [(column, value, stamp) for column, value in merged.lost.items()]
        losers += [(column, value, held) for column, (value, held) in merged.displaced.items()]
        for column, value, clock in losers:
            plain = encode_fields(op.entity, {column: value})[column]
            self.history.append(
                {
                    "entity": op.entity,
                    "row_id": op.row_id,
                    "field": column,
                    "value": json.dumps(plain, ensure_ascii=False),
                    "clock": clock,
                    "op_id": op.op_id,
                    "at": to_text(self.now),
                }
            )


def _invalid(entity: str, column: str) -> Problem:
    name = f"{entity}.{column}"
    return Problem(Code.INVALID_FIELD, {"field": name}, [Place(name, "not allowed here")])


@dataclass(frozen=True)
class _Making:
    """How a row of an entity is made from the fields of an op."""

    blank: Values
    """Every column with its default."""
    needed: tuple[str, ...]
    """Columns without default."""
    readers: dict[str, tuple[Callable[[Any], Any], bool, bool]]
    """By column: what reads it, whether it may be null, and whether a device may set it: columns of
    transitions begin at their default."""


_MISSING = object()


@lru_cache(maxsize=64)
def _making(entity: str) -> _Making:
    spec = ENTITIES[entity]
    fields = spec.table.model_fields
    needed = tuple(name for name, info in fields.items() if info.is_required())
    settable = {Merge.LAST_WRITER, Merge.IMMUTABLE, Merge.BEGUN}
    readers = {
        name: (read, nullable, name in fields and spec.rule(name) in settable)
        for name, (read, nullable) in column_readers(entity).items()
    }
    return _Making(whole_row(entity, dict.fromkeys(needed, _MISSING)), needed, readers)


def new_row(entity: str, op: Op) -> Values:
    """The whole row that an op makes. INVALID_FIELD naming every field that does not fit, or is missing."""
    making = _making(entity)
    row = making.blank.copy()
    wrong: list[Place] = []
    for column, value in op.fields.items():
        known = making.readers.get(column)
        if known is None:
            continue
        read, nullable, settable = known
        try:
            value = None if value is None and nullable else read(value)
        except ValueError as error:
            wrong.append(Place(f"{entity}.{column}", str(error)))
        if settable:
            row[column] = value
    row["id"] = op.row_id
    if not wrong:
        wrong = [Place(f"{entity}.{name}", "missing") for name in making.needed if row[name] is _MISSING]
        wrong.sort(key=lambda place: place.at)
    if wrong:
        raise Problem(Code.INVALID_FIELD, {"field": wrong[0].at}, wrong)
    return row
