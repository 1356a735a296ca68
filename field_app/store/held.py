"""Refused ops: listed with the problem's words, tried again as new ops, or set aside by the person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, or_, select, update

from field_app.store import overlay
from field_app.store.outbox import PENDING, REFUSED, SET_ASIDE, UNCONFIRMED, WAITING
from field_app.store.tables import outbox_op, shadow_row
from shared_models.problems import Problem, from_json


@dataclass(frozen=True)
class Held:
    """One refused or waiting change and how much of its aggregate waits behind it."""

    op_id: str
    aggregate_id: str
    entity: str
    row_id: str
    state: str
    """conflict, rejected or quarantined; waiting for one that waits for another record."""
    fields: dict[str, Any]
    problem: Problem | None
    waiting_behind: int
    wall_time: str


_refused = or_(*(outbox_op.c.state == state for state in REFUSED))
_underway = or_(outbox_op.c.state == PENDING, outbox_op.c.state == WAITING)
_held_ops = select(outbox_op).where(_refused).order_by(outbox_op.c.seq)
_behind = select(outbox_op.c.aggregate_id, func.count()).where(_underway).group_by(outbox_op.c.aggregate_id)
_waiting_ops = (
    select(outbox_op)
    .where(
        _underway,
        outbox_op.c.aggregate_id.in_(select(outbox_op.c.aggregate_id).where(outbox_op.c.state == WAITING)),
        outbox_op.c.aggregate_id.not_in(select(outbox_op.c.aggregate_id).where(_refused)),
    )
    .order_by(outbox_op.c.seq)
)


def held(connection: Connection) -> list[Held]:
    """All refused ops, oldest first."""
    found = connection.execute(_held_ops).all()
    behind: dict[str, int] = {}
    if found:
        behind = {row[0]: row[1] for row in connection.execute(_behind)}
    return [_held(op, behind.get(op.aggregate_id, 0)) for op in found]


def waiting(connection: Connection) -> list[Held]:
    """Per aggregate without a refusal, its first change that waits for a record that has not arrived."""
    found = connection.execute(_waiting_ops).all()
    first = {op.aggregate_id: op for op in reversed(found) if op.state == WAITING}
    behind = Counter(op.aggregate_id for op in found)
    return [_held(op, behind[op.aggregate_id] - 1) for op in sorted(first.values(), key=lambda op: op.seq)]


def _held(op: Any, behind: int) -> Held:
    return Held(
        op_id=op.op_id,
        aggregate_id=op.aggregate_id,
        entity=op.entity,
        row_id=op.row_id,
        state=op.state,
        fields=op.fields,
        problem=from_json(op.problem) if op.problem else None,
        waiting_behind=behind,
        wall_time=op.wall_time,
    )


def try_again(
    connection: Connection,
    aggregate_id: str,
    *,
    next_seq: Callable[[], int],
    new_id: Callable[[], str],
    stamp: Callable[[], str],
) -> int:
    """Send an aggregate's refused ops anew, with all that waits behind them, in the same order.

    A refused op becomes a new op (new id: the server keeps the old outcome for the old one) based on the
    newest server state known here. Ops that were not refused keep their id and only move behind. Returns how
    many refused ops there were.
    """
    ops = connection.execute(
        select(outbox_op)
        .where(outbox_op.c.aggregate_id == aggregate_id, outbox_op.c.state.in_(UNCONFIRMED))
        .order_by(outbox_op.c.seq)
    ).all()
    refused = sum(op.state in REFUSED for op in ops)
    if not refused:
        return 0
    for op in ops:
        changed: dict[str, Any] = {"seq": next_seq(), "state": PENDING, "problem": None}
        if op.state in REFUSED:
            known = connection.execute(
                select(shadow_row.c.version).where(
                    shadow_row.c.entity == op.entity, shadow_row.c.row_id == op.row_id
                )
            ).scalar()
            changed |= {"op_id": new_id(), "attempts": 0, "hlc": stamp(), "confirmed_at": ""}
            changed["base_version"] = max(op.base_version, known or 0)
        connection.execute(update(outbox_op).where(outbox_op.c.op_id == op.op_id).values(changed))
    return refused


def set_aside(connection: Connection, aggregate_id: str) -> int:
    """Give up an aggregate's refused or waiting ops and those behind them: the server's state shows again.

    The ops stay in the database (and in a rescue export) but are never sent. A row that the server never had
    disappears from view. Returns how many ops were set aside.
    """
    ops = connection.execute(
        select(outbox_op).where(outbox_op.c.aggregate_id == aggregate_id, outbox_op.c.state.in_(UNCONFIRMED))
    ).all()
    if not any(op.state in (*REFUSED, WAITING) for op in ops):
        return 0
    connection.execute(
        update(outbox_op).where(outbox_op.c.op_id.in_([op.op_id for op in ops])).values(state=SET_ASIDE)
    )
    for entity, row_id in {(op.entity, op.row_id) for op in ops}:
        table = overlay.SYNCED[entity]
        overlay.reveal(connection, entity, row_id)
        connection.execute(delete(table).where(table.c.id == row_id, table.c.version == 0))
    return len(ops)
