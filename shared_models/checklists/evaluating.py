"""The one evaluator: a checklist with its living instances, and answers with what is computed from them.

Computed values are never recorded: device and server reckon them from the answers, so both always agree, and
a row that claims another value changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from shared_models.checklists.document import Question, QuestionKind, TemplateDocument
from shared_models.checklists.formula import PLACES, Value
from shared_models.checklists.logic import AnswerValue, is_shown
from shared_models.checklists.repeats import Unrolling, split_key


class Evaluated(NamedTuple):
    """A checklist as it is asked, and the answers that count, by key."""

    document: TemplateDocument
    answers: Mapping[str, AnswerValue]


class Evaluator:
    """Evaluates answers to one checklist again and again."""

    def __init__(self, document: TemplateDocument) -> None:
        self._unrolling = Unrolling(document)
        self._computing = any(question.calculation is not None for question in document.questions())

    def __call__(self, answers: Mapping[str, AnswerValue]) -> Evaluated:
        """What follows from answers by key."""
        document = self._unrolling.of(answers)
        return Evaluated(document, computed(document, answers) if self._computing else answers)


def evaluated(document: TemplateDocument, answers: Mapping[str, AnswerValue]) -> Evaluated:
    """What follows from these answers by key."""
    return Evaluator(document)(answers)


def computed(document: TemplateDocument, answers: Mapping[str, AnswerValue]) -> dict[str, AnswerValue]:
    """The answers with every computed question's value, in the order of the (laid out) checklist.

    A question that is not shown is empty to every formula, as it is to show-when rules.
    """
    found = dict(answers)
    instances: dict[str, list[str]] = {}
    hidden: set[str] = set()
    for section in document.sections:
        own = {split_key(question.code)[0]: question.code for question in section.questions}
        for question in section.questions:
            if question.calculation is not None:
                found.pop(question.code, None)
            if not is_shown(question, found, hidden):
                hidden.add(question.code)
            elif question.formula is not None:
                value = question.formula.value(_Lookup(found, hidden, own, instances))
                plain = plain_value(question, value)
                if plain is not None:
                    found[question.code] = AnswerValue("answered", plain)
        for code, key in own.items():
            instances.setdefault(code, []).append(key)
    return found


class _Lookup:
    """Values by code as one section sees them: its own instance, else all instances there are."""

    def __init__(
        self,
        answers: Mapping[str, AnswerValue],
        hidden: set[str],
        own: Mapping[str, str],
        instances: Mapping[str, list[str]],
    ) -> None:
        self._answers, self._hidden, self._own, self._instances = answers, hidden, own, instances

    def __call__(self, code: str) -> list[Value]:
        keys = [self._own[code]] if code in self._own else self._instances.get(code, [])
        return [_value(self._answers.get(key)) for key in keys if key not in self._hidden]


def _value(answer: AnswerValue | None) -> Value:
    held: Any = answer.value if answer is not None and answer.state == "answered" else None
    if isinstance(held, int | float) and not isinstance(held, bool):
        return Decimal(str(held))
    if isinstance(held, list):
        return tuple(str(one) for one in held)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return held if isinstance(held, str) and held else None


def plain_value(question: Question, value: Value) -> Any:
    """A formula's value as the JSON value of an answer to this question; None where it does not fit."""
    match question.kind:
        case QuestionKind.NUMBER | QuestionKind.DURATION:
            if not isinstance(value, Decimal):
                return None
            places = PLACES if question.kind is QuestionKind.NUMBER else Decimal(1)
            number = value.quantize(places, ROUND_HALF_UP)
            low, high = question.minimum, question.maximum
            if (low is not None and number < low) or (high is not None and number > high):
                return None
            return int(number) if number == number.to_integral_value() else float(number)
        case QuestionKind.YES_NO | QuestionKind.YES_NO_NA:
            if isinstance(value, bool):
                return "yes" if value else "no"
            return value if value in ("yes", "no") else None
        case QuestionKind.SINGLE:
            return value if any(choice.code == value for choice in question.choices) else None
        case _:
            return _as_text(value)


def _as_text(value: Value) -> str | None:
    if isinstance(value, Decimal):
        return format(value.quantize(PLACES, ROUND_HALF_UP).normalize(), "f")
    return value if isinstance(value, str) and value else None
