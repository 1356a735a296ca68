"""Pushes that arrive while others are being written are written together: one transaction, one flush to disk.

A push that comes alone is written at once. Those that were written together are likely to be sent on at once
by their devices: the next transaction waits a few milliseconds for them (:func:`wait_for_company`). An answer
is given only after the commit that holds the push (docs/sync-protocol.md, P8). One push never spoils another:
where a transaction of several fails, each of them is done again in one of its own.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy.orm import Session

from shared_models.problems import Code, Problem
from sync_server.people.session import Knock, SignedIn, admitted
from sync_server.store import Database
from sync_server.sync.judging import Patience
from sync_server.sync.push import Push, Pusher, Told, push_alone, push_together
from sync_server.sync.reading import Envelope, Reading

MOST_OPS = 4000
"""Most ops in one transaction: bounds what a push waits for, and the memory of a group."""

_STEP_SECONDS = 0.001
_MOST_STEPS = 10
_CLOCK_LIMIT = timedelta(days=36500)


def wait_for_company(
    waiting: Callable[[], int], expected: int, sleep: Callable[[float], None] = time.sleep
) -> None:
    """After a transaction of ``expected`` pushes: a moment for as many to come again.

    Without it one of them, the first to be heard, would be written alone while all others wait for it, and so
    on by turns. Ends as soon as they are there, when a millisecond passes in which none joins those that have
    come, and after ten milliseconds in any case.
    """
    before = waiting()
    for _ in range(_MOST_STEPS):
        if before >= expected:
            return
        sleep(_STEP_SECONDS)
        now = waiting()
        if now == before and now:
            return
        before = now


@dataclass(frozen=True)
class Sent:
    """A push as it was sent, its person not looked up yet."""

    knock: Knock
    envelope: Envelope
    reading: Reading
    now: datetime
    patience: Patience = field(default_factory=Patience)

    @property
    def stream(self) -> tuple[str, str]:
        """Device and epoch."""
        return self.envelope.device_id, self.envelope.epoch

    @property
    def sent_at(self) -> datetime:
        """The device's clock, within a century of ours."""
        return max(min(self.envelope.sent_at, self.now + _CLOCK_LIMIT), self.now - _CLOCK_LIMIT)

    def by(self, who: SignedIn) -> Push:
        """The push of this person."""
        pusher = Pusher(
            access=who.access,
            active=who.active,
            language=who.language,
            client=self.envelope.client or who.client,
            device_id=self.envelope.device_id,
            epoch=self.envelope.epoch,
            sent_at=self.sent_at,
            now=self.now,
            patience=self.patience,
        )
        return Push(pusher, self.reading)


@dataclass(frozen=True)
class _Waiting:
    sent: Sent
    op_ids: frozenset[str]
    done: Future[list[Told]] = field(default_factory=Future[list[Told]])


class PushQueue:
    """The one writer of pushes in this process."""

    def __init__(self, db: Database, *, token_days: int) -> None:
        self._db = db
        self._token_days = token_days
        self._lock = Lock()
        self._queue: deque[_Waiting] = deque()
        self._working = False
        self._worker = ThreadPoolExecutor(1, "push")

    def enter(self, sent: Sent) -> Future[list[Told]]:
        """Outcomes in the order of the ops, once they are durable; SIGNED_OUT for a token that has ended."""
        one = _Waiting(sent, frozenset(op.op_id for op in sent.reading.ops))
        with self._lock:
            self._queue.append(one)
            if not self._working:
                self._working = True
                self._worker.submit(self._work)
        return one.done

    def close(self) -> None:
        """Finish what has been entered and end."""
        self._worker.shutdown()

    def _work(self) -> None:
        while group := self._next():
            try:
                self._write(group)
            except BaseException as error:
                self._give_up(group, error)
                raise
            if len(group) > 1:
                wait_for_company(lambda: len(self._queue), len(group))

    def _give_up(self, group: list[_Waiting], error: BaseException) -> None:
        """Nobody waits for ever: those of the group are told, those behind it get a worker of their own."""
        for one in group:
            if not one.done.done():
                one.done.set_exception(error)
        with self._lock:
            self._working = bool(self._queue)
            if self._working:
                self._worker.submit(self._work)

    def _next(self) -> list[_Waiting]:
        """Those that may be written together: none shares a stream or an op with one before it."""
        with self._lock:
            group: list[_Waiting] = []
            later: list[_Waiting] = []
            streams: set[tuple[str, str]] = set()
            op_ids: set[str] = set()
            while self._queue:
                one = self._queue[0]
                if group and len(op_ids) + len(one.op_ids) > MOST_OPS:
                    break
                self._queue.popleft()
                # one whose sender hung up meanwhile is not written: the device sends it again
                if not one.done.running() and not one.done.set_running_or_notify_cancel():
                    continue
                if one.sent.stream in streams or not op_ids.isdisjoint(one.op_ids):
                    later.append(one)
                else:
                    group.append(one)
                streams.add(one.sent.stream)
                op_ids |= one.op_ids
            self._queue.extendleft(reversed(later))
            self._working = bool(group)
            return group

    def _write(self, group: list[_Waiting]) -> None:
        try:
            with self._db.write(by_key=True) as session:
                who = self._admitted(session, group)
                pushes = [one.sent.by(person) for one, person in zip(group, who, strict=True) if person]
                told = iter(push_together(session, pushes) if pushes else [])
        except Exception as error:  # noqa: BLE001 - whatever it was, each push gets its own answer
            for one in group:
                self._write_alone(one, error)
            return
        for one, person in zip(group, who, strict=True):
            if person is None:
                one.done.set_exception(Problem(Code.SIGNED_OUT))
            else:
                one.done.set_result(next(told))

    def _write_alone(self, one: _Waiting, before: Exception) -> None:
        try:
            with self._db.write(by_key=True) as session:
                (person,) = self._admitted(session, [one])
                results = push_alone(session, one.sent.by(person)) if person else None
        except Exception as error:  # noqa: BLE001 - handed to the one who waits
            error.__context__ = before
            one.done.set_exception(error)
            return
        if results is None:
            one.done.set_exception(Problem(Code.SIGNED_OUT))
        else:
            one.done.set_result(results)

    def _admitted(self, session: Session, group: list[_Waiting]) -> list[SignedIn | None]:
        now = max(one.sent.now for one in group)
        return admitted(session, [one.sent.knock for one in group], now, self._token_days)
