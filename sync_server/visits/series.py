"""Visits planned again and again: every month or quarter, at each dealer of a set, by its people in turn."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared_models.ids import new_id
from shared_models.people.access import DESK_ROLES, Access, Role
from shared_models.problems import Code, Place, Problem
from sync_server.people import repository as people
from sync_server.people.service import access_of
from sync_server.sync.journal import Values
from sync_server.visits import repository
from sync_server.visits.planning import plan_visit
from sync_server.visits.tables import series_visit, visit_series

EVERY = {"month": 1, "quarter": 3}
"""Months from one period to the next."""
AHEAD = timedelta(days=14)
"""A visit is planned so long before its window opens."""


@dataclass(frozen=True)
class Window:
    """The days of one period in which the visits are to be made."""

    period: str
    """Its first month, YYYY-MM."""
    start: date
    end: date


def windows(row: Mapping[str, Any], until: date) -> list[Window]:
    """The windows of a series that open on or before a day, the first ones first."""
    found: list[Window] = []
    month = row["first"].replace(day=1)
    while True:
        day = min(row["from_day"], calendar.monthrange(month.year, month.month)[1])
        start = month.replace(day=day)
        if start > until or (row["last"] is not None and start > row["last"]):
            return found
        if start >= row["first"]:
            found.append(Window(f"{month:%Y-%m}", start, start + timedelta(days=row["days"] - 1)))
        months = month.year * 12 + month.month - 1 + EVERY[row["every"]]
        month = date(months // 12, months % 12 + 1, 1)


def begin(session: Session, access: Access, values: Mapping[str, Any], *, now: datetime) -> str:
    """Write a series; its id. OUT_OF_SCOPE for a dealer that is not the planner's, NOT_FOUND for an unknown
    one. What it plans is planned in the planner's name, by the same rules as a single visit."""
    for dealer_id in values["dealers"]:
        _need_dealer(session, access, dealer_id)
    series_id = new_id()
    row = {**values, "id": series_id, "made_by": access.person_id, "made_at": now, "ended": False}
    session.execute(visit_series.insert().values(row))
    return series_id


def _need_dealer(session: Session, access: Access, dealer_id: str) -> None:
    dealer = people.dealer_row(session, dealer_id)
    if dealer is None:
        raise Problem(Code.NOT_FOUND, {}, [Place("dealers", "unknown")])
    if not access.reaches(DESK_ROLES, dealer_id=dealer["id"], region_id=dealer["region_id"]):
        raise Problem(Code.OUT_OF_SCOPE, {}, [Place("dealers", dealer["code"])])


def end(session: Session, access: Access, series_id: str) -> None:
    """Plan no more of a series; what is planned stays. NOT_FOUND for another planner's, but headquarters."""
    row = next((one for one in listed(session, access) if one["id"] == series_id), None)
    if row is None:
        raise Problem(Code.NOT_FOUND, {"what": "series"})
    session.execute(visit_series.update().where(visit_series.c.id == series_id).values(ended=True))


def listed(session: Session, access: Access) -> list[Values]:
    """The series that a planner may see: headquarters all, others their own; running ones first."""
    query = select(visit_series).order_by(visit_series.c.ended, visit_series.c.made_at.desc())
    if not access.has(Role.HQ):
        query = query.where(visit_series.c.made_by == access.person_id)
    return [dict(row) for row in session.execute(query).mappings()]


def planned_of(session: Session, series_id: str) -> list[Values]:
    """What a series has planned, or could not, the newest periods first."""
    query = (
        select(series_visit)
        .where(series_visit.c.series_id == series_id)
        .order_by(series_visit.c.period.desc(), series_visit.c.dealer_id)
    )
    return [dict(row) for row in session.execute(query).mappings()]


def plan_due(session: Session, *, today: date) -> int:
    """Plan everything whose window opens within ``AHEAD`` and is not over; how many visits were planned.

    Doing it again plans nothing twice; what could not be planned is tried again until its window is over.
    """
    made = 0
    query = select(visit_series).where(visit_series.c.ended.is_(False))
    for row in [dict(one) for one in session.execute(query).mappings()]:
        done = {
            (line["period"], line["dealer_id"])
            for line in planned_of(session, row["id"])
            if line["assignment_id"] is not None
        }
        for window in windows(row, today + AHEAD):
            if window.end < today:
                continue
            for dealer_id in row["dealers"]:
                if (window.period, dealer_id) not in done:
                    made += _plan(session, row, window, dealer_id)
    return made


def _plan(session: Session, row: Mapping[str, Any], window: Window, dealer_id: str) -> bool:
    access = access_of(session, row["made_by"])
    assignment_id, problem = None, Code.NOT_FOUND.value
    for person_id in in_turn(session, row["people"], dealer_id, window.start):
        values = {
            **row["values"],
            "dealer_id": dealer_id,
            "person_id": person_id,
            "template": row["template"],
            "window_start": window.start,
            "window_end": window.end,
        }
        try:
            assignment_id, problem = plan_visit(session, access, values), ""
            break
        except Problem as refused:  # this one cannot go there: the next in turn
            problem = refused.code.value
    session.execute(
        series_visit.delete().where(
            series_visit.c.series_id == row["id"],
            series_visit.c.period == window.period,
            series_visit.c.dealer_id == dealer_id,
        )
    )
    session.execute(
        series_visit.insert().values(
            series_id=row["id"],
            period=window.period,
            dealer_id=dealer_id,
            assignment_id=assignment_id,
            problem=problem,
        )
    )
    return assignment_id is not None


def in_turn(session: Session, persons: Sequence[str], dealer_id: str, day: date) -> list[str]:
    """Whom to ask first: who was longest not at this dealer, then who has the least to do."""
    last = repository.last_visits(session, dealer_id, persons)
    loads = repository.loads(session, persons, day - timedelta(days=30))

    def busy(person: str) -> int:
        return sum(loads.get(person, {}).get(status, 0) for status in ("planned", "accepted", "started"))

    place = {person: at for at, person in enumerate(persons)}
    return sorted(persons, key=lambda one: (last.get(one, date.min), busy(one), place[one]))
