"""revisit backup and restore."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from shared_models.problems import Code, Problem
from sync_server.cli.language import t
from sync_server.cli.options import AsJson, Data
from sync_server.cli.output import progress, show, size
from sync_server.cli.site import database_file, ensure_present, ensure_writable, open_database, settings_for
from sync_server.settings import VERSION, Settings


def _database_file(settings: Settings) -> Path:
    file = database_file(settings)
    if file is None:
        raise Problem(Code.BACKUP_ELSEWHERE, {"folder": settings.blob_dir})
    return file


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=t("cli.backup.file"))],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Back up database and blobs into one zip; the server may be running."""
    from shared_models.clock import utc_now
    from sync_server.cli import archive

    settings = settings_for(data)
    database = _database_file(settings)
    ensure_present(settings)
    ensure_writable(file.resolve().parent)
    with progress(t("cli.backup.working")) as step:
        manifest = archive.write_backup(
            file.resolve(),
            database=database,
            blobs=settings.blob_dir,
            build=VERSION,
            now=utc_now(),
            step=step,
        )
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
    """Verify a backup whole, then put it in place; the server must not be running."""
    from shared_models.clock import utc_now
    from sync_server.cli import archive

    settings = settings_for(data)
    database = _database_file(settings)
    if database.exists() and not replace:
        raise Problem(Code.FOLDER_IN_USE, {"folder": database.parent})
    ensure_writable(database.parent)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=database.parent) as folder:
        with progress(t("cli.restore.working")) as step:
            manifest = archive.unpack(file, Path(folder), step=step)
        aside = f"before-restore-{utc_now():%Y%m%dT%H%M%SZ}"
        archive.put_in_place(Path(folder), database=database, blobs=settings.blob_dir, aside=aside)
    with open_database(settings):
        pass  # brings an older backup's tables to the form of this build
    blobs = len(manifest.files) - 1
    shown = {"file": str(file), "blobs": blobs, "created_at": manifest.created_at, "build": manifest.build}
    show(shown, as_json, lambda: print(t("cli.restore.done", at=manifest.created_at, blobs=blobs)))
