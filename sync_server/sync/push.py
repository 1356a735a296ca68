"""Push: the ops of devices, judged one by one, written together, their outcomes kept.

Pushes that arrive together are judged in turn on the same rows in memory and written in one transaction
(:func:`push_together`). Should the database refuse what was written together, each push is done again alone
(:func:`push`), and within it op by op.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shared_models.clock import to_text
from shared_models.problems import Code, Problem
from shared_models.sync.wire import PUSH_LIMIT, Op, OpResult, Outcome
from sync_server.people import service as people
from sync_server.people.repository import person_row
from sync_server.store.statements import savepoint
from sync_server.sync import oplog
from sync_server.sync.judging import MADE, Judge, Pusher, Verdict, looks_by_context
from sync_server.sync.reading import Reading, is_same, op_text, read_ops, touched
from sync_server.sync.upcast import upcast
from sync_server.sync.working import Working

__all__ = ["Push", "Pusher", "Told", "judge_again", "push", "push_together"]


_APPLIED = Outcome.APPLIED.value


class Told(msgspec.Struct):
    """An op's outcome as it goes over the wire (OpResult)."""

    op_id: str
    seq: int
    outcome: str
    version: int = 0
    problem: dict[str, Any] | None = None


@dataclass(frozen=True)
class Push:
    """A push whose ops have been read."""

    pusher: Pusher
    reading: Reading

    @property
    def stream(self) -> tuple[str, str]:
        """Device and epoch."""
        return self.pusher.device_id, self.pusher.epoch

    def contact(self) -> dict[str, Any]:
        """What the log notes of the device's database with this push."""
        pusher, ops = self.pusher, self.reading.ops
        return {
            "person_id": pusher.access.person_id,
            "client": pusher.client[:40],
            "skew_ms": round((pusher.sent_at - pusher.now).total_seconds() * 1000),
            "last_at": to_text(pusher.now),
            "last_seq": ops[-1].seq if ops else 0,
        }


@dataclass
class _Group:
    """What pushes that are written together share."""

    session: Session
    working: Working
    waiting: bool
    """Whether any op waits for a row."""
    known: dict[str, oplog.Stored]
    """Lines of the log with the id of an op of these pushes."""
    history: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    lines: oplog.Lines = field(default_factory=oplog.Lines)
    """New lines of the log."""

    def log(self) -> None:
        """Write the lines of the log."""
        oplog.add(self.session, self.lines)
        self.lines = oplog.Lines()


def push(session: Session, pusher: Pusher, raw_ops: Sequence[dict[str, Any]]) -> list[OpResult]:
    """Results in the order of the ops.

    Raises TOO_LARGE for too many ops, INVALID_REQUEST where their ids and rising numbers cannot be read.
    """
    if len(raw_ops) > PUSH_LIMIT:
        raise Problem(Code.TOO_LARGE, {"limit": PUSH_LIMIT})
    reading = read_ops([op_text(raw) for raw in raw_ops], pusher.device_id, pusher.epoch)
    told = push_alone(session, Push(pusher, reading))
    return [OpResult.model_validate(msgspec.structs.asdict(one)) for one in told]


def push_alone(session: Session, one: Push, *, exact: bool = False) -> list[Told]:
    """One push, in bulk; where the database refuses that, and where ``exact`` is asked for, op by op."""
    if not exact:
        try:
            with savepoint(session):
                return push_together(session, [one])[0]
        except IntegrityError:
            pass
    return _take(session, [one], exact=True)[0]


def push_together(session: Session, pushes: Sequence[Push]) -> list[list[Told]]:
    """Outcomes of several pushes, in their order and the order of their ops.

    No two of them may be of one stream or have an op in common. Raises IntegrityError where the database
    refuses what was written: then nothing of this session may be kept.
    """
    return _take(session, pushes, exact=False)


def _take(session: Session, pushes: Sequence[Push], *, exact: bool) -> list[list[Told]]:
    streams = oplog.streams_of(session, {one.stream: one.contact() for one in pushes})
    op_ids = [op.op_id for one in pushes for op in one.reading.ops]
    aggregates = {op.aggregate_id for one in pushes for op in one.reading.ops}
    known = {one.op_id: one for one in oplog.known_ops(session, 0, [], op_ids, aggregates)}
    group = _Group(session, Working(session), oplog.any_waiting(session), known)
    if not exact:
        group.working.prefetch(*touched(op for one in pushes for op in one.reading.ops))
    told: list[list[Told]] = []
    for one in pushes:
        if told and not looks_by_context(one.reading.ops):
            group.working.write()
        told.append(_judge(group, one, streams[one.stream], exact=exact))
    group.working.write()
    group.log()
    oplog.add_history(session, group.history)
    return told


def _judge(group: _Group, one: Push, stream: oplog.Stream, *, exact: bool) -> list[Told]:
    """Judge the ops of one push; what the log knows already is told as it was."""
    session, pusher, reading = group.session, one.pusher, one.reading
    come = oplog.Come(stream.id, pusher.access.person_id, to_text(pusher.now))
    sorted_out = _sort_out(group, one, stream)
    told, again, fresh = sorted_out.told, sorted_out.again, sorted_out.fresh
    judge = Judge(session, pusher, stream.id, reading.faults, group.working, group.history, exact)
    judge.held |= dict.fromkeys(sorted_out.refused)
    verdicts = judge.all(sorted_out.attempt, judge.applier(pusher.access, stream.id))
    group.waiting = group.waiting or any(verdict.waits_for is not None for verdict in verdicts)
    for op, verdict in zip(sorted_out.attempt, verdicts, strict=True):
        told[op.seq] = _told(op.op_id, op.seq, verdict)
    if again:
        for op, verdict in zip(sorted_out.attempt, verdicts, strict=True):
            stored = again.get(op.op_id)
            if stored is None:
                continue
            oplog.settle(session, op.op_id, verdict)
            if (stored.stream_id, stored.seq) != (stream.id, op.seq):
                oplog.move(session, op.op_id, stream.id, op.seq)
        kept = [place for place, op in enumerate(sorted_out.attempt) if op.op_id not in again]
        verdicts = [verdicts[place] for place in kept]
    group.lines.note(come, fresh, verdicts, sorted_out.bodies)
    for result in _retry_waiting(group, judge):
        if result.seq in told and told[result.seq].op_id == result.op_id:
            told[result.seq] = result
    return [told[op.seq] for op in reading.ops]


