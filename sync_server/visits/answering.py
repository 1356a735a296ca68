"""New answers of one visit, read in one go: what nearly every answer is, and nothing else.

What does not look exactly like it is left to the general way (sync_server.sync.apply), which says what is
wrong; tests/contract/test_push_bulk.py holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec

from shared_models.checklists.document import Question, QuestionKind
from shared_models.problems import Problem
from shared_models.sync.wire import Op
from sync_server.sync.journal import Values

Check = Callable[[Values], Values]


class _Fields(msgspec.Struct, forbid_unknown_fields=True):
    """The fields of an answer as the devices write them, each with the type of its column."""

    visit_id: str
    question: str
    state: str
    repeat: Annotated[int, msgspec.Meta(ge=0, lt=2**31)] = 0
    value: Any = None
    comment: str = ""
    answered_at: str | None = None


_YES_NO = frozenset({"yes", "no"})


_plain: dict[str, dict[str, frozenset[str]]] = {}
_MOST_VERSIONS = 200


def plain_values(version_id: str, questions: Mapping[str, Question]) -> dict[str, frozenset[str]]:
    """By question of a template version: the values that fit it for being in a list; made once per version.
    The others are looked at one by one."""
    found = _plain.get(version_id)
    if found is None:
        if len(_plain) >= _MOST_VERSIONS:
            _plain.clear()
        found = _plain[version_id] = _listed(questions)
    return found


def _listed(questions: Mapping[str, Question]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for code, question in questions.items():
        if question.kind in {QuestionKind.YES_NO, QuestionKind.YES_NO_NA}:
            found[code] = _YES_NO
        elif question.kind is QuestionKind.SINGLE:
            found[code] = frozenset(choice.code for choice in question.choices)
        else:
            found[code] = frozenset()
    return found


def answers_of(
    visit_id: str, ops: Sequence[Op], plain: Mapping[str, frozenset[str]], check: Check
) -> list[Values] | None:
    """The rows that these ops make in a visit; None where one is not plainly an answer of it.

    ``check`` raises Problem for an answer that does not fit its question.
    """
    try:
        given = msgspec.convert([op.fields for op in ops], list[_Fields])
    except msgspec.ValidationError:
        return None
    rows: list[Values] = []
    for op, one in zip(ops, given, strict=True):
        fits = plain.get(one.question)
        at = one.answered_at
        if fits is None or one.visit_id != visit_id or "\x00" in one.comment:
            return None
        try:
            when = None if at is None else _instant(at)
            row: Values = {
                "id": op.row_id,
                "version": 1,
                "visit_id": visit_id,
                "question": one.question,
                "repeat": one.repeat,
                "state": one.state,
                "value": one.value,
                "comment": one.comment,
                "answered_at": when,
            }
            if one.repeat or one.state != "answered" or type(one.value) is not str or one.value not in fits:
                check(row)
        except (ValueError, Problem):
            return None
        rows.append(row)
    return rows


def _instant(text: str) -> datetime:
    """As shared_models.clock.from_text, the usual form without a detour."""
    when = datetime.fromisoformat(text)
    if when.tzinfo is None:
        raise ValueError(text)
    return when if when.tzinfo is UTC else when.astimezone(UTC)
