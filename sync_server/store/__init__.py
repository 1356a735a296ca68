"""The server's store: one database (SQLite or PostgreSQL), its tables and their migrations."""

from sync_server.store.database import Database

__all__ = ["Database"]
