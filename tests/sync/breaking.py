"""How things break in the simulator: at the n-th await, at the n-th statement of a database."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event


class Killed(BaseException):
    """The device's process ended here."""


class ServerDied(BaseException):
    """The server's process ended here."""


def disk_full() -> BaseException:
    """What SQLite says when the disk is full."""
    return sqlite3.OperationalError("database or disk is full")


def busy() -> BaseException:
    """What SQLite says when another process holds the database for too long."""
    return sqlite3.OperationalError("database is locked")


@dataclass
class Fuse:
    """Burns at the n-th step from now on; None: never. ``burnt`` counts how often it did."""

    left: int | None = None
    error: Callable[[], BaseException] = Killed
    burnt: int = 0

    def arm(self, left: int, error: Callable[[], BaseException] = Killed) -> None:
        """Let it burn after ``left`` more steps."""
        self.left, self.error = left, error

    def step(self) -> None:
        """One step has been reached."""
        if self.left is None:
            return
        if self.left == 0:
            self.left = None
            self.burnt += 1
            raise self.error()
        self.left -= 1


class Watched(sqlite3.Cursor):
    """A cursor each of whose statements is a step of its connection's fuse."""

    connection: Kept  # type: ignore[assignment]

    def execute(self, *given: Any) -> Any:
        connection = self.connection
        if connection.begins and not connection.in_transaction:
            connection.fuse.step()
            super().execute("BEGIN")
        connection.fuse.step()
        return super().execute(*given)

    def executemany(self, *given: Any) -> Any:
        self.connection.fuse.step()
        return super().executemany(*given)


class Kept(sqlite3.Connection):
    """A connection that stays open when a pool throws it away after a violent end: the file is there.

    Its statements are watched here and not by an event of SQLAlchemy: with one, every statement of a run
    costs about a fifth more.
    """

    fuse: Fuse
    begins = False
    """Whether its first statement begins a transaction."""

    def cursor(self, *_given: Any) -> Any:
        return super().cursor(Watched)

    def close(self) -> None:
        self.rollback()


def keep_open(engine: Engine, fuse: Fuse) -> Kept:
    """Let an in-memory database outlive the connections to it; its statements are steps of the fuse."""
    kept = sqlite3.connect(":memory:", check_same_thread=False, factory=Kept)
    kept.fuse = fuse
    event.listen(engine, "do_connect", lambda *_given: kept)
    return kept


def begin_by_itself(engine: Engine, listener: Callable[..., None], kept: Kept) -> None:
    """Let the connection begin its transactions, in the place of the event that does so for real files."""
    event.remove(engine, "begin", listener)
    engine._has_events = False  # type: ignore[attr-defined]
    kept.begins = True
