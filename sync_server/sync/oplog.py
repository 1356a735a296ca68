"""SQL of the op log: streams, stored outcomes, ops that wait."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Row, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from shared_models.problems import Problem
from shared_models.sync.wire import Op, OpResult, Outcome
from sync_server.store.quick import quick_rows
from sync_server.store.rows import insert_tuples
from sync_server.store.statements import among, ids_parameter, is_sqlite
from sync_server.sync.judging import MADE, Verdict
from sync_server.sync.tables import sync_history, sync_op, sync_op_run, sync_stream

_CHUNK = 500
_SHORTEST = 2
"""Fewer ops than this are stored by themselves."""
_json = msgspec.json.Encoder().encode
_each = msgspec.json.Decoder(list[msgspec.Raw]).decode


@dataclass(frozen=True)
class Stored:
    """A line of the op log."""

    stream_id: int
    seq: int
    op_id: str
    person_id: str
    outcome: Outcome
    version: int
    problem: dict[str, Any] | None
    body: str
    aggregate_id: str
    waits_for: str | None
    clamped: bool
    received_at: str

    def result(self, seq: int) -> OpResult:
        """The outcome as it goes over the wire."""
        return OpResult(
            op_id=self.op_id, seq=seq, outcome=self.outcome, version=self.version, problem=self.problem
        )


_COLUMNS = [sync_op.c[name] for name in Stored.__dataclass_fields__]
_settle = (
    update(sync_op)
    .where(sync_op.c.op_id == bindparam("b_op"))
    .values({name: bindparam(name) for name in ("outcome", "version", "problem", "waits_for")})
)


_contact = (
    update(sync_stream)
    .where(sync_stream.c.id == bindparam("b_id"))
    .values({name: bindparam(name) for name in ("person_id", "client", "skew_ms", "last_at", "last_seq")})
)
_new_streams = insert(sync_stream).returning(sync_stream.c.id, sync_stream.c.device_id, sync_stream.c.epoch)
_epoch = select(sync_stream.c.epoch).where(sync_stream.c.id == bindparam("stream"))
_any_waiting = select(sync_op.c.seq).where(sync_op.c.waits_for.is_not(None)).limit(1)


@lru_cache(maxsize=2)
def _streams(sqlite: bool) -> Any:
    columns = [sync_stream.c[name] for name in ("id", "device_id", "epoch", "last_seq")]
    return select(*columns).where(among(sync_stream.c.device_id, sqlite))


_runs_at = select(sync_op_run).where(
    sync_op_run.c.stream_id == bindparam("stream"),
    sync_op_run.c.first_seq <= bindparam("last"),
    sync_op_run.c.last_seq >= bindparam("first"),
)


@lru_cache(maxsize=2)
def _runs_of(sqlite: bool) -> Any:
    return select(sync_op_run).where(among(sync_op_run.c.aggregate_id, sqlite))


@lru_cache(maxsize=2)
def _by_id(sqlite: bool) -> Any:
    return select(*_COLUMNS).where(among(sync_op.c.op_id, sqlite))


class _OpRun(NamedTuple):
    """A line of sync_op_run, in the order of its columns."""

    stream_id: int
    first_seq: int
    last_seq: int
    person_id: str
    aggregate_id: str
    received_at: str
    op_ids: str
    versions: str
    body: str


def _stored(row: Row[Any] | tuple[Any, ...]) -> Stored:
    stream_id, seq, op_id, person_id, outcome, version, problem, *others = tuple(row)
    plain = None if problem is None else json.loads(problem)
    return Stored(stream_id, seq, op_id, person_id, Outcome(outcome), version, plain, *others)


@dataclass(frozen=True)
class Stream:
    """A device's local database as the log knows it: its number and the highest op seen of it."""

    id: int
    last_seq: int


