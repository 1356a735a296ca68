"""Corrections of sealed answers: what counts after them. One rule for device, server and figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from shared_models.checklists.logic import AnswerValue
from shared_models.checklists.repeats import key_of, split_key

Key = tuple[str, int]
"""(question code, repeat)"""
_NEVER = datetime.min.replace(tzinfo=UTC)


def in_order(corrections: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Corrections as they were made, the newest last; one that is not dated yet is the newest."""
    return sorted(corrections, key=lambda row: (row["made_at"] is None, row["made_at"] or _NEVER, row["id"]))


def corrected(
    answers: Mapping[Key, AnswerValue], corrections: Iterable[Mapping[str, Any]], revision: int
) -> dict[Key, AnswerValue]:
    """The answers that count: the recorded ones under the newest correction of each question.

    ``corrections`` are rows of the correction table in any order; only those of the visit's present
    ``revision`` count. The recorded answers are not changed.
    """
    counting = dict(answers)
    for row in in_order(corrections):
        if row["revision"] == revision:
            counting[row["question"], row["repeat"]] = AnswerValue(row["state"], row["value"])
    return counting


def corrected_by_key(
    answers: Mapping[str, AnswerValue], corrections: Iterable[Mapping[str, Any]], revision: int
) -> dict[str, AnswerValue]:
    """As :func:`corrected`, of answers by key."""
    counting = corrected({split_key(key): answer for key, answer in answers.items()}, corrections, revision)
    return {key_of(*place): answer for place, answer in counting.items()}
