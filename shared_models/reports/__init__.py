"""Figures of reports, the same on screen, on paper and in tables."""

from shared_models.reports.monthly import LAST_DAY, ReportSchedule, StoredReport, StoredReports
from shared_models.reports.standing import Change, ItemChange, Standing
from shared_models.reports.wire import (
    STALE_AFTER_DAYS,
    DealerFreshness,
    DealerScore,
    Freshness,
    Importance,
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
    "LAST_DAY",
    "STALE_AFTER_DAYS",
    "Change",
    "DealerFreshness",
    "DealerScore",
    "Freshness",
    "Importance",
    "ItemChange",
    "ItemScore",
    "Overall",
    "PlanScore",
    "RegionSummary",
    "ReportDealer",
    "ReportItem",
    "ReportSchedule",
    "Scorecard",
    "SourceScore",
    "Standing",
    "StoredReport",
    "StoredReports",
    "VisitScore",
]
