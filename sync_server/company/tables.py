"""Tables of company settings and of the calendar of working days."""

from __future__ import annotations

from sqlalchemy import Column, Date, String, Table
from sqlmodel import SQLModel

from shared_models.columns import Instant, Json

company_setting = Table(
    "company_setting",
    SQLModel.metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Json, nullable=False),
    Column("changed_by", String(36), nullable=True),
    Column("changed_at", Instant, nullable=False),
)
"""Settings that are made while the server runs; what the environment says is the default."""

calendar_day = Table(
    "calendar_day",
    SQLModel.metadata,
    Column("day", Date, primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("name", String(60), nullable=False),
)
"""Days that are not what their weekday says. kind: holiday, or workday (a weekend day worked, 调休)."""
