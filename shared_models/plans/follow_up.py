"""What each verdict asks for next."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class FollowUp(StrEnum):
    """The step after an item's verdict."""

    CLOSE = "close"
    """improved: the plan has done its work for this item."""
    MEASURES = "measures"
    """not_improved: the causes stand, other measures are tried."""
    CAUSES = "causes"
    """worse: the causes were wrong, or new ones have come; they are looked for again."""
    WAVE = "wave"
    """not_enough_data, or no verdict yet: answers are still needed."""


_AFTER = {
    "improved": FollowUp.CLOSE,
    "not_improved": FollowUp.MEASURES,
    "worse": FollowUp.CAUSES,
}


def follow_up(verdict: str) -> FollowUp:
    """The step that a verdict asks for."""
    return _AFTER.get(verdict, FollowUp.WAVE)


def judged(verdicts: Iterable[str]) -> bool:
    """Whether a plan may be closed: every item of it has a verdict that rests on data."""
    given = list(verdicts)
    return bool(given) and all(verdict in _AFTER for verdict in given)
