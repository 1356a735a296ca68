"""Devices for tests: real SQLite files, blobs in memory, a clock and ids that a seed decides."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, StaticPool, create_engine, event

from field_app.store import Context, Store
from shared_models.ids import new_id


class FileStore:
    """A LocalStore on a plain SQLite file, as durable as SQLite makes it."""

    def __init__(self, path: Path, *, synchronous: str = "FULL") -> None:
        self.path = path
        self.engine: Engine = create_engine(f"sqlite:///{path}", poolclass=StaticPool)

        @event.listens_for(self.engine, "connect")
        def _pragmas(connection, _record) -> None:  # type: ignore[no-untyped-def]
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA synchronous={synchronous}")

    async def durable(self) -> None:
        """A commit in WAL mode with synchronous=FULL is durable when it returns."""

    async def close(self) -> None:
        self.engine.dispose()


class MemoryBlobs:
    """Blobs that outlive the store they belong to, like files do."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    async def put(self, sha256: str, data: bytes) -> None:
        self.files[sha256] = data

    async def get(self, sha256: str) -> bytes | None:
        return self.files.get(sha256)

    async def delete(self, sha256: str) -> None:
        self.files.pop(sha256, None)


class Clock:
    """A wall clock that moves only when told."""

    def __init__(self, at: datetime = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> datetime:
        self.at += timedelta(**by)
        return self.at


def make_context(clock: Clock | None = None, seed: int = 1) -> Context:
    """A context whose ids, chance and clock follow from the seed."""
    clock = clock or Clock()
    chance = random.Random(seed)
    return Context(
        now=clock,
        new_id=lambda: new_id(
            milliseconds=lambda: int(clock().timestamp() * 1000), randomness=chance.getrandbits
        ),
        chance=chance,
        zone="Asia/Shanghai",
        offset=lambda _at: 480,
    )


def make_store(
    path: Path, *, clock: Clock | None = None, seed: int = 1, blobs: MemoryBlobs | None = None
) -> Store:
    """A store on a real file; opening the same path again is a restart."""
    return Store(FileStore(path), blobs or MemoryBlobs(), make_context(clock, seed))
