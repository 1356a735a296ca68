"""Schemas of the local databases: made from the metadata when fresh, migrated by Alembic scripts when old.

Alembic is imported only when an old database is really met: the browser starts without it.
"""

from __future__ import annotations

import importlib
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from types import ModuleType

from sqlalchemy import Connection, Engine, MetaData, inspect, text

from shared_models.problems import Code, Problem

ACCOUNT_REVISIONS: tuple[str, ...] = ("account_0001",)
"""Revisions of an account's database, oldest first; each is a module of field_app.store.versions."""

DEVICE_REVISIONS: tuple[str, ...] = ("device_0001",)
"""Revisions of device.db, oldest first."""


@contextmanager
def transaction(engine: Engine) -> Generator[Connection]:
    """One write transaction, DDL included (the sqlite3 module would run DDL outside of one)."""
    with engine.begin() as connection:
        driver = connection.connection.dbapi_connection
        if driver is not None and not driver.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection


def ensure_schema(engine: Engine, metadata: MetaData, revisions: Sequence[str]) -> None:
    """Bring a database to the newest revision, all of it in one transaction.

    Raises DATABASE_TOO_NEW when a newer build wrote it: nothing is touched then.
    """
    with transaction(engine) as connection:
        if not inspect(connection).has_table("alembic_version"):
            metadata.create_all(connection)
            connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
            connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": revisions[-1]})
            return
        current = str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())
        if current == revisions[-1]:
            return
        if current not in revisions:
            raise Problem(Code.DATABASE_TOO_NEW, {"version": current})
        for name in revisions[revisions.index(current) + 1 :]:
            upgrade(connection, importlib.import_module(f"field_app.store.versions.{name}"))
            connection.execute(text("UPDATE alembic_version SET version_num = :now"), {"now": name})


def upgrade(connection: Connection, script: ModuleType) -> None:
    """Run the ``upgrade`` of one Alembic script on this connection."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    context = MigrationContext.configure(connection, opts={"transactional_ddl": True})
    with Operations.context(context):
        script.upgrade()
