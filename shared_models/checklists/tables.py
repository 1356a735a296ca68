"""Tables of checklists: the item ledger and published template versions (reference rows)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Field, UniqueConstraint

from shared_models.columns import ExactDecimal, Instant, Json, Row


class Item(Row, table=True):
    """A canonical item of the core process: what several sources measure with their own questions."""

    code: str = Field(unique=True, max_length=40)
    name: str
    name_en: str
    short: str
    short_en: str
    stage: str = Field(max_length=24, index=True)
    rater: str = Field(default="", max_length=16)
    target: Decimal | None = Field(default=None, sa_type=ExactDecimal)
    """Target execution rate in percent; none: the network's default."""
    causes: list[dict[str, str]] = Field(default_factory=list, sa_type=Json)
    """Typical causes under this item: code, zh, en."""
    active: bool = True


class Template(Row, table=True):
    """A checklist over time."""

    code: str = Field(unique=True, max_length=40)
    title: str
    title_en: str
    source: str = Field(max_length=12)
    retired: bool = False


class TemplateVersion(Row, table=True):
    """A numbered version of a template; once published its document never changes."""

    __tablename__ = "template_version"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (UniqueConstraint("template_id", "number"),)

    template_id: str = Field(foreign_key="template.id", index=True)
    number: int
    status: str = Field(default="published", max_length=10)
    document: dict[str, Any] = Field(sa_type=Json)
    sha256: str = Field(max_length=64)
    published_at: datetime | None = Field(default=None, sa_type=Instant)
