"""Reports that are made by themselves every month: when, what was made, and who was told."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, String, Table, UniqueConstraint
from sqlmodel import SQLModel

from shared_models.columns import Instant

report_schedule = Table(
    "report_schedule",
    SQLModel.metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("enabled", Boolean, nullable=False),
    Column("day", Integer, nullable=False),
    Column("language", String(4), nullable=False),
    Column("changed_by", String(36), nullable=True),
    Column("changed_at", Instant, nullable=False),
)
"""One row with id 1; none: nothing is made. ``day``: of the month, on which the month before is made."""

report_file = Table(
    "report_file",
    SQLModel.metadata,
    Column("id", String(36), primary_key=True),
    Column("month", String(7), nullable=False, index=True),
    Column("kind", String(12), nullable=False),
    Column("place_id", String(36), nullable=False, index=True),
    Column("format", String(5), nullable=False),
    Column("name", String(160), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("data_cut", Integer, nullable=False),
    Column("made_at", Instant, nullable=False),
    UniqueConstraint("month", "kind", "place_id", "format"),
)
"""kind: scorecard (place_id: a dealer), region (place_id: a region). The bytes lie in the blob store."""

report_notice = Table(
    "report_notice",
    SQLModel.metadata,
    Column("month", String(7), primary_key=True),
    Column("person_id", String(36), primary_key=True),
    Column("queued_at", Instant, nullable=False),
)
"""Who has been told by mail that a month's reports are there."""
