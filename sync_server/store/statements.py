"""Pieces of SQL for the hot path, where the cost of building a statement counts."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import msgspec
from sqlalchemy import ColumnElement, String, bindparam, cast, column, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

_numbers = itertools.count(1)
_json = msgspec.json.Encoder().encode


def is_sqlite(session: Session) -> bool:
    """Which of the two databases this is."""
    return session.get_bind().dialect.name == "sqlite"


def among(of: ColumnElement[str], sqlite: bool) -> ColumnElement[bool]:
    """``column IN (:ids)`` with all ids in one parameter, so that the statement is always the same text.

    It goes as text on both databases: the driver would write an array element by element.
    """
    if sqlite:
        each = func.json_each(bindparam("ids", type_=String)).table_valued(column("value", String))
        return of.in_(select(each.c.value))
    return of == func.any(cast(bindparam("ids", type_=String), ARRAY(String)))


def ids_parameter(ids: Sequence[str], sqlite: bool) -> str:
    """The parameter of :func:`among`: a JSON array, or an array as PostgreSQL writes it."""
    if sqlite:
        return _json(list(ids)).decode()
    if not ids:
        return "{}"
    text = '","'.join(ids)
    if text.count('"') > 2 * (len(ids) - 1) or "\\" in text:
        text = '","'.join(one.replace("\\", "\\\\").replace('"', '\\"') for one in ids)
    return f'{{"{text}"}}'


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
