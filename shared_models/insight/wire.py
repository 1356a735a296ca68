"""Figures on the wire: rates, weak items, evidence, effects of plans.

All rates, ends of intervals, targets and differences are in percent (or percentage points), rounded half
up to two decimals. Counts may carry a fraction: in a visit, the questions that measure one item share one
observation of that item between them, so one visit counts once, however long its checklist
(docs/imports-and-figures.md).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shared_models.building import LATER
from shared_models.checklists.stages import Source, Stage

GREY_BELOW = 5
"""Fewer applicable observations than this: the rate is shown grey, "too few", and raises no flag."""
ARROW_FROM = 30
"""From this many applicable observations on a trend arrow is drawn; below, the interval is shown instead."""


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=LATER)


class RateCell(_Wire):
    """Execution rate of one item in one month: of one source, or merged over all of them."""

    item_id: str
    item_code: str
    month: str
    """YYYY-MM."""
    dealer_id: str | None = None
    """None: all dealers of the question asked, pooled."""
    source: Source | None = None
    """None: merged, that is pooled over sources (sum of executed over sum of applicable)."""
    executed: float
    applicable: float
    not_applicable: float
    """Answers "not applicable"; never in the denominator."""
    not_observed: float
    """Answers "not seen", "don't know", "don't remember"; never in the denominator."""
    rate: float | None
    """None where nothing was applicable."""
    low: float | None
    high: float | None
    """Wilson score interval, 95 %."""
    small: bool
    """Fewer than GREY_BELOW applicable: show grey, draw no conclusion."""
    equal_source_rate: float | None = None
    """Merged cells only: plain mean of the sources' rates, each source counting the same."""
    sources: int = 1
    """How many sources have applicable observations in it."""

    @property
    def arrow(self) -> bool:
        """Whether there are enough observations to draw a trend arrow."""
        return self.applicable >= ARROW_FROM


class ReasonKind(StrEnum):
    """Why an item is weak; words in the catalogue ``insight.reason.<kind>``."""

    LOW_RATE = "low_rate"  # 执行率低
    DECLINE = "decline"  # 环比下滑
    BELOW_TARGET = "below_target"  # 综合判断低于目标
    WARNING = "warning"  # 下滑预警
    CONFIRMED_DECLINE = "confirmed_decline"  # 确认下滑


class WeakReason(_Wire):
    """One reason with its figures; words from :func:`shared_models.insight.words.reason_text`."""

    kind: ReasonKind
    rate: float
    """low_rate: the merged rate. decline: this month's rate over the sources present in both months.
    below_target, warning, confirmed_decline: the fused rate."""
    target: float | None = None
    previous_month: str = ""
    previous_rate: float | None = None
    drop: float | None = None
    """Fall in percentage points (positive), sources weighted alike in both months."""
    sources: tuple[Source, ...] = ()
    """decline: the sources compared (those with enough observations in both months)."""
    probability: float | None = None
    """below_target: how probable it is that the rate lies below the target, percent."""
    false_share: float | None = None
    """below_target: expected share of the whole list that is not below target, percent."""


class FusedSource(_Wire):
    """What one source says in the window of the fused rate."""

    source: Source
    executed: float
    applicable: float
    rate: float | None
    low: float | None
    high: float | None
    """Wilson score interval, 95 %, in the source's own scale."""
    weight: float = 1.0
    """1, or less while the source is in conflict with the others at this dealer and nobody looked into it."""
    calibrated: bool = False
    """Whether its scale was fitted to the mystery shop; else taken as it is."""


class FusedRate(_Wire):
    """The one rate that the five sources together say (综合执行率), on the scale of the mystery shop."""

    months: tuple[str, ...]
    """The window, oldest first."""
    rate: float
    low: float
    high: float
    """90 % interval (5th to 95th percentile of what is possible)."""
    p_below: float
    """How probable it is that the true rate lies below the target, percent."""
    executed: float
    applicable: float
    raw_rate: float | None
    """Executed over applicable in the window, not drawn to the other dealers."""
    listed: bool
    """On the list of the surely weak: at most ``false_share`` of that list is expected to be wrong."""
    false_share: float
    sources: tuple[FusedSource, ...]


class DeclineSigns(_Wire):
    """Whether the item falls at this dealer: each source against its own past."""

    months: int
    """Months with observations that could be looked at."""
    needed: int
    """So many are needed before a warning is possible at all."""
    warning_month: str | None = None
    """The month of an early warning, of the last three."""
    confirmed: bool = False
    """The last three months against the six before; false discoveries held at 10 % over the network."""
    drop: float | None = None
    """Points by which it fell in that comparison; None where it cannot be made yet."""


