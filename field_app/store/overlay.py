"""Server state coming in: results of ops, pages of rows, departures, snapshots - under the overlay rule.

A row with ops here shows the person's own values and is never touched by what comes in; the newest server
state waits in ``shadow_row`` until the row's last op is done.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from field_app.store import kept, rows
from field_app.store.outbox import PENDING, SET_ASIDE, UNCONFIRMED, WAITING
from field_app.store.tables import SYNCED, outbox_op, shadow_row, snapshot_seen
from shared_models.problems import Problem
from shared_models.sync.codec import decode_fields
from shared_models.sync.wire import FINAL, Departure, OpResult, Outcome, RowChange

Key = tuple[str, str]
"""Entity and row id."""


@dataclass
class Arrival:
    """What a page or a batch of results did here."""

    entities: set[str] = field(default_factory=set[str])
    aggregates: set[str] = field(default_factory=set[str])
    written: int = 0
    unreadable: list[Key] = field(default_factory=list[Key])


_unconfirmed = or_(*(outbox_op.c.state == state for state in UNCONFIRMED))
_of_row = and_(outbox_op.c.entity == bindparam("of_entity"), outbox_op.c.row_id == bindparam("of_row"))
_pending_keys = select(outbox_op.c.entity, outbox_op.c.row_id).where(_unconfirmed).distinct()
_has_ops_of_row = select(exists().where(_of_row, _unconfirmed))
_op = select(outbox_op).where(outbox_op.c.op_id == bindparam("settled"))
_done = delete(outbox_op).where(outbox_op.c.op_id == bindparam("settled"))
_judged = (
    update(outbox_op)
    .where(outbox_op.c.op_id == bindparam("settled"))
    .values(state=bindparam("state"), problem=bindparam("problem"))
)
_of_shadow = and_(shadow_row.c.entity == bindparam("of_entity"), shadow_row.c.row_id == bindparam("of_row"))
_shadow = select(shadow_row).where(_of_shadow)
_forget_shadow = delete(shadow_row).where(_of_shadow)
_states = select(outbox_op.c.state, func.count()).group_by(outbox_op.c.state)


def pending_keys(connection: Connection) -> set[Key]:
    """Rows that have ops here."""
    return {(entity, row_id) for entity, row_id in connection.execute(_pending_keys)}


def settle(connection: Connection, results: Iterable[OpResult], at: str) -> Arrival:
    """Take the stored outcomes of ops: done ops leave (and are kept as confirmed ``at`` that time), refused
    ones stay whole and hold their aggregate."""
    arrival = Arrival()
    for result in results:
        op = connection.execute(_op, {"settled": result.op_id}).first()
        if op is None or op.state == SET_ASIDE:
            continue
        arrival.entities.add(op.entity)
        arrival.aggregates.add(op.aggregate_id)
        if result.outcome not in FINAL:
            state = WAITING if result.outcome is Outcome.WAITING_PARENT else result.outcome.value
            judged = {"settled": result.op_id, "state": state, "problem": result.problem}
            connection.execute(_judged, judged)
            continue
        connection.execute(_done, {"settled": result.op_id})
        kept.keep(connection, op, at)
        arrival.written += 1
        _confirm(connection, op.entity, op.row_id, result.version)
    return arrival


def _confirm(connection: Connection, entity: str, row_id: str, version: int) -> None:
    rows.confirm(connection, entity, row_id, version)
    if not _has_ops(connection, entity, row_id):
        reveal(connection, entity, row_id, confirmed=version)


def _has_ops(connection: Connection, entity: str, row_id: str) -> bool:
    key = {"of_entity": entity, "of_row": row_id}
    return bool(connection.execute(_has_ops_of_row, key).scalar_one())


def reveal(connection: Connection, entity: str, row_id: str, *, confirmed: int = -1) -> None:
    """Put the kept server state in place, if it is at least as new as what was confirmed; forget it."""
    key = {"of_entity": entity, "of_row": row_id}
    shadow = connection.execute(_shadow, key).first()
    if shadow is None:
        return
    connection.execute(_forget_shadow, key)
    if shadow.deleted:
        rows.remove(connection, entity, [row_id])
    elif shadow.version >= confirmed:
        values = decode_fields(entity, shadow.fields)
        rows.put(
            connection, entity, [rows.whole(entity, {**values, "id": row_id, "version": shadow.version})]
        )


def take_changes(
    connection: Connection, changes: Sequence[RowChange], *, force: bool = False, mark_seen: bool = False
) -> Arrival:
    """Write incoming rows and tombstones; ``force`` also takes versions below ours (repair, snapshot)."""
    arrival = Arrival()
    busy = pending_keys(connection) if changes else set[Key]()
    ready: dict[str, dict[str, rows.Values]] = defaultdict(dict)
    gone: dict[str, set[str]] = defaultdict(set)
    for one in changes:
        if one.entity not in SYNCED:
            arrival.unreadable.append((one.entity, one.row_id))
            continue
        arrival.entities.add(one.entity)
        arrival.aggregates.add(one.aggregate_id)
        if (one.entity, one.row_id) in busy:
            _shade(connection, one)
        elif one.deleted or one.fields is None:
            gone[one.entity].add(one.row_id)
            ready[one.entity].pop(one.row_id, None)
        else:
            try:
                values = decode_fields(one.entity, one.fields)
            except Problem:
                arrival.unreadable.append((one.entity, one.row_id))
                continue
            values.update(id=one.row_id, version=one.version)
            ready[one.entity][one.row_id] = rows.whole(one.entity, values)
            gone[one.entity].discard(one.row_id)
    for entity, found in ready.items():
        rows.put(connection, entity, list(found.values()), only_newer=not force)
        arrival.written += len(found)
    for entity, ids in gone.items():
        rows.remove(connection, entity, ids)
        arrival.written += len(ids)
    if mark_seen and changes:
        connection.execute(
            insert(snapshot_seen).on_conflict_do_nothing(),
            [{"entity": c.entity, "row_id": c.row_id} for c in changes if not c.deleted],
        )
    return arrival


def _shade(connection: Connection, one: RowChange) -> None:
    values = {
        "entity": one.entity,
        "row_id": one.row_id,
        "version": one.version,
        "deleted": one.deleted,
        "fields": one.fields,
    }
    statement = insert(shadow_row).values(values)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["entity", "row_id"],
            set_={name: statement.excluded[name] for name in ("version", "deleted", "fields")},
            where=shadow_row.c.version <= statement.excluded.version,
        )
    )


def take_departures(connection: Connection, departures: Sequence[Departure]) -> Arrival:
    """Remove rows that left the person's scope; those with ops here go when the ops are done."""
    arrival = Arrival()
    busy = pending_keys(connection) if departures else set[Key]()
    gone: dict[str, set[str]] = defaultdict(set)
    for one in departures:
        if one.entity not in SYNCED:
            continue
        arrival.entities.add(one.entity)
        if (one.entity, one.row_id) in busy:
            _depart_later(connection, one.entity, one.row_id)
        else:
            gone[one.entity].add(one.row_id)
    for entity, ids in gone.items():
        rows.remove(connection, entity, ids)
        arrival.written += len(ids)
    return arrival


