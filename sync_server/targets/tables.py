"""The table of targets that hold for a place or for some months."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table
from sqlmodel import SQLModel

from shared_models.columns import ExactDecimal, Instant

item_target = Table(
    "item_target",
    SQLModel.metadata,
    Column("id", String(36), primary_key=True),
    Column("item_id", String(36), nullable=False),
    Column("place_kind", String(8), nullable=False),
    Column("place_id", String(36), nullable=False),
    Column("month_from", String(7), nullable=False),
    Column("month_to", String(7), nullable=False),
    Column("target", ExactDecimal, nullable=False),
    Column("set_by", String(36), nullable=True),
    Column("set_at", Instant, nullable=False),
    Column("ended_by", String(36), nullable=True),
    Column("ended_at", Instant, nullable=True),
    Index("ix_item_target_of", "item_id", "place_kind", "place_id"),
)
"""Rules, never changed: a new value ends the old row and adds one, so what held when can be read back.

place_kind: company, region, dealer (place_id "" for the company). month_from, month_to: YYYY-MM, "" for open
ends. target in percent. What holds for the whole company in all months stands in the item itself."""
