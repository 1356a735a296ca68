"""What was refused stays: look at it, judge it anew; read the values that lost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared_models.people.access import Access, Role
from shared_models.problems import Code, Problem
from shared_models.sync.wire import FINAL, OpResult
from sync_server.people.scope import readable, resolve
from sync_server.sync import oplog
from sync_server.sync.pull import in_readable_run
from sync_server.sync.push import judge_again
from sync_server.sync.schemas import HeldOp, LostValue
from sync_server.sync.tables import sync_row


def held(session: Session, access: Access, limit: int) -> list[HeldOp]:
    """Refused ops, newest first: the person's own, or everybody's for headquarters."""
    person_id = None if access.whole_company(Role.HQ) else access.person_id
    return [
        HeldOp(
            op_id=line["op_id"],
            person_id=line["person_id"],
            aggregate_id=line["aggregate_id"],
            outcome=line["outcome"],
            problem=json.loads(line["problem"]),
            received_at=line["received_at"],
            op=json.loads(line["body"]),
        )
        for line in oplog.quarantined(session, person_id=person_id, limit=limit)
    ]


def requeue(
    session: Session, access: Access, op_ids: Sequence[str], *, now: datetime, language: str
) -> list[OpResult]:
    """Judge refused ops anew with their own person's access, which headquarters vouches for if it is revoked.

    Raises NOT_FOUND for an op that is not there, NOT_ALLOWED for somebody else's.
    """
    hq = access.whole_company(Role.HQ)
    by_id = {one.op_id: one for one in oplog.known_ops(session, 0, [], list(op_ids))}
    results: list[OpResult] = []
    for op_id in op_ids:
        stored = by_id.get(op_id)
        if stored is None:
            raise Problem(Code.NOT_FOUND, {"what": "op"})
        if not hq and stored.person_id != access.person_id:
            raise Problem(Code.NOT_ALLOWED)
        if stored.outcome in FINAL:
            results.append(stored.result(stored.seq))
        else:
            results.append(judge_again(session, stored, now=now, language=language, vouched=hq))
    return results


def history(session: Session, access: Access, entity: str, row_id: str) -> list[LostValue]:
    """Values that lost, of a row in the person's scope; NOT_FOUND outside it."""
    scope = resolve(session, access)
    seen = session.execute(
        select(sync_row.c.seq).where(
            sync_row.c.row_id == row_id, sync_row.c.entity == entity, readable(scope, sync_row)
        )
    ).first()
    if seen is None and not in_readable_run(session, scope, entity, row_id):
        raise Problem(Code.NOT_FOUND, {"what": entity})
    return [
        LostValue(
            field=line["field"],
            value=json.loads(line["value"]),
            clock=line["clock"],
            op_id=line["op_id"],
            at=line["at"],
        )
        for line in oplog.history_of(session, row_id)
        if line["entity"] == entity
    ]
