"""Sync of one account: ops out, rows in, files up; see docs/sync-protocol.md."""

from field_app.sync.api import Api
from field_app.sync.engine import SyncEngine
from field_app.sync.status import SyncReport, SyncStatus

__all__ = ["Api", "SyncEngine", "SyncReport", "SyncStatus"]