def streams_of(
    session: Session, contacts: Mapping[tuple[str, str], dict[str, Any]]
) -> dict[tuple[str, str], Stream]:
    """Streams by (device, epoch), with the contact of this moment noted.

    ``contacts`` hold person_id, client, skew_ms, last_at and last_seq (of this push); a stream that is seen
    for the first time is made. ``last_seq`` of the result is the one before.
    """
    sqlite = is_sqlite(session)
    devices = ids_parameter(sorted({device for device, _ in contacts}), sqlite)
    found: dict[tuple[str, str], Stream] = {}
    for stream_id, device, epoch, last_seq in quick_rows(session, _streams(sqlite), ids=devices):
        if (device, epoch) in contacts:
            found[device, epoch] = Stream(stream_id, last_seq)
    if found:
        seen = [
            {**contacts[key], "last_seq": max(one.last_seq, contacts[key]["last_seq"]), "b_id": one.id}
            for key, one in found.items()
        ]
        session.connection().execute(_contact, seen)
    new = [
        {**contact, "device_id": device, "epoch": epoch, "first_at": contact["last_at"]}
        for (device, epoch), contact in contacts.items()
        if (device, epoch) not in found
    ]
    if new:
        for row in session.execute(_new_streams, new):
            found[row.device_id, row.epoch] = Stream(row.id, 0)
    return found


def epoch_of(session: Session, stream_id: int) -> str:
    """The epoch of a stream."""
    ((epoch,),) = quick_rows(session, _epoch, stream=stream_id)
    return str(epoch)


def known_ops(
    session: Session,
    stream_id: int,
    seqs: Sequence[int],
    op_ids: Sequence[str],
    aggregate_ids: Collection[str] = (),
) -> list[Stored]:
    """Lines with one of these numbers in the stream, or one of these ids.

    An id that lies in a run is looked for in the runs of ``aggregate_ids``: an op names its aggregate, and
    one that names another is another op.
    """
    sqlite = is_sqlite(session)
    found: dict[str, Stored] = {}
    if op_ids:
        lines = quick_rows(session, _by_id(sqlite), ids=ids_parameter(op_ids, sqlite))
        found = {one.op_id: one for one in map(_stored, lines)}
    for start in range(0, len(seqs), _CHUNK):
        part = seqs[start : start + _CHUNK]
        query = select(*_COLUMNS).where(sync_op.c.stream_id == stream_id, sync_op.c.seq.in_(part))
        found.update({one.op_id: one for one in map(_stored, session.execute(query))})
    wanted, numbers = set(op_ids), set(seqs)
    lines: list[tuple[Any, ...]] = []
    if aggregate_ids:
        lines += quick_rows(session, _runs_of(sqlite), ids=ids_parameter(sorted(aggregate_ids), sqlite))
    if seqs:
        lines += quick_rows(session, _runs_at, stream=stream_id, first=min(seqs), last=max(seqs))
    runs = [_OpRun(*line) for line in lines]
    for run in runs:
        for place, op_id in enumerate(json.loads(run.op_ids)):
            seq = run.first_seq + place
            if op_id in wanted or (run.stream_id == stream_id and seq in numbers):
                found[op_id] = _unfolded(run, place)
    return list(found.values())


def lines_of(session: Session) -> list[Stored]:
    """The whole log, by stream and number."""
    found = [_stored(row) for row in session.execute(select(*_COLUMNS))]
    for run in (_OpRun(*line) for line in session.execute(select(sync_op_run))):
        found += [_unfolded(run, place) for place in range(run.last_seq - run.first_seq + 1)]
    return sorted(found, key=lambda one: (one.stream_id, one.seq))


def _unfolded(run: _OpRun, place: int) -> Stored:
    return Stored(
        run.stream_id,
        run.first_seq + place,
        json.loads(run.op_ids)[place],
        run.person_id,
        Outcome.APPLIED,
        json.loads(run.versions)[place],
        None,
        str(memoryview(_each(run.body)[place]), "utf-8"),
        run.aggregate_id,
        None,
        False,
        run.received_at,
    )


def add(session: Session, lines: Lines) -> None:
    """Write new lines."""
    insert_tuples(session, sync_op, lines.alone)
    insert_tuples(session, sync_op_run, lines.runs)


@dataclass
class Lines:
    """New lines of the log, in the order of the tables' columns."""

    alone: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])
    runs: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])

    def note(self, come: Come, ops: Sequence[Op], verdicts: Sequence[Verdict], bodies: Sequence[str]) -> None:
        """Ops of one push, in rising order. Those of one aggregate that were applied as sent, with numbers
        without gaps, become runs."""
        count, start = len(ops), 0
        while start < count:
            end = start + 1
            if _is_plain(verdicts[start]):
                aggregate_id, seq = ops[start].aggregate_id, ops[start].seq
                while (
                    end < count
                    and (op := ops[end]).aggregate_id == aggregate_id
                    and op.seq == seq + end - start
                    and (verdicts[end] is MADE or _is_plain(verdicts[end]))
                ):
                    end += 1
            if end - start >= _SHORTEST:
                part = slice(start, end)
                self.runs.append(_run(come, ops[part], verdicts[part], bodies[part]))
            else:
                self.alone.append(_alone(come, ops[start], verdicts[start], bodies[start]))
            start = end


