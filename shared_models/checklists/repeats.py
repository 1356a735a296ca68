"""Repeating sections: one per consultant met, one per car looked at.

An instance is kept as an answer to the section's own code: ``repeat`` numbers it, the value is its name, the
state ``na`` takes it out. The answers of the instance carry the same number; what is taken out keeps them.
Everywhere above the rows, an answer is named by its *key*: the question's code, and from the second instance
on its number behind it (``C3~1``). :class:`Unrolling` lays a checklist out with every living instance as a
section of its own, whose questions have keys for codes: rules, scores and screens read it like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared_models.checklists.document import (
    Bilingual,
    Question,
    QuestionKind,
    Repeat,
    Section,
    TemplateDocument,
)
from shared_models.checklists.logic import AnswerValue, Condition

MARK = "~"
MOST_NUMBERED = 100
"""Instances are numbered below this; a number is never given twice in a visit."""


def key_of(code: str, repeat: int) -> str:
    """The key of a question's answer in an instance."""
    return f"{code}{MARK}{repeat}" if repeat else code


def split_key(key: str) -> tuple[str, int]:
    """Code and number of the instance of a key."""
    code, _, repeat = key.partition(MARK)
    return code, int(repeat) if repeat.isdigit() else 0


def row_key(row: Mapping[str, Any]) -> str:
    """The key of a row of answers, attachments or corrections."""
    return key_of(row["question"], row["repeat"])


def naming_question(section: Section) -> Question:
    """What an instance's own row answers: its name, as free text."""
    assert section.repeat is not None
    return Question(
        code=section.code,
        kind=QuestionKind.TEXT,
        text=section.repeat.label,
        stage=section.stage,
        required=False,
    )


def living(section: Section, answers: Mapping[str, AnswerValue]) -> tuple[int, ...]:
    """Numbers of the instances of a repeating section that are there, in order; at least its minimum."""
    rule = section.repeat
    assert rule is not None
    if rule.count is not None:
        return tuple(range(_said(answers.get(rule.count), rule)))
    numbered = ((*split_key(key), answer.state) for key, answer in answers.items())
    states = {repeat: state for code, repeat, state in numbered if code == section.code}
    there = {n for n, state in states.items() if state == "answered"} | set(range(rule.minimum))
    there -= {n for n, state in states.items() if state == "na"}
    gone = iter(sorted(n for n, state in states.items() if state == "na"))
    while len(there) < rule.minimum:
        there.add(next(gone))
    return tuple(sorted(there))


def _said(answer: AnswerValue | None, rule: Repeat) -> int:
    """How many instances the counting answer says; the answers of more, if it said more once, are kept."""
    value = answer.value if answer is not None and answer.state == "answered" else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return rule.minimum
    return max(0, min(int(value), rule.maximum))


def overfull(document: TemplateDocument, answers: Mapping[str, AnswerValue]) -> list[str]:
    """Codes of repeating sections with more instances than they may have."""
    return [
        section.code
        for section in document.sections
        if section.repeat is not None and len(living(section, answers)) > section.repeat.maximum
    ]


class Unrolling:
    """Lays out one checklist; equal instances give the very same document and questions again."""

    def __init__(self, document: TemplateDocument) -> None:
        self._document = document
        self._repeating = [section for section in document.sections if section.repeat is not None]
        self._shape: tuple[object, ...] = ()
        self._laid_out = document
        self._questions: dict[tuple[object, ...], tuple[Question, ...]] = {}

    def of(self, answers: Mapping[str, AnswerValue]) -> TemplateDocument:
        """The checklist with its living instances; itself where nothing in it repeats."""
        if not self._repeating:
            return self._document
        there = {section.code: living(section, answers) for section in self._repeating}
        keys = [key_of(code, n) for code, numbers in there.items() for n in numbers]
        names = {key: _name(answers.get(key)) for key in keys}
        shape = (*there.items(), *names.items())
        if shape != self._shape:
            self._shape, self._laid_out = shape, self._lay_out(there, names)
        return self._laid_out

    def _lay_out(self, there: Mapping[str, tuple[int, ...]], names: Mapping[str, str]) -> TemplateDocument:
        first = {
            question.code: key_of(question.code, there[section.code][0])
            for section in self._repeating
            if there[section.code] and there[section.code][0]
            for question in section.questions
        }
        sections: list[Section] = []
        for section in self._document.sections:
            if section.repeat is None:
                sections.append(section.model_copy(update={"questions": self._asked(section, 0, first)}))
                continue
            if not there[section.code]:
                sections.append(section.model_copy(update={"questions": ()}))
            for place, n in enumerate(there[section.code], start=1):
                key = key_of(section.code, n)
                own = {question.code: key_of(question.code, n) for question in section.questions}
                title = _title(section.repeat.label, place, names[key])
                questions = self._asked(section, n, {**first, **own})
                sections.append(
                    section.model_copy(update={"code": key, "title": title, "questions": questions})
                )
        return self._document.model_copy(update={"sections": tuple(sections)})

    def _asked(self, section: Section, n: int, keys: Mapping[str, str]) -> tuple[Question, ...]:
        other = tuple((code, key) for code, key in keys.items() if code != key)
        if not n and not other:
            return section.questions
        made = self._questions.get((section.code, n, other))
        if made is None:
            made = tuple(_keyed(question, n, keys) for question in section.questions)
            self._questions[section.code, n, other] = made
        return made


def unrolled(document: TemplateDocument, answers: Mapping[str, AnswerValue]) -> TemplateDocument:
    """The checklist as these answers lay it out."""
    return Unrolling(document).of(answers)


def _keyed(question: Question, n: int, keys: Mapping[str, str]) -> Question:
    rule = question.show_when
    changed = {"code": key_of(question.code, n), "show_when": _pointed(rule, keys) if rule else None}
    return question.model_copy(update=changed)


def _pointed(rule: Condition, keys: Mapping[str, str]) -> Condition:
    """The rule with the questions it reads named by their keys."""
    if rule.question is not None:
        return rule.model_copy(update={"question": keys.get(rule.question, rule.question)})
    if rule.negate is not None:
        return rule.model_copy(update={"negate": _pointed(rule.negate, keys)})
    name = "all" if rule.all is not None else "any"
    return rule.model_copy(update={name: tuple(_pointed(part, keys) for part in getattr(rule, name))})


def _name(answer: AnswerValue | None) -> str:
    return answer.value if answer is not None and isinstance(answer.value, str) else ""


def _title(label: Bilingual, place: int, name: str) -> Bilingual:
    behind = f" · {name}" if name else ""
    return Bilingual(zh=f"{label.zh} {place}{behind}", en=f"{label.en} {place}{behind}")
