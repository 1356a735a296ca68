"""When whom to call, how often, and when it is enough. Pure; the device and the server use the same rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from shared_models.surveys.outcomes import Disposition


class Reason(StrEnum):
    """Why a customer is called (``calls.reason.<value>`` in the catalogue)."""

    DELIVERY_1 = "delivery_1"
    DELIVERY_7 = "delivery_7"
    DELIVERY_30 = "delivery_30"
    SERVICE = "service"


class DayPart(StrEnum):
    """Part of a day in which somebody may be reached (``calls.part.<value>`` in the catalogue)."""

    MORNING = "morning"
    NOON = "noon"
    AFTERNOON = "afternoon"
    EVENING = "evening"


class Wave(NamedTuple):
    """One call to come: why, and in which days."""

    reason: Reason
    first: date
    last: date


MOST_ATTEMPTS = 3
"""Day-parts in which a customer is tried in vain before the call is given up."""
_DELIVERED = ((Reason.DELIVERY_1, 1), (Reason.DELIVERY_7, 7), (Reason.DELIVERY_30, 30))
_DAYS = 3
"""Days that a call may take: service customers are called within three days, attempts need several."""
_PARTS = (
    (time(12), DayPart.MORNING),
    (time(14), DayPart.NOON),
    (time(18), DayPart.AFTERNOON),
)
FINAL = frozenset(
    {Disposition.WRONG_NUMBER, Disposition.NOT_THE_PERSON, Disposition.REFUSED, Disposition.BROKEN_OFF}
)
"""Outcomes after which nobody calls again; unreachable customers and those who named a time are."""


def waves(kind: str, day: date) -> tuple[Wave, ...]:
    """The calls that follow a ``delivery`` (next day, after a week, after a month) or a ``service``."""
    if kind == "service":
        return (Wave(Reason.SERVICE, day + timedelta(days=1), day + timedelta(days=_DAYS)),)
    return tuple(
        Wave(reason, day + timedelta(days=after), day + timedelta(days=after + _DAYS - 1))
        for reason, after in _DELIVERED
    )


def day_part(local: datetime) -> DayPart:
    """The part of the day of a local time: morning until 12, noon until 14, afternoon until 18, evening."""
    return next((part for end, part in _PARTS if local.time() < end), DayPart.EVENING)


def parts_tried(attempts: Iterable[Mapping[str, Any]]) -> frozenset[DayPart]:
    """Parts of the day in which nobody answered."""
    return frozenset(
        DayPart(one["day_part"]) for one in attempts if one["disposition"] == Disposition.UNREACHABLE
    )


def parts_left(attempts: Iterable[Mapping[str, Any]]) -> tuple[DayPart, ...]:
    """Parts of the day in which the customer has not been tried, in the order of the day."""
    tried = parts_tried(attempts)
    return tuple(part for part in DayPart if part not in tried)


def is_over(attempts: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the call ends here without a whole interview: a final outcome, or tried often enough."""
    rows = list(attempts)
    return any(one["disposition"] in FINAL for one in rows) or len(parts_tried(rows)) >= MOST_ATTEMPTS


def attempt_fault(before: Iterable[Mapping[str, Any]], one: Mapping[str, Any]) -> str | None:
    """Why an attempt cannot be taken: the name of the field that is wrong; None where it can."""
    rows = list(before)
    if one["disposition"] not in set(Disposition) - {Disposition.COMPLETED} or is_over(rows):
        return "disposition"
    if one["day_part"] not in set(DayPart):
        return "day_part"
    if one["disposition"] == Disposition.UNREACHABLE and one["day_part"] in parts_tried(rows):
        return "day_part"
    if (one["disposition"] == Disposition.CALL_LATER) != (one["call_again_at"] is not None):
        return "call_again_at"
    return None
