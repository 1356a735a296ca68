"""Outcomes of calls and satisfaction ratings on the wire."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from shared_models.building import LATER
from shared_models.checklists.stages import Source
from shared_models.surveys.outcomes import Disposition


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=LATER)


class FailureShare(_Wire):
    """How many calls failed for one reason, and their share of all failed calls in percent."""

    disposition: Disposition
    count: int
    share: float | None
    """None where no call failed."""


class CallOutcomes(_Wire):
    """Outcomes of a month's calls from one source. Rates in percent, half up to two decimals."""

    month: str
    source: Source
    called: int
    completed: int
    failed: int
    success: float | None
    """回访成功率: completed of called."""
    failures: tuple[FailureShare, ...]
    """All failure reasons in the order of the trade's table, those without a call included."""


class CallOutcomesPage(_Wire):
    """Answer of GET /surveys/outcomes, oldest month first."""

    outcomes: tuple[CallOutcomes, ...]


class RatingMean(_Wire):
    """Mean of one rating question over those who gave a rating."""

    code: str
    text: str
    text_en: str
    about_item: bool
    """Whether it rates one item of the process (and so enters the satisfaction of its group)."""
    rated: int
    not_rated: int
    """Don't know and refused."""
    mean: float | None
    """In the question's own scale, half up to two decimals."""


class RatingGroup(_Wire):
    """The ratings of one employee, one month, or all."""

    key: str
    """The employee's name or the month; empty: everybody together."""
    interviews: int
    questions: tuple[RatingMean, ...]
    satisfaction: float | None
    """Mean of the item questions' means, each question counting the same."""


class Ratings(_Wire):
    """Answer of GET /surveys/ratings."""

    survey: str
    months: tuple[str, ...]
    groups: tuple[RatingGroup, ...]
    weighted: float | None
    """Satisfaction over the groups, each weighted by its completed interviews: the figure to use."""
    unweighted: float | None
    """Plain mean over the groups, as the trade's ledgers print it 台账口径."""
