"""HTTP of plans: the plan on paper, templates, the policy. Everything else about plans travels by sync."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel

from shared_models.people.access import DESK_ROLES, Role
from shared_models.plans import NewTemplate, PlanTemplate, SalesFigures, SalesMonth
from shared_models.plans.sales import MONTH as SALES_MONTH
from shared_models.problems import Code, Problem
from sync_server.people.session import Caller
from sync_server.plans import policy, sales, service, templates
from sync_server.plans import report as plan_report
from sync_server.problems import may_fail
from sync_server.reminders.letters import app_link
from sync_server.reports import Language

router = APIRouter(prefix="/plans", tags=["plans"])


class Policy(BaseModel):
    """How this company handles plans."""

    needs_approval: bool
    """Whether a manager's plan waits for headquarters before its dealer sees it."""


@router.get("/policy", responses=may_fail(Code.SIGNED_OUT, Code.NOT_ALLOWED))
def read_policy(request: Request, caller: Caller) -> Policy:
    """Whether headquarters approve plans; for desks."""
    if not caller.access.has(*DESK_ROLES):
        raise Problem(Code.NOT_ALLOWED)
    with request.app.state.db.read() as session:
        return Policy(needs_approval=policy.needs_approval(session))


@router.put("/policy", responses=may_fail(Code.SIGNED_OUT, Code.NOT_ALLOWED))
def write_policy(request: Request, caller: Caller, given: Policy) -> Policy:
    """Decide whether headquarters approve plans; by headquarters. Plans that wait go on waiting."""
    if not caller.access.whole_company(Role.HQ):
        raise Problem(Code.NOT_ALLOWED)
    with request.app.state.db.write(journal=False) as session:
        policy.set_needs_approval(
            session, given.needs_approval, by=caller.access.person_id, now=request.app.state.now()
        )
    return given


@router.get("/templates", responses=may_fail(Code.SIGNED_OUT, Code.NOT_ALLOWED))
def read_templates(request: Request, caller: Caller) -> list[PlanTemplate]:
    """Templates that the caller may use: headquarters' and own ones; headquarters see all. For desks."""
    with request.app.state.db.read() as session:
        return templates.listed(session, caller.access)


@router.post(
    "/templates", status_code=201, responses=may_fail(Code.SIGNED_OUT, Code.NOT_ALLOWED, Code.INVALID_FIELD)
)
def save_template(request: Request, caller: Caller, given: NewTemplate) -> PlanTemplate:
    """Keep causes and measures of a plan as a template; for desks."""
    with request.app.state.db.write(journal=False) as session:
        return templates.save(session, caller.access, given, now=request.app.state.now())


@router.delete(
    "/templates/{template_id}",
    status_code=204,
    responses=may_fail(Code.SIGNED_OUT, Code.NOT_ALLOWED, Code.NOT_FOUND),
)
def remove_template(request: Request, caller: Caller, template_id: str) -> None:
    """Remove a template: its author, or headquarters. Plans made from it stay."""
    with request.app.state.db.write(journal=False) as session:
        templates.remove(session, caller.access, template_id)


@router.get("/sales", responses=may_fail(Code.SIGNED_OUT, Code.NOT_ALLOWED, Code.OUT_OF_SCOPE))
def read_sales(
    request: Request, caller: Caller, dealer_id: Annotated[str, Query(max_length=36)]
) -> list[SalesMonth]:
    """Sales targets and what was sold of a dealer, the newest month first."""
    with request.app.state.db.read() as session:
        return sales.of_dealer(session, caller.access, dealer_id)


@router.put(
    "/sales/{dealer_id}/{month}",
    status_code=204,
    responses=may_fail(Code.SIGNED_OUT, Code.NOT_ALLOWED, Code.OUT_OF_SCOPE),
)
def enter_sales(
    request: Request,
    caller: Caller,
    dealer_id: str,
    month: Annotated[str, Path(pattern=SALES_MONTH)],
    given: SalesFigures,
) -> None:
    """Enter or correct a month; by desks over the dealer."""
    with request.app.state.db.write(journal=False) as session:
        sales.enter(session, caller.access, dealer_id, month, given, now=request.app.state.now())


@router.get(
    "/{plan_id}/pdf",
    response_class=Response,
    responses={
        200: {"content": {"application/pdf": {}}, "description": "The improvement plan"},
        **may_fail(Code.SIGNED_OUT, Code.NOT_FOUND),
    },
)
def pdf(
    request: Request,
    caller: Caller,
    plan_id: str,
    language: Annotated[
        Language | None, Query(description="zh, en or both; the caller's if left out")
    ] = None,
) -> Response:
    """The improvement plan as PDF, by id or number, for whoever may see the plan."""
    chosen: Language = language or ("en" if caller.language.startswith("en") else "zh")
    with request.app.state.db.read() as session:
        rows = service.readable_rows(session, caller.access, plan_id)
        report = plan_report.of_rows(session, rows, now=request.app.state.now(), zone=service.ZONE)
    # drawn without the database; imported here because the font alone takes megabytes of memory
    from sync_server.reports.plan_pdf import plan_pdf

    name = plan_report.file_name(report, chosen)
    link = app_link(request.app.state.settings.public_url, f"/plans/plan/{rows.plan['id']}")
    return Response(
        plan_pdf(report, chosen, link=link),
        media_type="application/pdf",
        headers={
            "Content-Disposition": f"inline; filename=\"{name}\"; filename*=UTF-8''{quote(name)}",
            "Cache-Control": "private, no-store",
        },
    )
