"""The service trade's own figures: fix-first-visit, first-service retention, complaints, time to close."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sync_server.insight.statistics.arrays import FloatArray, IntArray, as_vector
from sync_server.insight.statistics.multiplicity import FunnelComparison, funnel_comparison


@dataclass(frozen=True, slots=True)
class FixFirstVisit:
    """一次修复率. `fixed_rate` is pooled over technicians (fraction); `not_fixed` the funnel of the
    complement, which is the figure the monthly deck prints."""

    fixed_rate: float
    not_fixed_rate: float
    not_fixed: FunnelComparison


def fix_first_visit(not_fixed: ArrayLike, jobs: ArrayLike, q: float = 0.10) -> FixFirstVisit:
    """Jobs fixed at the first visit over jobs asked about: pooled Σ/Σ (never a mean of rates), technicians by
    funnel.

    Args:
        not_fixed, jobs: per technician.
        q: false discovery rate among technicians.
    """
    funnel = funnel_comparison(not_fixed, jobs, q=q)
    return FixFirstVisit(1 - funnel.pooled, funnel.pooled, funnel)


def first_service_retention(sales: ArrayLike, first_services: ArrayLike, months: int = 3) -> FloatArray:
    """首保管理内化率: first services of a month over the mean of the new-car sales of the `months` months
    before.

    Args:
        sales, first_services: per month in order of time, NaN where the month is not reported.

    Returns:
        Per month a fraction (above 1 is possible); NaN ("no data", never 0 % and never a division by zero)
        where the month or one of the sales months before is missing, or nothing was sold.
    """
    s = as_vector(sales, "sales", allow_nan=True)
    f = as_vector(first_services, "first_services", allow_nan=True)
    if s.size != f.size:
        raise ValueError(f"sales has {s.size} months, first_services has {f.size}")
    if months < 1:
        raise ValueError(f"months must be positive, got {months}")
    rate = np.full(s.size, np.nan)
    for m in range(months, s.size):
        # integers first, one division last: 48·3/103 is exact up to that division
        sold = float(s[m - months : m].sum())
        if sold > 0 and not np.isnan(f[m]):
            rate[m] = f[m] * months / sold
    return rate


@dataclass(frozen=True, slots=True)
class ComplaintBalance:
    """Cases at the end of a period and what was closed in it."""

    open_end: int
    closed: int


def complaint_balance(
    carried_in: int, opened: int, closed_of_opened: int, closed_of_carried: int
) -> ComplaintBalance:
    """open_end = carried_in + opened − closed (new) − closed (old).

    Raises:
        ValueError: a negative count, or more closed than there were.
    """
    if min(carried_in, opened, closed_of_opened, closed_of_carried) < 0:
        raise ValueError("complaints cannot be negative")
    if closed_of_opened > opened or closed_of_carried > carried_in:
        raise ValueError("more complaints closed than there were")
    closed = closed_of_opened + closed_of_carried
    return ComplaintBalance(carried_in + opened - closed, closed)


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """Share still open after each time at which a case closed, with Greenwood's standard error."""

    times: FloatArray
    survival: FloatArray
    standard_error: FloatArray
    at_risk: IntArray
    closed: IntArray

    def quantile(self, share: float = 0.5) -> float:
        """Time by which `share` of the cases are closed (median by default); NaN when the curve does not get
        there."""
        if not 0 < share < 1:
            raise ValueError(f"share must lie between 0 and 1, got {share}")
        reached = np.flatnonzero(self.survival <= 1 - share + 1e-12)
        return float(self.times[reached[0]]) if reached.size else float("nan")

    def at(self, time: float) -> float:
        """Share still open at a time; 1 before the first closing."""
        before = int(np.searchsorted(self.times, time, side="right"))
        return float(self.survival[before - 1]) if before else 1.0


def kaplan_meier(durations: ArrayLike, closed: ArrayLike) -> SurvivalCurve:
    """Kaplan-Meier curve of the time to close; cases still open count as censored at their present age.

    S(t) = Π (1 − d/n). Kaplan & Meier 1958, JASA 53:457; Greenwood 1926. Cases censored at a time at which
    others close count as at risk there. No cases give an empty curve.

    Raises:
        ValueError: negative durations, flags other than 0/1, sizes that differ.
    """
    t = as_vector(durations, "durations")
    d = as_vector(closed, "closed")
    if t.size != d.size:
        raise ValueError(f"durations has {t.size} entries, closed has {d.size}")
    if (t < 0).any():
        raise ValueError("durations must not be negative")
    if not np.isin(d, (0, 1)).all():
        raise ValueError("closed must be 0 or 1")
    times = np.unique(t[d == 1])
    events = np.array([int(((t == x) & (d == 1)).sum()) for x in times], dtype=np.int64)
    risk = np.array([int((t >= x).sum()) for x in times], dtype=np.int64)
    survival: FloatArray = np.cumprod(1 - events / risk, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(risk > events, events / (risk * (risk - events)), 0.0).astype(np.float64)
    return SurvivalCurve(
        times, survival, survival * np.sqrt(np.cumsum(terms, dtype=np.float64)), risk, events
    )
