"""Routes of the audit trail: searching it, and the same as a file."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from shared_models.audit.wire import AuditPage
from shared_models.people.access import DESK_ROLES, Role
from shared_models.problems import Code, Problem
from sync_server.audit import service
from sync_server.audit.recording import By, record
from sync_server.audit.repository import Question
from sync_server.people.session import Caller, SignedIn
from sync_server.problems import may_fail

router = APIRouter(
    prefix="/audit",
    tags=["audit"],
    responses=may_fail(Code.SIGNED_OUT, Code.ACCOUNT_REVOKED, Code.NOT_ALLOWED),
)
_Id = Annotated[str, Query(max_length=36)]
_MIME = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def _wanted(
    actor_id: _Id = "",
    action: Annotated[str, Query(max_length=48)] = "",
    entity: Annotated[str, Query(max_length=24)] = "",
    row_id: _Id = "",
    dealer_id: _Id = "",
    since: Annotated[date | None, Query(description="first day (UTC+8)")] = None,
    until: Annotated[date | None, Query(description="last day (UTC+8)")] = None,
    text: Annotated[str, Query(max_length=100, description="words in names, values and reasons")] = "",
) -> Question:
    return Question(
        actor_id=actor_id,
        action=action,
        entity=entity,
        row_id=row_id,
        dealer_id=dealer_id,
        since=None if since is None else datetime.combine(since, time(), service.ZONE),
        until=None if until is None else datetime.combine(until + timedelta(days=1), time(), service.ZONE),
        text=text,
    )


Wanted = Annotated[Question, Depends(_wanted)]


def _refuse_outsiders(who: SignedIn) -> None:
    if not who.access.has(*DESK_ROLES, Role.OWNER):
        raise Problem(Code.NOT_ALLOWED)


@router.get("/entries")
def entries(
    who: Caller,
    request: Request,
    wanted: Wanted,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> AuditPage:
    """What was done within the caller's scope, newest first. Dealers read of their own plans and appeals."""
    _refuse_outsiders(who)
    with request.app.state.db.read() as session:
        return service.page(session, who.access, wanted, limit=limit, offset=offset)


@router.get(
    "/entries/file",
    response_class=Response,
    responses={200: {"content": {_MIME["csv"]: {}, _MIME["xlsx"]: {}}, "description": "The entries"}},
)
def file(who: Caller, request: Request, wanted: Wanted, format: Literal["csv", "xlsx"] = "csv") -> Response:
    """The same as CSV or XLSX, at most 50,000 lines; that it was taken is written down too."""
    _refuse_outsiders(who)
    state = request.app.state
    with state.db.read() as session:
        found = service.page(session, who.access, wanted, limit=service.MOST_IN_FILE)
    with state.db.write(journal=False) as session:
        facts = {"lines": len(found.entries), "format": format}
        record(session, By(who.person_id, state.now()), "trail.exported", "audit", facts=facts)
    make = service.as_csv if format == "csv" else service.as_xlsx
    return Response(
        make(found.entries, who.language),
        media_type=_MIME[format],
        headers={
            "Content-Disposition": f'attachment; filename="audit.{format}"',
            "Cache-Control": "private, no-store",
        },
    )
