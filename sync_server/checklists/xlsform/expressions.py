"""XLSForm's expressions (the part of XPath that forms use) to show-when rules and bounds, and back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from shared_models.checklists.document import Question, QuestionKind
from shared_models.checklists.logic import Condition

_TOKEN = re.compile(
    r"\s*(?:(?P<ref>\$\{\s*(?:last-saved#)?[^}]+\})|(?P<text>'[^']*'|\"[^\"]*\")|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<op><=|>=|!=|=|<|>)|(?P<paren>[(),])|(?P<word>[A-Za-z][\w.-]*)|(?P<dot>\.))"
)
_FLIP = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}


class Unreadable(Exception):
    """An expression that a checklist's rules cannot say."""


class UnknownName(Exception):
    """An expression names a question that is not there."""


@dataclass(frozen=True)
class Names:
    """What an expression may name: questions by the form's name, and their choices by the form's code."""

    questions: dict[str, Question]
    choices: dict[str, dict[str, str]]
    """Choice code here by choice name there, per question name there."""


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    place = 0
    text = text.strip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise Unreadable(text)
        place = match.end()
        kind = match.lastgroup or ""
        found.append((kind, match[kind]))
    return found


class _Reader:
    def __init__(self, text: str, names: Names) -> None:
        self.tokens = _tokens(text)
        self.place = 0
        self.names = names

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.place] if self.place < len(self.tokens) else ("", "")

    def take(self, kind: str = "", value: str = "") -> tuple[str, str]:
        token = self.peek()
        if not token[0] or (kind and token[0] != kind) or (value and token[1] != value):
            raise Unreadable
        self.place += 1
        return token

    def whole(self) -> Condition:
        made = self.any_of()
        if self.peek()[0]:
            raise Unreadable
        return made

    def any_of(self) -> Condition:
        return self._joined("or", self.all_of, "any")

    def all_of(self) -> Condition:
        return self._joined("and", self.one, "all")

    def _joined(self, word: str, part: Callable[[], Condition], name: str) -> Condition:
        parts = [part()]
        while self.peek() == ("word", word):
            self.take()
            parts.append(part())
        if len(parts) == 1:
            return parts[0]
        listed = _as_list(parts) if name == "any" else None
        return listed or Condition.model_validate({name: tuple(parts)})

    def one(self) -> Condition:
        kind, value = self.peek()
        if (kind, value) == ("paren", "("):
            self.take()
            made = self.any_of()
            self.take("paren", ")")
            return made
        if kind == "word" and value == "not":
            self.take()
            self.take("paren", "(")
            made = self.any_of()
            self.take("paren", ")")
            return _not(made)
        if kind == "word" and value == "selected":
            self.take()
            self.take("paren", "(")
            name = self.reference()
            self.take("paren", ",")
            wanted = self.literal()
            self.take("paren", ")")
            return self.selected(name, wanted)
        if kind == "ref":
            name = self.reference()
            op = self.take("op")[1]
            return self.compared(name, op, self.literal())
        if kind in {"text", "number"}:
            wanted = self.literal()
            op = _FLIP[self.take("op")[1]]
            return self.compared(self.reference(), op, wanted)
        raise Unreadable

    def reference(self) -> str:
        name = self.take("ref")[1][2:-1].strip()
        if name.startswith("last-saved#"):
            raise Unreadable
        if name not in self.names.questions:
            raise UnknownName(name)
        return name

    def literal(self) -> str:
        kind, value = self.take()
        if kind == "text":
            return value[1:-1]
        if kind == "number":
            return value
        raise Unreadable

    def selected(self, name: str, wanted: str) -> Condition:
        question = self.names.questions[name]
        if question.kind is QuestionKind.MULTIPLE:
            return Condition(question=question.code, op="includes", value=self.choice(name, wanted))
        return self.compared(name, "=", wanted)

    def choice(self, name: str, wanted: str) -> str:
        known = self.names.choices.get(name)
        return wanted if known is None else known.get(wanted, wanted)

    def compared(self, name: str, op: str, wanted: str) -> Condition:
        question = self.names.questions[name]
        code = question.code
        if wanted == "" and op in {"=", "!="}:
            answered = Condition(question=code, op="answered")
            return answered if op == "!=" else _not(answered)
        if question.kind is QuestionKind.YES_NO_NA and wanted == "na" and op in {"=", "!="}:
            never = Condition(question=code, op="na")
            return never if op == "=" else _not(never)
        if question.kind is QuestionKind.MULTIPLE:
            raise Unreadable
        value: Any = self.choice(name, wanted)
        if question.kind in {QuestionKind.NUMBER, QuestionKind.SCALE, QuestionKind.DURATION}:
            value = _number(wanted)
        return Condition(question=code, op=op, value=value)  # type: ignore[arg-type]


