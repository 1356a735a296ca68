"""The installation that a command works on: settings, folder, database."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from shared_models.problems import Code, Problem
from sync_server.settings import Settings

if TYPE_CHECKING:
    from shared_models.people.access import Access
    from sync_server.store import Database


def settings_for(data: Path | None) -> Settings:
    """Settings of this installation; SETTING_INVALID for a variable that holds no usable value."""
    try:
        return Settings.from_env(data)
    except ValueError as error:
        raise Problem(Code.SETTING_INVALID, {"reason": str(error)}) from error


def ensure_writable(folder: Path) -> None:
    """Make the folder; FOLDER_NOT_WRITABLE if that fails or nothing can be written into it."""
    probe = folder / f".revisit-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        problem = storage_problem(error, folder)
        raise problem or Problem(Code.FOLDER_NOT_WRITABLE, {"folder": folder}) from error


def storage_problem(error: OSError, folder: Path | str = "") -> Problem | None:
    """The problem behind an error of the file system; None if it is none of the expected ones."""
    import errno

    where = error.filename or folder
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Problem(Code.DISK_FULL, {"folder": where}) if where else Problem(Code.SERVER_FULL)
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST}:
        return Problem(Code.FOLDER_NOT_WRITABLE, {"folder": where})
    return None


def database_problem(error: BaseException) -> Problem | None:
    """The problem behind an error of the embedded database: damaged, no room; None for any other."""
    import sqlite3

    # SQLAlchemy keeps the driver's own error
    cause = getattr(error, "orig", error)
    if not isinstance(cause, sqlite3.DatabaseError):
        return None
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # without the detail of the extended code
    if code == sqlite3.SQLITE_FULL:
        return Problem(Code.SERVER_FULL)
    damaged = code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
    return Problem(Code.DATABASE_DAMAGED, {"reason": str(cause)}) if damaged else None


@contextmanager
def open_database(settings: Settings, *, create: bool = False) -> Generator[Database]:
    """The database, migrated. Without ``create`` an installation that has none is NOT_INITIALISED."""
    from sync_server.store import Database

    if create:
        ensure_writable(settings.data_dir)
    else:
        ensure_present(settings)
    database = Database(settings.database_url)
    try:
        database.migrate()
        yield database
    finally:
        database.close()


def database_file(settings: Settings) -> Path | None:
    """The file of the embedded database; None for a database server."""
    from sqlalchemy.engine import make_url

    url = make_url(settings.database_url)
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def ensure_present(settings: Settings) -> None:
    """NOT_INITIALISED where the embedded database is not there: only looking must not create it."""
    file = database_file(settings)
    if file is not None and not file.exists():
        raise Problem(Code.NOT_INITIALISED)


def operator() -> Access:
    """The access of whoever can run commands on the server: that of headquarters."""
    from shared_models.people.access import Access, GrantView, Role, ScopeKind

    return Access.of("", [GrantView(Role.HQ, ScopeKind.COMPANY)])
