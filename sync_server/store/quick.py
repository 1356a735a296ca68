"""Statements of the hot path straight through the driver: compiled once, their rows plain tuples.

What SQLAlchemy does for each execution costs more than the small statements with which every transaction of a
push begins. Types turn what was read as in SQLAlchemy's own rows. For statements that are made once (their
text is kept by the statement itself) and whose parameters are text, whole numbers or lists of text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect, Select, Update
from sqlalchemy.orm import Session

from sync_server.store.rows import told_by_sqlalchemy

Statement = Select[Any] | Update


@dataclass(frozen=True)
class _Made:
    text: str
    names: tuple[str, ...] | None
    """Parameters by place; None where the driver takes them by name."""
    given: dict[str, Any]
    """Values that stand in the statement."""
    turns: tuple[tuple[int, Callable[[Any], Any]], ...]


def quick_rows(session: Session, statement: Statement, **parameters: Any) -> list[tuple[Any, ...]]:
    """All rows of a statement, in the transaction of the session."""
    connection = session.connection()
    made = _made(statement, connection.dialect)
    values: Any = {**made.given, **parameters}
    if made.names is not None:
        values = [values[name] for name in made.names]
    driver: Any = connection.connection.driver_connection
    with told_by_sqlalchemy(made.text):
        cursor = driver.execute(made.text, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        cursor.close()
    return [_turned(row, made) for row in rows] if made.turns else rows


def _turned(row: tuple[Any, ...], made: _Made) -> tuple[Any, ...]:
    values = list(row)
    for place, turn in made.turns:
        values[place] = turn(values[place])
    return tuple(values)


@lru_cache(maxsize=256)
def _made(statement: Statement, dialect: Dialect) -> _Made:
    compiled: Any = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    names = tuple(compiled.positiontup) if compiled.positional else None
    columns = statement.selected_columns if isinstance(statement, Select) else ()
    turns = [
        (place, column.type.dialect_impl(dialect).result_processor(dialect, None))
        for place, column in enumerate(columns)
    ]
    kept = tuple((place, turn) for place, turn in turns if turn is not None)
    return _Made(str(compiled), names, dict(compiled.params), kept)
