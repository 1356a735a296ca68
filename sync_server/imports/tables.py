"""Tables of imports: saved mappings and imported files."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field, Index, SQLModel, UniqueConstraint

from shared_models.columns import Instant, Json
from shared_models.ids import new_id


class ImportMapping(SQLModel, table=True):
    """A saved column mapping; its versions stand in ``import_mapping_version``."""

    __tablename__ = "import_mapping"  # pyright: ignore[reportAssignmentType]

    name: str = Field(primary_key=True, max_length=40)
    house_code: str = Field(index=True, max_length=40)
    version: int
    document: dict[str, Any] = Field(sa_type=Json)
    sha256: str = Field(max_length=64)
    updated_at: datetime = Field(sa_type=Instant)
    updated_by: str | None = Field(default=None, foreign_key="person.id")
    removed: bool = False


class ImportMappingVersion(SQLModel, table=True):
    """A mapping as it stood: every import names the text it used by its SHA-256."""

    __tablename__ = "import_mapping_version"  # pyright: ignore[reportAssignmentType]

    sha256: str = Field(primary_key=True, max_length=64)
    name: str = Field(index=True, max_length=40)
    document: dict[str, Any] = Field(sa_type=Json)


class ImportBatch(SQLModel, table=True):
    """One imported file."""

    __tablename__ = "import_batch"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("ix_import_batch_file", "file_sha256", "mapping_sha256"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    file_name: str
    file_sha256: str = Field(max_length=64)
    file_size: int
    encoding: str = Field(default="", max_length=20)
    mapping: str = Field(max_length=40)
    mapping_sha256: str = Field(max_length=64)
    source: str = Field(max_length=12)
    imported_by: str | None = Field(default=None, foreign_key="person.id")
    imported_at: datetime = Field(sa_type=Instant, index=True)
    counts: dict[str, Any] = Field(default_factory=dict, sa_type=Json)


class ImportFinding(SQLModel, table=True):
    """Something wrong with a row of an imported file; the value is stored masked."""

    __tablename__ = "import_finding"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (UniqueConstraint("batch_id", "position"),)

    id: int | None = Field(default=None, primary_key=True)
    batch_id: str = Field(foreign_key="import_batch.id", index=True)
    position: int
    row: int
    column: str
    reason: str = Field(max_length=24)
    level: str = Field(max_length=8)
    value: str = Field(max_length=80)
    other_row: int | None = None
