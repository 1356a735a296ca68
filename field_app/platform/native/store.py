"""SQLite files in a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from field_app.platform.contract import StorageUnavailable, StoreKind, checked_store_name
from field_app.platform.sqlite import durable_engine

_SIDE_FILES = ("", "-wal", "-shm", "-journal")


@dataclass(frozen=True)
class NativeStore:
    """Keeps `field_app.platform.contract.LocalStore`; a commit is durable by itself."""

    name: str
    engine: Engine
    kind: StoreKind = "native"

    async def durable(self) -> None:
        """Nothing is left to do: SQLite flushed the log at commit."""

    async def close(self) -> None:
        self.engine.dispose()


def open_native_store(folder: Path, name: str) -> NativeStore:
    """Open or create `folder/name.db`; raises StorageUnavailable where it cannot be written."""
    path = folder / f"{checked_store_name(name)}.db"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        engine = durable_engine(str(path), exclusive=False)
        with engine.connect():
            return NativeStore(name, engine)
    except (OSError, DBAPIError) as error:
        raise StorageUnavailable from error


def native_store_names(folder: Path) -> list[str]:
    """The databases in the folder."""
    return sorted(path.stem for path in folder.glob("*.db"))


def delete_native_store(folder: Path, name: str) -> None:
    """Remove a database with its log."""
    for suffix in _SIDE_FILES:
        (folder / f"{checked_store_name(name)}.db{suffix}").unlink(missing_ok=True)
