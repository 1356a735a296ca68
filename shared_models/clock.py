"""Clocks: the wall clock as a thing that can be passed in, and the hybrid logical clock.

Hybrid logical clock after Kulkarni et al. 2014, "Logical Physical Clocks": a stamp is (Unix
milliseconds, counter, node). As text it is fixed width, so text order is clock order.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

Now = Callable[[], datetime]
"""A wall clock: gives an aware datetime in UTC."""

MAX_DRIFT_MS = 5 * 60 * 1000
"""How far ahead of the wall clock a received stamp may pull ours; beyond it is clamped and flagged."""


def utc_now() -> datetime:
    """The system's wall clock, aware, UTC."""
    return datetime.now(UTC)


def to_text(instant: datetime) -> str:
    """An instant as ISO 8601 in UTC with milliseconds and ``Z``: the one form on the wire."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """The instant of an ISO 8601 text with an offset; ValueError if it has none."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"an instant needs an offset: {text!r}")
    return instant.astimezone(UTC)


class Stamp(NamedTuple):
    """One reading of a hybrid logical clock."""

    milliseconds: int
    counter: int
    node: str

    def __str__(self) -> str:
        return f"{self.milliseconds:013d}.{self.counter:05d}.{self.node}"

    @classmethod
    def parse(cls, text: str) -> Stamp:
        """The stamp of its text form; ValueError if it is not one."""
        milliseconds, counter, node = text.split(".", 2)
        if len(milliseconds) != 13 or len(counter) != 5 or not node:
            raise ValueError(f"not a clock stamp: {text!r}")
        return cls(int(milliseconds), int(counter), node)


class HybridClock:
    """A node's hybrid logical clock: stamps rise even when the wall clock steps back."""

    def __init__(self, node: str, now: Now = utc_now, last: Stamp | None = None) -> None:
        self.node = node
        self._now = now
        self.last = last or Stamp(0, 0, node)

    def _wall(self) -> int:
        return int(self._now().timestamp() * 1000)

    def tick(self) -> Stamp:
        """A stamp for something that happens here now."""
        wall = self._wall()
        if wall > self.last.milliseconds:
            self.last = Stamp(wall, 0, self.node)
        else:
            self.last = Stamp(self.last.milliseconds, self.last.counter + 1, self.node)
        return self.last

    def observe(self, other: Stamp) -> bool:
        """Take note of another node's stamp; False if it lay too far ahead and was clamped."""
        wall = self._wall()
        within = other.milliseconds <= wall + MAX_DRIFT_MS
        seen = min(other.milliseconds, wall + MAX_DRIFT_MS)
        top = max(wall, self.last.milliseconds, seen)
        counters = [stamp.counter for stamp in (self.last, other) if stamp.milliseconds == top]
        self.last = Stamp(top, max(counters) + 1 if counters else 0, self.node)
        return within
