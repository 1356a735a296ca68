"""What keeps a checklist that is being written from being one: every fault with its place, in words of a key.

:class:`TemplateDocument` refuses a document as a whole, in English. A person who writes needs all faults at
once, in either language and where they stand; each rule of the document has its kind here, and a rule that
has none yet still comes through as ``other`` with the document's own words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

from pydantic import ValidationError

from shared_models.checklists.document import SCORED_KINDS, Question, QuestionKind, TemplateDocument, counts
from shared_models.checklists.logic import Condition

Plain = Mapping[str, Any]
_CHOICES = frozenset({QuestionKind.SINGLE.value, QuestionKind.MULTIPLE.value})
_BY_TYPE = {
    "missing": "missing",
    "string_too_short": "missing",
    "too_short": "empty",
    "string_pattern_mismatch": "code",
    "string_too_long": "too_long",
    "decimal_parsing": "number",
    "decimal_type": "number",
    "int_parsing": "number",
    "int_from_float": "number",
    "greater_than_equal": "range",
    "less_than_equal": "range",
    "enum": "choose",
    "literal_error": "choose",
}


@dataclass(frozen=True)
class Fault:
    """One fault. ``section`` and ``question`` are positions from 0, None for what stands above them.

    ``kind`` is a word of ``checklists.fault.<kind>``; ``field`` the field of the part, ``detail`` what of it.
    """

    kind: str
    section: int | None = None
    question: int | None = None
    field: str = ""
    detail: str = ""


def faults(plain: Plain, items: Collection[str] | None) -> list[Fault]:
    """All faults of a document as plain JSON data, in its order; ``items``: codes of the ledger, None while
    they are not known here."""
    found = [*_own(plain, items)]
    known = {(one.section, one.question) for one in found}
    try:
        TemplateDocument.model_validate(plain)
    except ValidationError as error:
        for one in error.errors(include_url=False):
            fault = _named(one["type"], one["loc"], one["msg"])
            if fault.section is None and fault.field == "sections":
                continue  # _own has counted them; pydantic calls a list short whose parts are wrong
            spoken_for = fault.kind == "other" and (fault.section, fault.question) in known
            if not spoken_for and not (fault.kind == "other" and fault.section is None and found):
                found.append(fault)
    unique = dict.fromkeys(found)
    return sorted(unique, key=lambda one: (_place(one.section), _place(one.question)))


def _place(number: int | None) -> int:
    return -1 if number is None else number


def _named(kind: str, loc: tuple[int | str, ...], message: str) -> Fault:
    """A fault of the document itself by its place in the JSON."""
    rest = list(loc)
    section = question = None
    if len(rest) >= 2 and rest[0] == "sections" and isinstance(rest[1], int):
        section, rest = rest[1], rest[2:]
        if len(rest) >= 2 and rest[0] == "questions" and isinstance(rest[1], int):
            question, rest = rest[1], rest[2:]
    words = [str(one) for one in rest]
    name = _BY_TYPE.get(kind, "other")
    detail = message if name == "other" else ".".join(words[1:])
    return Fault(name, section, question, words[0] if words else "", detail)


def _own(plain: Plain, items: Collection[str] | None) -> Iterator[Fault]:
    sections: set[str] = set()
    asked: set[str] = set()
    counting: set[str] = set()
    every = {str(q.get("code")) for s in _list(plain, "sections") for q in _list(s, "questions")}
    if not _list(plain, "sections"):
        yield Fault("empty", field="sections")
    for at, section in enumerate(_list(plain, "sections")):
        code = str(section.get("code") or "")
        if code in sections:
            yield Fault("twice", at, None, "code", code)
        sections.add(code)
        count = cast("Plain", section.get("repeat") or {}).get("count")
        if count and count not in counting:
            yield Fault("repeat_count", at, None, "repeat", str(count))
        for number, question in enumerate(_list(section, "questions")):
            name = str(question.get("code") or "")
            if name in asked:
                yield Fault("twice", at, number, "code", name)
            for fault in _question(question, asked, every, items):
                yield Fault(fault.kind, at, number, fault.field, fault.detail)
            asked.add(name)
        if not section.get("repeat"):
            counting |= set(counting_codes(section))


def counting_codes(section: Plain) -> list[str]:
    """Codes of a section's questions whose answer can say how often a later one is asked."""
    found: list[str] = []
    for question in _list(section, "questions"):
        try:
            read = Question.model_validate(question)
        except ValidationError:
            continue
        if counts(read):
            found.append(read.code)
    return found


def _question(
    question: Plain, asked: Collection[str], every: Collection[str], items: Collection[str] | None
) -> Iterator[Fault]:
    kind = str(question.get("kind"))
    choices = [str(one.get("code")) for one in _list(question, "choices")]
    if kind in _CHOICES and len(choices) < 2:
        yield Fault("choices_few", field="choices")
    yield from (
        Fault("choice_twice", field="choices", detail=code)
        for code in sorted({code for code in choices if choices.count(code) > 1})
    )
    if kind not in _CHOICES and choices:
        yield Fault("choices_many", field="choices")
    low, high = question.get("minimum"), question.get("maximum")
    if kind == QuestionKind.SCALE and (low is None or high is None):
        yield Fault("scale_open", field="minimum")
    if low is not None and high is not None and not _rising([low, high], strictly=True):
        yield Fault("bounds", field="minimum")
    if not _rising([band.get("at_least") for band in _list(question, "score_bands")]):
        yield Fault("bands", field="score_bands")
    if question.get("critical") and not _scored(question):
        yield Fault("critical", field="critical")
    item = question.get("item")
    if item and items is not None and item not in items:
        yield Fault("item", field="item", detail=str(item))
    yield from _rule(question.get("show_when"), asked, every)


def _rule(rule: Any, asked: Collection[str], every: Collection[str]) -> Iterator[Fault]:
    if not rule:
        return
    try:
        read = list(dict.fromkeys(Condition.model_validate(rule).questions()))
    except ValidationError:
        yield Fault("rule", field="show_when")
        return
    for code in read:
        if code not in asked:
            kind = "rule_later" if code in every else "rule_unknown"
            yield Fault(kind, field="show_when", detail=code)


def _scored(question: Plain) -> bool:
    """As :attr:`Question.scored`, for a question that is not whole yet."""
    try:
        return Question.model_validate({**question, "critical": False, "show_when": None}).scored
    except ValidationError:
        return str(question.get("kind")) in {one.value for one in SCORED_KINDS}


def _rising(values: list[Any], *, strictly: bool = False) -> bool:
    try:
        numbers = [float(str(one)) for one in values]
    except ValueError:  # not a number: told at the number itself
        return True
    return all(a < b if strictly else a <= b for a, b in pairwise(numbers))


def _list(plain: Plain, name: str) -> list[Plain]:
    found = plain.get(name)
    return cast("list[Plain]", found) if isinstance(found, list) else []
