"""Tables of the device: the synced tables as they stand here, and those that only a device has.

The synced tables carry no foreign keys and no uniqueness besides the id: rows arrive in commit order of the
server and in the person's scope only, so a parent may never come, and a page that was sent must always fit.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from shared_models.columns import sql_table
from shared_models.sync.registry import ENTITIES

DEVICE = MetaData()
"""Tables of device.db."""

ACCOUNT = MetaData()
"""Tables of one account's database."""

Json = JSON(none_as_null=True)

account = Table(
    "account",
    DEVICE,
    Column("id", String(36), primary_key=True),
    Column("server", String, nullable=False),
    Column("login", String, nullable=False),
    Column("person_id", String(36), nullable=False),
    Column("name", String, nullable=False),
    Column("token", String, nullable=False),
    Column("grants", Json, nullable=False),
    Column("language", String(8), nullable=False),
    Column("database", String, nullable=False),
    Column("signed_in", Boolean, nullable=False),
    Column("used_at", String(30), nullable=False),
    UniqueConstraint("server", "person_id"),
)

setting = Table(
    "setting",
    DEVICE,
    Column("key", String, primary_key=True),
    Column("value", Json),
)

blob_use = Table(
    "blob_use",
    DEVICE,
    Column("sha256", String(64), primary_key=True),
    Column("database", String, primary_key=True),
)
"""Which account's database put which blob: accounts never see each other's, equal bytes lie there once."""

outbox_op = Table(
    "outbox_op",
    ACCOUNT,
    Column("op_id", String(36), primary_key=True),
    Column("epoch", String(36), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("aggregate_id", String(36), nullable=False, index=True),
    Column("entity", String(24), nullable=False),
    Column("row_id", String(36), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("base_version", Integer, nullable=False),
    Column("fields", Json, nullable=False),
    Column("hlc", String(64), nullable=False),
    Column("template_version", String(36)),
    Column("schema_version", Integer, nullable=False),
    Column("wall_time", String(30), nullable=False),
    Column("utc_offset", Integer, nullable=False),
    # of this device only
    Column("state", String(12), nullable=False, index=True),
    Column("attempts", Integer, nullable=False),
    Column("problem", Json),
    Column("confirmed_at", String(30), nullable=False),
    UniqueConstraint("epoch", "seq"),
    Index("outbox_op_row", "entity", "row_id", "seq"),
)
"""Changes made here that the server has not confirmed. ``state``: pending, waiting (parent not there yet),
conflict, rejected, quarantined (the server's refusals, kept whole), set_aside (given up by the person).
``confirmed_at``: when the server had confirmed it, before it was put back to a backup; "" otherwise."""

kept_op = Table(
    "kept_op",
    ACCOUNT,
    Column("place", Integer, primary_key=True),
    *(Column(c.name, c.type, nullable=c.nullable) for c in outbox_op.columns),
)
"""Ops that the server has confirmed, in that order, until it says that its backups hold them."""

shadow_row = Table(
    "shadow_row",
    ACCOUNT,
    Column("entity", String(24), primary_key=True),
    Column("row_id", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("fields", Json),
)
"""The newest server state of rows that have ops here; the row itself shows the person's own state."""

sync_state = Table(
    "sync_state",
    ACCOUNT,
    Column("id", Integer, primary_key=True),
    Column("device_id", String(36), nullable=False),
    Column("epoch", String(36), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("hlc", String(64), nullable=False),
    Column("cursor", Text, nullable=False),
    Column("snapshot", Boolean, nullable=False),
    Column("skew_ms", Integer, nullable=False),
    Column("digest_after", String(36), nullable=False),
    Column("last_success", String(30), nullable=False),
    Column("counters", Json, nullable=False),
    Column("server_epoch", String(36), nullable=False),
    Column("safe_until", String(30), nullable=False),
)
"""One line: who this device is to the server and how far it has come. ``snapshot``: a whole snapshot is
being read; ``counters``: ops sent, rows received, files stored, repairs, clamped clocks; ``server_epoch``:
whose rows are here ("" if never told); ``safe_until``: before it, the server's backups hold everything."""

snapshot_seen = Table(
    "snapshot_seen",
    ACCOUNT,
    Column("entity", String(24), primary_key=True),
    Column("row_id", String(36), primary_key=True),
)
"""Rows of the snapshot being read; when it is whole, rows that are not here have gone."""

media_file = Table(
    "media_file",
    ACCOUNT,
    Column("sha256", String(64), primary_key=True),
    Column("size", Integer, nullable=False),
    Column("mime", String(60), nullable=False),
    Column("created_at", String(30), nullable=False),
    Column("state", String(12), nullable=False, index=True),
    Column("upload_url", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_try", String(30), nullable=False),
    Column("problem", Json),
    Column("stored_at", String(30), nullable=False),
)
"""Files of this device. ``state``: pending, sent (all bytes there, no receipt yet), stored (receipt), gone
(local copy removed after its grace), poisoned (refused again and again, kept)."""

cached_view = Table(
    "cached_view",
    ACCOUNT,
    Column("key", String, primary_key=True),
    Column("body", Json, nullable=False),
    Column("fetched_at", String(30), nullable=False),
)
"""Figures of the server as last read, for reading without network."""


def _local_copy(name: str) -> Table:
    source = sql_table(ENTITIES[name].table)
    columns = [
        Column(c.name, c.type, primary_key=c.primary_key, nullable=c.nullable, index=bool(c.index) or None)
        for c in source.columns
    ]
    return Table(source.name, ACCOUNT, *columns)


SYNCED: dict[str, Table] = {name: _local_copy(name) for name in ENTITIES}
"""The local table of each synced entity."""
