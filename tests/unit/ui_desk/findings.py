"""Weak items for the tests of the desk."""

from __future__ import annotations

from typing import Any

from shared_models.checklists.stages import Source, Stage
from shared_models.insight import RateCell, ReasonKind, TrendPoint, WeakItem, WeakReason


def cell(
    rate: float | None, count: float, *, month: str = "2026-10", source: Source | None = None
) -> RateCell:
    """A rate of so many answers, with an interval of ten points to each side."""
    return RateCell(
        item_id="i1",
        item_code="service_handover",
        month=month,
        source=source,
        executed=count * (rate or 0) / 100,
        applicable=count,
        not_applicable=0,
        not_observed=0,
        rate=rate,
        low=None if rate is None else max(0, rate - 10),
        high=None if rate is None else min(100, rate + 10),
        small=count < 5,
    )


def weak(rate: float = 81, count: float = 40, **more: Any) -> WeakItem:
    """Service hand-over of one dealer: low, and fallen against the month before."""
    values: dict[str, Any] = {
        "dealer_id": "d1",
        "dealer_code": "A1001",
        "dealer_name": "北京华盛",
        "dealer_name_en": "Beijing Huasheng",
        "item_id": "i1",
        "item_code": "service_handover",
        "item_name": "服务对接",
        "item_name_en": "Service hand-over",
        "item_short": "服务对接",
        "item_short_en": "Hand-over",
        "stage": Stage.DELIVERY,
        "month": "2026-10",
        "target": 85.0,
        "merged": cell(rate, count),
        "by_source": (cell(rate, count, source=Source.PHONE),),
        "trend": (
            TrendPoint(month="2026-09", merged=cell(94, count, month="2026-09")),
            TrendPoint(month="2026-10", merged=cell(rate, count)),
        ),
        "reasons": (
            WeakReason(kind=ReasonKind.LOW_RATE, rate=rate, target=85.0),
            WeakReason(
                kind=ReasonKind.DECLINE,
                rate=rate,
                previous_month="2026-09",
                previous_rate=94.0,
                drop=94.0 - rate,
                sources=(Source.PHONE,),
            ),
        ),
        "priority": 31.3,
        "data_cut": 7,
    }
    return WeakItem(**{**values, **more})
