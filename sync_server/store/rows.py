"""Many rows at once, straight through the driver: what a push writes costs little more than the database's
own work.

On SQLite one statement carries many rows: fewer steps, and the interpreter's lock is taken up again once per
statement instead of once per row. On PostgreSQL rows go by ``COPY``. Values are turned by the same column
types as SQLAlchemy's own statements turn them, so that the rows are the same to the byte.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any

import psycopg
from sqlalchemy import JSON, Column, Dialect, Table
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from shared_models.columns import Instant, Json
from sync_server.store.statements import is_sqlite

_SIZES = (128, 32, 8, 1)
"""Rows per statement on SQLite: few texts, so that each is compiled once per connection."""
_Turn = Callable[[Sequence[Any]], Sequence[Any]]
"""A column's values as the driver takes them: a column at a time costs less than a row at a time."""
_Pick = Callable[[dict[str, Any]], tuple[Any, ...]]


def insert_rows(session: Session, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, every column given in every row. SQLAlchemy's IntegrityError where one cannot be."""
    if not rows:
        return
    dialect = session.get_bind().dialect
    pick, turns = _columns(table, dialect)
    columns: list[Sequence[Any]] = list(zip(*map(pick, rows), strict=True))
    for place, turn in turns:
        columns[place] = turn(columns[place])
    insert_tuples(session, table, list(zip(*columns, strict=True)))


def insert_tuples(session: Session, table: Table, rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows whose values are as the driver takes them, in the order of the table's columns."""
    if not rows:
        return
    connection: Any = session.connection().connection.driver_connection
    with told_by_sqlalchemy(table.name):
        if is_sqlite(session):
            _insert_sqlite(connection, table, rows)
        else:
            with connection.cursor() as cursor, cursor.copy(_copy_text(table)) as copy:
                for row in rows:
                    copy.write_row(row)


def _insert_sqlite(connection: sqlite3.Connection, table: Table, rows: Sequence[Sequence[Any]]) -> None:
    done = 0
    for size in _SIZES:
        while len(rows) - done >= size:
            given = list(chain.from_iterable(rows[done : done + size]))
            connection.execute(_values_text(table, size), given).close()
            done += size


@contextmanager
def told_by_sqlalchemy(what: str) -> Generator[None]:
    """Errors of a driver as SQLAlchemy would raise them."""
    try:
        yield
    except (sqlite3.IntegrityError, psycopg.IntegrityError) as error:
        raise IntegrityError(what, None, error) from error
    except (sqlite3.OperationalError, psycopg.OperationalError) as error:
        raise OperationalError(what, None, error) from error


@lru_cache(maxsize=128)
def _columns(table: Table, dialect: Dialect) -> tuple[_Pick, tuple[tuple[int, _Turn], ...]]:
    """What picks a row's values in order, and the columns whose values are turned into the driver's."""
    pick = itemgetter(*(one.name for one in table.columns))
    turns = ((place, _turn(one, dialect)) for place, one in enumerate(table.columns))
    return pick, tuple((place, turn) for place, turn in turns if turn is not None)


def _turn(column: Column[Any], dialect: Dialect) -> _Turn | None:
    """What SQLAlchemy's type does with values; the two of nearly every row without its detours."""
    turn = column.type.dialect_impl(dialect).bind_processor(dialect)
    if turn is None:
        return None
    if dialect.name == "sqlite" and isinstance(column.type, Instant):
        return _instant_texts
    if isinstance(column.type, Json):
        # PostgreSQL's driver wraps what it is given and dumps it later, value by value
        turn = turn if dialect.name == "sqlite" else _json_text
        short = lru_cache(maxsize=1000)(turn)
        # only short texts: 1 and True are the same to a cache and not the same in JSON
        return lambda values: [
            short(value) if type(value) is str and len(value) < 40 else turn(value) for value in values
        ]
    return lambda values: [turn(value) for value in values]


def _json_text(value: Any) -> str | None:
    if value is None:
        return None
    return "null" if value is JSON.NULL else json.dumps(value)


def _instant_texts(values: Sequence[datetime | None]) -> list[str | None]:
    return [
        value.isoformat(" ", "microseconds")[:26]
        if value is not None and value.tzinfo is UTC
        else _instant_text(value)
        for value in values
    ]


def _instant_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(f"a naive instant cannot be stored: {value!r}")
    return value.astimezone(UTC).isoformat(" ", "microseconds")[:26]


@lru_cache(maxsize=512)
def _values_text(table: Table, size: int) -> str:
    marks = f"({', '.join('?' * len(table.columns))})"
    return f"INSERT INTO {table.name} ({_names(table)}) VALUES {', '.join([marks] * size)}"


@lru_cache(maxsize=128)
def _copy_text(table: Table) -> str:
    return f"COPY {table.name} ({_names(table)}) FROM STDIN"


def _names(table: Table) -> str:
    return ", ".join(one.name for one in table.columns)
