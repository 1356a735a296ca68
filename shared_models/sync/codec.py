"""Rows to plain JSON data and back, column by column, for every synced entity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from sqlalchemy import Boolean, Column, Date, Float, Integer

from shared_models.clock import from_text, to_text
from shared_models.columns import ExactDecimal, Instant, Json, sql_table
from shared_models.problems import Code, Place, Problem
from shared_models.sync.registry import ENTITIES

Plain = dict[str, Any]


def _same(value: Any) -> Any:
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("text")
    if "\x00" in value:
        raise ValueError("text")
    return value


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**31) <= value < 2**31:
        raise ValueError("integer")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("number")
    return float(value)


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("boolean")
    return value


def _date(value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("date") from None


def _instant(value: Any) -> datetime:
    try:
        return from_text(value)
    except (TypeError, ValueError):
        raise ValueError("instant") from None


def _decimal(value: Any) -> Decimal:
    try:
        number = Decimal(value) if isinstance(value, str | int) and not isinstance(value, bool) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite():
        raise ValueError("decimal")
    return number


def _bounded(length: int) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or "\x00" in value:
            raise ValueError("text")
        if len(value) > length:
            raise ValueError(f"text of at most {length}")
        return value

    return read


def _reader(column: Column[Any]) -> Callable[[Any], Any]:
    kind = column.type
    if isinstance(kind, Instant):
        return _instant
    if isinstance(kind, ExactDecimal):
        return _decimal
    if isinstance(kind, Json):
        return _same
    if isinstance(kind, Boolean):
        return _boolean
    if isinstance(kind, Integer):
        return _integer
    if isinstance(kind, Float):
        return _number
    if isinstance(kind, Date):
        return _date
    length = getattr(kind, "length", None)
    return _text if length is None else _bounded(length)


def _writer(column: Column[Any]) -> Callable[[Any], Any] | None:
    kind = column.type
    if isinstance(kind, Instant):
        return to_text
    if isinstance(kind, ExactDecimal):
        return str
    if isinstance(kind, Date):
        return date.isoformat
    return None


@lru_cache(maxsize=64)
def column_readers(name: str) -> dict[str, tuple[Callable[[Any], Any], bool]]:
    """By column: what reads its plain value (ValueError where it does not fit); whether it may be null."""
    table = sql_table(ENTITIES[name].table)
    return {c.name: (_reader(c), bool(c.nullable)) for c in table.columns}


@lru_cache(maxsize=64)
def _writers(name: str) -> list[tuple[str, Callable[[Any], Any] | None]]:
    table = sql_table(ENTITIES[name].table)
    return [(c.name, _writer(c)) for c in table.columns if c.name not in {"id", "version"}]


def encode_row(name: str, row: Mapping[str, Any]) -> Plain:
    """Plain JSON data of a row (a mapping of all its columns), without its id and version."""
    plain: Plain = {}
    for column, write in _writers(name):
        value = row[column]
        plain[column] = value if value is None or write is None else write(value)
    return plain


def encode_fields(name: str, values: Mapping[str, Any]) -> Plain:
    """Plain JSON data of some columns of a row; KeyError for a column that the entity does not have."""
    writers = dict(_writers(name))
    return {
        column: value if value is None or (write := writers[column]) is None else write(value)
        for column, value in values.items()
    }


def decode_fields(name: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Python values of plain fields, checked against the columns.

    Raises INVALID_FIELD naming every field that does not fit. Fields that this build does not know are left
    out (a newer device may send them; the op log keeps them).
    """
    readers = column_readers(name)
    values: dict[str, Any] = {}
    wrong: list[Place] = []
    for column, value in fields.items():
        if column not in readers:
            continue
        read, nullable = readers[column]
        if value is None and nullable:
            values[column] = None
            continue
        try:
            values[column] = read(value)
        except ValueError as error:
            wrong.append(Place(f"{name}.{column}", str(error)))
    if wrong:
        raise Problem(Code.INVALID_FIELD, {"field": wrong[0].at}, wrong)
    return values
