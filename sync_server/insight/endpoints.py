"""Routes of the figures. Every one answers within the caller's scope only."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from shared_models.checklists.stages import Source
from shared_models.insight.wire import EvidencePage, InsightMonths, Rates, WeakItems
from shared_models.problems import Code
from sync_server.insight import evidence as behind
from sync_server.insight import service
from sync_server.people.session import Caller
from sync_server.problems import may_fail

router = APIRouter(
    prefix="/insight",
    tags=["insight"],
    responses=may_fail(Code.SIGNED_OUT, Code.ACCOUNT_REVOKED, Code.NOT_ALLOWED, Code.OUT_OF_SCOPE),
)

_MONTH = r"^\d{4}-(0[1-9]|1[0-2])$"
Month = Annotated[str | None, Query(pattern=_MONTH, description="YYYY-MM; none: the newest with figures")]
Id = Annotated[str | None, Query(max_length=36)]


def _filter(dealer_id: Id = None, region_id: Id = None, item_id: Id = None) -> service.Filter:
    return service.Filter(dealer_id, region_id, item_id)


Chosen = Annotated[service.Filter, Depends(_filter)]


@router.get("/months")
def months(who: Caller, request: Request, chosen: Chosen) -> InsightMonths:
    """Months that have observations in the caller's scope, newest first."""
    with request.app.state.db.read() as session:
        scope = service.scope_of(session, who.access)
        return service.months(session, scope, chosen, service.business_day(request.app.state.now))


@router.get("/rates")
def rates(
    who: Caller,
    request: Request,
    chosen: Chosen,
    month: Month = None,
    months: Annotated[int, Query(ge=1, le=24, description="how many months up to `month`")] = 3,
    source: Annotated[Source | None, Query(description="none: merged and every source")] = None,
    by_dealer: Annotated[bool, Query(description="a cell per dealer instead of all pooled")] = False,
    cut: Annotated[int | None, Query(ge=1, description="as the ledger stood at this data cut")] = None,
) -> Rates:
    """Execution rates with Wilson intervals: merged and per source, per item and month."""
    with request.app.state.db.read() as session:
        scope = service.scope_of(session, who.access)
        return service.rates(
            session,
            scope,
            chosen,
            month=month,
            count=months,
            source=source,
            by_dealer=by_dealer,
            cut=cut,
        )


@router.get("/weak-items")
def weak_items(
    who: Caller,
    request: Request,
    chosen: Chosen,
    month: Month = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    cut: Annotated[int | None, Query(ge=1, description="as the ledger stood at this data cut")] = None,
) -> WeakItems:
    """Weak items of a month with their reasons, sources and trend, highest priority first."""
    with request.app.state.db.read() as session:
        scope = service.scope_of(session, who.access)
        today = service.business_day(request.app.state.now)
        return service.weak_items(session, scope, chosen, today=today, month=month, limit=limit, cut=cut)


@router.get("/evidence")
def evidence(
    who: Caller,
    request: Request,
    dealer_id: Annotated[str, Query(max_length=36)],
    item_id: Annotated[str, Query(max_length=36)],
    month: Annotated[str, Query(pattern=_MONTH)],
    source: Annotated[Source | None, Query(description="none: all sources")] = None,
    failures_only: bool = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> EvidencePage:
    """The answers behind a figure, failures first; nobody in it can be recognised."""
    with request.app.state.db.read() as session:
        scope = service.scope_of(session, who.access)
        return behind.evidence(
            session,
            scope,
            dealer_id=dealer_id,
            item_id=item_id,
            month=month,
            source=source,
            failures_only=failures_only,
            limit=limit,
            offset=offset,
        )
