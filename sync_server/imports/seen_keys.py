"""Keys seen so far in one file, kept on disk so that memory stays bounded however long the file is."""

from __future__ import annotations

import sqlite3
from types import TracebackType


class SeenKeys:
    """Remembers for each key its first row and what that row said."""

    def __init__(self) -> None:
        # "" is SQLite's private temporary database: in memory first, then in a file that deletes itself
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute(
            "CREATE TABLE seen (key TEXT PRIMARY KEY, row INTEGER, content TEXT) WITHOUT ROWID"
        )

    def __enter__(self) -> SeenKeys:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def first(self, key: str, row: int, content: str) -> tuple[int, str] | None:
        """None if the key is new (it is remembered then); else the first row that had it and its content."""
        found = self._database.execute("SELECT row, content FROM seen WHERE key = ?", (key,)).fetchone()
        if found is None:
            self._database.execute("INSERT INTO seen VALUES (?, ?, ?)", (key, row, content))
            return None
        return int(found[0]), str(found[1])
