"""How this company handles plans."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Integer, String, Table
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

plan_template = Table(
    "plan_template",
    SQLModel.metadata,
    Column("id", String(36), primary_key=True),
    Column("title", String(120), nullable=False),
    Column("content", JSON, nullable=False),
    Column("author_id", String(36), nullable=True, index=True),
    Column("shared", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
)
"""Templates of plans; ``content`` as shared_models.plans.TemplateContent."""

sales_result = Table(
    "sales_result",
    SQLModel.metadata,
    Column("dealer_id", String(36), primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("target", Integer, nullable=False),
    Column("achieved", Integer, nullable=False),
    Column("changed_by", String(36), nullable=True),
    Column("changed_at", Instant, nullable=False),
)
"""Cars to be sold and sold by a dealer in a month: achievement of the sales target stands beside verdicts."""
