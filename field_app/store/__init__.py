"""The device's store: one SQLite database per account, rows and their ops written together.

``Device`` is the database of the tablet (accounts, settings); ``Store`` is one account's. Neither uses
threads or an asyncio engine, so both run in the browser. ``Store.apply`` writes; ``await Store.durable()``
returns once what was written survives a kill; only then may "saved" be shown.
"""

from field_app.store.device import Account, Device
from field_app.store.held import Held
from field_app.store.outbox import RowWrite
from field_app.store.ports import Blobs, Context, LocalStore
from field_app.store.store import Counts, Store, Touched

__all__ = [
    "Account",
    "Blobs",
    "Context",
    "Counts",
    "Device",
    "Held",
    "LocalStore",
    "RowWrite",
    "Store",
    "Touched",
]
