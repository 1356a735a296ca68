"""Fast statements on the synced tables: no ORM, one statement shape per entity and set of columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Connection, Delete, Insert, Select, Update, bindparam, delete, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlmodel import SQLModel

from field_app.store.tables import SYNCED
from shared_models.columns import sql_table
from shared_models.sync.registry import ENTITIES

Values = dict[str, Any]


@lru_cache(maxsize=64)
def defaults(entity: str) -> tuple[tuple[str, Any], ...]:
    """Column defaults of an entity (those that need no row to be known), without id."""
    model = cast(type[SQLModel], ENTITIES[entity].table)
    found: list[tuple[str, Any]] = []
    for column in sql_table(model).columns:
        field = model.model_fields[column.name]
        if column.name == "id":
            continue
        if field.default_factory is not None:
            found.append((column.name, cast(Any, field.default_factory)()))
        else:
            found.append((column.name, None if field.is_required() else field.default))
    return tuple(found)


def whole(entity: str, values: Mapping[str, Any]) -> Values:
    """A row with every column: the given values over the defaults."""
    return {**dict(defaults(entity)), **values}


@lru_cache(maxsize=64)
def _upsert(entity: str) -> Insert:
    table = SYNCED[entity]
    statement = insert(table)
    return statement.on_conflict_do_update(
        index_elements=["id"],
        set_={c.name: statement.excluded[c.name] for c in table.columns if c.name != "id"},
    )


@lru_cache(maxsize=64)
def _upsert_newer(entity: str) -> Insert:
    table = SYNCED[entity]
    statement = insert(table)
    return statement.on_conflict_do_update(
        index_elements=["id"],
        set_={c.name: statement.excluded[c.name] for c in table.columns if c.name != "id"},
        where=table.c.version <= statement.excluded.version,
    )


@lru_cache(maxsize=64)
def _one(entity: str) -> Select[Any]:
    table = SYNCED[entity]
    return select(table).where(table.c.id == bindparam("row_id"))


def read(connection: Connection, entity: str, row_id: str) -> Values | None:
    """One row as a mapping of its columns."""
    row = connection.execute(_one(entity), {"row_id": row_id}).first()
    return dict(zip(_names(entity), row, strict=True)) if row is not None else None


def put(connection: Connection, entity: str, rows: Sequence[Values], *, only_newer: bool = False) -> None:
    """Insert or replace whole rows (every column given); ``only_newer`` leaves rows of a higher version."""
    if rows:
        connection.execute(_upsert_newer(entity) if only_newer else _upsert(entity), rows)


@lru_cache(maxsize=256)
def _change(entity: str, columns: tuple[str, ...]) -> Update:
    table = SYNCED[entity]
    values = {name: bindparam(name, type_=table.c[name].type) for name in columns}
    return update(table).where(table.c.id == bindparam("row_id")).values(values)


def change(connection: Connection, entity: str, row_id: str, values: Mapping[str, Any]) -> int:
    """Change some columns of a row; how many rows there were (0 or 1)."""
    statement = _change(entity, tuple(sorted(values)))
    return connection.execute(statement, {**values, "row_id": row_id}).rowcount


@lru_cache(maxsize=64)
def _remove(entity: str) -> Delete:
    table = SYNCED[entity]
    return delete(table).where(table.c.id == bindparam("row_id"))


def remove(connection: Connection, entity: str, row_ids: Iterable[str]) -> None:
    """Delete rows by id."""
    keys = [{"row_id": row_id} for row_id in row_ids]
    if keys:
        connection.execute(_remove(entity), keys)


@lru_cache(maxsize=64)
def _confirm(entity: str) -> Update:
    table = SYNCED[entity]
    lower = table.c.id == bindparam("row_id"), table.c.version < bindparam("confirmed")
    return update(table).where(*lower).values(version=bindparam("confirmed"))


def confirm(connection: Connection, entity: str, row_id: str, version: int) -> None:
    """Raise a row's version to the one that the server has confirmed."""
    connection.execute(_confirm(entity), {"row_id": row_id, "confirmed": version})


def find(connection: Connection, entity: str, *where: Any, order: Sequence[Any] = ()) -> list[Values]:
    """Rows that fit all conditions on ``SYNCED[entity].c``, in the order given."""
    statement = select(SYNCED[entity]).where(*where).order_by(*order)
    return _values(entity, connection.execute(statement))


@lru_cache(maxsize=256)
def _equal(entity: str, columns: tuple[str, ...]) -> Select[Any]:
    table = SYNCED[entity]
    return select(table).where(*(table.c[name] == bindparam(f"by_{name}") for name in columns))


def find_by(connection: Connection, entity: str, equal: Mapping[str, Any]) -> list[Values]:
    """Rows whose columns equal these values (None: is null)."""
    if any(value is None for value in equal.values()):
        columns = SYNCED[entity].c
        return find(connection, entity, *(columns[name] == value for name, value in equal.items()))
    values = {f"by_{name}": value for name, value in equal.items()}
    return _values(entity, connection.execute(_equal(entity, tuple(sorted(equal))), values))


def _values(entity: str, found: Iterable[Any]) -> list[Values]:
    names = _names(entity)
    return [dict(zip(names, row, strict=True)) for row in found]


@lru_cache(maxsize=64)
def _names(entity: str) -> tuple[str, ...]:
    return tuple(column.name for column in SYNCED[entity].columns)
