"""The outbox: changes made here, in order, until the server has confirmed them.

Folding. A further change of a row may be written into the row's last op instead of a new one, when all of
this holds: the op has never been handed to the network (``attempts`` is 0, and that mark is durable before
the first byte leaves), it creates or updates, the new change updates, no transition or delete of the same
aggregate was recorded after it, and - for an update - the new change writes every field that the op writes
(otherwise the op's clock stamp would age fields that were not touched). The op keeps its ``seq``, so sequence
numbers have no gaps, and takes the newer stamp.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, exists, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from field_app.store import rows
from field_app.store.tables import outbox_op, shadow_row
from shared_models.problems import Code
from shared_models.sync.codec import encode_fields, encode_row
from shared_models.sync.registry import ENTITIES, Merge
from shared_models.sync.wire import OP_SCHEMA, Op, OpKind

PENDING, WAITING = "pending", "waiting"
CONFLICT, REJECTED, QUARANTINED, SET_ASIDE = "conflict", "rejected", "quarantined", "set_aside"
REFUSED = (CONFLICT, REJECTED, QUARANTINED)
"""States that hold the aggregate back until somebody decides."""

UNCONFIRMED = (PENDING, WAITING, *REFUSED)
"""States of ops whose rows show the person's own values."""


@dataclass(frozen=True)
class RowWrite:
    """One change of one row. ``values`` are Python values by column (create: those unlike the defaults).

    A transition gives its ``action`` and in ``values`` the columns as they stand after it.
    """

    entity: str
    row_id: str
    aggregate_id: str
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    kind: OpKind = OpKind.UPDATE
    action: str = ""
    template_version: str | None = None


@dataclass(frozen=True)
class Envelope:
    """What every op of one transaction shares."""

    epoch: str
    wall_time: str
    utc_offset: int


_last_of_row = (
    select(
        outbox_op.c.op_id,
        outbox_op.c.seq,
        outbox_op.c.kind,
        outbox_op.c.attempts,
        outbox_op.c.state,
        outbox_op.c.fields,
    )
    .where(
        outbox_op.c.entity == bindparam("entity"),
        outbox_op.c.row_id == bindparam("row_id"),
        outbox_op.c.state != SET_ASIDE,
    )
    .order_by(outbox_op.c.seq.desc())
    .limit(1)
)
_barrier = select(
    exists().where(
        outbox_op.c.aggregate_id == bindparam("aggregate_id"),
        outbox_op.c.seq > bindparam("seq"),
        outbox_op.c.kind.in_((OpKind.TRANSITION.value, OpKind.DELETE.value)),
    )
)
_fold = (
    update(outbox_op)
    .where(outbox_op.c.op_id == bindparam("folded"))
    .values(
        fields=bindparam("fields"),
        hlc=bindparam("hlc"),
        wall_time=bindparam("wall_time"),
        utc_offset=bindparam("utc_offset"),
    )
)

_count_attempt = (
    update(outbox_op).where(outbox_op.c.op_id == bindparam("sent")).values(attempts=outbox_op.c.attempts + 1)
)
_keep_shadow = insert(shadow_row).on_conflict_do_nothing()


def plain_fields(write: RowWrite) -> dict[str, Any]:
    """The op's fields: what the person may write, plain; a create names every such column."""
    spec = ENTITIES[write.entity]
    if write.kind is OpKind.DELETE:
        return {}
    if write.kind is OpKind.TRANSITION:
        values = {k: v for k, v in write.values.items() if k != "status"}
        return {"action": write.action, **encode_fields(write.entity, values)}
    values = rows.whole(write.entity, write.values) if write.kind is OpKind.CREATE else write.values
    hidden = {Merge.SERVER, Merge.TRANSITION} if write.kind is OpKind.CREATE else {Merge.SERVER}
    return encode_fields(
        write.entity, {k: v for k, v in values.items() if k != "id" and spec.rule(k) not in hidden}
    )


def record(
    connection: Connection, write: RowWrite, envelope: Envelope, *, op_id: str, seq: int, hlc: str
) -> int:
    """Write a row and its op; the sequence number in use afterwards (``seq`` if a new op took it)."""
    last = connection.execute(_last_of_row, {"entity": write.entity, "row_id": write.row_id}).first()
    before = rows.read(connection, write.entity, write.row_id) if last is None else None
    if before is not None and before["version"] > 0:
        keep_shadow(connection, write.entity, write.row_id, before)
    there = before is not None or (last is not None and last.kind != OpKind.DELETE.value)
    if write.kind is OpKind.CREATE and there:
        write = _as_update(write)
    _write_row(connection, write)
    fields = plain_fields(write)
    if last is not None and _may_fold(connection, write, last, fields):
        connection.execute(
            _fold,
            {
                "folded": last.op_id,
                "fields": {**last.fields, **fields},
                "hlc": hlc,
                "wall_time": envelope.wall_time,
                "utc_offset": envelope.utc_offset,
            },
        )
        return seq - 1
    now = before or rows.read(connection, write.entity, write.row_id)
    connection.execute(
        outbox_op.insert(),
        {
            "op_id": op_id,
            "epoch": envelope.epoch,
            "seq": seq,
            "aggregate_id": write.aggregate_id,
            "entity": write.entity,
            "row_id": write.row_id,
            "kind": write.kind.value,
            "base_version": now["version"] if now else 0,
            "fields": fields,
            "hlc": hlc,
            "template_version": write.template_version,
            "schema_version": OP_SCHEMA,
            "wall_time": envelope.wall_time,
            "utc_offset": envelope.utc_offset,
            "state": PENDING,
            "attempts": 0,
            "problem": None,
            "confirmed_at": "",
        },
    )
    return seq


