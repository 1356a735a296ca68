"""Tables of accounts that never leave the server: credentials, sign-ins, failed attempts."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table
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
