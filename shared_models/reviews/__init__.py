"""What the quality routes answer, for server and app."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel


class AgreementLine(BaseModel):
    """How well two codings agree (sync_server.reviews.agreement); None: cannot be told."""

    key: str
    answers: int
    same: float | None
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


class WorkOf(BaseModel):
    """A visitor's history, the newest month first."""

    person_id: str
    name: str
    months: list[MonthOfWork]


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
