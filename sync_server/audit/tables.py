"""The table of the audit trail."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, Text
from sqlmodel import SQLModel

from shared_models.columns import Instant, Json

audit_entry = Table(
    "audit_entry",
    SQLModel.metadata,
    Column("id", String(36), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor_id", String(36), nullable=True),
    Column("via", String(8), nullable=False),
    Column("action", String(48), nullable=False),
    Column("entity", String(24), nullable=False),
    Column("row_id", String(36), nullable=False),
    Column("dealer_id", String(36), nullable=True),
    Column("subject", String(160), nullable=False),
    Column("detail", Json, nullable=False),
    Column("words", Text, nullable=False),
    Index("ix_audit_entry_at", "at"),
    Index("ix_audit_entry_dealer_at", "dealer_id", "at"),
    Index("ix_audit_entry_row", "row_id"),
)
"""via: app (HTTP), device (an op of a sync), cli, server (a job). ``actor_id`` is empty for the last two.
``subject``: what it was done to, as it was called then; ``words``: what free text is searched in.
Detail holds ``changes`` (field -> [before, after]) and facts by name, never a secret."""
