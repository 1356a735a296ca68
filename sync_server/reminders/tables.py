"""What leaves the server about reminders: mails and webhook events, and what became of them."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table, Text
from sqlmodel import SQLModel

from shared_models.columns import Instant

reminder_delivery = Table(
    "reminder_delivery",
    SQLModel.metadata,
    Column("id", String(36), primary_key=True),
    Column("person_id", String(36), nullable=False, index=True),
    Column("channel", String(8), nullable=False),
    Column("target", String(300), nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(8), nullable=False, index=True),
    Column("tries", Integer, nullable=False),
    Column("error", String(300), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("tried_at", Instant, nullable=True),
)
"""channel: mail, webhook. state: waiting, sending, sent, failed (given up). The body is JSON text."""