class SourceConflict(_Wire):
    """One source says something else than the others: both sides, to be looked into."""

    source: Source
    own: FusedSource
    others_executed: float
    others_applicable: float
    others_rate: float | None
    others_low: float | None
    others_high: float | None
    gap: float
    """The source minus the others, points."""
    gap_low: float
    gap_high: float
    whole_dealer: bool
    """Over all items of the dealer, not only on this one."""
    reviewed: bool
    """Somebody looked into it; until then the source weighs less where it is the whole dealer."""


class TrendPoint(_Wire):
    """One month of an item's trend: merged, and each source that has data."""

    month: str
    merged: RateCell
    by_source: tuple[RateCell, ...] = ()


class WeakItem(_Wire):
    """A weak item of one dealer in one month, with all that a plan's finding needs."""

    dealer_id: str
    dealer_code: str
    dealer_name: str
    dealer_name_en: str
    item_id: str
    item_code: str
    item_name: str
    item_name_en: str
    item_short: str
    item_short_en: str
    stage: Stage
    month: str
    target: float
    merged: RateCell
    by_source: tuple[RateCell, ...]
    trend: tuple[TrendPoint, ...]
    """Oldest first; its last point is ``month``. Months without any observation of the item are left out."""
    reasons: tuple[WeakReason, ...] = Field(min_length=1)
    """The trade's own rule on the month's figure; the engine's reasons where that rule has none."""
    priority: float
    """0..100, the neediest of the network's month at 100: expected shortfall against the target, times what
    the item weighs with customers, times how often it applies."""
    importance: float = 1.0
    """What the item weighs with customers, 1 on average; 1 too where nothing is known of that."""
    data_cut: int
    """State of the observations that the figures were computed from."""
    running_plan_id: str | None = None
    """A plan of this dealer that already takes up the item and is not closed."""
    level: Literal["listed", "watch"] = "watch"
    """listed: surely weak, or a confirmed decline. watch: the month's figure or a warning says so."""
    signs: tuple[WeakReason, ...] = ()
    """The engine's reasons, strongest first; empty where only the month's own figure is low or fell."""
    fused: FusedRate | None = None
    decline: DeclineSigns | None = None
    conflicts: tuple[SourceConflict, ...] = ()
    management_score: float | None = None
    """The sources' rates with the house's fixed weights, percent; a score, never an estimate."""

    @property
    def all_reasons(self) -> tuple[WeakReason, ...]:
        """The engine's reasons and those of the trade's rule, each once."""
        kinds = {reason.kind for reason in self.signs}
        return (*self.signs, *(reason for reason in self.reasons if reason.kind not in kinds))


class Parameters(_Wire):
    """What the figures were computed with; stored with every finding."""

    default_target: float = 85.0
    decline_points: float = 5.0
    confidence: float = 0.95
    interval: Literal["wilson"] = "wilson"
    merge: Literal["pooled"] = "pooled"
    grey_below: int = GREY_BELOW
    arrow_from: int = ARROW_FROM
    trend_months: int = 3
    method_version: int = 1
    digest: str = ""
    """Names the engine's parameters (GET /insight/parameters)."""


class WeakItems(_Wire):
    """Answer of GET /insight/weak-items, highest priority first."""

    month: str
    data_cut: int
    final: bool
    parameters: Parameters
    items: tuple[WeakItem, ...]
    total: int
    """All weak items of the question, when ``items`` was cut by ``limit``."""
    listed: int = 0
    """How many of them are surely weak."""
    cells: int = 0
    """Dealers × items that have any answer in the window."""


class Rates(_Wire):
    """Answer of GET /insight/rates."""

    months: tuple[str, ...]
    data_cut: int
    parameters: Parameters
    cells: tuple[RateCell, ...]


class MonthFigures(_Wire):
    """One month that has observations in the caller's scope."""

    month: str
    final: bool
    """True from five days after the month's end on; later data makes a revision, never a silent change."""
    observations: int
    dealers: int
    items: int
    by_source: dict[Source, int]


class InsightMonths(_Wire):
    """Answer of GET /insight/months, newest first."""

    data_cut: int
    months: tuple[MonthFigures, ...]
    default_month: str = ""
    """The newest closed month with figures: what a list shows when no month is asked for."""