@dataclass(frozen=True)
class Come:
    """What the lines of one push share."""

    stream_id: int
    person_id: str
    received_at: str


def _is_plain(told: Verdict) -> bool:
    """Whether the op was applied as sent, and nothing more is to be said of it."""
    return told is MADE or (told.outcome is Outcome.APPLIED and not told.clamped and told.problem is None)


def _alone(come: Come, op: Op, told: Verdict, body: str) -> tuple[Any, ...]:
    return (
        come.stream_id,
        op.seq,
        op.op_id,
        come.person_id,
        op.aggregate_id[:64],
        told.outcome.value,
        told.version,
        _text(told.problem),
        told.waits_for,
        told.clamped,
        come.received_at,
        body,
    )


def _run(come: Come, ops: Sequence[Op], told: Sequence[Verdict], bodies: Sequence[str]) -> tuple[Any, ...]:
    return (
        come.stream_id,
        ops[0].seq,
        ops[-1].seq,
        come.person_id,
        ops[0].aggregate_id[:64],
        come.received_at,
        _json([op.op_id for op in ops]).decode(),
        _json([one.version for one in told]).decode(),
        f"[{','.join(bodies)}]",
    )


def settle(session: Session, op_id: str, verdict: Verdict) -> None:
    """A new outcome of an op that was tried again."""
    values = {
        "b_op": op_id,
        "outcome": verdict.outcome.value,
        "version": verdict.version,
        "problem": _text(verdict.problem),
        "waits_for": verdict.waits_for,
    }
    session.execute(_settle, values)


def move(session: Session, op_id: str, stream_id: int, seq: int) -> None:
    """An op came again under another number (its device put it behind others)."""
    session.execute(update(sync_op).where(sync_op.c.op_id == op_id).values(stream_id=stream_id, seq=seq))


def any_waiting(session: Session) -> bool:
    """Whether any op waits at all."""
    return bool(quick_rows(session, _any_waiting))


def waiting_for(session: Session, row_ids: Sequence[str]) -> list[Stored]:
    """Ops that wait for one of these rows, in the order in which they were made."""
    found: list[Stored] = []
    for start in range(0, len(row_ids), _CHUNK):
        part = row_ids[start : start + _CHUNK]
        query = select(*_COLUMNS).where(sync_op.c.waits_for.in_(part))
        found += [_stored(row) for row in session.execute(query)]
    return sorted(found, key=lambda one: (one.stream_id, one.seq))


def add_history(session: Session, lines: Sequence[dict[str, Any]]) -> None:
    """Write values that lost."""
    if lines:
        session.connection().execute(insert(sync_history), lines)


def history_of(session: Session, row_id: str) -> list[dict[str, Any]]:
    """Values of a row that lost, oldest first."""
    rows = session.execute(
        select(sync_history).where(sync_history.c.row_id == row_id).order_by(sync_history.c.id)
    )
    return [dict(row) for row in rows.mappings()]


def quarantined(session: Session, *, person_id: str | None, limit: int) -> list[dict[str, Any]]:
    """Ops that were refused and are kept whole: of one person, or of all."""
    query = select(sync_op).where(
        sync_op.c.problem.is_not(None), sync_op.c.outcome != Outcome.WAITING_PARENT.value
    )
    if person_id is not None:
        query = query.where(sync_op.c.person_id == person_id)
    rows = session.execute(query.order_by(sync_op.c.received_at.desc(), sync_op.c.seq.desc()).limit(limit))
    return [dict(row) for row in rows.mappings()]


def count_ops(session: Session) -> int:
    """How many ops have come in all."""
    alone = session.execute(select(func.count()).select_from(sync_op)).scalar_one()
    length = sync_op_run.c.last_seq - sync_op_run.c.first_seq + 1
    return alone + int(session.execute(select(func.coalesce(func.sum(length), 0))).scalar_one())


def forget(session: Session, op_id: str) -> None:
    """Take a line out of the log so that the op can be judged anew under its own id."""
    session.execute(delete(sync_op).where(sync_op.c.op_id == op_id))


def _text(problem: dict[str, Any] | Problem | None) -> str | None:
    return None if problem is None else json.dumps(problem, ensure_ascii=False)
