"""Routes of survey figures: outcomes of calls, means of ratings. Within the caller's scope only."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from shared_models.people.access import DESK_ROLES
from shared_models.problems import Code, Place, Problem
from shared_models.surveys.wire import CallOutcomesPage, Ratings
from sync_server.audit.recording import By, record
from sync_server.insight.calendar import months_up_to
from sync_server.insight.endpoints import Chosen, Month
from sync_server.insight.service import dealer_ids, scope_of
from sync_server.people.session import Caller
from sync_server.problems import may_fail
from sync_server.surveys import repository, service

router = APIRouter(
    prefix="/surveys",
    tags=["surveys"],
    responses=may_fail(Code.SIGNED_OUT, Code.ACCOUNT_REVOKED, Code.NOT_ALLOWED, Code.OUT_OF_SCOPE),
)
Months = Annotated[int, Query(ge=1, le=24, description="how many months up to `month`")]


@router.get("/outcomes")
def outcomes(
    who: Caller, request: Request, chosen: Chosen, month: Month = None, months: Months = 3
) -> CallOutcomesPage:
    """Called, completed and failed per month and source, with the reasons of failure."""
    with request.app.state.db.read() as session:
        scope = scope_of(session, who.access)
        dealers = dealer_ids(session, scope, chosen)
        last = month or repository.newest_month(session, scope, dealers)
        wanted = months_up_to(last, months) if last else ()
        return CallOutcomesPage(outcomes=tuple(service.call_outcomes(session, scope, wanted, dealers)))


@router.get("/ratings")
def ratings(
    who: Caller,
    request: Request,
    chosen: Chosen,
    survey: Annotated[str, Query(max_length=40, description="name of the mapping or questionnaire")],
    by: Annotated[service.GroupBy | None, Query(description="none: everybody together")] = None,
    month: Month = None,
    months: Months = 1,
) -> Ratings:
    """Means of a survey's ratings; ratings are never mixed with execution rates."""
    with request.app.state.db.read() as session:
        scope = scope_of(session, who.access)
        if by == "employee" and chosen.dealer_id is None:
            # two dealers' employees may share a name
            raise Problem(Code.INVALID_REQUEST, places=[Place("dealer_id", "required with by=employee")])
        dealers = dealer_ids(session, scope, chosen)
        last = month or repository.newest_month(session, scope, dealers)
        wanted = months_up_to(last, months) if last else ()
        return service.rating_means(session, scope, survey, wanted, by=by, dealers=dealers)


class Unmask(BaseModel):
    """Why somebody has to know; it stands in the trail."""

    reason: str = Field(min_length=3, max_length=200)


class CustomerContact(BaseModel):
    """A customer in full; phone is "" where none is known, or the retention rules removed it."""

    name: str
    phone: str


@router.post("/responses/{response_id}/contact", responses=may_fail(Code.NOT_FOUND))
def contact(
    response_id: str, body: Unmask, who: Caller, request: Request, response: Response
) -> CustomerContact:
    """A respondent's name and number without the mask, for desks in their scope; who asked why is kept."""
    state = request.app.state
    if not who.access.has(*DESK_ROLES):
        raise Problem(Code.NOT_ALLOWED)
    with state.db.write(journal=False) as session:
        found = repository.contact(session, scope_of(session, who.access), response_id)
        if found is None:
            raise Problem(Code.NOT_FOUND)
        record(
            session, By(who.person_id, state.now()), "customer.unmasked", "response", response_id,
            dealer_id=found["dealer_id"], facts={"reason": body.reason},
        )  # fmt: skip
    response.headers["Cache-Control"] = "no-store"
    phone = str(found["phone"])
    return CustomerContact(name=found["name"], phone="" if phone.startswith("~") else phone)
