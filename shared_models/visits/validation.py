"""Whether an answer fits its question: the one check that device and server share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from shared_models.checklists.document import Question, QuestionKind

STATES = frozenset({"answered", "na", "unobserved", "cleared"})
"""What an answer's state may be."""


def answer_fault(question: Question, state: str, value: Any) -> str | None:
    """Why this answer cannot stand (a word for the problem's place), or None if it can."""
    if state not in STATES:
        return "state"
    if state != "answered" or value is None:
        return None
    match question.kind:
        case QuestionKind.YES_NO | QuestionKind.YES_NO_NA:
            fits = value in ("yes", "no")
        case QuestionKind.SINGLE:
            fits = any(choice.code == value for choice in question.choices)
        case QuestionKind.MULTIPLE:
            codes = {choice.code for choice in question.choices}
            fits = isinstance(value, list) and all(isinstance(v, str) and v in codes for v in value)
        case QuestionKind.SCALE:
            fits = _is_whole(value) and _within(question, value)
        case QuestionKind.NUMBER:
            fits = _within(question, value)
        case QuestionKind.DURATION | QuestionKind.PHOTO | QuestionKind.AUDIO:
            fits = _is_whole(value) and value >= 0
        case QuestionKind.DATE:
            fits = _reads(date.fromisoformat, value)
        case QuestionKind.TIME:
            fits = _reads(time.fromisoformat, value)
        case QuestionKind.DATETIME:
            fits = _reads(datetime.fromisoformat, value)
        case QuestionKind.TEXT | QuestionKind.BARCODE:
            fits = isinstance(value, str)
        case QuestionKind.SIGNATURE | QuestionKind.LOCATION:
            fits = isinstance(value, Mapping)
    return None if fits else "value"


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _within(question: Question, value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return False
    if not number.is_finite():
        return False
    low, high = question.minimum, question.maximum
    return (low is None or number >= low) and (high is None or number <= high)


def _reads(parse: Any, value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        parse(value)
    except ValueError:
        return False
    return True
