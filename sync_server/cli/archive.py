"""A backup as one file: a consistent copy of the database and every blob, with a manifest of hashes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from shared_models.clock import to_text
from shared_models.problems import Code, Problem
from sync_server.cli.output import Step
from sync_server.reasons import damaged_part, no_part, no_zip

FORMAT = 1
_MANIFEST = "manifest.json"
_DATABASE = "revisit.db"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Entry:
    """A file of the backup: its path in the archive, SHA-256 and size in bytes."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. ``revision`` is that of the database's tables."""

    format: int
    build: str
    created_at: str
    revision: str
    files: tuple[Entry, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.files)


def write_backup(
    out: Path, *, copy_database: Callable[[Path], None], blobs: Path, build: str, now: datetime, step: Step
) -> Manifest:
    """Write a backup while the server may be running; ``copy_database`` makes the SQLite file of it.

    The database is copied first, then the blobs: a blob is stored before its receipt, so every blob that the
    copy knows is there. The file appears under its name only when it is whole.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(out.name + ".part")
    try:
        with tempfile.TemporaryDirectory(prefix="revisit-backup-", dir=out.parent) as folder:
            copy = Path(folder) / _DATABASE
            copy_database(copy)
            revision = _revision_of(copy)
            files = [(copy, _DATABASE), *((path, name) for path, name in stored_blobs(blobs))]
            entries: list[Entry] = []
            with zipfile.ZipFile(part, "w", allowZip64=True) as archive:
                for done, (path, name) in enumerate(files):
                    step(done, len(files))
                    with suppress(FileNotFoundError):  # removed by the server since it was listed
                        entries.append(_add(archive, path, name))
                manifest = Manifest(FORMAT, build, to_text(now), revision, tuple(entries))
                archive.writestr(_MANIFEST, json.dumps(asdict(manifest), indent=1))
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    return manifest


def stored_blobs(blobs: Path) -> Iterator[tuple[Path, str]]:
    """Finished blobs with their names in the archive; unfinished uploads are left out."""
    for path in sorted(blobs.rglob("*")) if blobs.is_dir() else ():
        if path.is_file() and len(path.name) == 64:
            yield path, f"blobs/{path.relative_to(blobs).as_posix()}"


def copy_file(source: Path, copy: Path) -> None:
    """SQLite's online backup of the embedded database."""
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as running,
        closing(sqlite3.connect(copy)) as target,
    ):
        running.backup(target)


def _revision_of(copy: Path) -> str:
    """The revision of a finished copy, which is then one file alone."""
    with closing(sqlite3.connect(copy)) as database:
        database.execute("PRAGMA journal_mode=DELETE")
        return _checked(database, copy.name)


def _checked(database: sqlite3.Connection, name: str) -> str:
    """The revision of a database that is whole; BACKUP_DAMAGED otherwise."""
    try:
        verdict = database.execute("PRAGMA quick_check").fetchone()[0]
        row = database.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError as error:
        raise Problem(Code.BACKUP_DAMAGED, {"reason": f"{name}: {error}"}) from error
    if verdict != "ok" or row is None:
        raise Problem(Code.BACKUP_DAMAGED, {"reason": f"{name}: {verdict}"})
    return str(row[0])


def _add(archive: zipfile.ZipFile, path: Path, name: str) -> Entry:
    digest, size = hashlib.sha256(), 0
    info = zipfile.ZipInfo.from_file(path, name)
    # pictures and recordings are compressed already
    info.compress_type = zipfile.ZIP_DEFLATED if name == _DATABASE else zipfile.ZIP_STORED
    with path.open("rb") as source, archive.open(info, "w", force_zip64=True) as target:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            target.write(chunk)
    return Entry(name, digest.hexdigest(), size)


def read_manifest(archive: zipfile.ZipFile) -> Manifest:
    """The manifest; BACKUP_DAMAGED where there is none that this build understands."""
    try:
        raw = archive.read(_MANIFEST)
    except (KeyError, zipfile.BadZipFile, EOFError) as error:
        raise Problem(Code.BACKUP_DAMAGED, {"reason": no_part(_MANIFEST, error)}) from error
    try:
        data: dict[str, Any] = json.loads(raw)
        entries = tuple(Entry(**entry) for entry in data.pop("files"))
        manifest = Manifest(files=entries, **data)
    except (KeyError, TypeError, ValueError) as error:
        raise Problem(Code.BACKUP_DAMAGED, {"reason": damaged_part(_MANIFEST)}) from error
    if manifest.format != FORMAT:
        raise Problem(Code.BACKUP_DAMAGED, {"reason": f"{_MANIFEST}: format {manifest.format}"})
    for entry in entries:
        steps = Path(entry.path).parts
        if entry.path != _DATABASE and (steps[0] != "blobs" or ".." in steps or "\\" in entry.path):
            raise Problem(Code.BACKUP_DAMAGED, {"reason": f"{_MANIFEST}: {entry.path}"})
    return manifest


def unpack(backup: Path, folder: Path, *, step: Step) -> Manifest:
    """Unpack a backup into an empty folder and verify every hash; BACKUP_DAMAGED names what does not fit."""
    try:
        with zipfile.ZipFile(backup) as archive:
            manifest = read_manifest(archive)
            for done, entry in enumerate(manifest.files):
                step(done, len(manifest.files))
                _extract(archive, entry, folder)
    except (zipfile.BadZipFile, EOFError) as error:
        raise Problem(Code.BACKUP_DAMAGED, {"reason": no_zip(backup.name)}) from error
    database = folder / _DATABASE
    if not database.is_file():
        raise Problem(Code.BACKUP_DAMAGED, {"reason": f"{_DATABASE}: ?"})
    with closing(sqlite3.connect(database)) as connection:
        _checked(connection, _DATABASE)
    return manifest


def _extract(archive: zipfile.ZipFile, entry: Entry, folder: Path) -> None:
    target = folder / entry.path
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    try:
        with archive.open(entry.path) as source, target.open("wb") as file:
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
    except (KeyError, zipfile.BadZipFile) as error:
        raise Problem(Code.BACKUP_DAMAGED, {"reason": no_part(entry.path, error)}) from error
    if digest.hexdigest() != entry.sha256:
        raise Problem(Code.BACKUP_DAMAGED, {"reason": f"{entry.path}: SHA-256"})


def put_in_place(unpacked: Path, *, database: Path, blobs: Path, aside: str) -> None:
    """Move unpacked files to where the server looks for them; what stood there is renamed with ``aside``."""
    for suffix in ("", "-wal", "-shm"):
        old = database.with_name(database.name + suffix)
        if old.exists():
            old.replace(database.with_name(f"{database.name}.{aside}{suffix}"))
    database.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(database_in(unpacked), database)
    put_blobs(unpacked, blobs=blobs, aside=aside)


def database_in(unpacked: Path) -> Path:
    """The database file of an unpacked backup."""
    return unpacked / _DATABASE


def put_blobs(unpacked: Path, *, blobs: Path, aside: str) -> None:
    """Move the unpacked blobs to where the server looks for them; those that were there get another name."""
    if blobs.exists() and any(blobs.iterdir()):
        blobs.replace(blobs.with_name(f"{blobs.name}.{aside}"))
    source = unpacked / "blobs"
    if source.is_dir():
        blobs.parent.mkdir(parents=True, exist_ok=True)
        if blobs.exists():
            blobs.rmdir()
        shutil.move(source, blobs)