def _depart_later(connection: Connection, entity: str, row_id: str) -> None:
    values = {"entity": entity, "row_id": row_id, "version": 0, "deleted": True, "fields": None}
    connection.execute(
        insert(shadow_row)
        .values(values)
        .on_conflict_do_update(index_elements=["entity", "row_id"], set_={"deleted": True})
    )


def begin_snapshot(connection: Connection) -> None:
    """Start to note which rows a snapshot brings."""
    connection.execute(delete(snapshot_seen))


@lru_cache(maxsize=64)
def _unseen(entity: str) -> Select[Any]:
    table = SYNCED[entity]
    seen = exists().where(snapshot_seen.c.entity == entity, snapshot_seen.c.row_id == table.c.id)
    return select(table.c.id).where(table.c.version > 0, ~seen)


_seen_shadow = exists().where(
    snapshot_seen.c.entity == shadow_row.c.entity, snapshot_seen.c.row_id == shadow_row.c.row_id
)
_unseen_shadows = (
    update(shadow_row)
    .where(shadow_row.c.version > 0, shadow_row.c.deleted.is_(False), ~_seen_shadow)
    .values(deleted=True, fields=None)
)
"""The server state of rows that the snapshot did not bring; those deleted here stand in no table of rows."""


def end_snapshot(connection: Connection) -> Arrival:
    """Remove confirmed rows that the whole snapshot did not bring; rows with ops here stay."""
    arrival = Arrival()
    busy = pending_keys(connection)
    for entity in SYNCED:
        lost = list(connection.execute(_unseen(entity)).scalars())
        for row_id in lost:
            if (entity, row_id) in busy:
                _depart_later(connection, entity, row_id)
        free = [row_id for row_id in lost if (entity, row_id) not in busy]
        rows.remove(connection, entity, free)
        if lost:
            arrival.entities.add(entity)
            arrival.written += len(free)
    connection.execute(_unseen_shadows)
    connection.execute(delete(snapshot_seen))
    return arrival


def count_states(connection: Connection) -> dict[str, int]:
    """How many ops stand in each state."""
    return {row[0]: row[1] for row in connection.execute(_states)}


def unsent_or_waiting(connection: Connection, aggregate_id: str) -> bool:
    """Whether an aggregate has ops on the way."""
    return bool(
        connection.execute(
            select(
                exists().where(
                    outbox_op.c.aggregate_id == aggregate_id,
                    or_(outbox_op.c.state == PENDING, outbox_op.c.state == WAITING),
                )
            )
        ).scalar_one()
    )
