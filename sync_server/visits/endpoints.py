"""HTTP of visits: planning them. Everything that is recorded travels by sync."""

from __future__ import annotations

from datetime import date
from typing import Self

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, model_validator

from shared_models.people.access import DESK_ROLES
from shared_models.problems import Code, Problem
from sync_server.people.session import Caller
from sync_server.problems import may_fail
from sync_server.visits import planning

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
        Code.SIGNED_OUT, Code.ACCOUNT_REVOKED, Code.NOT_ALLOWED, Code.OUT_OF_SCOPE, Code.NOT_FOUND
    ),
)
def plan_visit(body: NewAssignment, who: Caller, request: Request) -> Planned:
    """Send a shopper or an auditor to a dealer. Managers plan in their scope, headquarters everywhere."""
    if not who.access.has(*DESK_ROLES):
        raise Problem(Code.NOT_ALLOWED)
    with request.app.state.db.write() as session:
        return Planned(id=planning.plan_visit(session, who.access, body.model_dump()))
