"""What the quality routes answer, for server and app."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, Field


class AgreementLine(BaseModel):
    """How well two codings agree (sync_server.reviews.agreement); None: cannot be told."""

    key: str
    answers: int
    same: float | None
    low: float | None = None
    high: float | None = None
    """95 % interval of ``same``."""
    kappa: float | None
    alpha: float | None
    ac1: float | None
    pabak: float | None
    verdict: str


class AgreementAnswer(BaseModel):
    """All double-coded visits together, by item and by person; ``names`` of the people by id."""

    pairs: int
    overall: AgreementLine
    items: list[AgreementLine]
    people: list[AgreementLine]
    names: dict[str, str]


class MonthOfWork(BaseModel):
    """A visitor's visits of one month; ``returned``: sent back at least once; ``corrected``: answers."""

    month: str
    sent: int
    accepted: int
    rejected: int
    returned: int
    corrected: int
    grade: float | None
    looks: int = 0
    """Visits whose signals together deserve a second look."""
    signals: dict[str, int] = {}
    """Visits with a signal of that kind; only kinds that occurred."""


class WorkOf(BaseModel):
    """A visitor's history, the newest month first."""

    person_id: str
    name: str
    months: list[MonthOfWork]
    agreement: AgreementLine | None = None
    """With others who saw the same; None while nothing was coded twice."""


class WorkAnswer(BaseModel):
    """Everybody's history since a day."""

    since: date
    people: list[WorkOf]


class GradeLine(BaseModel):
    """The grade of a visit, 1 to 5."""

    visit_id: str
    grade: int
    note: str
    graded_by: str
    graded_at: datetime


class DoublingRule(BaseModel):
    """How many covert visits a second person makes too, and who is not asked for it."""

    active: bool = False
    percent: int = Field(default=5, ge=1, le=50)
    """Share of each visitor's planned visits."""
    most_open: int = Field(default=6, ge=1, le=60)
    """Whoever has so many visits open already is not sent a second time."""


class DrawnVisit(BaseModel):
    """A planned visit that was drawn; ``second`` is "" while nobody could be sent, ``problem`` says why."""

    assignment_id: str
    dealer_id: str
    dealer: str
    dealer_en: str
    first: str
    second: str
    window_start: date
    window_end: date
    done: bool
    """Whether both have sent their visit."""
    problem: str


class DrawOf(BaseModel):
    """What the draw has done with the visits of one person; ``visits`` that were in it, ``drawn`` of them."""

    person_id: str
    name: str
    visits: int
    drawn: int
    planned: int
    done: int


class DoublingAnswer(BaseModel):
    """The rule and what came of it in the caller's scope."""

    rule: DoublingRule
    quarter_done: int
    """Double visits of the running quarter, both sent."""
    quarter_needed: int
    """Below it, agreement says little."""
    people: list[DrawOf]
    drawn: list[DrawnVisit]
