"""Push: the ops of one device, judged one by one, written together, their outcomes kept.

Ops are applied in memory and written in bulk between transitions; should the database itself refuse such a
bulk (a uniqueness that only it can see), the push is done again with a savepoint per op, so that one bad op
never takes a good one along.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shared_models.clock import to_text
from shared_models.people.access import Access
from shared_models.problems import Code, Place, Problem
from shared_models.sync.registry import ENTITIES
from shared_models.sync.wire import PUSH_LIMIT, Op, OpKind, OpResult, Outcome
from sync_server.people import service as people
from sync_server.people.repository import person_row
from sync_server.store.statements import savepoint
from sync_server.sync import oplog
from sync_server.sync.apply import Applier, Waiting
from sync_server.sync.handler import WriteContext
from sync_server.sync.merge import bounded_stamp
from sync_server.sync.reading import encode, is_same, read_ops, touched
from sync_server.sync.upcast import upcast
from sync_server.sync.working import Working

_CONFLICTS = frozenset(
    {
        Code.STALE_VERSION,
        Code.ROW_DELETED,
        Code.VISIT_SEALED,
        Code.TRANSITION_NOT_ALLOWED,
        Code.MANIFEST_MISMATCH,
        Code.CONFLICT,
    }
)
_QUARANTINE = frozenset({Code.ACCOUNT_REVOKED, Code.OUT_OF_SCOPE})


@dataclass(frozen=True)
class Pusher:
    """Who pushes, from which device database, when by our clock."""

    access: Access
    active: bool
    language: str
    client: str
    device_id: str
    epoch: str
    sent_at: datetime
    now: datetime


@dataclass
class _Verdict:
    """What became of an op in this run."""

    result: OpResult
    waits_for: str | None = None
    clamped: bool = False


@dataclass
class _Run:
    """One attempt at the new ops of a push."""

    session: Session
    pusher: Pusher
    stream_id: int
    faults: dict[str, Problem]
    """Ops that could not even be read, by op id."""
    one_by_one: bool = False
    working: Working = field(init=False)
    history: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    held: dict[str, str | None] = field(default_factory=dict[str, str | None])
    """Aggregates held back by a refused or waiting op of this push: what they wait for (None: a person)."""

    def __post_init__(self) -> None:
        self.working = Working(self.session)

    def applier(self, access: Access, stream_id: int) -> Applier:
        context = WriteContext(
            session=self.session,
            access=access,
            now=self.pusher.now,
            language=self.pusher.language,
            find=self.working.find,
            settle=self.working.write,
            change=self.working.change,
        )
        return Applier(context, self.working, stream_id, self.pusher.now, self.history)

    def judge(self, ops: Sequence[Op], applier: Applier) -> list[_Verdict]:
        """Apply ops in order."""
        self.working.prefetch(touched(ops))
        verdicts = [self.one(op, applier) for op in ops]
        self.working.write()
        return verdicts

    def one(self, op: Op, applier: Applier) -> _Verdict:
        """Apply one op; what was refused leaves nothing behind."""
        if not self.pusher.active:
            return self._refused(op, Problem(Code.ACCOUNT_REVOKED))
        if op.op_id in self.faults:
            return self._refused(op, self.faults[op.op_id])
        if op.aggregate_id in self.held:
            return self._waiting(op, self.held[op.aggregate_id])
        alone = self.one_by_one or op.kind in {OpKind.TRANSITION, OpKind.DELETE}
        try:
            stamp, clamped = bounded_stamp(op.hlc, self.pusher.now)
            if alone:
                self.working.write()
                with savepoint(self.session):
                    done = applier.apply(op, stamp)
                    self.working.write()
            else:
                done = applier.apply(op, stamp)
        except Waiting as waiting:
            self.held[op.aggregate_id] = waiting.row_id
            return self._waiting(op, waiting.row_id)
        except Problem as problem:
            if alone:
                self.working.reset()
            return self._refused(op, problem)
        except IntegrityError as error:
            if not alone:
                raise
            self.working.reset()
            if not self.one_by_one and op.kind not in {OpKind.TRANSITION, OpKind.DELETE}:
                raise
            return self._refused(op, Problem(Code.CONFLICT, {}, [Place(op.entity, _constraint(error))]))
        return _Verdict(
            OpResult(op_id=op.op_id, seq=op.seq, outcome=done.outcome, version=done.version), None, clamped
        )

    def _refused(self, op: Op, problem: Problem) -> _Verdict:
        if problem.code in _QUARANTINE:
            outcome = Outcome.QUARANTINED
        else:
            outcome = Outcome.CONFLICT if problem.code in _CONFLICTS else Outcome.REJECTED
        if self.pusher.active:
            self.held[op.aggregate_id] = None
        entry = self.working.entry(op.entity, op.row_id) if op.entity in ENTITIES else None
        body = problem.to_json(self.pusher.language)
        result = OpResult(
            op_id=op.op_id,
            seq=op.seq,
            outcome=outcome,
            version=entry.version if entry else 0,
            problem=body,
        )
        return _Verdict(result)

    def _waiting(self, op: Op, row_id: str | None) -> _Verdict:
        problem = Problem(Code.WAITING_PARENT, {"row": row_id} if row_id else {})
        result = OpResult(
            op_id=op.op_id,
            seq=op.seq,
            outcome=Outcome.WAITING_PARENT,
            problem=problem.to_json(self.pusher.language),
        )
        return _Verdict(result, row_id)


def push(session: Session, pusher: Pusher, raw_ops: Sequence[dict[str, Any]]) -> list[OpResult]:
    """Results in the order of the ops.

    Raises TOO_LARGE for too many ops, INVALID_REQUEST where their ids and rising numbers cannot be read.
    """
    if len(raw_ops) > PUSH_LIMIT:
        raise Problem(Code.TOO_LARGE, {"limit": PUSH_LIMIT})
    received_at = to_text(pusher.now)
    contact = {
        "person_id": pusher.access.person_id,
        "client": pusher.client[:40],
        "skew_ms": round((pusher.sent_at - pusher.now).total_seconds() * 1000),
        "last_at": received_at,
    }
    stream_id, last_seq = oplog.stream_of(
        session, pusher.device_id, pusher.epoch, {**contact, "first_at": received_at}
    )
    ops, faults = read_ops(raw_ops, pusher.device_id, pusher.epoch)
    results: dict[int, OpResult] = {}
    again: list[tuple[Op, oplog.Stored]] = []
    fresh: list[Op] = []
    # numbers beyond the last one seen cannot be known yet; ids can, under an older number
    repeated = [op.seq for op in ops if op.seq <= last_seq]
    known = oplog.known_ops(session, stream_id, repeated, [op.op_id for op in ops])
    by_id = {one.op_id: one for one in known}
    by_seq = {one.seq: one for one in known if one.stream_id == stream_id}
    bodies: dict[str, str] = {}
    for op, raw in zip(ops, raw_ops, strict=True):
        stored = by_id.get(op.op_id)
        other = by_seq.get(op.seq)
        if (other is not None and other.op_id != op.op_id) or (stored and not is_same(stored.body, raw)):
            results[op.seq] = _reused(op, pusher.language)
        elif stored is None:
            fresh.append(op)
            bodies[op.op_id] = encode(raw)
        elif stored.outcome is Outcome.WAITING_PARENT:
            again.append((op, stored))
        else:
            results[op.seq] = stored.result(op.seq)
    attempt = sorted([*fresh, *(op for op, _ in again)], key=lambda op: op.seq)
    run, verdicts = _attempt(session, pusher, stream_id, attempt, faults)
    lines = [
        oplog.line(
            op,
            stream_id,
            pusher.access.person_id,
            verdict.result,
            body=bodies[op.op_id],
            waits_for=verdict.waits_for,
            clamped=verdict.clamped,
            received_at=received_at,
        )
        for op, verdict in zip(attempt, verdicts, strict=True)
        if op.op_id in bodies
    ]
    oplog.add(session, lines)
    moved = {op.op_id: stored for op, stored in again}
    for op, verdict in zip(attempt, verdicts, strict=True):
        results[op.seq] = verdict.result
        stored = moved.get(op.op_id)
        if stored is not None:
            oplog.settle(session, verdict.result, verdict.waits_for)
            if (stored.stream_id, stored.seq) != (stream_id, op.seq):
                oplog.move(session, op.op_id, stream_id, op.seq)
    if run.working.arrived:
        for result in _retry_waiting(session, run):
            if result.op_id in bodies or result.op_id in moved:
                results[result.seq] = result
    oplog.add_history(session, run.history)
    contact["last_seq"] = max([last_seq, *(op.seq for op in ops)])
    oplog.note_contact(session, stream_id, contact)
    return [results[op.seq] for op in ops]


def _attempt(
    session: Session, pusher: Pusher, stream_id: int, ops: list[Op], faults: dict[str, Problem]
) -> tuple[_Run, list[_Verdict]]:
    """Apply in bulk; where the database refuses the bulk, once more op by op."""
    run = _Run(session, pusher, stream_id, faults)
    if not ops:
        return run, []
    try:
        with savepoint(session):
            return run, run.judge(ops, run.applier(pusher.access, stream_id))
    except IntegrityError:
        run = _Run(session, pusher, stream_id, faults, one_by_one=True)
        return run, run.judge(ops, run.applier(pusher.access, stream_id))


def judge_again(
    session: Session, stored: oplog.Stored, *, now: datetime, language: str, vouched: bool
) -> OpResult:
    """Judge a stored op anew with its person's access; ``vouched``: also if the account is revoked."""
    access = people.access_of(session, stored.person_id)
    pusher = Pusher(access, True, language, "", "", "", now, now)
    run = _Run(session, pusher, stored.stream_id, {}, one_by_one=True)
    result = _judge_stored(session, run, stored, vouched=vouched)
    if run.working.arrived:
        _retry_waiting(session, run)
    oplog.add_history(session, run.history)
    return result