def _may_fold(connection: Connection, write: RowWrite, last: Any, fields: dict[str, Any]) -> bool:
    if write.kind is not OpKind.UPDATE or last.attempts or last.state != PENDING:
        return False
    if last.kind not in (OpKind.CREATE.value, OpKind.UPDATE.value):
        return False
    if last.kind == OpKind.UPDATE.value and not last.fields.keys() <= fields.keys():
        return False
    return not connection.execute(
        _barrier, {"aggregate_id": write.aggregate_id, "seq": last.seq}
    ).scalar_one()


_FIXED = frozenset({Merge.IMMUTABLE, Merge.BEGUN})


def _as_update(write: RowWrite) -> RowWrite:
    spec = ENTITIES[write.entity]
    values = {k: v for k, v in write.values.items() if spec.rule(k) not in _FIXED}
    return replace(write, kind=OpKind.UPDATE, values=values)


def _write_row(connection: Connection, write: RowWrite) -> None:
    if write.kind is OpKind.DELETE:
        rows.remove(connection, write.entity, [write.row_id])
    elif write.kind is OpKind.CREATE:
        rows.put(connection, write.entity, [rows.whole(write.entity, {"id": write.row_id, **write.values})])
    else:
        rows.change(connection, write.entity, write.row_id, write.values)


def keep_shadow(connection: Connection, entity: str, row_id: str, row: dict[str, Any]) -> None:
    """Keep the server's state of a row before it is changed here."""
    values = {
        "entity": entity,
        "row_id": row_id,
        "version": row["version"],
        "deleted": False,
        "fields": encode_row(entity, row),
    }
    connection.execute(_keep_shadow, values)


def _held_aggregates() -> Any:
    """Aggregates with a refused op; what a revoked account recorded goes on into quarantine."""
    revoked = outbox_op.c.problem["code"].as_string() == Code.ACCOUNT_REVOKED.value
    return (
        select(outbox_op.c.aggregate_id)
        .where(
            or_(
                outbox_op.c.state.in_((CONFLICT, REJECTED)),
                and_(outbox_op.c.state == QUARANTINED, func.coalesce(revoked, False).is_(False)),
            )
        )
        .scalar_subquery()
    )


def sendable(
    connection: Connection, *, after: int, limit: int, ask_again: bool, without: Collection[str] = ()
) -> Sequence[Any]:
    """Ops to send next in ``seq`` order; ``ask_again``: those in quarantine too (released meanwhile?)."""
    values: dict[str, Any] = {"after": after, "most": limit}
    if without:
        values["without"] = list(without)
    return connection.execute(_next(ask_again, bool(without)), values).all()


@lru_cache(maxsize=4)
def _next(ask_again: bool, without: bool) -> Select[Any]:
    underway = or_(outbox_op.c.state == PENDING, outbox_op.c.state == WAITING)
    free = and_(underway, outbox_op.c.aggregate_id.not_in(_held_aggregates()))
    wanted = or_(free, outbox_op.c.state == QUARANTINED) if ask_again else free
    if without:
        wanted = and_(wanted, outbox_op.c.aggregate_id.not_in(bindparam("without", expanding=True)))
    behind = outbox_op.c.seq > bindparam("after")
    return select(outbox_op).where(wanted, behind).order_by(outbox_op.c.seq).limit(bindparam("most"))


def mark_sent(connection: Connection, op_ids: Sequence[str]) -> None:
    """Count an attempt for these ops: from now on they are never folded or changed."""
    connection.execute(_count_attempt, [{"sent": op_id} for op_id in op_ids])


def to_wire(row: Any, device_id: str) -> Op:
    """The op as it travels."""
    return Op(
        op_id=row.op_id,
        device_id=device_id,
        epoch=row.epoch,
        seq=row.seq,
        aggregate_id=row.aggregate_id,
        entity=row.entity,
        row_id=row.row_id,
        kind=OpKind(row.kind),
        base_version=row.base_version,
        fields=row.fields,
        hlc=row.hlc,
        template_version=row.template_version,
        schema_version=row.schema_version,
        wall_time=row.wall_time,
        utc_offset=row.utc_offset,
    )


def renumber(connection: Connection, epoch: str) -> int:
    """Move all ops to a new epoch with ``seq`` from 1 in the old order; the last number used."""
    found = connection.execute(select(outbox_op.c.op_id).order_by(outbox_op.c.epoch, outbox_op.c.seq))
    op_ids = list(found.scalars())
    if op_ids:
        connection.execute(
            update(outbox_op)
            .where(outbox_op.c.op_id == bindparam("moved"))
            .values(epoch=epoch, seq=bindparam("number")),
            [{"moved": op_id, "number": n} for n, op_id in enumerate(op_ids, start=1)],
        )
    return len(op_ids)


def renew(connection: Connection, op_ids: Collection[str], new_id: Callable[[], str]) -> None:
    """Give ops other ids: the server has other content under theirs (a copy of this database sent it)."""
    for op_id in op_ids:
        connection.execute(
            update(outbox_op).where(outbox_op.c.op_id == op_id).values(op_id=new_id(), attempts=0)
        )
