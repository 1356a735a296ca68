"""Pieces of SQL for the hot path, where the cost of building a statement counts."""

from __future__ import annotations

import itertools
import json
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, String, Table, bindparam, column, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

_numbers = itertools.count(1)


def is_sqlite(session: Session) -> bool:
    """Which of the two databases this is."""
    return session.get_bind().dialect.name == "sqlite"


def among(of: ColumnElement[str], sqlite: bool) -> ColumnElement[bool]:
    """``column IN (:ids)`` with all ids in one parameter, so that the statement is always the same text."""
    if sqlite:
        each = func.json_each(bindparam("ids", type_=String)).table_valued(column("value", String))
        return of.in_(select(each.c.value))
    return of == func.any(bindparam("ids", type_=ARRAY(String)))


def ids_parameter(ids: Sequence[str], sqlite: bool) -> str | list[str]:
    """The parameter of :func:`among`."""
    return json.dumps(list(ids)) if sqlite else list(ids)


@contextmanager
def savepoint(session: Session) -> Generator[None]:
    """What fails inside leaves nothing in the database; cheaper than the session's own nesting."""
    connection = session.connection()
    name = f"op{next(_numbers)}"
    connection.exec_driver_sql(f"SAVEPOINT {name}")
    try:
        yield
        session.flush()
    except BaseException:
        # objects that were read or made inside may be gone or different now
        session.expunge_all()
        connection.exec_driver_sql(f"ROLLBACK TO SAVEPOINT {name}")
        connection.exec_driver_sql(f"RELEASE SAVEPOINT {name}")
        raise
    connection.exec_driver_sql(f"RELEASE SAVEPOINT {name}")


@lru_cache(maxsize=64)
def _insert_text(table: Table, dialect: str) -> tuple[str, tuple[str, ...]]:
    names = tuple(one.name for one in table.columns)
    columns = ", ".join(names)
    marks = ["?"] * len(names) if dialect == "sqlite" else [f"%({name})s" for name in names]
    return f"INSERT INTO {table.name} ({columns}) VALUES ({', '.join(marks)})", names


def insert_plain(session: Session, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows straight through the driver: for tables of plain types, every column given in every row."""
    if not rows:
        return
    sqlite = is_sqlite(session)
    text, names = _insert_text(table, "sqlite" if sqlite else "postgresql")
    pick = itemgetter(*names)
    given: Any = [pick(row) for row in rows] if sqlite else rows
    session.connection().exec_driver_sql(text, given)
