"""How a field takes a change: last writer wins by hybrid clock, exactly, and the loser is kept.

A stamp is compared as text (fixed width: text order is clock order). A stamp that runs ahead of our wall
clock by more than the allowed drift is cut back to it, so that one wrong clock does not win for ever.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared_models.clock import MAX_DRIFT_MS, Stamp
from shared_models.problems import Code, Problem

PLAIN_STAMP = re.compile(r"[0-9]{13}\.[0-9]{5}\..", re.DOTALL).match
"""Whether a stamp has the form that nearly every one has: text order is clock order then."""

COUNTERS = 100_000
"""A stamp's counter has five digits."""


@dataclass
class Merged:
    """What a change does to a row: columns that take it, and values that lost."""

    taken: dict[str, Any] = field(default_factory=dict[str, Any])
    stamped: list[str] = field(default_factory=list[str])
    """Columns whose clock moves on, also where the value is the same."""
    lost: dict[str, Any] = field(default_factory=dict[str, Any])
    """Values of this change that an earlier arrival with a later stamp keeps out."""
    displaced: dict[str, tuple[Any, str]] = field(default_factory=dict[str, tuple[Any, str]])
    """Values (with their stamp) of another device, not seen by this one, that this change replaces."""


def latest_stamp(now: datetime) -> str:
    """The latest milliseconds that a stamp may begin with."""
    return f"{int(now.timestamp() * 1000) + MAX_DRIFT_MS:013d}"


def of_epoch(stamp: str, epoch: str) -> str:
    """The stamp with the epoch as its node: copies of a database may share a node, never an epoch."""
    return stamp[:20] + epoch


def bounded_stamp(text: str, now: datetime, seq: int) -> tuple[str, bool]:
    """The stamp, cut back where it runs too far ahead of ``now``; whether it was cut.

    Stamps that are cut keep the order in which their device gave them: ``seq`` is the op's number there.
    Raises INVALID_FIELD for a text that is no stamp.
    """
    if PLAIN_STAMP(text) is not None and text[:13] <= latest_stamp(now):
        return text, False
    latest = int(now.timestamp() * 1000) + MAX_DRIFT_MS
    try:
        stamp = Stamp.parse(text)
    except ValueError:
        raise Problem(Code.INVALID_FIELD, {"field": "hlc"}) from None
    if stamp.milliseconds <= latest:
        return text, False
    more, counter = divmod(seq, COUNTERS)
    return str(stamp._replace(milliseconds=latest + more, counter=counter)), True


def merge_fields(
    row: dict[str, Any],
    values: dict[str, Any],
    stamp: str,
    *,
    clock_of: Callable[[str], tuple[str, int]],
    base_version: int,
) -> Merged:
    """Merge a change into a row, per field.

    ``clock_of`` gives a column's stamp and the row's version when it was written; ``base_version`` is the
    version that the person saw, so a column written later than that was changed unseen.
    """
    merged = Merged()
    node = stamp.split(".", 2)[2]
    for column, value in values.items():
        held, written = clock_of(column)
        if held and stamp < held:
            if row[column] != value:
                merged.lost[column] = value
            continue
        merged.stamped.append(column)
        if row[column] == value:
            continue
        merged.taken[column] = value
        if held and written > base_version and held.split(".", 2)[2] != node:
            merged.displaced[column] = (row[column], held)
    return merged
