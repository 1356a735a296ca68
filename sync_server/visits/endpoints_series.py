"""HTTP of recurring visits: begin a series, look what it planned, end it."""

from __future__ import annotations

from datetime import date
from typing import Literal, Self

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, model_validator

from shared_models.people.access import DESK_ROLES
from shared_models.problems import Code, Problem
from sync_server.people.session import Caller
from sync_server.problems import may_fail
from sync_server.visits import series

router = APIRouter(
    prefix="/assignments/series",
    tags=["visits"],
    responses=may_fail(Code.SIGNED_OUT, Code.ACCOUNT_REVOKED, Code.NOT_ALLOWED),
)


class SeriesValues(BaseModel):
    """Texts of every assignment of a series."""

    scenario: str = Field(default="", max_length=2000)
    scenario_en: str = Field(default="", max_length=2000)
    purchase_profile: str = Field(default="", max_length=2000)
    purchase_profile_en: str = Field(default="", max_length=2000)
    announced: bool = False


class NewSeries(BaseModel):
    """Visits every month or quarter; the window opens on ``from_day`` of the period's first month."""

    every: Literal["month", "quarter"]
    template: str = Field(min_length=1, max_length=40)
    dealers: list[str] = Field(min_length=1, max_length=2000)
    people: list[str] = Field(min_length=1, max_length=200)
    first: date
    last: date | None = None
    from_day: int = Field(default=1, ge=1, le=28)
    days: int = Field(default=10, ge=1, le=31)
    values: SeriesValues = SeriesValues()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last is not None and self.last < self.first:
            raise ValueError("last lies before first")
        if len(set(self.dealers)) != len(self.dealers) or len(set(self.people)) != len(self.people):
            raise ValueError("a dealer or a person stands twice")
        return self


class PlannedLine(BaseModel):
    """A visit that a series planned, or the code of what kept it from being planned."""

    period: str
    dealer_id: str
    assignment_id: str | None
    problem: str


class SeriesLine(NewSeries):
    """A series as it stands."""

    id: str
    ended: bool
    next_window: date | None
    planned: list[PlannedLine]


class Begun(BaseModel):
    """Id of the series, and how many visits it planned at once."""

    id: str
    planned: int


def _desk(who: Caller) -> None:
    if not who.access.has(*DESK_ROLES):
        raise Problem(Code.NOT_ALLOWED)


@router.post("", status_code=201, responses=may_fail(Code.OUT_OF_SCOPE, Code.NOT_FOUND))
def begin(body: NewSeries, who: Caller, request: Request) -> Begun:
    """Begin a series; visits whose window is near are planned at once, the others as their time comes."""
    _desk(who)
    now = request.app.state.now()
    with request.app.state.db.write() as session:
        series_id = series.begin(session, who.access, body.model_dump(), now=now)
        return Begun(id=series_id, planned=series.plan_due(session, today=now.date()))


@router.get("")
def listed(who: Caller, request: Request) -> list[SeriesLine]:
    """The series that the caller may see, with what they planned."""
    _desk(who)
    today = request.app.state.now().date()
    found: list[SeriesLine] = []
    with request.app.state.db.read() as session:
        for row in series.listed(session, who.access):
            later = series.windows(row, today.replace(year=today.year + 1))
            ahead = None if row["ended"] else next((one.start for one in later if one.start > today), None)
            planned = [PlannedLine.model_validate(one) for one in series.planned_of(session, row["id"])]
            found.append(SeriesLine(**row, next_window=ahead, planned=planned))
    return found


@router.post("/{series_id}/end", status_code=204, responses=may_fail(Code.NOT_FOUND))
def end(series_id: str, who: Caller, request: Request) -> None:
    """Plan no more of it; what is planned stays."""
    _desk(who)
    with request.app.state.db.write() as session:
        series.end(session, who.access, series_id)
