"""revisit backup and restore."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from shared_models.problems import Code, Problem
from sync_server.cli.language import t
from sync_server.cli.options import AsJson, Data
from sync_server.cli.output import Step, progress, show, size
from sync_server.cli.site import database_file, ensure_present, ensure_writable, open_database, settings_for
from sync_server.settings import VERSION, Settings


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False, help=t("cli.backup.file"))],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Back up database and blobs into one zip; the server may be running."""
    from shared_models.clock import utc_now
    from sync_server.cli import archive
    from sync_server.sync.epoch import note_backup

    settings = settings_for(data)
    ensure_present(settings)
    ensure_writable(file.resolve().parent)
    began = utc_now()
    with progress(t("cli.backup.working")) as step:
        manifest = archive.write_backup(
            file.resolve(),
            copy_database=partial(_copy_database, settings, step),
            blobs=settings.blob_dir,
            build=VERSION,
            now=utc_now(),
            step=step,
        )
    with open_database(settings) as database, database.write(journal=False) as session:
        note_backup(session, began)
    blobs = len(manifest.files) - 1
    shown = {"file": str(file), "blobs": blobs, "bytes": manifest.size, "created_at": manifest.created_at}
    show(
        shown, as_json, lambda: print(t("cli.backup.done", file=file, blobs=blobs, size=size(manifest.size)))
    )


def restore(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help=t("cli.restore.file"))
    ],
    data: Data = None,
    replace: Annotated[bool, typer.Option("--replace", help=t("cli.restore.replace"))] = False,
    as_json: AsJson = False,
) -> None:
    """Verify a backup whole, then put it in place; the server must not be running.

    A new epoch begins: devices send again what they had sent since that backup.
    """
    from shared_models.clock import utc_now
    from sync_server.cli import archive
    from sync_server.sync.epoch import begin

    settings = settings_for(data)
    database = database_file(settings)
    if database is not None and database.exists() and not replace:
        raise Problem(Code.FOLDER_IN_USE, {"folder": database.parent})
    beside = database.parent if database is not None else settings.data_dir
    ensure_writable(beside)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=beside) as folder:
        aside = f"before-restore-{utc_now():%Y%m%dT%H%M%SZ}"
        with progress(t("cli.restore.working")) as step:
            manifest = archive.unpack(file, Path(folder), step=step)
            if database is None:
                _restore_rows(settings, Path(folder), replace=replace, aside=aside, step=step)
        if database is not None:
            archive.put_in_place(Path(folder), database=database, blobs=settings.blob_dir, aside=aside)
    # opening brings an older backup's tables to the form of this build
    with open_database(settings) as opened, opened.write(journal=False) as session:
        begin(session, restored_at=utc_now())
    blobs = len(manifest.files) - 1
    shown = {"file": str(file), "blobs": blobs, "created_at": manifest.created_at, "build": manifest.build}
    show(shown, as_json, lambda: print(t("cli.restore.done", at=manifest.created_at, blobs=blobs)))


def _copy_database(settings: Settings, step: Step, copy: Path) -> None:
    """The database as an SQLite file: a PostgreSQL one is read within one transaction."""
    from sync_server.cli import archive
    from sync_server.store import Database
    from sync_server.store.carrying import carry

    file = database_file(settings)
    if file is not None:
        return archive.copy_file(file, copy)
    target = Database(f"sqlite:///{copy}")
    try:
        target.migrate()
        with open_database(settings) as source, source.read() as read, target.write() as write:
            carry(read.connection(), write.connection(), step)
    finally:
        target.close()
    return None


def _restore_rows(settings: Settings, unpacked: Path, *, replace: bool, aside: str, step: Step) -> None:
    """The rows of an unpacked backup into PostgreSQL, all or none, and its files beside them."""
    from sync_server.cli import archive
    from sync_server.store import Database
    from sync_server.store.carrying import carry, is_empty

    source = Database(f"sqlite:///{archive.database_in(unpacked)}")
    try:
        source.migrate()
        with open_database(settings, create=True) as target, source.read() as read, target.write() as write:
            if not replace and not is_empty(write.connection()):
                raise Problem(Code.DATABASE_IN_USE)
            carry(read.connection(), write.connection(), step)
            archive.put_blobs(unpacked, blobs=settings.blob_dir, aside=aside)
    finally:
        source.close()
