"""Routes of webhook endpoints. Headquarters only."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from shared_models.company.wire import NewWebhook, Webhook, WebhookMade
from shared_models.problems import Code
from sync_server.audit.recording import By
from sync_server.people.session import Headquarters
from sync_server.problems import may_fail
from sync_server.webhooks import service

router = APIRouter(
    prefix="/webhooks",
    tags=["webhooks"],
    responses=may_fail(Code.SIGNED_OUT, Code.ACCOUNT_REVOKED, Code.NOT_ALLOWED),
)


class Switch(BaseModel):
    """On or off."""

    active: bool


@router.get("")
def endpoints(who: Headquarters, request: Request) -> list[Webhook]:
    """All endpoints with how their last deliveries went; never their secrets."""
    del who
    with request.app.state.db.read() as session:
        return service.endpoints(session)


@router.post("", status_code=201, responses=may_fail(Code.CONFLICT))
def add(who: Headquarters, request: Request, body: NewWebhook) -> WebhookMade:
    """A new endpoint; its secret is told this once."""
    state = request.app.state
    with state.db.write(journal=False) as session:
        return service.add(session, By(who.person_id, state.now()), body)


@router.put("/{endpoint_id}", status_code=204, responses=may_fail(Code.NOT_FOUND))
def switch(who: Headquarters, request: Request, endpoint_id: str, body: Switch) -> Response:
    """Switch an endpoint on or off."""
    state = request.app.state
    with state.db.write(journal=False) as session:
        service.switch(session, By(who.person_id, state.now()), endpoint_id, body.active)
    return Response(status_code=204)


@router.delete("/{endpoint_id}", status_code=204, responses=may_fail(Code.NOT_FOUND))
def remove(who: Headquarters, request: Request, endpoint_id: str) -> Response:
    """Remove an endpoint."""
    state = request.app.state
    with state.db.write(journal=False) as session:
        service.remove(session, By(who.person_id, state.now()), endpoint_id)
    return Response(status_code=204)