@dataclass
class _Sorted:
    """The ops of a push: what the log knows of them, and what is to be judged."""

    attempt: Sequence[Op]
    fresh: Sequence[Op]
    """Those of ``attempt`` that the log has no line for, and their texts."""
    bodies: Sequence[str]
    told: dict[int, Told] = field(default_factory=dict[int, Told])
    again: dict[str, oplog.Stored] = field(default_factory=dict[str, oplog.Stored])
    """Ops that wait, by id."""
    refused: set[str] = field(default_factory=set[str])
    """Aggregates with an op that stands refused: it goes on holding back those behind it."""


def _sort_out(group: _Group, one: Push, stream: oplog.Stream) -> _Sorted:
    reading = one.reading
    # numbers beyond the last one seen cannot be known yet; ids can, under an older number
    repeated = [op.seq for op in reading.ops if op.seq <= stream.last_seq]
    by_seq = {line.seq: line for line in oplog.known_ops(group.session, stream.id, repeated, [])}
    by_seq |= {line.seq: line for line in group.known.values() if line.stream_id == stream.id}
    if not by_seq and not (group.known and any(op.op_id in group.known for op in reading.ops)):
        return _Sorted(reading.ops, reading.ops, reading.bodies)
    attempt: list[Op] = []
    fresh: list[Op] = []
    bodies: list[str] = []
    found = _Sorted(attempt, fresh, bodies)
    for op, body in zip(reading.ops, reading.bodies, strict=True):
        stored, other = group.known.get(op.op_id), by_seq.get(op.seq)
        if (other is not None and other.op_id != op.op_id) or (stored and not is_same(stored.body, body)):
            found.told[op.seq] = _reused(op, one.pusher.language)
            found.refused.add(op.aggregate_id)  # it comes again under another number, and before those
        elif stored is None:
            attempt.append(op)
            fresh.append(op)
            bodies.append(body)
        elif stored.outcome is Outcome.WAITING_PARENT:
            found.again[op.op_id] = stored
            attempt.append(op)
        else:
            found.told[op.seq] = _stored(stored, op.seq)
            if stored.problem and stored.problem["code"] != Code.ACCOUNT_REVOKED.value:
                found.refused.add(op.aggregate_id)
    return found


def judge_again(
    session: Session, stored: oplog.Stored, *, now: datetime, language: str, vouched: bool
) -> OpResult:
    """Judge a stored op anew with its person's access; ``vouched``: also if the account is revoked."""
    access = people.access_of(session, stored.person_id)
    pusher = Pusher(access, True, language, "", "", "", now, now)
    group = _Group(session, Working(session), oplog.any_waiting(session), {})
    judge = Judge(session, pusher, stored.stream_id, {}, group.working, group.history, exact=True)
    told = _judge_stored(group, judge, stored, vouched=vouched)
    _retry_waiting(group, judge)
    oplog.add_history(session, group.history)
    return OpResult.model_validate(msgspec.structs.asdict(told))


def _judge_stored(group: _Group, judge: Judge, stored: oplog.Stored, *, vouched: bool = False) -> Told:
    session = group.session
    op = Op.model_validate(upcast(json.loads(stored.body)))
    # as it stands now: a copy of a tablet sends again under its own epoch what waited under its twin's
    op.seq, op.epoch = stored.seq, oplog.epoch_of(session, stored.stream_id)
    person = person_row(session, stored.person_id)
    active = vouched or bool(person and person["active"])
    pusher = replace(judge.pusher, active=active)
    again = Judge(session, pusher, stored.stream_id, {}, group.working, group.history, exact=True)
    access = people.access_of(session, stored.person_id)
    verdict = again.one(op, again.applier(access, stored.stream_id))
    group.working.write()
    oplog.settle(session, op.op_id, verdict)
    return _told(op.op_id, op.seq, verdict)


def _retry_waiting(group: _Group, judge: Judge) -> list[Told]:
    """Ops of anybody that waited for rows which have arrived now, and so on while more arrive."""
    working = group.working
    settled: list[Told] = []
    if group.waiting and working.arrived:
        group.log()
    while working.arrived:
        row_ids, working.arrived = working.arrived, []
        if group.waiting:
            waiting = oplog.waiting_for(group.session, row_ids)
            settled += [_judge_stored(group, judge, stored) for stored in waiting]
    return settled


def _told(op_id: str, seq: int, verdict: Verdict) -> Told:
    if verdict is MADE:
        return Told(op_id, seq, _APPLIED, 1)
    return Told(op_id, seq, verdict.outcome.value, verdict.version, verdict.problem)


def _stored(line: oplog.Stored, seq: int) -> Told:
    return Told(line.op_id, seq, line.outcome.value, line.version, line.problem)


def _reused(op: Op, language: str) -> Told:
    problem = Problem(Code.SEQUENCE_REUSED, {"seq": op.seq}).to_json(language)
    return Told(op.op_id, op.seq, Outcome.REJECTED.value, 0, problem)
