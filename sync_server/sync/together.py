"""Pushes that arrive while others are being written are written together: one transaction, one flush to disk.

Nobody waits for company: a push that comes alone is written at once. An answer is given only after the
commit that holds the push (docs/sync-protocol.md, P8). One push never spoils another: where a transaction of
several fails, each of them is done again in one of its own.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock

from sync_server.store import Database
from sync_server.sync.push import Push, Told, push_alone, push_together

MOST_OPS = 4000
"""Most ops in one transaction: bounds what a push waits for, and the memory of a group."""


@dataclass(frozen=True)
class _Waiting:
    push: Push
    op_ids: frozenset[str]
    done: Future[list[Told]] = field(default_factory=Future[list[Told]])


class PushQueue:
    """The one writer of pushes in this process."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = Lock()
        self._queue: deque[_Waiting] = deque()
        self._working = False
        self._worker = ThreadPoolExecutor(1, "push")

    def enter(self, push: Push) -> Future[list[Told]]:
        """Outcomes in the order of the ops, once they are durable."""
        one = _Waiting(push, frozenset(op.op_id for op in push.reading.ops))
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
            self._write(group)

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
                if one.push.stream in streams or not op_ids.isdisjoint(one.op_ids):
                    later.append(one)
                else:
                    group.append(one)
                streams.add(one.push.stream)
                op_ids |= one.op_ids
            self._queue.extendleft(reversed(later))
            self._working = bool(group)
            return group

    def _write(self, group: list[_Waiting]) -> None:
        try:
            with self._db.write() as session:
                told = push_together(session, [one.push for one in group])
        except Exception as error:  # noqa: BLE001 - whatever it was, each push gets its own answer
            if len(group) == 1:
                self._write_alone(group[0], error)
            else:
                for one in group:
                    self._write([one])
            return
        for one, results in zip(group, told, strict=True):
            one.done.set_result(results)

    def _write_alone(self, one: _Waiting, before: Exception) -> None:
        try:
            with self._db.write() as session:
                results = push_alone(session, one.push)
        except Exception as error:  # noqa: BLE001 - handed to the one who waits
            error.__context__ = before
            one.done.set_exception(error)
        else:
            one.done.set_result(results)
