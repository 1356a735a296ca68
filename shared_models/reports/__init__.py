"""Figures of reports, the same on screen, on paper and in tables."""

from shared_models.reports.wire import (
    STALE_AFTER_DAYS,
    DealerFreshness,
    DealerScore,
    Freshness,
    ItemScore,
    Overall,
    PlanScore,
    RegionSummary,
    ReportDealer,
    ReportItem,
    Scorecard,
    SourceScore,
    VisitScore,
)

__all__ = [
    "STALE_AFTER_DAYS",
    "DealerFreshness",
    "DealerScore",
    "Freshness",
    "ItemScore",
    "Overall",
    "PlanScore",
    "RegionSummary",
    "ReportDealer",
    "ReportItem",
    "Scorecard",
    "SourceScore",
    "VisitScore",
]
