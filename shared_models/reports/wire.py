"""Figures of reports: the dealer scorecard, the regional summary, the freshness of the database.

Screens, PDF and XLSX are drawn from these same objects, so they cannot differ.
"""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from shared_models.building import LATER
from shared_models.checklists.stages import Source, Stage
from shared_models.insight.wire import RateCell, WeakItem

STALE_AFTER_DAYS = 45
"""A dealer without an observation for longer than this has a stale database: a month went by without any."""


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=LATER)


class DealerFreshness(_Wire):
    """The newest observation of an active dealer."""

    dealer_id: str
    dealer_code: str
    dealer_name: str
    dealer_name_en: str
    newest_day: str | None
    """Business day, YYYY-MM-DD; None: no observation at all."""
    days: int | None
    """Days since then."""
    stale: bool


class Freshness(_Wire):
    """Answer of GET /reports/freshness, the stalest dealer first."""

    as_of: str
    """Business day, YYYY-MM-DD."""
    dealers: tuple[DealerFreshness, ...]


class ReportDealer(_Wire):
    """The dealer that a report is about."""

    id: str
    code: str
    name: str
    name_en: str
    city: str
    city_en: str
    latitude: float | None = None
    longitude: float | None = None
    """WGS 84, degrees; None where nobody entered them."""


class ReportItem(_Wire):
    """A canonical item as reports name it."""

    id: str
    name: str
    name_en: str
    short: str
    short_en: str
    stage: Stage
    target: float
    """Percent."""


class Overall(_Wire):
    """All items of a dealer pooled: sum of executed over sum of applicable, in percent."""

    month: str
    executed: float
    applicable: float
    rate: float | None
    low: float | None
    high: float | None
    """Wilson score interval, 95 %."""
    small: bool


class ItemScore(_Wire):
    """One item of one dealer over the months of the report."""

    item: ReportItem
    months: tuple[RateCell | None, ...]
    """Merged cells, oldest first; None: no observation."""
    by_source: tuple[RateCell, ...]
    """Of the newest month."""
    weak: WeakItem | None


class PlanScore(_Wire):
    """A plan of the dealer in one line."""

    id: str
    number: str
    title: str
    status: str
    published_on: str
    """YYYY-MM-DD, "" for a plan that is not published."""
    actions: int
    verified: int
    overdue: int
    verdicts: tuple[str, ...]


class VisitScore(_Wire):
    """An accepted visit; nothing tells who the visitor was."""

    id: str
    day: str
    source: Source
    title: str
    title_en: str
    score: Decimal | None


class Scorecard(_Wire):
    """Answer of GET /reports/scorecard: one dealer in one month and the months before it."""

    dealer: ReportDealer
    region: str
    region_en: str
    month: str
    months: tuple[str, ...]
    overall: tuple[Overall, ...]
    """One per month, oldest first."""
    items: tuple[ItemScore, ...]
    plans: tuple[PlanScore, ...]
    visits: tuple[VisitScore, ...]
    newest_day: str | None
    data_cut: int


class DealerScore(_Wire):
    """A dealer's line in the regional summary."""

    dealer: ReportDealer
    overall: Overall
    before: Overall
    """The month of comparison."""
    best_place: int | None
    worst_place: int | None
    """Places that the intervals leave open: 1 is the best; None where there is too little to rank."""
    cells: tuple[RateCell | None, ...]
    """Merged cells of the month, in the order of the summary's items."""
    weak: int
    plans_running: int
    actions_overdue: int
    newest_day: str | None


class SourceScore(_Wire):
    """An item over all dealers of the summary: merged, and by each source."""

    item: ReportItem
    merged: RateCell | None
    before: RateCell | None
    """Merged, the month of comparison."""
    by_source: tuple[RateCell, ...]
    weak: int
    """Dealers at which the item is weak."""


class Importance(_Wire):
    """How much an item weighs beside the others, in percent of the whole."""

    item_id: str
    share: float
    low: float | None
    high: float | None
    """90 % bootstrap interval over respondents; None for weights, which somebody set."""


class RegionSummary(_Wire):
    """Answer of GET /reports/region: dealers of a region (or of the whole scope) side by side."""

    region_id: str | None
    region: str
    region_en: str
    month: str
    previous_month: str
    """The month of comparison: the one before unless another was asked for."""
    items: tuple[ReportItem, ...]
    dealers: tuple[DealerScore, ...]
    """The highest overall rate first, dealers without figures last."""
    sources: tuple[SourceScore, ...]
    data_cut: int
    trend: tuple[Overall, ...] = ()
    """All dealers and items pooled, oldest first."""
    importance: tuple[Importance, ...] = ()
    importance_basis: str = ""
    """drivers: how much an item goes along with customers' overall rating, of the whole network; weights: the
    checklists' own weights, where too few customers have answered; "": neither is known."""