def _judge_stored(session: Session, run: _Run, stored: oplog.Stored, *, vouched: bool = False) -> OpResult:
    op = Op.model_validate(upcast(json.loads(stored.body)))
    op.seq = stored.seq
    person = person_row(session, stored.person_id)
    active = vouched or bool(person and person["active"])
    again = _Run(session, replace(run.pusher, active=active), stored.stream_id, {}, one_by_one=True)
    again.working, again.history = run.working, run.history
    access = people.access_of(session, stored.person_id)
    verdict = again.one(op, again.applier(access, stored.stream_id))
    run.working.write()
    oplog.settle(session, verdict.result, verdict.waits_for)
    return verdict.result


def _retry_waiting(session: Session, run: _Run) -> list[OpResult]:
    """Ops of anybody that waited for rows which have arrived now, and so on while more arrive."""
    settled: list[OpResult] = []
    while run.working.arrived:
        row_ids, run.working.arrived = run.working.arrived, []
        waiting = oplog.waiting_for(session, row_ids)
        settled += [_judge_stored(session, run, stored) for stored in waiting]
    return settled


def _reused(op: Op, language: str) -> OpResult:
    problem = Problem(Code.SEQUENCE_REUSED, {"seq": op.seq}).to_json(language)
    return OpResult(op_id=op.op_id, seq=op.seq, outcome=Outcome.REJECTED, problem=problem)


def _constraint(error: IntegrityError) -> str:
    return "unique" if "unique" in str(error.orig).lower() else "constraint"
