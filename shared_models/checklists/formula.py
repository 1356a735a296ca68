"""Formulas of computed questions: a small language without side effects, the same on device and server.

The words are those of XLSForm: ``${code}`` reads an earlier answer, ``+ - * div mod`` reckon,
``= != < <= > >=`` compare, ``and``, ``or``, ``not(...)`` join; the functions are listed in ``FUNCTIONS``.
Reckoning is exact decimal. An unanswered question is empty, and so is all that is reckoned with it; ``sum``,
``count``, ``min``, ``max`` and ``mean`` pass over what is empty and read every instance of a repeating
section.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import ROUND_HALF_UP, Decimal, DecimalException, localcontext
from functools import lru_cache
from typing import Any

LONGEST, DEEPEST = 1000, 40
"""Letters of a formula, and brackets within brackets."""
PLACES = Decimal("0.000001")
"""Computed numbers are rounded half up to six decimals."""

Value = Decimal | str | bool | tuple[str, ...] | None
Lookup = Callable[[str], Sequence[Value]]
"""The values of a question by code: one, or one per instance where it stands in a repeating section."""

_TOKEN = re.compile(
    r"\s*(?:\$\{\s*(?P<ref>[A-Za-z][A-Za-z0-9_]*)\s*\}|(?P<text>'[^']*'|\"[^\"]*\")"
    r"|(?P<number>\d+(?:\.\d+)?)|(?P<op><=|>=|!=|[=<>+*/(),-])|(?P<word>[A-Za-z][A-Za-z0-9_-]*))"
)


class FormulaFault(ValueError):
    """A formula that cannot be read; the text is the place where reading ended."""


@dataclass(frozen=True)
class _Node:
    kind: str
    """number, text, ref, call or an operator."""
    value: Any = None
    parts: tuple[_Node, ...] = ()


@dataclass(frozen=True)
class Formula:
    """A formula that has been read."""

    root: _Node

    @staticmethod
    def read(text: str) -> Formula:
        """The formula of a text; FormulaFault where it is none."""
        return _read(text)

    @property
    def names(self) -> tuple[str, ...]:
        """Codes of the questions it reads, each once, in order."""
        return tuple(dict.fromkeys(_names(self.root)))

    def value(self, lookup: Lookup) -> Value:
        """What it gives for these answers; None where it is empty or cannot be reckoned."""
        with localcontext() as exact:
            exact.prec = 28
            try:
                return _value(self.root, lookup)
            except DecimalException:  # divided by nothing, or grown beyond all bounds
                return None


@lru_cache(maxsize=512)
def _read(text: str) -> Formula:
    return Formula(_Reader(text).whole())


def _names(node: _Node) -> Iterator[str]:
    if node.kind == "ref":
        yield node.value
    for part in node.parts:
        yield from _names(part)


class _Reader:
    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise FormulaFault("its length")
        self.tokens: list[tuple[str, str]] = []
        text, place = text.strip(), 0
        while place < len(text):
            match = _TOKEN.match(text, place)
            if match is None:
                raise FormulaFault(text[place : place + 20])
            place = match.end()
            kind = match.lastgroup or ""
            self.tokens.append((kind, match[kind]))
        self.place = self.depth = 0

    def whole(self) -> _Node:
        made = self.level(0)
        if self.place < len(self.tokens):
            raise FormulaFault(self.tokens[self.place][1])
        return made

    def next_is(self, *values: str) -> str:
        """Take the next sign or word if it is one of these; "" otherwise."""
        if self.place < len(self.tokens):
            kind, value = self.tokens[self.place]
            if kind in {"op", "word"} and value in values:
                self.place += 1
                return value
        return ""

    def level(self, at: int) -> _Node:
        """A chain of the operators of one level, the weakest first; comparisons do not chain."""
        if at == len(_LEVELS):
            return self.signed()
        left = self.level(at + 1)
        while found := self.next_is(*_LEVELS[at]):
            left = _Node("div" if found == "/" else found, None, (left, self.level(at + 1)))
            if at == _COMPARING:
                break
        return left

    def signed(self) -> _Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise FormulaFault("its depth")
        made = _Node("minus", None, (self.signed(),)) if self.next_is("-") else self.one()
        self.depth -= 1
        return made

    def one(self) -> _Node:
        if self.next_is("("):
            made = self.level(0)
            if not self.next_is(")"):
                raise FormulaFault("(")
            return made
        if self.place >= len(self.tokens):
            raise FormulaFault("its end")
        kind, value = self.tokens[self.place]
        self.place += 1
        match kind:
            case "number":
                return _Node("number", Decimal(value))
            case "text":
                return _Node("text", value[1:-1])
            case "ref":
                return _Node("ref", value)
            case "word" if value in FUNCTIONS and self.next_is("("):
                return self.call(value)
            case _:
                raise FormulaFault(value)

    def call(self, name: str) -> _Node:
        parts: list[_Node] = []
        if not self.next_is(")"):
            parts.append(self.level(0))
            while self.next_is(","):
                parts.append(self.level(0))
            if not self.next_is(")"):
                raise FormulaFault(name)
        least, most = FUNCTIONS[name]
        if not least <= len(parts) <= most:
            raise FormulaFault(name)
        if name in _CHOSEN and parts[0].kind != "ref":
            raise FormulaFault(name)
        return _Node("call", name, tuple(parts))


_LEVELS = (("or",), ("and",), ("=", "!=", "<", "<=", ">", ">="), ("+", "-"), ("*", "div", "/", "mod"))
_COMPARING = 2
_MANY = 30
FUNCTIONS: dict[str, tuple[int, int]] = {
    "sum": (1, _MANY),
    "count": (1, _MANY),
    "min": (1, _MANY),
    "max": (1, _MANY),
    "mean": (1, _MANY),
    "round": (1, 2),
    "abs": (1, 1),
    "if": (3, 3),
    "not": (1, 1),
    "coalesce": (1, _MANY),
    "minutes": (2, 2),
    "selected": (2, 2),
    "count-selected": (1, 1),
}
"""Functions and how many arguments they take. ``minutes(a, b)``: whole minutes from one time to a later one
(of two times of day over midnight if need be). ``count`` counts what is answered."""
_MANY_VALUES = frozenset({"sum", "count", "min", "max", "mean"})
_CHOSEN = frozenset({"selected", "count-selected"})


def _value(node: _Node, lookup: Lookup) -> Value:
    match node.kind:
        case "number" | "text":
            return node.value
        case "ref":
            return next((one for one in lookup(node.value) if one is not None), None)
        case "minus":
            number = _number(_value(node.parts[0], lookup))
            return None if number is None else -number
        case "call":
            return _called(node.value, node.parts, lookup)
        case "and":
            return all(_truth(_value(part, lookup)) for part in node.parts)
        case "or":
            return any(_truth(_value(part, lookup)) for part in node.parts)
        case _:
            left, right = (_value(part, lookup) for part in node.parts)
            return _joined(node.kind, left, right)


def _joined(operator: str, left: Value, right: Value) -> Value:
    a, b = _number(left), _number(right)
    if operator in {"=", "!="}:
        same = a == b if a is not None and b is not None else left == right
        return same is (operator == "=")
    if operator in {"<", "<=", ">", ">="}:
        if left is None or right is None:
            return False
        low, high = (a, b) if a is not None and b is not None else (str(left), str(right))
        return {"<": low < high, "<=": low <= high, ">": low > high, ">=": low >= high}[operator]  # type: ignore[operator]
    if a is None or b is None:
        return None
    match operator:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "div":
            return a / b
        case _:
            return a % b


def _called(name: str, parts: tuple[_Node, ...], lookup: Lookup) -> Value:
    if name in _MANY_VALUES:
        return _over_many(name, parts, lookup)
    if name == "if":
        return _value(parts[1 if _truth(_value(parts[0], lookup)) else 2], lookup)
    given = [_value(part, lookup) for part in parts]
    match name:
        case "coalesce":
            return next((one for one in given if one is not None), None)
        case "not":
            return not _truth(given[0])
        case "selected":
            held = given[0]
            return given[1] in held if isinstance(held, tuple) else held is not None and held == given[1]
        case "count-selected":
            held = given[0]
            return None if held is None else Decimal(len(held) if isinstance(held, tuple) else 1)
        case "minutes":
            return _minutes(given[0], given[1])
        case "abs":
            number = _number(given[0])
            return None if number is None else abs(number)
        case _:
            number, places = _number(given[0]), _number(given[1]) if len(given) > 1 else Decimal(0)
            if number is None or places is None or not 0 <= places <= 6:
                return None
            return number.quantize(Decimal(1).scaleb(-int(places)), ROUND_HALF_UP)


def _over_many(name: str, parts: tuple[_Node, ...], lookup: Lookup) -> Value:
    values: list[Value] = []
    for part in parts:
        values += lookup(part.value) if part.kind == "ref" else [_value(part, lookup)]
    present = [one for one in values if one is not None]
    if name == "count":
        return Decimal(len(present))
    numbers = [number for one in present if (number := _number(one)) is not None]
    if not numbers:
        return None
    match name:
        case "sum":
            return sum(numbers, Decimal(0))
        case "min":
            return min(numbers)
        case "max":
            return max(numbers)
        case _:
            return sum(numbers, Decimal(0)) / len(numbers)


def _number(value: Value) -> Decimal | None:
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        number = Decimal(value)
    except DecimalException:
        return None
    return number if number.is_finite() else None


def _truth(value: Value) -> bool:
    if isinstance(value, Decimal):
        return value != 0
    return value == "yes" if isinstance(value, str) else bool(value)


def _minutes(start: Value, end: Value) -> Decimal | None:
    if not isinstance(start, str) or not isinstance(end, str):
        return None
    try:
        if "T" in start or "T" in end:
            seconds = (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
            return Decimal(int(seconds // 60)) if seconds >= 0 else None
        first, last = (time.fromisoformat(one) for one in (start, end))
    except (ValueError, TypeError):
        return None
    minutes = last.hour * 60 + last.minute - first.hour * 60 - first.minute
    return Decimal(minutes % (24 * 60))
