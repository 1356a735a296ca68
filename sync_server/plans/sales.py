"""Achievement of sales targets (销售指标达成率): entered per dealer and month, shown beside verdicts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared_models.people.access import DESK_ROLES, Access, Role
from shared_models.plans import SalesFigures, SalesMonth
from shared_models.problems import Code, Problem
from sync_server.plans import repository
from sync_server.plans.tables import sales_result

_s = sales_result.c
SHOWN = 24
"""So many months are read, the newest first."""


def of_dealer(session: Session, access: Access, dealer_id: str) -> list[SalesMonth]:
    """For desks over the dealer and for its own people; OUT_OF_SCOPE for everybody else."""
    _need(session, access, dealer_id, DESK_ROLES | {Role.OWNER})
    rows = session.execute(
        select(_s.month, _s.target, _s.achieved)
        .where(_s.dealer_id == dealer_id)
        .order_by(_s.month.desc())
        .limit(SHOWN)
    )
    return [SalesMonth(month=row.month, target=row.target, achieved=row.achieved) for row in rows]


def enter(
    session: Session, access: Access, dealer_id: str, month: str, given: SalesFigures, *, now: datetime
) -> None:
    """Enter a month, or correct it; by desks over the dealer."""
    _need(session, access, dealer_id, DESK_ROLES)
    put(session, dealer_id, month, given, by=access.person_id, now=now)


def put(
    session: Session, dealer_id: str, month: str, given: SalesFigures, *, by: str | None, now: datetime
) -> None:
    """Write a month's figures, whoever asked for it has been checked."""
    values = {**given.model_dump(), "changed_by": by, "changed_at": now}
    where = (_s.dealer_id == dealer_id, _s.month == month)
    done = session.execute(sales_result.update().where(*where).values(**values))
    if not done.rowcount:  # type: ignore[attr-defined]
        session.execute(sales_result.insert().values(dealer_id=dealer_id, month=month, **values))


def _need(session: Session, access: Access, dealer_id: str, roles: frozenset[Role]) -> None:
    if not access.has(*roles):
        raise Problem(Code.NOT_ALLOWED)
    dealer = repository.dealer_of(session, dealer_id)
    region = dealer["region_id"] if dealer else ""
    if dealer is None or not access.reaches(roles, dealer_id=dealer_id, region_id=region):
        raise Problem(Code.OUT_OF_SCOPE)
