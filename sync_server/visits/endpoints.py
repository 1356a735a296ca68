"""HTTP of visits: planning them. Everything that is recorded travels by sync."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field, model_validator

from shared_models.people.access import DESK_ROLES
from shared_models.problems import Code, Problem
from shared_models.visits.calendar import MIME
from sync_server.people.session import Caller
from sync_server.problems import may_fail
from sync_server.visits import planning
from sync_server.visits.agenda import agenda

router = APIRouter(prefix="/assignments", tags=["visits"])


class NewAssignment(BaseModel):
    """A visit to be planned; without ``template_version_id`` the newest version of ``template`` is taken."""

    dealer_id: str
    person_id: str
    template: str = Field(min_length=1, max_length=40)
    window_start: date
    window_end: date
    scenario: str = Field(default="", max_length=2000)
    scenario_en: str = Field(default="", max_length=2000)
    purchase_profile: str = Field(default="", max_length=2000)
    purchase_profile_en: str = Field(default="", max_length=2000)
    announced: bool = False
    known_accepted: bool = Field(
        default=False, description="send a covert visitor again although the dealer may know the face"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.window_end < self.window_start:
            raise ValueError("window_end lies before window_start")
        return self


class Planned(BaseModel):
    """Id of the assignment."""

    id: str


@router.post(
    "",
    status_code=201,
    responses=may_fail(
        Code.SIGNED_OUT,
        Code.ACCOUNT_REVOKED,
        Code.NOT_ALLOWED,
        Code.OUT_OF_SCOPE,
        Code.NOT_FOUND,
        Code.VISITOR_KNOWN,
    ),
)
def plan_visit(body: NewAssignment, who: Caller, request: Request) -> Planned:
    """Send a shopper or an auditor to a dealer. Managers plan in their scope, headquarters everywhere."""
    if not who.access.has(*DESK_ROLES):
        raise Problem(Code.NOT_ALLOWED)
    with request.app.state.db.write() as session:
        return Planned(id=planning.plan_visit(session, who.access, body.model_dump()))


class VisitorLine(BaseModel):
    """Somebody who can be sent to a dealer, with what there is to do already."""

    id: str
    name: str
    roles: tuple[str, ...]
    open: int
    done: int
    declined: int
    last_here: date | None
    known: bool


_SIGNED = may_fail(Code.SIGNED_OUT, Code.ACCOUNT_REVOKED, Code.NOT_ALLOWED, Code.OUT_OF_SCOPE, Code.NOT_FOUND)


@router.get("/visitors", responses=_SIGNED)
def visitors(
    who: Caller,
    request: Request,
    dealer_id: Annotated[str, Query(max_length=36)],
    day: Annotated[date | None, Query(description="first day of the window; none: today")] = None,
) -> list[VisitorLine]:
    """Who can be sent to a dealer: workload, and when he or she was last there (rotation)."""
    if not who.access.has(*DESK_ROLES):
        raise Problem(Code.NOT_ALLOWED)
    on = day or request.app.state.now().date()
    with request.app.state.db.read() as session:
        found = planning.visitors(session, who.access, dealer_id, on)
    return [VisitorLine(**one.__dict__) for one in found]


@router.get(
    "/calendar",
    responses={200: {"content": {MIME: {}}}, **may_fail(Code.SIGNED_OUT, Code.ACCOUNT_REVOKED)},
    response_class=Response,
)
def calendar(who: Caller, request: Request) -> Response:
    """The caller's planned visits as iCalendar file."""
    with request.app.state.db.read() as session:
        text = agenda(session, who.person_id, who.language, request.app.state.now())
    headers = {"Content-Disposition": 'attachment; filename="revisit.ics"'}
    return Response(text, media_type=f"{MIME}; charset=utf-8", headers=headers)
