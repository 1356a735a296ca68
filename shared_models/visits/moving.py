"""Moving a draft to a newer version of its checklist: what stays, what is new, what has no place any more.

Nothing is lost: an answer that has no place is taken back in its row and kept, with its comment, in
``visit.moves``. Device and server tell by the same function what a move does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from shared_models.checklists.document import Question, TemplateDocument
from shared_models.checklists.repeats import key_of, naming_question
from shared_models.visits.validation import answer_fault

Reason = Literal["gone", "kind", "value", "repeat"]


@dataclass(frozen=True)
class Dropped:
    """An answer without a place in the new version: no such question, another kind, a value it cannot have,
    or an instance of a section that repeats no more."""

    question: str
    repeat: int
    reason: Reason


@dataclass(frozen=True)
class Move:
    """What a move does to the answers (by key: the question's code, with the number of its instance)."""

    kept: tuple[str, ...]
    reworded: tuple[str, ...]
    """Of those kept: questions whose text is another one now. Look whether the answer still holds."""
    new: tuple[str, ...]
    """Codes of questions that the old version did not ask."""
    dropped: tuple[Dropped, ...]


def plan_move(old: TemplateDocument, new: TemplateDocument, rows: Iterable[Mapping[str, Any]]) -> Move:
    """What moving does to these rows of answers (question, repeat, state, value); cleared ones count not."""
    before, after = _questions(old), _questions(new)
    repeating = _repeating(new)
    kept: list[str] = []
    reworded: list[str] = []
    dropped: list[Dropped] = []
    for row in sorted(rows, key=lambda one: (one["question"], one["repeat"])):
        if row["state"] == "cleared":
            continue
        code, repeat = row["question"], row["repeat"]
        reason = _reason(before.get(code), after.get(code), row, code in repeating)
        if reason is not None:
            dropped.append(Dropped(code, repeat, reason))
            continue
        kept.append(key_of(code, repeat))
        was, now = before.get(code), after[code]
        if was is not None and was.text != now.text:
            reworded.append(key_of(code, repeat))
    fresh = tuple(question.code for question in new.questions() if question.code not in before)
    return Move(tuple(kept), tuple(reworded), fresh, tuple(dropped))


def entry(rows: Iterable[Mapping[str, Any]], move: Move, old: str, new: str, at: str) -> dict[str, Any]:
    """The line of ``visit.moves``: versions, instant (ISO 8601) and every dropped answer as it was."""
    by_place = {(row["question"], row["repeat"]): row for row in rows}
    return {
        "from": old,
        "to": new,
        "at": at,
        "dropped": [
            {
                "question": one.question,
                "repeat": one.repeat,
                "reason": one.reason,
                "state": by_place[one.question, one.repeat]["state"],
                "value": by_place[one.question, one.repeat]["value"],
                "comment": by_place[one.question, one.repeat]["comment"],
            }
            for one in move.dropped
        ],
    }


def _questions(document: TemplateDocument) -> dict[str, Question]:
    naming = {one.code: naming_question(one) for one in document.sections if one.repeat is not None}
    return naming | {question.code: question for question in document.questions()}


def _repeating(document: TemplateDocument) -> frozenset[str]:
    return frozenset(
        code
        for section in document.sections
        if section.repeat is not None
        for code in (section.code, *(question.code for question in section.questions))
    )


def _reason(
    before: Question | None, after: Question | None, row: Mapping[str, Any], repeats: bool
) -> Reason | None:
    if after is None:
        return "gone"
    if row["repeat"] and not repeats:
        return "repeat"
    if before is not None and before.kind != after.kind and row["state"] == "answered":
        related = {before.kind.value, after.kind.value} == {"yes_no", "yes_no_na"}
        if not related:
            return "kind"
    return "value" if answer_fault(after, row["state"], row["value"]) is not None else None
