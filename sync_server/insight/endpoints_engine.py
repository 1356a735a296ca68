"""Routes of the month engine: a dealer's page, parameters, targets, reviews of conflicts, stored results."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Query, Request

from shared_models.checklists.stages import Source
from shared_models.clock import to_text
from shared_models.insight.wire_engine import (
    CauseSuggestions,
    ChangedParameters,
    DealerPage,
    EngineParameters,
    ItemTarget,
    NetworkTable,
    Pareto,
    Review,
    StoredResult,
    StoredResults,
)
from shared_models.people.access import DESK_ROLES, Role
from shared_models.problems import Code, Place, Problem
from shared_models.targets import NewTarget
from sync_server.audit.recording import By
from sync_server.insight import causes, dealer_page, results, service, service_tables, tables_all
from sync_server.insight.calendar import MONTH
from sync_server.insight.endpoints import Chosen
from sync_server.insight.engine.parameters import Parameters
from sync_server.people.session import Caller
from sync_server.problems import may_fail
from sync_server.targets import service as targets

router = APIRouter(
    prefix="/insight",
    tags=["insight"],
    responses=may_fail(Code.SIGNED_OUT, Code.ACCOUNT_REVOKED, Code.NOT_ALLOWED, Code.OUT_OF_SCOPE),
)


@router.get("/dealer")
def dealer(
    who: Caller,
    request: Request,
    dealer_id: Annotated[str, Query(max_length=36)],
    month: Annotated[str | None, Query(pattern=MONTH, description="none: the newest closed")] = None,
) -> DealerPage:
    """Every item of a dealer: fused rate with interval, chance to lie below target, signs of decline."""
    with request.app.state.db.read() as session:
        scope = service.scope_of(session, who.access)
        today = service.business_day(request.app.state.now)
        return dealer_page.dealer_page(session, scope, dealer_id, month=month, today=today)


@router.get("/parameters")
def parameters(who: Caller, request: Request) -> EngineParameters:
    """The parameters in force; their digest stands in every answer that was computed with them."""
    with request.app.state.db.read() as session:
        service.scope_of(session, who.access)
        return _shown(results.parameters_in_force(session))


@router.put("/parameters", responses=may_fail(Code.INVALID_REQUEST))
def change_parameters(who: Caller, request: Request, body: ChangedParameters) -> EngineParameters:
    """Change parameters by name (headquarters); earlier versions are kept, results name theirs."""
    _headquarters(who)
    with request.app.state.db.write() as session:
        values = json.loads(results.parameters_in_force(session).to_json()) | body.values
        try:
            made = Parameters.from_json(json.dumps(values))
        except (TypeError, ValueError) as error:
            raise Problem(Code.INVALID_REQUEST, places=[Place("values", str(error))]) from error
        results.store_parameters(session, made, person_id=who.person_id, at=request.app.state.now())
        return _shown(made)


@router.put("/targets/{item_id}", responses=may_fail(Code.NOT_FOUND))
def set_target(who: Caller, request: Request, item_id: str, body: ItemTarget) -> ItemTarget:
    """The target of one item in percent (headquarters); devices receive it with their next sync."""
    _headquarters(who)
    with request.app.state.db.write() as session:
        wanted = NewTarget(item_id=item_id, target=body.target)
        targets.put(session, By(who.person_id, request.app.state.now()), wanted)
    return body


@router.post("/reviews", status_code=204)
def review(who: Caller, request: Request, body: Review) -> None:
    """Note that somebody looked into a conflict: the source counts in full for that month (desks)."""
    if not who.access.has(*DESK_ROLES):
        raise Problem(Code.NOT_ALLOWED)
    with request.app.state.db.write(journal=False) as session:
        scope = service.scope_of(session, who.access)
        service.dealer_ids(session, scope, service.Filter(dealer_id=body.dealer_id))
        values = body.model_dump(mode="json") | {"at": request.app.state.now(), "person_id": who.person_id}
        results.store_review(session, values=values)


@router.get("/tables/{name}", responses=may_fail(Code.NOT_FOUND))
def network_table(
    who: Caller,
    request: Request,
    name: str,
    chosen: Chosen,
    survey: Annotated[str | None, Query(max_length=40)] = None,
    month: Annotated[str | None, Query(pattern=MONTH, description="none: the newest closed")] = None,
    months: Annotated[int, Query(ge=1, le=24, description="how many months up to `month`")] = 3,
    source: Annotated[Source | None, Query(description="of people and dealers: one source only")] = None,
) -> NetworkTable:
    """A table by name, with what it says and cannot say: fused, acsi, nps, rater, indices, outcomes, sources,
    people, technicians; drivers and weights (headquarters); interviewers, visitors, dealers (desks)."""
    if name not in tables_all.TABLES:
        raise Problem(Code.NOT_FOUND)
    if name in tables_all.NETWORK_ONLY:
        _headquarters(who)
    if name in tables_all.DESK_ONLY and not who.access.has(*DESK_ROLES):
        raise Problem(Code.NOT_ALLOWED)
    with request.app.state.db.read() as session:
        scope = service.scope_of(session, who.access)
        today = service.business_day(request.app.state.now)
        return service_tables.table(
            session, scope, name, chosen, survey=survey, month=month, count=months, today=today, source=source
        )


@router.get("/causes", responses=may_fail(Code.NOT_FOUND))
def seen_causes(
    who: Caller, request: Request, item_id: Annotated[str, Query(max_length=36)]
) -> CauseSuggestions:
    """Causes seen before with an item, and measures that worked elsewhere, ranked by their verdicts."""
    with request.app.state.db.read() as session:
        scope = service.scope_of(session, who.access)
        if item_id not in service.known_items(session):
            raise Problem(Code.NOT_FOUND)
        return causes.suggestions(session, scope, item_id)


@router.get("/pareto")
def pareto(who: Caller, request: Request, chosen: Chosen) -> Pareto:
    """The nine categories by the failed answers behind them, with the causes beneath."""
    with request.app.state.db.read() as session:
        scope = service.scope_of(session, who.access)
        return causes.pareto(session, scope, service.dealer_ids(session, scope, chosen))


@router.get("/results")
def stored(
    who: Caller, request: Request, month: Annotated[str | None, Query(pattern=MONTH)] = None
) -> StoredResults:
    """Results of closed months with data cut, parameters and SHA-256 (headquarters)."""
    _headquarters(who)
    with request.app.state.db.read() as session:
        found = results.results_of(session, month)
    return StoredResults(
        results=tuple(
            StoredResult(
                month=row.month,
                revision=row.revision,
                data_cut=row.data_cut,
                method_version=row.method_version,
                digest=Parameters.from_json(row.parameters).digest,
                computed_at=to_text(row.computed_at),
                sha256=row.sha256,
                cells=row.cells,
                listed=row.listed,
            )
            for row in found
        )
    )


def _headquarters(who: Caller) -> None:
    if not who.access.has(Role.HQ):
        raise Problem(Code.NOT_ALLOWED)


def _shown(found: Parameters) -> EngineParameters:
    values = json.loads(found.to_json())
    return EngineParameters(method_version=found.method_version, digest=found.digest, values=values)
