"""What a dealer may read of its accepted visits. Appeals themselves travel by sync."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from shared_models.appeals.wire import Result, Results
from shared_models.problems import Code
from sync_server.appeals import service
from sync_server.people.session import Caller
from sync_server.problems import may_fail

router = APIRouter(
    prefix="/appeals",
    tags=["appeals"],
    responses=may_fail(Code.SIGNED_OUT, Code.ACCOUNT_REVOKED, Code.NOT_ALLOWED),
)


@router.get("/results")
def results(
    who: Caller,
    request: Request,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> Results:
    """Accepted visits of the caller's dealers, the newest first, without anything that names the shopper."""
    with request.app.state.db.read() as session:
        return service.results(session, who.access, limit, offset)


@router.get("/results/{visit_id}", responses=may_fail(Code.NOT_FOUND))
def result(visit_id: str, who: Caller, request: Request) -> Result:
    """One accepted visit, answer by answer."""
    with request.app.state.db.read() as session:
        return service.result(session, who.access, visit_id)


@router.get(
    "/results/{visit_id}/photos/{photo_id}",
    responses={200: {"content": {"image/jpeg": {}}}, **may_fail(Code.NOT_FOUND)},
    response_class=Response,
)
def photo(visit_id: str, photo_id: str, who: Caller, request: Request) -> Response:
    """A photo of an answer: the picture alone, without the place and time that cameras write into it."""
    state = request.app.state
    with state.db.read() as session:
        data = service.photo(session, who.access, state.blobs, visit_id, photo_id)
    headers = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}
    return Response(data, media_type="image/jpeg", headers=headers)
