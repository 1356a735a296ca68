"""Pull: the changes of a person's scope in commit order; what leaves the scope is taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, false, insert, not_, or_, select, update
from sqlalchemy.orm import Session

from shared_models.clock import to_text
from shared_models.people.access import Access
from shared_models.sync.codec import encode_row
from shared_models.sync.digest import aggregate_digest
from shared_models.sync.wire import (
    AggregateDigest,
    Departure,
    DigestResponse,
    PullResponse,
    RowChange,
)
from sync_server.people.scope import Audience, Scope, readable, resolve
from sync_server.sync.cursor import FROM_NOTHING, Cursor
from sync_server.sync.journal import load_rows
from sync_server.sync.runs import LONGEST, RUN_COLUMNS, run_of, runs_with
from sync_server.sync.tables import sync_counter, sync_departure, sync_row, sync_row_run, sync_scope

_RUNS = select(sync_row_run, sync_row_run.c.aggregate_id.label("row_id")).subquery("runs")
"""Runs under the names that rules of scope ask for; the id says nothing: a part is never a reference."""
_RUNS_AT_ONCE = 64
_LINE = [sync_row.c[name] for name in ("seq", "entity", "row_id", "aggregate_id", "version", "deleted")]


@dataclass(frozen=True)
class _Line:
    seq: int
    entity: str
    row_id: str
    aggregate_id: str = ""
    version: int = 0
    deleted: bool = False
    leaves: bool = False


@dataclass(frozen=True)
class Page:
    """A page and, where the scope is new to us, the scope to remember (see remember_scope)."""

    response: PullResponse
    scope: Scope | None


def pull(session: Session, access: Access, text: str, limit: int, now: datetime) -> Page:
    """The next page after a cursor ("" for the first one)."""
    scope = resolve(session, access)
    fingerprint = scope.fingerprint
    known = session.execute(
        select(sync_scope.c.fingerprint).where(
            sync_scope.c.fingerprint == fingerprint, sync_scope.c.person_id == access.person_id
        )
    ).first()
    head, kept_from = session.execute(select(sync_counter.c.seq, sync_counter.c.kept_from)).one()
    cursor = Cursor.parse(text) if text else None
    snapshot = False
    old = _scope(session, access.person_id, cursor.old) if cursor and cursor.old else None
    stale = (
        cursor is None
        or (cursor.complete if cursor.old else cursor.position) < kept_from
        or max(cursor.position, cursor.complete) > head
        or (cursor.old not in {"", FROM_NOTHING} and old is None)
        or (cursor.old != "" and cursor.fingerprint != fingerprint)
    )
    if cursor is not None and not stale and cursor.fingerprint != fingerprint:
        old = _scope(session, access.person_id, cursor.fingerprint)
        stale = old is None
        cursor = Cursor(0, fingerprint, cursor.fingerprint, cursor.position)
    if cursor is None or stale:
        snapshot = True
        cursor, old = Cursor(0, fingerprint, FROM_NOTHING, head), None
    lines = _lines(session, scope, old, cursor, limit + 1)
    more = len(lines) > limit
    lines = lines[:limit]
    if more:
        after = Cursor(lines[-1].seq, fingerprint, cursor.old, cursor.complete)
    else:
        after = Cursor(head, fingerprint)
    response = PullResponse(
        cursor=after.to_text(),
        more=more,
        server_time=to_text(now),
        snapshot=snapshot,
        changes=_changes(session, [line for line in lines if not line.leaves]),
        departures=[Departure(entity=one.entity, row_id=one.row_id) for one in lines if one.leaves],
    )
    return Page(response, None if known else scope)


def remember_scope(session: Session, scope: Scope, now: datetime) -> None:
    """Keep a scope that a cursor was given for: when it has changed, it tells what to take back."""
    values = {"person_id": scope.person_id, "body": scope.to_text(), "seen_at": to_text(now)}
    fingerprint = scope.fingerprint
    changed = session.execute(
        update(sync_scope).where(sync_scope.c.fingerprint == fingerprint).values(values)
    )
    if changed.rowcount == 0:  # type: ignore[attr-defined]
        session.execute(insert(sync_scope).values(fingerprint=fingerprint, **values))


def _scope(session: Session, person_id: str, fingerprint: str) -> Scope | None:
    if fingerprint == FROM_NOTHING:
        return None
    body = session.execute(
        select(sync_scope.c.body).where(
            sync_scope.c.fingerprint == fingerprint, sync_scope.c.person_id == person_id
        )
    ).scalar_one_or_none()
    return None if body is None else Scope.from_text(body)


def _lines(session: Session, scope: Scope, old: Scope | None, cursor: Cursor, limit: int) -> list[_Line]:
    """What to send, in order of the sequence: rows that changed or came into scope, and rows that left it."""
    rows, gone = sync_row, sync_departure
    sees = readable(scope, rows)
    if not cursor.old:
        wanted: ColumnElement[bool] = sees
        saw_before: ColumnElement[bool] = readable(scope, gone)
        since = cursor.position
    else:
        saw = readable(old, rows) if old is not None else false()
        changed = and_(rows.c.seq > cursor.complete, or_(saw, rows.c.deleted.is_(False)))
        wanted = and_(sees, or_(changed, and_(not_(saw), rows.c.deleted.is_(False))))
        if old is None:
            # a row of the snapshot may die while it is being read
            wanted = and_(sees, or_(rows.c.deleted.is_(False), rows.c.seq > cursor.complete))
        saw_before = readable(old, gone) if old is not None else readable(scope, gone)
        since = max(cursor.position, cursor.complete)
    found = [
        _Line(*row)
        for row in session.execute(
            select(*_LINE).where(rows.c.seq > cursor.position, wanted).order_by(rows.c.seq).limit(limit)
        )
    ]
    found += _in_runs(session, _wanted_runs(scope, old, cursor), cursor.position, limit)
    leaving = select(gone.c.seq, gone.c.entity, gone.c.row_id).join(
        rows, and_(rows.c.row_id == gone.c.row_id, rows.c.entity == gone.c.entity)
    )
    found += [
        _Line(row.seq, row.entity, row.row_id, leaves=True)
        for row in session.execute(
            leaving.where(gone.c.seq > since, saw_before, not_(sees)).order_by(gone.c.seq).limit(limit)
        )
    ]
    if cursor.old and old is not None:
        left = and_(
            rows.c.seq > cursor.position,
            readable(old, rows),
            not_(sees),
            # a draft may still be written against its checklist, and a checklist is no secret
            rows.c.audience != Audience.CHECKLIST,
        )
        found += [
            _Line(row.seq, row.entity, row.row_id, leaves=True)
            for row in session.execute(
                select(rows.c.seq, rows.c.entity, rows.c.row_id).where(left).order_by(rows.c.seq).limit(limit)
            )
        ]
        gone_runs = and_(readable(old, _RUNS), not_(readable(scope, _RUNS)))
        found += _in_runs(session, gone_runs, cursor.position, limit, leaves=True)
    return sorted(found, key=lambda line: line.seq)[:limit]


def _wanted_runs(scope: Scope, old: Scope | None, cursor: Cursor) -> ColumnElement[bool]:
    """As ``wanted`` of :func:`_lines`, for runs: all their rows live, and all came in one transaction."""
    sees = readable(scope, _RUNS)
    if old is None:
        return sees
    return and_(sees, or_(_RUNS.c.first_seq > cursor.complete, not_(readable(old, _RUNS))))


def _in_runs(
    session: Session, wanted: ColumnElement[bool], position: int, limit: int, *, leaves: bool = False
) -> list[_Line]:
    """The first lines of runs beyond a position, unfolded."""
    found: list[_Line] = []
    # the run that holds the position may begin before it
    after = position - LONGEST
    while len(found) < limit:
        query = (
            select(*(_RUNS.c[one.name] for one in RUN_COLUMNS))
            .where(_RUNS.c.first_seq > after, _RUNS.c.last_seq > position, wanted)
            .order_by(_RUNS.c.first_seq)
            .limit(_RUNS_AT_ONCE)
        )
        runs = [run_of(row) for row in session.execute(query)]
        found += [
            _Line(seq, run.entity, row_id, run.aggregate_id, 1, leaves=leaves)
            for run in runs
            for seq, row_id, _ in run.rows()
            if seq > position
        ]
        if len(runs) < _RUNS_AT_ONCE:
            break
        after = runs[-1].first_seq
    return found


def _changes(session: Session, lines: Sequence[_Line]) -> list[RowChange]:
    ids: dict[str, list[str]] = {}
    for line in lines:
        if not line.deleted:
            ids.setdefault(line.entity, []).append(line.row_id)
    rows = {entity: load_rows(session, entity, wanted) for entity, wanted in ids.items()}
    changes: list[RowChange] = []
    for line in lines:
        row = None if line.deleted else rows[line.entity][line.row_id]
        changes.append(
            RowChange.model_construct(
                entity=line.entity,
                row_id=line.row_id,
                aggregate_id=line.aggregate_id,
                version=line.version,
                deleted=line.deleted,
                fields=None if row is None else encode_row(line.entity, row),
            )
        )
    return changes


def differing(session: Session, access: Access, digests: Iterable[AggregateDigest]) -> DigestResponse:
    """Aggregates whose rows here differ from the device's digest, with all their rows in scope."""
    scope = resolve(session, access)
    theirs = {one.aggregate_id: one for one in digests}
    lines: dict[str, list[_Line]] = {aggregate_id: [] for aggregate_id in theirs}
    wanted = list(theirs)
    for start in range(0, len(wanted), 500):
        query = select(*_LINE).where(
            sync_row.c.aggregate_id.in_(wanted[start : start + 500]),
            sync_row.c.deleted.is_(False),
            readable(scope, sync_row),
        )
        for row in session.execute(query):
            line = _Line(*row)
            lines[line.aggregate_id].append(line)
        inside = select(*(_RUNS.c[one.name] for one in RUN_COLUMNS)).where(
            _RUNS.c.aggregate_id.in_(wanted[start : start + 500]), readable(scope, _RUNS)
        )
        for run in map(run_of, session.execute(inside)):
            lines[run.aggregate_id] += [
                _Line(seq, run.entity, row_id, run.aggregate_id, 1) for seq, row_id, _ in run.rows()
            ]
    response = DigestResponse()
    for aggregate_id, mine in lines.items():
        digest = aggregate_digest(aggregate_id, ((one.entity, one.row_id, one.version) for one in mine))
        if (digest.count, digest.sha256) != (theirs[aggregate_id].count, theirs[aggregate_id].sha256):
            response.differing.append(aggregate_id)
            response.changes += _changes(session, mine)
    return response


def in_readable_run(session: Session, scope: Scope, entity: str, row_id: str) -> bool:
    """Whether a row's line lies in a run that this scope may read."""
    runs = [run for run in runs_with(session, [row_id]) if run.entity == entity and row_id in run.row_ids]
    firsts = [run.first_seq for run in runs]
    query = select(_RUNS.c.first_seq).where(_RUNS.c.first_seq.in_(firsts), readable(scope, _RUNS))
    return session.execute(query).first() is not None


def purge(session: Session, before: datetime) -> int:
    """Forget departures older than ``before``; older cursors start anew. How many were forgotten.

    Tombstones stay in the journal: a line is small, and it keeps an edit from raising a deleted row.
    """
    last = session.execute(
        select(sync_departure.c.seq)
        .where(sync_departure.c.at < to_text(before))
        .order_by(sync_departure.c.seq.desc())
        .limit(1)
    ).scalar_one_or_none()
    if last is None:
        return 0
    gone = session.execute(sync_departure.delete().where(sync_departure.c.seq <= last))
    session.execute(update(sync_counter).values(kept_from=last))
    return gone.rowcount  # type: ignore[attr-defined,no-any-return]
