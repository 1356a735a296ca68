"""Show-when rules: one evaluator for device and server.

A condition is a small tree (``all`` / ``any`` / ``not`` / a comparison on one earlier answer). It reads
answers only through :class:`AnswerValue`, so both sides give the same result for the same answers.
An unanswered or not-applicable question makes every comparison on it false, except ``answered``/``!=``
which follow their plain meaning; this is XLSForm's reading of an empty value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared_models.building import LATER

if TYPE_CHECKING:
    from shared_models.checklists.document import Question, TemplateDocument

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "in", "includes", "answered", "na"]


class AnswerValue(NamedTuple):
    """What logic and scoring need of an answer: its state and its plain JSON value."""

    state: Literal["answered", "na", "unobserved"]
    value: Any = None


class Condition(BaseModel):
    """Exactly one of ``all``, ``any``, ``not`` (``negate`` in Python) or a comparison is given."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True, defer_build=LATER)

    all: tuple[Condition, ...] | None = None
    any: tuple[Condition, ...] | None = None
    negate: Condition | None = Field(default=None, alias="not")
    question: str | None = None
    op: Operator = "="
    value: Any = None

    @model_validator(mode="after")
    def _one_form(self) -> Condition:
        given = [name for name in ("all", "any", "negate", "question") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"a condition has exactly one of all, any, not, question; this one has {given}")
        return self

    def questions(self) -> Iterator[str]:
        """Codes of all questions that this condition reads."""
        if self.question is not None:
            yield self.question
        for part in (*(self.all or ()), *(self.any or ()), *((self.negate,) if self.negate else ())):
            yield from part.questions()

    def holds(self, answers: Mapping[str, AnswerValue]) -> bool:
        """Whether the condition holds for these answers (by question code)."""
        if self.all is not None:
            return all(part.holds(answers) for part in self.all)
        if self.any is not None:
            return any(part.holds(answers) for part in self.any)
        if self.negate is not None:
            return not self.negate.holds(answers)
        assert self.question is not None
        return _compare(self.op, answers.get(self.question), self.value)


def _compare(op: Operator, answer: AnswerValue | None, wanted: Any) -> bool:
    if op == "answered":
        return answer is not None
    if op == "na":
        return answer is not None and answer.state == "na"
    value = answer.value if answer is not None and answer.state == "answered" else None
    if op == "!=":
        return not _equal(value, wanted)
    if value is None:
        return False
    if op == "=":
        return _equal(value, wanted)
    if op == "in":
        return any(_equal(value, one) for one in wanted)
    if op == "includes":
        return isinstance(value, list) and wanted in value
    left, right = _number(value), _number(wanted)
    if left is None or right is None:
        left, right = str(value), str(wanted)  # ISO dates and times compare as text
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[op]  # type: ignore[operator]


def _equal(left: Any, right: Any) -> bool:
    a, b = _number(left), _number(right)
    return a == b if a is not None and b is not None else left == right


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or value is None or isinstance(value, list | dict):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def is_shown(question: Question, answers: Mapping[str, AnswerValue], hidden: Iterable[str] = ()) -> bool:
    """Whether a question is shown; a question that depends on a hidden one reads it as unanswered."""
    if question.show_when is None:
        return True
    gone = hidden if isinstance(hidden, set) else set(hidden)
    if gone and not gone.isdisjoint(question.show_when.questions()):
        answers = {code: value for code, value in answers.items() if code not in gone}
    return question.show_when.holds(answers)


def shown_questions(document: TemplateDocument, answers: Mapping[str, AnswerValue]) -> list[Question]:
    """All questions shown for these answers, in document order.

    Answers to questions that became hidden are kept by the store but read as unanswered here, so a chain
    of rules folds away as a whole and comes back with its answers when the first answer is changed back.
    """
    shown: list[Question] = []
    hidden: set[str] = set()
    for section in document.sections:
        for question in section.questions:
            if is_shown(question, answers, hidden):
                shown.append(question)
            else:
                hidden.add(question.code)
    return shown
