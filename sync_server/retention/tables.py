"""Tables of retention: files that were removed by the rule, and each run of the job."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table
from sqlmodel import SQLModel

from shared_models.columns import Instant, Json

media_retired = Table(
    "media_retired",
    SQLModel.metadata,
    Column("sha256", String(64), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("stored_at", Instant, nullable=False),
    Column("retired_at", Instant, nullable=False),
)
"""Files whose bytes are gone by the rule. The record, its hash and the receipt's instant stay; kind: photo,
route, audio."""

retention_run = Table(
    "retention_run",
    SQLModel.metadata,
    Column("id", String(36), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("by_id", String(36), nullable=True),
    Column("policy", Json, nullable=False),
    Column("counts", Json, nullable=False),
)
"""A run that removed something: the days that were in force and how much of each kind it removed."""

retention_job = Table(
    "retention_job",
    SQLModel.metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("next_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=True),
)
"""One row with id 1 once the nightly job was switched on; whoever moves ``next_at`` on has the run."""
