"""Reports that are made by themselves every month."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shared_models.building import LATER

LAST_DAY = 28
"""The latest day of the month that every month has."""


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=LATER)


class ReportSchedule(_Wire):
    """Answer and body of /reports/schedule."""

    enabled: bool = False
    day: int = Field(default=3, ge=1, le=LAST_DAY)
    """Day of the month on which the reports of the month before are made."""
    language: Literal["zh", "en", "both"] = "zh"


class StoredReport(_Wire):
    """A report that lies ready."""

    id: str
    month: str
    kind: Literal["scorecard", "region"]
    place: str
    place_en: str
    """The dealer's or the region's name."""
    code: str
    format: Literal["pdf", "xlsx"]
    name: str
    """File name."""
    size: int
    made_at: str
    """ISO 8601 UTC."""


class StoredReports(_Wire):
    """Answer of GET /reports/files, the newest month first."""

    schedule: ReportSchedule
    may_change: bool
    files: tuple[StoredReport, ...]
