"""The judgement of one op: what becomes of it, and what it holds back.

Ops are applied in memory and written together. Where a slice has to see rows by SQL, or the database itself
refused a bulk (a uniqueness that only it can see), an op is applied within a savepoint of its own, so that a
bad op never takes a good one along.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shared_models.people.access import Access
from shared_models.problems import Code, Place, Problem
from shared_models.sync.registry import ENTITIES
from shared_models.sync.wire import Op, OpKind, Outcome
from sync_server.store.statements import savepoint
from sync_server.sync.apply import Applier, Waiting
from sync_server.sync.handler import WriteContext
from sync_server.sync.handlers import HANDLERS
from sync_server.sync.merge import bounded_stamp, of_epoch
from sync_server.sync.parts import take_parts
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
class Patience:
    """After a restore: what a device brings back waits for what other devices have yet to bring back."""

    refused: bool = False
    """What would be refused waits instead: it was in before, so what it needs is still to come."""
    ahead: bool = False
    """A transition made on a later state of its row than the one that stands waits for that state."""


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
    patience: Patience = field(default_factory=Patience)


@dataclass(slots=True)
class Verdict:
    """What became of an op in this run; ``problem`` in the pusher's language."""

    outcome: Outcome
    version: int = 0
    problem: dict[str, Any] | None = None
    waits_for: str | None = None
    clamped: bool = False


MADE = Verdict(Outcome.APPLIED, 1)
"""Of a row that was made as sent: nearly every op."""


def looks_by_context(ops: Sequence[Op]) -> bool:
    """Whether these ops can be judged while rows of other pushes are not written yet."""
    entities = {op.entity for op in ops}
    return all(HANDLERS[one].looks_by_context for one in entities if one in HANDLERS)


@dataclass
class Judge:
    """Judges the ops of one push in order, on rows that pushes written with it may share."""

    session: Session
    pusher: Pusher
    stream_id: int
    faults: dict[str, Problem]
    """Ops that could not even be read, by op id."""
    working: Working
    history: list[dict[str, Any]]
    exact: bool = False
    """Every op in a savepoint of its own."""
    held: dict[str, str | None] = field(default_factory=dict[str, str | None])
    """Aggregates held back by a refused or waiting op of this push: what they wait for (None: a person)."""

    def applier(self, access: Access, stream_id: int) -> Applier:
        """Applies ops of a person and a stream."""
        working = self.working
        context = WriteContext(
            session=self.session,
            access=access,
            now=self.pusher.now,
            language=self.pusher.language,
            find=working.find,
            settle=working.write,
            change=working.change,
            rows_in=working.rows_in,
            add=working.add,
        )
        ahead = self.pusher.patience.ahead
        return Applier(context, working, stream_id, self.pusher.now, self.history, self.exact, ahead)

    def all(self, ops: Sequence[Op], applier: Applier) -> list[Verdict]:
        """Apply ops in order."""
        verdicts: list[Verdict] = []
        plain = self.pusher.active and not self.exact
        while len(verdicts) < len(ops):
            place = len(verdicts)
            if plain and ops[place].aggregate_id not in self.held:
                verdicts += [MADE] * (take_parts(applier, ops, place, self.faults) - place)
            if len(verdicts) == place:
                verdicts.append(self.one(ops[place], applier))
        return verdicts

    def one(self, op: Op, applier: Applier) -> Verdict:
        """Apply one op; what was refused leaves nothing behind."""
        if not self.pusher.active:
            return self._refused(op, Problem(Code.ACCOUNT_REVOKED))
        if op.op_id in self.faults:
            return self._refused(op, self.faults[op.op_id])
        if op.aggregate_id in self.held:
            return self._waiting(self.held[op.aggregate_id])
        alone = self.exact or _needs_savepoint(op)
        kept = len(self.history)
        if alone:
            # should the database refuse these, they are not this op's fault: all is done again, op by op
            self.working.write()
        try:
            stamp, clamped = bounded_stamp(op.hlc, self.pusher.now, op.seq)
            stamp = of_epoch(stamp, op.epoch)
            if alone:
                with savepoint(self.session):
                    done = applier.apply(op, stamp)
                    self.working.write()
            else:
                done = applier.apply(op, stamp)
        except Waiting as waiting:
            self.held[op.aggregate_id] = waiting.row_id
            return self._waiting(waiting.row_id)
        except Problem as problem:
            self._forget(alone, kept)
            if self.pusher.patience.refused and problem.code not in _QUARANTINE:
                self.held[op.aggregate_id] = op.row_id
                return self._waiting(op.row_id)
            return self._refused(op, problem)
        except IntegrityError as error:
            if not alone:
                raise
            self._forget(alone, kept)
            if not self.exact and op.kind not in {OpKind.TRANSITION, OpKind.DELETE}:
                raise
            return self._refused(op, Problem(Code.CONFLICT, {}, [Place(op.entity, _constraint(error))]))
        return Verdict(done.outcome, done.version, clamped=clamped)

    def _forget(self, alone: bool, kept: int) -> None:
        del self.history[kept:]
        if alone:
            self.working.reset()

    def _refused(self, op: Op, problem: Problem) -> Verdict:
        if problem.code in _QUARANTINE:
            outcome = Outcome.QUARANTINED
        else:
            outcome = Outcome.CONFLICT if problem.code in _CONFLICTS else Outcome.REJECTED
        if self.pusher.active:
            self.held[op.aggregate_id] = None
        entry = self.working.entry(op.entity, op.row_id) if op.entity in ENTITIES else None
        body = problem.to_json(self.pusher.language)
        return Verdict(outcome, entry.version if entry else 0, body)

    def _waiting(self, row_id: str | None) -> Verdict:
        problem = Problem(Code.WAITING_PARENT, {"row": row_id} if row_id else {})
        return Verdict(Outcome.WAITING_PARENT, 0, problem.to_json(self.pusher.language), row_id)


def _needs_savepoint(op: Op) -> bool:
    if op.kind is OpKind.TRANSITION:
        handler, action = HANDLERS.get(op.entity), op.fields.get("action")
        return handler is None or not isinstance(action, str) or action not in handler.moves_by_context
    return op.kind is OpKind.DELETE


def _constraint(error: IntegrityError) -> str:
    return "unique" if "unique" in str(error.orig).lower() else "constraint"
