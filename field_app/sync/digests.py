"""Proof at the end of a run: both ends compare digests of aggregates; what differs mends itself."""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from sqlalchemy import CompoundSelect, Connection, bindparam, func, literal, or_, select, union_all

from field_app.store import Store, overlay, rows
from field_app.store.outbox import UNCONFIRMED
from field_app.store.store import count_up
from field_app.store.tables import SYNCED, kept_op, outbox_op, sync_state
from field_app.sync.api import Api
from field_app.sync.status import SyncReport
from shared_models.sync.digest import aggregate_digest
from shared_models.sync.registry import ENTITIES
from shared_models.sync.wire import DigestRequest, DigestResponse

log = logging.getLogger("revisit.sync")

ROLLING = 200
"""Aggregates checked per run besides those just pushed; the window moves on from run to run."""

_ROOTS = tuple(name for name, spec in ENTITIES.items() if not spec.reference and spec.aggregate_field == "id")


_busy = (
    select(outbox_op.c.aggregate_id)
    .where(or_(*(outbox_op.c.state == state for state in UNCONFIRMED)))
    .distinct()
)
_kept_aggregates = select(kept_op.c.aggregate_id).distinct()


async def compare_digests(store: Store, api: Api, touched: Iterable[str], report: SyncReport) -> None:
    """Compare the aggregates just pushed and a moving window of the others, without those that have ops."""
    with store.read() as connection:
        ids, strays, last = _choose(connection, set(touched), store.state()["digest_after"])
        mine = _rows_of(connection, ids | strays)
    strays &= mine.keys()
    ids |= strays
    if not ids:
        return
    request = DigestRequest(digests=[aggregate_digest(one, mine.get(one, [])) for one in sorted(ids)])
    answer = DigestResponse.model_validate(await api.post("/sync/digests", request.model_dump(mode="json")))
    differing = set(answer.differing) & ids
    if not differing:
        if last != store.state()["digest_after"]:
            store.set_state(digest_after=last)
        return
    with store.write() as connection:
        differing -= _pending_aggregates(connection)
        if differing:
            left = (differing & strays) - {one.aggregate_id for one in answer.changes}
            report.repaired += len(differing - left)
            _mend(connection, differing, answer)
            count_up(connection, repairs=len(differing - left))
        connection.execute(sync_state.update().values(digest_after=last))
    if differing:
        log.warning("mended %d aggregates after a digest mismatch: %s", len(differing), sorted(differing))
        await store.durable()
        store.tell(overlay.Arrival(set(SYNCED), differing))


def _pending_aggregates(connection: Connection) -> set[str]:
    return set(connection.execute(_busy).scalars())


@lru_cache(maxsize=1)
def _confirmed_roots() -> CompoundSelect[Any]:
    """Ids of the aggregates here that the server knows, in one statement."""
    tables = [SYNCED[name] for name in _ROOTS]
    return union_all(*(select(table.c.id).where(table.c.version > 0) for table in tables))


@lru_cache(maxsize=1)
def _parts() -> CompoundSelect[Any]:
    """Entity, aggregate, id and version of the rows of the aggregates ``ids`` (a JSON list)."""
    wanted = select(func.json_each(bindparam("ids")).table_valued("value").c.value)
    parts: list[Any] = []
    for name, spec in ENTITIES.items():
        if spec.reference:
            continue
        table = SYNCED[name]
        columns = ["visit_id", "plan_id", "appeal_id"] if name == "attachment" else [spec.aggregate_field]
        parts += [
            select(literal(name), key, table.c.id, table.c.version).where(key.in_(wanted))
            for key in (table.c[column] for column in columns)
        ]
    return union_all(*parts)


def _choose(connection: Connection, touched: set[str], after: str) -> tuple[set[str], set[str], str]:
    """Aggregates to compare, strays, and where the next window begins.

    Strays are aggregates of confirmed ops whose root is not here: it left the person's scope while the op was
    held, so no departure will tell of the op's row once it is let in.
    """
    every = set(connection.execute(_confirmed_roots()).scalars())
    busy = _pending_aggregates(connection)
    quiet = sorted(every - busy)
    window = [one for one in quiet if one > after][:ROLLING]
    last = window[-1] if len(window) == ROLLING else ""
    strays = set(connection.execute(_kept_aggregates).scalars()) - every - busy
    return set(window) | (touched & set(quiet)), strays, last


def _rows_of(connection: Connection, ids: set[str]) -> dict[str, list[tuple[str, str, int]]]:
    """(entity, row id, version) of every row here of these aggregates."""
    found: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
    for line in connection.execute(_parts(), {"ids": json.dumps(sorted(ids))}):
        name, aggregate, row_id, version = tuple(line)
        found[aggregate].append((name, row_id, version))
    return found


def _mend(connection: Connection, differing: set[str], answer: DigestResponse) -> None:
    """Put the server's rows in place and remove rows that the server does not have."""
    changes = [one for one in answer.changes if one.aggregate_id in differing]
    theirs = {(one.entity, one.row_id) for one in changes if not one.deleted}
    overlay.take_changes(connection, changes, force=True)
    for aggregate, found in _rows_of(connection, differing).items():
        lost = [(name, row_id) for name, row_id, _ in found if (name, row_id) not in theirs]
        for name, row_id in lost:
            rows.remove(connection, name, [row_id])
        if lost:
            log.warning("removed %d rows of %s that the server does not have", len(lost), aggregate)
