"""Migrations on both databases: up equals the tables, down leaves nothing, a newer database is refused."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from shared_models.problems import Code, Problem
from sync_server.store import Database, migrate
from sync_server.store.metadata import all_tables


def test_upgrade_to_head_equals_the_tables(database_url: str) -> None:
    db = Database(database_url)
    db.migrate()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        differences = compare_metadata(context, all_tables())
    db.close()
    assert differences == []


def test_downgrade_leaves_an_empty_database_and_up_again_works(database_url: str) -> None:
    db = Database(database_url)
    db.migrate()
    with db.engine.connect() as connection:
        migrate.downgrade(connection, "base")
        assert set(inspect(connection).get_table_names()) == {"alembic_version"}
    db.migrate()
    with db.read() as session:
        assert session.execute(text("SELECT seq FROM sync_counter")).scalars().all() == [0]
    db.close()


def test_migrating_twice_changes_nothing(database_url: str) -> None:
    db = Database(database_url)
    db.migrate()
    db.migrate()
    assert db.is_initialised()
    db.close()


def test_a_database_of_a_newer_build_is_refused(database_url: str) -> None:
    db = Database(database_url)
    db.migrate()
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Problem) as refused:
        db.migrate()
    db.close()
    assert refused.value.code is Code.DATABASE_TOO_NEW
