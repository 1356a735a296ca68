"""One database for all slices: SQLite by default, PostgreSQL by URL.

A write transaction is alone: on SQLite by ``BEGIN IMMEDIATE``, on PostgreSQL by the lock on the one counter
row. That is what makes the server sequence equal to the commit order (docs/sync-protocol.md, invariant S1).
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from shared_models.problems import Code, Problem
from sync_server.store import migrate

BUSY_SECONDS = 30


class Database:
    """The engine and the two ways to use it: ``read()`` and ``write()``."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        if parsed.drivername in {"postgresql", "postgres"}:
            parsed = parsed.set(drivername="postgresql+psycopg")
        self.url = parsed
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self._one_writer = threading.Lock()
        if self.is_sqlite:
            if parsed.database:
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            # the last connection given back is the next one used: its statements are compiled already
            self.engine = create_engine(
                parsed,
                connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS, "cached_statements": 512},
                pool_size=20,
                pool_use_lifo=True,
            )
            event.listen(self.engine, "connect", _set_up_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
            self._reader: Engine = self.engine
            self._pusher: Engine = self.engine
        else:
            self.engine = create_engine(parsed, pool_size=20, pool_pre_ping=True, pool_use_lifo=True)
            self._reader = self.engine.execution_options(isolation_level="REPEATABLE READ")
            # pushes have one writer in a process
            self._pusher = create_engine(parsed, pool_size=1, pool_pre_ping=True)
            event.listen(self.engine, "connect", _set_up_postgresql)
            event.listen(self._pusher, "connect", _set_up_postgresql)
            event.listen(self._pusher, "connect", _look_up_by_index)
        self._writer = self.engine.execution_options(revisit_write=True)

    @contextmanager
    def write(self, *, journal: bool = True, by_key: bool = False) -> Generator[Session]:
        """A session in one write transaction, committed at the end, rolled back on any exception.

        ``journal=False`` is for server-only rows (sessions, uploads): on PostgreSQL it does not take the
        counter row, so it does not wait for pushes. ``by_key`` is for what looks every row up by a key, the
        same few statements for ever (pushes): PostgreSQL then plans them for tables of any size.
        """
        if self.is_sqlite:
            with self._one_writer, self._session(self._writer) as session, session.begin():
                yield session
            return
        with self._session(self._pusher if by_key else self._writer) as session, session.begin():
            if journal:
                session.execute(text("SELECT seq FROM sync_counter WHERE id = 1 FOR UPDATE"))
            yield session

    @contextmanager
    def read(self) -> Generator[Session]:
        """A session that sees one state of the database throughout."""
        with self._session(self._reader) as session:
            yield session

    @contextmanager
    def _session(self, engine: Engine) -> Generator[Session]:
        try:
            with Session(engine, expire_on_commit=False) as session:
                yield session
        except OperationalError as error:
            raise _as_problem(error) from error

    def migrate(self, revision: str = "head") -> None:
        """Bring the tables to the newest form; creates them in an empty database.

        Raises DATABASE_TOO_NEW for a database that a later build has migrated, DATABASE_UNREACHABLE if there
        is no connection.
        """
        try:
            with self._one_writer, self.engine.connect() as connection:
                migrate.upgrade(connection, revision)
        except OperationalError as error:
            raise _as_problem(error) from error

    def is_initialised(self) -> bool:
        """Whether the tables are there."""
        try:
            return inspect(self.engine).has_table("sync_counter")
        except OperationalError as error:
            raise _as_problem(error) from error

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()
        self._pusher.dispose()


def _as_problem(error: DBAPIError) -> Problem:
    reason = str(error.orig).splitlines()[0] if error.orig else "?"
    if "locked" in reason:
        return Problem(Code.OVERLOADED)
    if "full" in reason:
        return Problem(Code.SERVER_FULL)
    return Problem(Code.DATABASE_UNREACHABLE, {"reason": reason})


def _set_up_sqlite(connection: Any, _record: object) -> None:
    # the driver's own transaction handling would begin too late: we begin ourselves
    connection.isolation_level = None
    pragmas = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-16000")
    # a longer log is copied into the file less often: pages that change with every push are copied once
    for pragma in (*pragmas, "wal_autocheckpoint=4000"):
        connection.execute(f"PRAGMA {pragma}").close()


def _set_up_postgresql(connection: Any, _record: object) -> None:
    # ops are compressed as they are stored: lz4, where it was built in, takes a fraction of pglz's time
    connection.execute(
        "SELECT set_config(name, 'lz4', false) FROM pg_settings"
        " WHERE name = 'default_toast_compression' AND 'lz4' = ANY(enumvals)"
    )
    connection.commit()


def _look_up_by_index(connection: Any, _record: object) -> None:
    # a statement keeps the plan of its first executions: made while the tables were nearly empty, it would
    # read them whole for as long as the connection lives
    connection.execute("SET enable_seqscan = off")
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    wants_write = connection.get_execution_options().get("revisit_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if wants_write else "BEGIN")
