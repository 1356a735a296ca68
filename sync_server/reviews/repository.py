"""SQL of the quality of visits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from shared_models.columns import sql_table
from shared_models.people.tables import Person
from shared_models.visits.tables import Answer, Assignment, Correction, Visit
from sync_server.people.scope import Scope, readable_by
from sync_server.visits.tables import double_visit, second_coding, visit_grade, visit_signal

Line = dict[str, Any]
_answer, _correction, _person = sql_table(Answer), sql_table(Correction), sql_table(Person)
_visit, _assignment = sql_table(Visit), sql_table(Assignment)
DONE = ("submitted", "accepted")
"""Visits whose answers stand as their visitor gave them and were not thrown out."""


def readable_visits(scope: Scope) -> Any:
    """Visits that this scope may see."""
    return readable_by("visit", scope)


def assignment_row(session: Session, assignment_id: str) -> Line | None:
    """A planned visit."""
    row = session.execute(select(_assignment).where(_assignment.c.id == assignment_id)).mappings().first()
    return dict(row) if row else None


def visit_row(session: Session, scope: Scope, visit_id: str) -> Line | None:
    """A visit of the scope."""
    visits = readable_visits(scope).subquery()
    row = session.execute(select(visits).where(visits.c.id == visit_id)).mappings().first()
    return dict(row) if row else None


def twins(session: Session, scope: Scope, first: date | None, last: date | None) -> list[tuple[Line, Line]]:
    """Finished visits of two people at the same place in the same days, both within the scope."""
    visits = readable_visits(scope).subquery()
    one, two = aliased(visits), aliased(visits)
    query = (
        select(one, two)
        .select_from(double_visit)
        .join(one, one.c.assignment_id == double_visit.c.first_id)
        .join(two, two.c.assignment_id == double_visit.c.second_id)
        .where(one.c.status.in_(DONE), two.c.status.in_(DONE))
        .order_by(one.c.id)
    )
    if first is not None:
        query = query.where(one.c.visit_date >= first)
    if last is not None:
        query = query.where(one.c.visit_date <= last)
    width = len(visits.c)
    names = [column.name for column in visits.c]
    return [
        (dict(zip(names, row[:width], strict=True)), dict(zip(names, row[width:], strict=True)))
        for row in session.execute(query)
    ]


def codings(session: Session, scope: Scope, first: date | None, last: date | None) -> list[tuple[Line, Line]]:
    """Finished visits of the scope with each second coding of their evidence."""
    visits = readable_visits(scope).subquery()
    query = (
        select(visits, second_coding.c.person_id.label("coder_id"), second_coding.c.answers.label("coded"))
        .join(second_coding, second_coding.c.visit_id == visits.c.id)
        .where(visits.c.status.in_(DONE))
        .order_by(visits.c.id, second_coding.c.person_id)
    )
    if first is not None:
        query = query.where(visits.c.visit_date >= first)
    if last is not None:
        query = query.where(visits.c.visit_date <= last)
    found: list[tuple[Line, Line]] = []
    for row in session.execute(query).mappings():
        line = dict(row)
        coder = {"person_id": line.pop("coder_id"), "answers": line.pop("coded")}
        found.append((line, coder))
    return found


def answers_of(session: Session, visit_id: str) -> list[Line]:
    """The answers of a visit as they were recorded."""
    columns = (_answer.c.question, _answer.c.repeat, _answer.c.state, _answer.c.value)
    rows = session.execute(
        select(*columns).where(_answer.c.visit_id == visit_id, _answer.c.state != "cleared")
    )
    return [dict(row) for row in rows.mappings()]


def coding_of(session: Session, visit_id: str, person_id: str) -> dict[str, Any] | None:
    """What somebody coded of a visit."""
    query = select(second_coding.c.answers).where(
        second_coding.c.visit_id == visit_id, second_coding.c.person_id == person_id
    )
    return session.execute(query).scalar_one_or_none()


def put_coding(
    session: Session, visit_id: str, person_id: str, answers: dict[str, Any], at: datetime
) -> None:
    """Write a coding, instead of the one before."""
    session.execute(
        second_coding.delete().where(
            second_coding.c.visit_id == visit_id, second_coding.c.person_id == person_id
        )
    )
    session.execute(
        second_coding.insert().values(visit_id=visit_id, person_id=person_id, answers=answers, coded_at=at)
    )


def put_double(session: Session, first_id: str, second_id: str, person_id: str, at: datetime) -> None:
    """Note that two planned visits belong together."""
    session.execute(
        double_visit.insert().values(first_id=first_id, second_id=second_id, made_by=person_id, made_at=at)
    )


def doubles_of(session: Session, assignment_id: str) -> list[str]:
    """Ids of the planned visits that double this one."""
    query = select(double_visit.c.second_id).where(double_visit.c.first_id == assignment_id)
    return list(session.execute(query).scalars())


def grade_of(session: Session, visit_id: str) -> Line | None:
    """The grade of a visit."""
    row = session.execute(select(visit_grade).where(visit_grade.c.visit_id == visit_id)).mappings().first()
    return dict(row) if row else None


def put_grade(session: Session, line: Line) -> None:
    """Write a grade, instead of the one before."""
    session.execute(visit_grade.delete().where(visit_grade.c.visit_id == line["visit_id"]))
    session.execute(visit_grade.insert().values(line))


def visits_since(session: Session, scope: Scope, since: date) -> list[Line]:
    """Sent visits of the scope, with their grade, their signals and how many answers were corrected."""
    visits = readable_visits(scope).subquery()
    corrected = (
        select(_correction.c.visit_id, func.count(func.distinct(_correction.c.question)).label("corrected"))
        .group_by(_correction.c.visit_id)
        .subquery()
    )
    query = (
        select(
            visits.c.id, visits.c.person_id, visits.c.status, visits.c.visit_date, visits.c.revision,
            visit_grade.c.grade, func.coalesce(corrected.c.corrected, 0).label("corrected"),
            visit_signal.c.weight, visit_signal.c.signals,
        )
        .outerjoin(visit_grade, visit_grade.c.visit_id == visits.c.id)
        .outerjoin(corrected, corrected.c.visit_id == visits.c.id)
        .outerjoin(visit_signal, visit_signal.c.visit_id == visits.c.id)
        .where(visits.c.status != "draft", visits.c.visit_date >= since)
        .order_by(visits.c.visit_date, visits.c.id)
    )  # fmt: skip
    return [dict(row) for row in session.execute(query).mappings()]


def names(session: Session, persons: Sequence[str]) -> dict[str, str]:
    """Names of people by id."""
    rows = session.execute(select(_person.c.id, _person.c.name).where(_person.c.id.in_(persons)))
    return {row.id: row.name for row in rows}