def _not(condition: Condition) -> Condition:
    return Condition.model_validate({"not": condition})


def _as_list(parts: list[Condition]) -> Condition | None:
    """Several equalities on one question are one membership."""
    codes = {part.question for part in parts}
    if len(codes) != 1 or None in codes or any(part.op != "=" for part in parts):
        return None
    return Condition(question=parts[0].question, op="in", value=[part.value for part in parts])


def _number(text: str) -> int | float:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Unreadable from None
    return int(number) if number == number.to_integral_value() else float(number)


def read_condition(text: str, names: Names) -> Condition:
    """The show-when rule of an expression. Raises Unreadable, or UnknownName with the name."""
    return _Reader(text, names).whole()


_BOUND = re.compile(r"\s*\.\s*(<=|>=|<|>)\s*(-?\d+(?:\.\d+)?)\s*")


def read_bounds(text: str, whole_numbers: bool) -> tuple[Decimal | None, Decimal | None]:
    """Smallest and largest value of a constraint like ``. >= 1 and . <= 10``; Unreadable for another one."""
    low: Decimal | None = None
    high: Decimal | None = None
    bare = text.strip()
    while bare.startswith("(") and bare.endswith(")") and bare.count("(") == 1:
        bare = bare[1:-1]
    for part in re.split(r"\band\b", bare):
        found = _BOUND.fullmatch(part.strip().removeprefix("(").removesuffix(")"))
        if found is None:
            raise Unreadable
        op, number = found[1], Decimal(found[2])
        if op in {"<", ">"}:
            if not whole_numbers:
                raise Unreadable
            number += 1 if op == ">" else -1
        if op.startswith(">"):
            low = number
        else:
            high = number
    return low, high


def write_condition(condition: Condition, questions: dict[str, Question]) -> str:
    """The expression of a show-when rule; Unreadable for one that XLSForm has no words for."""
    if condition.all is not None:
        return " and ".join(_wrapped(part, questions) for part in condition.all)
    if condition.any is not None:
        return " or ".join(_wrapped(part, questions) for part in condition.any)
    if condition.negate is not None:
        return f"not({write_condition(condition.negate, questions)})"
    question = questions[condition.question or ""]
    name = f"${{{question.code}}}"
    match condition.op:
        case "answered":
            return f"{name} != ''"
        case "na":
            if question.kind is not QuestionKind.YES_NO_NA:
                raise Unreadable
            return f"{name} = 'na'"
        case "includes":
            return f"selected({name}, {_literal(condition.value)})"
        case "in":
            return " or ".join(f"{name} = {_literal(value)}" for value in condition.value)
        case _:
            return f"{name} {condition.op} {_literal(condition.value)}"


def _wrapped(part: Condition, questions: dict[str, Question]) -> str:
    text = write_condition(part, questions)
    joined = part.all is not None or part.any is not None or part.op == "in"
    return f"({text})" if joined else text


def _literal(value: Any) -> str:
    if value is None or isinstance(value, bool | list | dict):
        raise Unreadable
    if isinstance(value, int | float | Decimal):
        return str(value)
    text = str(value)
    if "'" in text:
        raise Unreadable
    return f"'{text}'"
