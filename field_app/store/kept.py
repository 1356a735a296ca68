"""Confirmed ops, kept until the server's backups hold them: a restored server is offered them again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select, update

from field_app.store.tables import SYNCED, kept_op, outbox_op, shadow_row
from shared_models.clock import to_text

LONGEST = timedelta(days=30)
"""How long a confirmed op is kept where the server never tells of backups."""

_columns = [column.name for column in outbox_op.columns]
_keep = insert(kept_op)
_first = select(func.min(kept_op.c.confirmed_at))
_forget = delete(kept_op).where(kept_op.c.confirmed_at < bindparam("oldest"))
_coming_back = (
    select(func.count())
    .select_from(outbox_op)
    .where(
        outbox_op.c.confirmed_at != "", or_(outbox_op.c.state == "pending", outbox_op.c.state == "waiting")
    )
)


def keep(connection: Connection, op: Any, at: str) -> None:
    """Keep an op (a line of the outbox that has just left it) as confirmed at this time of the server."""
    values = {name: getattr(op, name) for name in _columns}
    connection.execute(_keep, {**values, "confirmed_at": at, "problem": None})


def oldest_to_keep(safe_until: str, server_now: datetime) -> str:
    """Ops confirmed before this instant may go: those before ``safe_until``, and those older than LONGEST."""
    return max(safe_until, to_text(server_now - LONGEST))


def first(connection: Connection) -> str | None:
    """When the oldest of the kept ops was confirmed; None if none is kept."""
    return connection.execute(_first).scalar_one()


def forget(connection: Connection, oldest: str) -> None:
    """Drop ops that were confirmed before this instant."""
    connection.execute(_forget, {"oldest": oldest})


def coming_back(connection: Connection) -> int:
    """How many ops that were confirmed once are on their way again."""
    return connection.execute(_coming_back).scalar_one()


def offer_again(connection: Connection, epoch: str) -> bool:
    """Put the kept ops back into the outbox, before all that was recorded since.

    No row here counts as known to the server any more: rows with ops wait for what it says. False where the
    numbers do not fit into ``epoch``: the outbox then stands in an order of its own and is to be renumbered.
    """
    lines = [dict(line) for line in connection.execute(select(kept_op).order_by(kept_op.c.place)).mappings()]
    mine = [dict(line) for line in connection.execute(select(outbox_op).order_by(outbox_op.c.seq)).mappings()]
    taken = {line["seq"] for line in mine} | {line["op_id"] for line in mine}
    fits = all(line["epoch"] == epoch and not {line["seq"], line["op_id"]} & taken for line in lines)
    known = {line["op_id"] for line in mine}
    back = [
        {name: line[name] for name in _columns} | {"state": "pending", "attempts": max(1, line["attempts"])}
        for line in lines
        if line["op_id"] not in known
    ]
    if not fits:
        _in_order(connection, back, mine)
    if back:
        connection.execute(insert(outbox_op), back)
    connection.execute(delete(kept_op))
    _unknown_to_the_server(connection)
    return fits


def _in_order(connection: Connection, back: list[dict[str, Any]], mine: list[dict[str, Any]]) -> None:
    """Number the ops of several epochs in one row: epochs by their first confirmation, then as recorded."""
    first: dict[str, int] = {}
    for place, line in enumerate(back):
        first.setdefault(line["epoch"], place)
    back.sort(key=lambda line: (first[line["epoch"]], line["seq"]))
    for number, line in enumerate(back, start=1):
        line |= {"epoch": "", "seq": number}
    moved = update(outbox_op).where(outbox_op.c.op_id == bindparam("moved"))
    for number, line in enumerate(mine, start=len(back) + 1):
        connection.execute(moved.values(epoch="", seq=number), {"moved": line["op_id"]})


def _unknown_to_the_server(connection: Connection) -> None:
    connection.execute(delete(shadow_row))
    found = connection.execute(
        select(outbox_op.c.entity, outbox_op.c.row_id).where(outbox_op.c.state != "set_aside").distinct()
    )
    for entity, row_id in found.all():
        table = SYNCED[entity]
        connection.execute(update(table).where(table.c.id == row_id).values(version=0))
