"""Tables of media: stored blobs and uploads under way."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, String, Table
from sqlmodel import SQLModel

from shared_models.columns import Instant

media_blob = Table(
    "media_blob",
    SQLModel.metadata,
    Column("sha256", String(64), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("mime", String(60), nullable=False),
    Column("stored_at", Instant, nullable=False),
    Column("person_id", String(36), nullable=False),
)
"""Files that are durably here, named by their content; ``stored_at`` is the receipt."""

media_upload = Table(
    "media_upload",
    SQLModel.metadata,
    Column("id", String(36), primary_key=True),
    Column("person_id", String(36), nullable=False, index=True),
    Column("sha256", String(64), nullable=False),
    Column("mime", String(60), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)
"""tus uploads that are not finished; how far each has come is the length of its part file."""
