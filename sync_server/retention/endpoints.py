"""Routes of retention: rules, what they would remove, removing it. Headquarters only."""

from __future__ import annotations

from fastapi import APIRouter, Request

from shared_models.company.wire import RetentionCounts, RetentionRules, RetentionState
from shared_models.problems import Code
from sync_server.audit.recording import By
from sync_server.people.session import Headquarters
from sync_server.problems import may_fail
from sync_server.retention import service

router = APIRouter(
    prefix="/retention",
    tags=["retention"],
    responses=may_fail(Code.SIGNED_OUT, Code.ACCOUNT_REVOKED, Code.NOT_ALLOWED),
)


@router.get("")
def read(who: Headquarters, request: Request) -> RetentionState:
    """Rules, what they would remove now, and the last runs; nothing is removed."""
    del who
    state = request.app.state
    with state.db.read() as session:
        return service.state(session, state.now())


@router.put("/rules")
def put_rules(who: Headquarters, request: Request, body: RetentionRules) -> RetentionState:
    """Set the rules; nothing is removed by that alone, the answer tells what a run would remove."""
    state = request.app.state
    with state.db.write(journal=False) as session:
        service.put_rules(session, By(who.person_id, state.now()), body)
        return service.state(session, state.now())


@router.post("/run")
def run(who: Headquarters, request: Request) -> RetentionCounts:
    """Remove what is due. It cannot be taken back; it is written into the trail."""
    state = request.app.state
    with state.db.write(journal=False) as session:
        counts, hashes = service.run(session, By(who.person_id, state.now()))
    service.remove_bytes(state.blobs, hashes)
    return counts
