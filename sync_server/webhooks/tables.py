"""The table of webhook endpoints."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, String, Table
from sqlmodel import SQLModel

from shared_models.columns import Instant

webhook_endpoint = Table(
    "webhook_endpoint",
    SQLModel.metadata,
    Column("id", String(36), primary_key=True),
    Column("url", String(300), nullable=False, unique=True),
    Column("secret", String(64), nullable=False),
    Column("note", String(120), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_by", String(36), nullable=True),
    Column("created_at", Instant, nullable=False),
    Column("last_sent_at", Instant, nullable=True),
    Column("last_failed_at", Instant, nullable=True),
    Column("last_error", String(300), nullable=False),
)
"""The secret signs what is sent, so it is kept as it is; it is told once, when it is made."""
