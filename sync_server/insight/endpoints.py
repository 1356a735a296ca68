"""Routes of the figures. Every one answers within the caller's scope only."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from shared_models.checklists.stages import Rater, Source
from shared_models.insight.wire import EvidencePage, InsightMonths, Rates, WeakItems
from shared_models.insight.wire_engine import AnswersPage
from shared_models.people.access import DESK_ROLES
from shared_models.problems import Code, Problem
from sync_server.insight import answers as counted_from
from sync_server.insight import evidence as found
from sync_server.insight import repository, service
from sync_server.insight.calendar import MONTH, months_up_to
from sync_server.people.session import Caller
from sync_server.problems import may_fail

router = APIRouter(
    prefix="/insight",
    tags=["insight"],
    responses=may_fail(Code.SIGNED_OUT, Code.ACCOUNT_REVOKED, Code.NOT_ALLOWED, Code.OUT_OF_SCOPE),
)

Month = Annotated[str | None, Query(pattern=MONTH, description="YYYY-MM; none: the newest with figures")]
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
    month: Annotated[str, Query(pattern=MONTH)],
    source: Annotated[Source | None, Query(description="none: all sources")] = None,
    failures_only: bool = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> EvidencePage:
    """The answers behind a figure, failures first; nobody in it can be recognised."""
    with request.app.state.db.read() as session:
        scope = service.scope_of(session, who.access)
        return found.evidence(
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


@router.get("/answers")
def answers(
    who: Caller,
    request: Request,
    chosen: Chosen,
    what: Annotated[counted_from.What, Query(description="ratings and calls: of the surveys")] = (
        "observations"
    ),
    month: Month = None,
    months: Annotated[int, Query(ge=1, le=24, description="how many months up to `month`")] = 1,
    source: Annotated[Source | None, Query(description="none: all sources")] = None,
    survey: Annotated[str | None, Query(max_length=40)] = None,
    question: Annotated[str | None, Query(max_length=400, description="codes, with commas between")] = None,
    dimension: Annotated[Rater | None, Query(description="items of a RATER dimension")] = None,
    employee: Annotated[str | None, Query(max_length=200)] = None,
    visitor_id: Annotated[str | None, Query(max_length=36, description="for desks")] = None,
    counted: Annotated[bool, Query(description="only what enters a rate")] = False,
    failures_only: bool = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> AnswersPage:
    """The answers that a figure of any kind was counted from; the rows of tables name their questions."""
    if visitor_id is not None and not who.access.has(*DESK_ROLES):
        raise Problem(Code.NOT_ALLOWED)
    with request.app.state.db.read() as session:
        scope = service.scope_of(session, who.access)
        dealers = service.dealer_ids(session, scope, chosen)
        if month is None:
            known = [row.month for row in repository.months_by_source(session, scope, dealers)]
            month = service.default_month(known, service.business_day(request.app.state.now))
        items = {chosen.item_id} if chosen.item_id is not None else None
        if dimension is not None:
            inside = {row.id for row in repository.items(session).values() if row.rater == dimension.value}
            items = inside if items is None else items & inside
        behind = counted_from.Behind(
            months=months_up_to(month, months) if month else (),
            dealers=dealers,
            items=items,
            source=source,
            survey=survey,
            questions=question.split(",") if question else None,
            employee=employee,
            visitor_id=visitor_id,
            counted=counted,
            failures=failures_only,
        )
        return counted_from.answers(session, scope, what, behind, limit=limit, offset=offset)
