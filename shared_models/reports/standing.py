"""Where a scope stands, what changed against another month, and how much each item weighs."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from shared_models.building import LATER
from shared_models.reports.wire import Overall, ReportItem


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=LATER)


class Change(_Wire):
    """A rate in two months: after minus before in percentage points, with Newcombe's interval."""

    before: float | None
    after: float | None
    """Percent."""
    difference: float | None
    low: float | None
    high: float | None
    """Percentage points; None where one of the months has too little to compare."""


class ItemChange(_Wire):
    """An item whose rate surely moved."""

    item: ReportItem
    change: Change


class Standing(_Wire):
    """Answer of GET /reports/standing: the whole scope, or a region of it, in one month against another."""

    region_id: str | None
    month: str
    compared: str
    """The month it is held against; "" where there is none."""
    months: tuple[str, ...]
    """Months that can be chosen, newest first."""
    trend: tuple[Overall, ...]
    """All items and dealers pooled, oldest first, up to ``month``."""
    change: Change
    """95 % interval."""
    fell: tuple[ItemChange, ...]
    rose: tuple[ItemChange, ...]
    """Items whose 99 % interval leaves zero out, the largest change first: with many items compared at once,
    95 % would name some by chance alone."""
