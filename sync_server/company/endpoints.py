"""Routes of company rules: escalation and the calendar of working days."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from shared_models.company.wire import CalendarDay, Escalation
from shared_models.people.access import DESK_ROLES
from shared_models.problems import Code, Problem
from sync_server.audit.recording import By
from sync_server.company import rules
from sync_server.people.session import Caller, Headquarters, SignedIn
from sync_server.problems import may_fail

router = APIRouter(
    prefix="/company",
    tags=["company"],
    responses=may_fail(Code.SIGNED_OUT, Code.ACCOUNT_REVOKED, Code.NOT_ALLOWED),
)


def _desk(who: SignedIn) -> None:
    if not who.access.has(*DESK_ROLES):
        raise Problem(Code.NOT_ALLOWED)


@router.get("/escalation")
def escalation(who: Caller, request: Request) -> Escalation:
    """After how many days who is told of an overdue action; for desks."""
    _desk(who)
    state = request.app.state
    with state.db.read() as session:
        return rules.escalation(session, state.settings.ladder)


@router.put("/escalation")
def put_escalation(who: Headquarters, request: Request, body: Escalation) -> Escalation:
    """Set it (headquarters); what has been sent stays sent."""
    state = request.app.state
    with state.db.write(journal=False) as session:
        rules.put_escalation(session, By(who.person_id, state.now()), body, state.settings.ladder)
    return body


@router.get("/calendar")
def calendar(
    who: Caller, request: Request, year: Annotated[int, Query(ge=2000, le=2200)] = 2026
) -> list[CalendarDay]:
    """Holidays and worked weekend days of a year; for desks."""
    _desk(who)
    with request.app.state.db.read() as session:
        return rules.calendar_days(session, year)


@router.put("/calendar")
def put_day(who: Headquarters, request: Request, body: CalendarDay) -> CalendarDay:
    """Enter a holiday or a worked weekend day (headquarters)."""
    state = request.app.state
    with state.db.write(journal=False) as session:
        rules.put_day(session, By(who.person_id, state.now()), body)
    return body


@router.delete("/calendar/{day}", status_code=204, responses=may_fail(Code.NOT_FOUND))
def drop_day(who: Headquarters, request: Request, day: date) -> Response:
    """The day is again what its weekday says (headquarters)."""
    state = request.app.state
    with state.db.write(journal=False) as session:
        rules.drop_day(session, By(who.person_id, state.now()), day)
    return Response(status_code=204)
