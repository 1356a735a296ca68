"""SQL of the draw of double visits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, insert, select
from sqlalchemy.orm import Session, aliased

from shared_models.columns import sql_table
from shared_models.people.tables import Dealer, Person
from shared_models.visits.tables import Assignment, Visit
from sync_server.company.tables import company_setting
from sync_server.people.scope import Scope, readable_by
from sync_server.reviews.repository import DONE
from sync_server.visits.tables import double_draw, double_visit

Line = dict[str, Any]
_assignment, _dealer = sql_table(Assignment), sql_table(Dealer)
_person, _visit = sql_table(Person), sql_table(Visit)
_LIVING = ("planned", "accepted", "started", "done")
_GONE = ("declined", "cancelled")
SHOWN = 500
"""Draws listed, the newest first."""


def put_seed(session: Session, name: str, value: str, at: datetime) -> None:
    """Keep the secret of the draw; it is on no route and in no trail."""
    session.execute(
        insert(company_setting).values(name=name, value={"value": value}, changed_by=None, changed_at=at)
    )


def places(session: Session) -> dict[str, int]:
    """How many visits of each person have been in the draw."""
    d = double_draw.c
    rows = session.execute(select(d.person_id, func.max(d.place).label("place")).group_by(d.person_id))
    return {row.person_id: row.place for row in rows}


def undrawn(session: Session, first: date, last: date) -> list[Line]:
    """Planned visits that open by ``last``, are not over on ``first`` and have not been in the draw, nor are
    doubled by hand."""
    a = _assignment.c
    paired = select(double_visit.c.first_id).union(select(double_visit.c.second_id))
    rows = session.execute(
        select(_assignment).where(
            a.status.in_(("planned", "accepted")),
            a.window_start <= last,
            a.window_end >= first,
            a.id.not_in(select(double_draw.c.assignment_id)),
            a.id.not_in(paired),
        )
    )
    return [dict(row) for row in rows.mappings()]


def put_draw(session: Session, visit: Line, place: int, is_drawn: bool, at: datetime) -> None:
    """Note what the draw said of a planned visit."""
    line = {
        "assignment_id": visit["id"],
        "person_id": visit["person_id"],
        "place": place,
        "drawn": is_drawn,
        "second_id": None,
        "problem": "",
        "drawn_at": at,
    }
    session.execute(double_draw.insert().values(line))


def unplanned(session: Session, today: date) -> list[Line]:
    """Drawn visits that still have days left and nobody who goes along."""
    second = aliased(_assignment)
    rows = session.execute(
        select(_assignment)
        .join(double_draw, double_draw.c.assignment_id == _assignment.c.id)
        .outerjoin(second, second.c.id == double_draw.c.second_id)
        .where(
            double_draw.c.drawn.is_(True),
            _assignment.c.status.in_(_LIVING),
            _assignment.c.window_end >= today,
            second.c.id.is_(None) | second.c.status.in_(_GONE),
        )
        .order_by(_assignment.c.window_start, _assignment.c.id)
    )
    return [dict(row) for row in rows.mappings()]


def declined(session: Session, visit: Line) -> dict[str, str]:
    """Second visits of a visit that came to nothing, with whom was asked; also others asked before them."""
    a = _assignment.c
    rows = session.execute(
        select(a.id, a.person_id).where(
            a.dealer_id == visit["dealer_id"],
            a.window_start == visit["window_start"],
            a.window_end == visit["window_end"],
            a.template_version_id == visit["template_version_id"],
            a.status.in_(_GONE),
        )
    )
    return {row.id: row.person_id for row in rows}


def part(session: Session, first_id: str, gone: Mapping[str, str]) -> None:
    """Second visits that came to nothing are no pair any more."""
    d = double_visit.c
    session.execute(double_visit.delete().where(d.first_id == first_id, d.second_id.in_(list(gone))))


def note_second(session: Session, assignment_id: str, second_id: str | None, problem: str) -> None:
    """Note who goes along, or why nobody does."""
    session.execute(
        double_draw.update()
        .where(double_draw.c.assignment_id == assignment_id)
        .values(second_id=second_id, problem=problem)
    )


def draws(session: Session, scope: Scope) -> list[Line]:
    """The draw among the assignments of a scope, the newest first, with who goes and what came of it."""
    first = readable_by("assignment", scope).subquery()
    second, first_visit, second_visit = aliased(_assignment), aliased(_visit), aliased(_visit)
    one, two = aliased(_person), aliased(_person)
    d = double_draw.c
    rows = session.execute(
        select(
            d.assignment_id, d.person_id, d.drawn, d.problem,
            first.c.dealer_id, first.c.window_start, first.c.window_end,
            _dealer.c.name.label("dealer"), _dealer.c.name_en.label("dealer_en"),
            one.c.name.label("first"), func.coalesce(two.c.name, "").label("second"),
            and_(first_visit.c.id.is_not(None), second_visit.c.id.is_not(None)).label("done"),
        )
        .join(first, first.c.id == d.assignment_id)
        .join(_dealer, _dealer.c.id == first.c.dealer_id)
        .join(one, one.c.id == d.person_id)
        .outerjoin(second, and_(second.c.id == d.second_id, second.c.status.in_(_LIVING)))
        .outerjoin(two, two.c.id == second.c.person_id)
        .outerjoin(first_visit, _sent(first_visit, d.assignment_id))
        .outerjoin(second_visit, _sent(second_visit, second.c.id))
        .order_by(first.c.window_start.desc(), d.assignment_id)
        .limit(SHOWN)
    )  # fmt: skip
    return [dict(row) for row in rows.mappings()]


def _sent(visit: Any, assignment_id: Any) -> Any:
    return and_(visit.c.assignment_id == assignment_id, visit.c.status.in_(DONE))
