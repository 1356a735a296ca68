"""Routes of targets by place and month. Headquarters only."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from shared_models.problems import Code
from shared_models.targets import ItemTargets, NewTarget
from sync_server.audit.recording import By
from sync_server.insight import results
from sync_server.insight.rates import rounded_percent
from sync_server.people.session import Headquarters
from sync_server.problems import may_fail
from sync_server.targets import service

router = APIRouter(
    prefix="/targets",
    tags=["targets"],
    responses=may_fail(Code.SIGNED_OUT, Code.ACCOUNT_REVOKED, Code.NOT_ALLOWED),
)


@router.get("")
def read(who: Headquarters, request: Request) -> list[ItemTargets]:
    """Every item with its target, and the targets of places and months."""
    del who
    with request.app.state.db.read() as session:
        default = rounded_percent(results.parameters_in_force(session).target)
        return service.listed(session, default)


@router.put("", status_code=204, responses=may_fail(Code.NOT_FOUND, Code.INVALID_REQUEST))
def put(who: Headquarters, request: Request, body: NewTarget) -> Response:
    """Set or withdraw a target; figures follow at once, stored results keep the targets of their making."""
    state = request.app.state
    with state.db.write() as session:
        service.put(session, By(who.person_id, state.now()), body)
    return Response(status_code=204)
