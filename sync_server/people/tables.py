"""Tables of accounts that never leave the server: credentials, sign-ins, failed attempts."""

from __future__ import annotations

from sqlalchemy import Column, Date, Integer, String, Table
from sqlmodel import SQLModel

from shared_models.columns import Instant

credential = Table(
    "credential",
    SQLModel.metadata,
    Column("person_id", String(36), primary_key=True),
    Column("login", String(80), nullable=False, unique=True),
    Column("password_hash", String(200), nullable=False),
    Column("changed_at", Instant, nullable=False),
)
"""Login (folded to lower case) and Argon2id hash of a person's password."""

contact = Table(
    "contact",
    SQLModel.metadata,
    Column("person_id", String(36), primary_key=True),
    Column("email", String(254), nullable=False),
)
"""Where reminders reach a person by mail."""

login_session = Table(
    "login_session",
    SQLModel.metadata,
    Column("id", String(36), primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("person_id", String(36), nullable=False, index=True),
    Column("device_name", String(120), nullable=False),
    Column("client", String(40), nullable=False),
    Column("address", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant, nullable=True),
)
"""A sign-in; the token itself is known to the device alone, here stands its SHA-256."""

login_failure = Table(
    "login_failure",
    SQLModel.metadata,
    Column("key", String(200), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("blocked_until", Instant, nullable=False),
)
"""Failed sign-ins in a row by login and address."""

invitation = Table(
    "invitation",
    SQLModel.metadata,
    Column("person_id", String(36), primary_key=True),
    Column("code_hash", String(64), nullable=False),
    Column("created_by", String(36), nullable=True),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("mailed_at", Instant, nullable=True),
)
"""A one-time code with which a person sets the first password (or a new one). A newer one replaces it."""

grant_term = Table(
    "grant_term",
    SQLModel.metadata,
    Column("id", String(36), primary_key=True),
    Column("person_id", String(36), nullable=False, index=True),
    Column("role", String(12), nullable=False),
    Column("scope_kind", String(8), nullable=False),
    Column("scope_id", String(36), nullable=False),
    Column("valid_from", Date, nullable=True),
    Column("valid_until", Date, nullable=True),
    Column("grant_id", String(36), nullable=True, index=True),
)
"""Days in which a grant holds, first and last included. ``role_grant`` holds only what is in force: before
its first day a grant stands only here (no ``grant_id``), after its last day it is withdrawn."""

data_maintainer = Table(
    "data_maintainer",
    SQLModel.metadata,
    Column("dealer_id", String(36), primary_key=True),
    Column("person_id", String(36), nullable=False),
    Column("since", Instant, nullable=False),
    Column("set_by", String(36), nullable=True),
)
"""Who keeps a dealer's data up to date 数据维护人."""
