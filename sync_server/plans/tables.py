"""How this company handles plans."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, String, Table
from sqlmodel import SQLModel

from shared_models.columns import Instant

plan_policy = Table(
    "plan_policy",
    SQLModel.metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("needs_approval", Boolean, nullable=False),
    Column("changed_by", String(36), nullable=True),
    Column("changed_at", Instant, nullable=False),
)
"""One row with id 1; none: plans need no approval."""
