"""The month computation of insight: pure functions over counts, one `Parameters` value, and its two front
ends.

`from_counts` reads a counts file; `refresh_month` (facts) reads month-partitioned Parquet. Both end in
`compute_month` or its first step, `fuse`.
"""

from sync_server.insight.engine.conflicts import SourceConflicts, find_conflicts, review_weights
from sync_server.insight.engine.declines import Declines, find_declines
from sync_server.insight.engine.effects import Plan, PlanVerdict, judge_plans, judge_programme
from sync_server.insight.engine.facts import MonthRefresh, add_facts, refresh_month, window_counts
from sync_server.insight.engine.from_counts import FromCountsResult, from_counts, read_counts, read_plans
from sync_server.insight.engine.fusion import FusedRates, WindowCounts, calibrate, fuse
from sync_server.insight.engine.month import CountsCube, MonthFigures, compute_month
from sync_server.insight.engine.parameters import METHOD_VERSION, REFERENCE, SOURCES, Parameters

__all__ = [
    "METHOD_VERSION",
    "REFERENCE",
    "SOURCES",
    "CountsCube",
    "Declines",
    "FromCountsResult",
    "FusedRates",
    "MonthFigures",
    "MonthRefresh",
    "Parameters",
    "Plan",
    "PlanVerdict",
    "SourceConflicts",
    "WindowCounts",
    "add_facts",
    "calibrate",
    "compute_month",
    "find_conflicts",
    "find_declines",
    "from_counts",
    "fuse",
    "judge_plans",
    "judge_programme",
    "read_counts",
    "read_plans",
    "refresh_month",
    "review_weights",
    "window_counts",
]
