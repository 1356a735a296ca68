"""The table of targets."""

from __future__ import annotations

from sqlalchemy import Column, String, Table, UniqueConstraint
from sqlmodel import SQLModel

from shared_models.columns import ExactDecimal, Instant

item_target = Table(
    "item_target",
    SQLModel.metadata,
    Column("id", String(36), primary_key=True),
    Column("item_id", String(36), nullable=False, index=True),
    Column("scope_kind", String(8), nullable=False),
    Column("scope_id", String(36), nullable=False),
    Column("from_month", String(7), nullable=False),
    Column("target", ExactDecimal, nullable=True),
    Column("set_by", String(36), nullable=True),
    Column("set_at", Instant, nullable=False),
    UniqueConstraint("item_id", "scope_kind", "scope_id", "from_month"),
)
"""scope_kind: company, region, dealer; the narrowest counts, and of its lines the newest that has begun.
``target`` in percent; none: from that month on the wider scope's target counts again."""
