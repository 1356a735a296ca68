"""Telephone work: customers to be called, attempts at them, and the rule of when a call is given up."""

from shared_models.calls.rules import (
    MOST_ATTEMPTS,
    DayPart,
    Reason,
    attempt_fault,
    day_part,
    is_over,
    parts_left,
    waves,
)
from shared_models.calls.tables import CallAttempt, CallTask

__all__ = [
    "MOST_ATTEMPTS",
    "CallAttempt",
    "CallTask",
    "DayPart",
    "Reason",
    "attempt_fault",
    "day_part",
    "is_over",
    "parts_left",
    "waves",
]
