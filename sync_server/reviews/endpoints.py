"""HTTP of the quality of visits: for managers in their scope and headquarters, never for dealers."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from shared_models.people.access import DESK_ROLES
from shared_models.problems import Code, Problem
from shared_models.reviews import AgreementAnswer, DoublingAnswer, DoublingRule, GradeLine, WorkAnswer
from sync_server.audit.recording import By
from sync_server.people.scope import resolve
from sync_server.people.session import Caller, Headquarters
from sync_server.problems import may_fail
from sync_server.reviews import agreement, doubling, service, signals

router = APIRouter(
    prefix="/reviews",
    tags=["reviews"],
    responses=may_fail(Code.SIGNED_OUT, Code.ACCOUNT_REVOKED, Code.NOT_ALLOWED),
)


class NewDouble(BaseModel):
    """A second person for a planned visit."""

    assignment_id: str = Field(max_length=36)
    person_id: str = Field(max_length=36)
    known_accepted: bool = False


class Planned(BaseModel):
    """Id of the assignment."""

    id: str


class Coding(BaseModel):
    """Question code -> value, "na" or "unobserved"."""

    answers: dict[str, Any] = Field(max_length=1000)


class Grade(BaseModel):
    """1 (poor) to 5 (excellent)."""

    grade: int = Field(ge=service.GRADES.start, le=service.GRADES.stop - 1)
    note: str = Field(default="", max_length=2000)


@router.post(
    "/doubles",
    status_code=201,
    responses=may_fail(Code.OUT_OF_SCOPE, Code.NOT_FOUND, Code.CONFLICT, Code.VISITOR_KNOWN),
)
def plan_double(body: NewDouble, who: Caller, request: Request) -> Planned:
    """Send a second person to the same dealer in the same days; neither is told of the other."""
    if not who.access.has(*DESK_ROLES):
        raise Problem(Code.NOT_ALLOWED)
    with request.app.state.db.write() as session:
        made = service.plan_double(
            session,
            who.access,
            body.assignment_id,
            body.person_id,
            known_accepted=body.known_accepted,
            now=request.app.state.now(),
        )
    return Planned(id=made)


@router.get("/doubling")
def read_doubling(who: Caller, request: Request) -> DoublingAnswer:
    """The share of covert visits that is doubled by itself, and what came of it in the caller's scope."""
    if not who.access.has(*DESK_ROLES):
        raise Problem(Code.NOT_ALLOWED)
    state = request.app.state
    with state.db.read() as session:
        return doubling.answer(session, who.access, state.now().date())


@router.put("/doubling")
def put_doubling(body: DoublingRule, who: Headquarters, request: Request) -> DoublingAnswer:
    """Set the share (headquarters) and draw at once; what has been drawn stays drawn."""
    state = request.app.state
    now = state.now()
    with state.db.write() as session:
        doubling.put_rule(session, By(who.person_id, now), body)
        doubling.draw_due(session, now=now)
    with state.db.read() as session:
        return doubling.answer(session, who.access, now.date())


@router.get("/agreement")
def agreement_report(
    who: Caller,
    request: Request,
    first: Annotated[date | None, Query(description="first day of the visits")] = None,
    last: Annotated[date | None, Query(description="last day of the visits")] = None,
) -> AgreementAnswer:
    """Agreement of double-coded visits of the caller's scope, per item and per person."""
    if not who.access.has(*DESK_ROLES):
        raise Problem(Code.NOT_ALLOWED)
    with request.app.state.db.read() as session:
        found = agreement.report(session, resolve(session, who.access), first, last)
        names = service.repository.names(session, [one.key for one in found.people])
    return AgreementAnswer.model_validate({**asdict(found), "names": names})


@router.get("/people")
def people(
    who: Caller,
    request: Request,
    since: Annotated[date | None, Query(description="first day; none: a year back")] = None,
) -> WorkAnswer:
    """What the visits of everybody in the caller's scope have been like, month by month: what became of them,
    their signals, grades, and agreement with others who saw the same."""
    if not who.access.has(*DESK_ROLES):
        raise Problem(Code.NOT_ALLOWED)
    today: datetime = request.app.state.now()
    begin = since or today.date().replace(year=today.year - 1, day=1)
    signals.bring_up(request.app.state.db, today)
    with request.app.state.db.read() as session:
        found = service.history(session, who.access, begin)
    return WorkAnswer.model_validate({"since": begin, "people": [asdict(one) for one in found]})


@router.get("/visits/{visit_id}/coding", responses=may_fail(Code.NOT_FOUND))
def coding(visit_id: str, who: Caller, request: Request) -> Coding:
    """What the caller has coded of a visit; empty while nothing."""
    with request.app.state.db.read() as session:
        return Coding(answers=service.coding(session, who.access, visit_id))


@router.put(
    "/visits/{visit_id}/coding",
    status_code=204,
    responses=may_fail(Code.NOT_FOUND, Code.INVALID_FIELD, Code.TRANSITION_NOT_ALLOWED),
)
def code_again(visit_id: str, body: Coding, who: Caller, request: Request) -> None:
    """Code the evidence of a sent visit once more, without the visitor's answers."""
    with request.app.state.db.write() as session:
        service.code_again(session, who.access, visit_id, body.answers, now=request.app.state.now())


@router.get("/visits/{visit_id}/grade", responses=may_fail(Code.NOT_FOUND))
def read_grade(visit_id: str, who: Caller, request: Request) -> GradeLine | None:
    """The grade of a visit, null while there is none."""
    with request.app.state.db.read() as session:
        found = service.grade_of(session, who.access, visit_id)
    return None if found is None else GradeLine.model_validate(found)


@router.put("/visits/{visit_id}/grade", responses=may_fail(Code.NOT_FOUND, Code.TRANSITION_NOT_ALLOWED))
def put_grade(visit_id: str, body: Grade, who: Caller, request: Request) -> GradeLine:
    """Grade the work of a sent visit; nobody grades an own one."""
    with request.app.state.db.write() as session:
        now = request.app.state.now()
        found = service.grade(session, who.access, visit_id, body.grade, body.note, now=now)
    return GradeLine.model_validate(found)
