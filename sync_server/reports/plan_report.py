"""What an improvement plan says on paper, as plain data: no rows, no session, no hidden names."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, NamedTuple

from shared_models.insight.wire import ARROW_FROM, GREY_BELOW
from shared_models.plans import TO_DO

Language = Literal["zh", "en", "both"]


class Phrase(NamedTuple):
    """A text in both languages; ``en`` may be empty where only the Chinese is known."""

    zh: str
    en: str = ""

    def of(self, language: str) -> str:
        """The text of one language, the other one where it is missing."""
        return (self.en or self.zh) if language.startswith("en") else (self.zh or self.en)


@dataclass(frozen=True)
class Rate:
    """An execution rate in percent with its 95 % interval, from ``n`` applicable answers."""

    rate: float | None
    low: float | None
    high: float | None
    n: float
    """May carry a fraction: questions of one visit that measure the same item share one observation."""

    @property
    def too_few(self) -> bool:
        """Whether there are too few answers to print a rate."""
        return self.rate is None or self.n < GREY_BELOW

    @property
    def small(self) -> bool:
        """Whether the rate rests on a small sample."""
        return self.n < ARROW_FROM


@dataclass(frozen=True)
class SourceRates:
    """Rates of one source (or of all merged: ``source`` empty), one per month of the finding."""

    source: str
    rates: tuple[Rate | None, ...]


@dataclass(frozen=True)
class Finding:
    """A weak item as the figures stood when it was taken into the plan. ``target`` is in percent."""

    months: tuple[str, ...] = ()
    merged: SourceRates = field(default_factory=lambda: SourceRates("", ()))
    sources: tuple[SourceRates, ...] = ()
    target: float | None = None
    reasons: tuple[Phrase, ...] = ()

    @property
    def latest(self) -> Rate | None:
        """The merged rate of the newest month that has one."""
        return next((rate for rate in reversed(self.merged.rates) if rate is not None), None)


@dataclass(frozen=True)
class CauseLine:
    """A cause under one of the nine categories, with the labels of its evidence."""

    category: str
    text: Phrase
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measure:
    """A measure with the names of who carries it out and who verifies it."""

    number: str
    measure: str
    method: str
    owner: str
    supervisor: str
    starts_on: date | None
    due_on: date | None
    status: str
    percent: int = 0

    def overdue(self, today: date) -> bool:
        """Whether the deadline has passed without the measure reported done."""
        return self.due_on is not None and self.due_on < today and self.status in TO_DO


@dataclass(frozen=True)
class ProgressLine:
    """One entry of the progress log; ``number`` is that of its measure."""

    at: datetime
    number: str
    author: str
    percent: int
    text: str


@dataclass(frozen=True)
class RequestLine:
    """An objection, or a request for more time, with what was decided; ``number`` is that of its measure."""

    at: datetime
    number: str
    kind: str
    """objection, extension."""
    status: str
    author: str
    reason: str
    due_before: date | None
    due_wanted: date | None
    due_granted: date | None
    decided_by: str
    decision: str


@dataclass(frozen=True)
class Evaluation:
    """Before and after of one source (or of all merged). Changes are in percentage points.

    ``trend`` is the descriptive reading, ``verdict`` the statistical one (shared_models.insight.wire).
    """

    source: str
    before: Rate
    after: Rate
    change: float | None
    low: float | None
    high: float | None
    trend: str
    verdict: str


@dataclass(frozen=True)
class ItemReport:
    """A weak item of the plan with its causes, measures and what came of them."""

    name: Phrase
    stage: str
    rater: str
    finding: Finding
    causes: tuple[CauseLine, ...] = ()
    measures: tuple[Measure, ...] = ()
    progress: tuple[ProgressLine, ...] = ()
    verdict: str = ""
    evaluations: tuple[Evaluation, ...] = ()
    before_months: tuple[str, ...] = ()
    after_months: tuple[str, ...] = ()
    excluded_months: tuple[str, ...] = ()
    target_reached: bool = False
    requests: tuple[RequestLine, ...] = ()
    looks: tuple[Phrase, ...] = ()
    """The change net of dealers without a plan, at +3 and +6 months, a sentence each."""

    @property
    def trend(self) -> str:
        """The descriptive reading of the merged figures; empty while there is no evaluation."""
        return next((one.trend for one in self.evaluations if not one.source), "")


@dataclass(frozen=True)
class PlanReport:
    """A whole plan. Instants are already in the zone in which they are to be read."""

    number: str
    title: str
    status: str
    dealer: Phrase
    dealer_code: str
    region: Phrase
    city: Phrase
    trigger_month: str
    author: str
    created_at: datetime | None
    published_at: datetime | None
    closed_at: datetime | None
    summary: str
    items: tuple[ItemReport, ...]
    general_measures: tuple[Measure, ...]
    general_progress: tuple[ProgressLine, ...]
    managers: tuple[str, ...]
    data_cut: str
    """Names of the states of the observations that the findings were computed from."""
    generated_at: datetime
    zone: str
    author_role: str = "manager"
    """In which part the author signs: manager (of the region or the dealer) or hq."""
    general_requests: tuple[RequestLine, ...] = ()
    approved_by: str = ""
    """Who at headquarters approved it, where they do."""

    @property
    def measures(self) -> tuple[Measure, ...]:
        """All measures: those under an item, then those for the whole plan."""
        return tuple(m for item in self.items for m in item.measures) + self.general_measures

    @property
    def sources(self) -> tuple[str, ...]:
        """Codes of the sources behind the findings, each once."""
        named = (one.source for item in self.items for one in item.finding.sources)
        return tuple(dict.fromkeys(named))
