"""What the server alone notes about a visit."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table
from sqlmodel import SQLModel

from shared_models.columns import ExactDecimal, Instant

visit_check = Table(
    "visit_check",
    SQLModel.metadata,
    Column("visit_id", String(36), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("device_score", ExactDecimal),
    Column("server_score", ExactDecimal),
    Column("flag", String(20), nullable=False),
    Column("checked_at", Instant, nullable=False),
)
"""The score as the device sent it and as the server computed it, per submission; ``flag`` is
``score_differs`` where they disagree. It is shown to reviewers and never overwrites what was submitted."""
