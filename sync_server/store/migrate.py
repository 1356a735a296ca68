"""Alembic run from code: no ini file, the connection is handed in."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from shared_models.problems import Code, Problem

MIGRATIONS = Path(__file__).resolve().parent / "migrations"
_LOCK = 7_264_738


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration for our migrations."""
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Migrate forward; several processes that start at once do it one after another."""
    _locked(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in known:
        raise Problem(Code.DATABASE_TOO_NEW, {"revision": current})
    command.upgrade(config(connection), revision)
    connection.commit()


def downgrade(connection: Connection, revision: str) -> None:
    """Migrate back."""
    _locked(connection)
    command.downgrade(config(connection), revision)
    connection.commit()


def _locked(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
