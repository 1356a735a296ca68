"""How things break in the simulator: at the n-th await, at the n-th statement of a database."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError


class Killed(BaseException):
    """The device's process ended here."""


class ServerDied(BaseException):
    """The server's process ended here."""


def disk_full() -> BaseException:
    """What SQLite says when the disk is full."""
    return OperationalError("", {}, sqlite3.OperationalError("database or disk is full"))


def busy() -> BaseException:
    """What SQLite says when another process holds the database for too long."""
    return OperationalError("", {}, sqlite3.OperationalError("database is locked"))


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


def watch_statements(engine: Engine, fuse: Fuse) -> None:
    """Every statement of this engine is a step of the fuse."""

    def before(*_given: Any) -> None:
        fuse.step()

    event.listen(engine, "before_cursor_execute", before)