class EvidenceKind(StrEnum):
    """What stands behind a figure."""

    ANSWER = "answer"  # one answer of an accepted visit
    RESPONSE = "response"  # one answer in an interview
    VERBATIM = "verbatim"  # what a customer said in their own words
    RATING = "rating"  # a mark that a customer gave
    CALL = "call"  # how a call went


class Evidence(_Wire):
    """One answer behind a figure. It never tells who the shopper was or which customer spoke."""

    kind: EvidenceKind
    id: str
    """Id of the observation or of the verbatim: good for citing it in a plan, leads to nobody."""
    day: str
    """Business day, YYYY-MM-DD; the first of the month where a survey gives only the month."""
    source: Source
    executed: bool | None
    """None: not applicable, not observed, or a verbatim."""
    state: Literal["executed", "not", "na", "unobserved", ""] = ""
    question_code: str = ""
    question: str = ""
    question_en: str = ""
    comment: str = ""
    """The observer's comment or the customer's words, telephone numbers masked."""
    employee: str = ""
    photos: tuple[str, ...] = ()
    """SHA-256 of photos; only for readers who may open the visit."""
    provenance_id: str | None = None
    """Visit or response id, for headquarters and the dealer's managers only."""
    value: str = ""
    """The mark of a rating; the outcome of a call (a Disposition)."""
    agent: str = ""
    """Who asked, for desks only."""
    dealer_code: str = ""
    dealer_name: str = ""
    dealer_name_en: str = ""
    item_name: str = ""
    item_name_en: str = ""
    """Names are given where a list goes over several dealers and items."""


class EvidencePage(_Wire):
    """Answer of GET /insight/evidence: failures first, then newest first."""

    dealer_id: str
    item_id: str
    month: str
    total: int
    evidence: tuple[Evidence, ...]


class Verdict(StrEnum):
    """What the figures say about an item after its plan; words in ``insight.verdict.<value>``."""

    IMPROVED = "improved"
    NOT_IMPROVED = "not_improved"
    WORSE = "worse"
    NOT_ENOUGH_DATA = "not_enough_data"


class Trend(StrEnum):
    """The trade's descriptive label beside the verdict; words in ``insight.trend.<value>``."""

    IMPROVING = "improving"  # 逐步提升, 要继续保持
    NOT_IMPROVED = "not_improved"  # 未提升, 需要重点关注和提升
    UNCLEAR = "unclear"
    NO_DATA = "no_data"


class EffectCell(_Wire):
    """Before and after of one item, in one source or merged."""

    source: Source | None
    before_executed: float
    before_applicable: float
    after_executed: float
    after_applicable: float
    before_rate: float | None
    after_rate: float | None
    difference: float | None
    low: float | None
    high: float | None
    """Newcombe's interval of the difference, percentage points."""
    verdict: Verdict
    trend: Trend
    months: tuple[str, ...]
    """The months after the plan, oldest first, that ``rates`` belongs to."""
    rates: tuple[float | None, ...]


class SourceVerdict(_Wire):
    """One source's own change, in its own scale, not adjusted."""

    source: Source
    verdict: Verdict
    difference: float | None
    low: float | None
    high: float | None


class Look(_Wire):
    """The change at a plan's dealer minus that of dealers like it without a plan, months later."""

    months_after: int
    after_months: tuple[str, ...]
    complete: bool
    """All its months are closed; looking earlier would find improvement by chance."""
    verdict: Verdict
    difference: float | None
    low: float | None
    high: float | None
    """95 % interval, points, on effective counts."""
    before_applicable: float
    after_applicable: float
    controls: int
    """Dealers without a plan on the item that were compared with; 0: the change is not adjusted."""
    matched: bool
    """Their rate before was within 5 points of the plan's dealer; else all dealers without a plan."""
    on_target: bool
    """At least 80 % probable that the rate afterwards reaches the target (达标)."""
    conflict: bool
    """One source says improved, another worse: both are to be read."""
    by_source: tuple[SourceVerdict, ...]


class Evaluation(_Wire):
    """What stands in ``plan_item.evaluation``: the figures behind the verdict."""

    verdict: Verdict
    """Of the merged figures."""
    trend: Trend
    merged: EffectCell
    by_source: tuple[EffectCell, ...]
    before_months: tuple[str, ...]
    after_months: tuple[str, ...]
    excluded_months: tuple[str, ...]
    """The month that raised the flag and the months of carrying out."""
    target: float
    target_reached: bool
    data_cut: int
    evaluated_on: str
    looks: tuple[Look, ...] = ()
    """At +3 and +6 months; the last complete one that had dealers to compare with gives ``verdict``."""
