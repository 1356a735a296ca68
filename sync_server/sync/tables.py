"""Tables of sync that only the server has: counter, journal, op log, history.

They hold plain column types (instants as wire text) and no foreign keys: they are written for every op.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlmodel import SQLModel

sync_counter = Table(
    "sync_counter",
    SQLModel.metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("kept_from", BigInteger, nullable=False),
)
"""One row. ``seq``: the last server sequence number given; ``kept_from``: tombstones and departures up to
this number have been purged, so a cursor below it starts anew."""

sync_row = Table(
    "sync_row",
    SQLModel.metadata,
    Column("row_id", String(36), primary_key=True),
    Column("entity", String(24), primary_key=True),
    Column("seq", BigInteger, nullable=False, unique=True),
    Column("aggregate_id", String(36), nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("audience", String(12), nullable=False),
    Column("dealer_id", String(36)),
    Column("person_id", String(36)),
    Column("clock", Text, nullable=False),
    Column("state_version", Integer, nullable=False),
    Column("state_stream", Integer, nullable=False),
)
"""The journal: the newest state of every synced row. ``audience``, ``dealer_id`` and ``person_id`` are its
scope keys (sync_server.people.scope); ``clock``: one hybrid stamp for all fields, or JSON of field ->
stamp|version with "" for the others; ``state_version`` and ``state_stream``: version and writer of the last
transition."""

sync_row_run = Table(
    "sync_row_run",
    SQLModel.metadata,
    Column("first_seq", BigInteger, primary_key=True, autoincrement=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("aggregate_id", String(36), nullable=False, index=True),
    Column("entity", String(24), nullable=False),
    Column("audience", String(12), nullable=False),
    Column("dealer_id", String(36)),
    Column("person_id", String(36)),
    Column("row_ids", Text, nullable=False),
    Column("clocks", Text, nullable=False),
)
"""Lines of the journal that came together and have not changed since, in one: new parts of one aggregate at
version 1, with rising numbers from ``first_seq`` on. ``row_ids`` and ``clocks`` are JSON lists in that order;
a row that has changed stands in ``sync_row`` and is null here. See sync_server.sync.runs."""

sync_departure = Table(
    "sync_departure",
    SQLModel.metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("entity", String(24), nullable=False),
    Column("row_id", String(36), nullable=False),
    Column("audience", String(12), nullable=False),
    Column("dealer_id", String(36)),
    Column("person_id", String(36)),
    Column("at", String(30), nullable=False),
)
"""Former scope keys of a row whose keys have changed: who could read it before may have to let it go."""

sync_stream = Table(
    "sync_stream",
    SQLModel.metadata,
    Column("id", Integer, primary_key=True),
    Column("device_id", String(64), nullable=False),
    Column("epoch", String(64), nullable=False),
    Column("person_id", String(36), nullable=False, index=True),
    Column("client", String(40), nullable=False),
    Column("skew_ms", BigInteger, nullable=False),
    Column("first_at", String(30), nullable=False),
    Column("last_at", String(30), nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    UniqueConstraint("device_id", "epoch"),
)
"""A device's local database: its ops are numbered within it. ``skew_ms``: its clock minus ours, last seen."""

sync_op = Table(
    "sync_op",
    SQLModel.metadata,
    Column("stream_id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("op_id", String(36), nullable=False, unique=True),
    Column("person_id", String(36), nullable=False),
    Column("aggregate_id", String(64), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("problem", Text),
    Column("waits_for", String(36)),
    Column("clamped", Boolean, nullable=False),
    Column("received_at", String(30), nullable=False),
    Column("body", Text, nullable=False),
    Index(
        "ix_sync_op_waits_for",
        "waits_for",
        sqlite_where=text("waits_for IS NOT NULL"),
        postgresql_where=text("waits_for IS NOT NULL"),
    ),
    Index(
        "ix_sync_op_refused",
        "person_id",
        "aggregate_id",
        sqlite_where=text("problem IS NOT NULL"),
        postgresql_where=text("problem IS NOT NULL"),
    ),
)
"""The op log: every op whole as it came (fields that this build does not know included) and its outcome.
``waits_for``: id of the row whose arrival makes it worth trying again; ``clamped``: its clock ran ahead."""

sync_op_run = Table(
    "sync_op_run",
    SQLModel.metadata,
    Column("stream_id", Integer, primary_key=True, autoincrement=False),
    Column("first_seq", BigInteger, primary_key=True, autoincrement=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("person_id", String(36), nullable=False),
    Column("aggregate_id", String(64), nullable=False, index=True),
    Column("received_at", String(30), nullable=False),
    Column("op_ids", Text, nullable=False),
    Column("versions", Text, nullable=False),
    Column("body", Text, nullable=False),
)
"""Lines of the op log in one: ops of one aggregate that came in one push with numbers without gaps and were
all applied as sent. ``op_ids``, ``versions`` (of the rows afterwards) and ``body`` (the ops as they came) are
JSON lists in the order of the numbers. Such a line never changes again."""

sync_history = Table(
    "sync_history",
    SQLModel.metadata,
    Column("id", Integer, primary_key=True),
    Column("entity", String(24), nullable=False),
    Column("row_id", String(36), nullable=False, index=True),
    Column("field", String(40), nullable=False),
    Column("value", Text, nullable=False),
    Column("clock", String(100), nullable=False),
    Column("op_id", String(36), nullable=False),
    Column("at", String(30), nullable=False),
)
"""Values that lost against a concurrent change of the same field: nothing typed is gone. ``op_id``: the op
that carried the losing value, or the one that displaced it."""

sync_scope = Table(
    "sync_scope",
    SQLModel.metadata,
    Column("fingerprint", String(32), primary_key=True),
    Column("person_id", String(36), nullable=False, index=True),
    Column("body", Text, nullable=False),
    Column("seen_at", String(30), nullable=False),
)
"""Scopes that cursors were given for: when a scope has changed, the old one tells what to take back."""

sync_epoch = Table(
    "sync_epoch",
    SQLModel.metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("epoch", String(36), nullable=False),
    Column("restored_at", String(30), nullable=False),
    Column("backed_up", String(30), nullable=False),
    Column("backed_up_before", String(30), nullable=False),
)
"""One row. ``restored_at``: when the epoch began by a restore ("" for the first one); ``backed_up`` and
``backed_up_before``: when the last two backups began ("" if there were none)."""
