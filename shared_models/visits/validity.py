"""Whether a value is an answer to a question: the same check when it is tapped and when it arrives."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, cast

from shared_models.checklists.document import Question, QuestionKind
from shared_models.problems import Code, Place, Problem

STATES = ("answered", "na", "unobserved", "cleared")
"""States of an answer row; see shared_models.visits.tables.Answer."""


def check_answer(question: Question, state: str, value: Any) -> None:
    """Raise INVALID_FIELD, with the question's code as place, for a value that cannot answer the question.

    Only state ``answered`` carries a value.
    """
    reason = _reason(question, state, value)
    if reason:
        raise Problem(Code.INVALID_FIELD, {"field": question.code}, [Place(question.code, reason)])


def _reason(question: Question, state: str, value: Any) -> str:
    if state not in STATES:
        return "state"
    if state != "answered":
        return "" if value is None else "value"
    match question.kind:
        case QuestionKind.YES_NO | QuestionKind.YES_NO_NA:
            return "" if value in ("yes", "no") else "yes or no"
        case QuestionKind.SCALE:
            return _within(question, value) if _whole(value) else "integer"
        case QuestionKind.NUMBER:
            return _within(question, value) if _number(value) else "number"
        case QuestionKind.DURATION:
            return _within(question, value) if _whole(value) and value >= 0 else "seconds"
        case QuestionKind.SINGLE:
            return "" if value in {choice.code for choice in question.choices} else "choice"
        case QuestionKind.MULTIPLE:
            codes = {choice.code for choice in question.choices}
            chosen = cast(list[Any], value) if isinstance(value, list) else None
            fits = chosen is not None and all(isinstance(one, str) for one in chosen)
            return "" if fits and chosen is not None and set(chosen) <= codes else "choices"
        case QuestionKind.DATE:
            return _parsed(date.fromisoformat, value, "date")
        case QuestionKind.TIME:
            return _parsed(time.fromisoformat, value, "time")
        case QuestionKind.DATETIME:
            return _parsed(_instant, value, "instant")
        case QuestionKind.TEXT | QuestionKind.BARCODE:
            return "" if isinstance(value, str) else "text"
        case QuestionKind.PHOTO | QuestionKind.AUDIO:
            return "" if _whole(value) and value >= 0 else "count"
        case QuestionKind.SIGNATURE:
            return "" if _has(value, "name", "strokes") else "signature"
        case QuestionKind.LOCATION:
            return "" if _has(value, "latitude", "longitude") else "location"


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return Decimal(str(value)).is_finite()


def _within(question: Question, value: float) -> str:
    number = Decimal(str(value))
    low, high = question.minimum, question.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        return f"{low if low is not None else ''}..{high if high is not None else ''}"
    return ""


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(text)
    return instant


def _parsed(read: Any, value: Any, name: str) -> str:
    try:
        read(value)
    except (TypeError, ValueError):
        return name
    return ""


def _has(value: Any, *names: str) -> bool:
    return isinstance(value, dict) and all(name in value for name in names)
