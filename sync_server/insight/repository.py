"""All SQL of insight: counts per cell, months, evidence rows, plans' frames."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, case, distinct, func, select, true
from sqlalchemy.orm import Session

from shared_models.checklists.tables import Item
from shared_models.columns import sql_table
from shared_models.people.tables import Dealer
from shared_models.plans.states import PlanStatus
from shared_models.plans.tables import Action, Plan, PlanItem
from sync_server.insight.rates import Counts
from sync_server.insight.tables import DataCut, Observation
from sync_server.people.scope import Scope

_o = sql_table(Observation).c
_item, _dealer = sql_table(Item), sql_table(Dealer)
_plan, _plan_item, _action = sql_table(Plan), sql_table(PlanItem), sql_table(Action)


def readable_by(scope: Scope) -> ColumnElement[bool]:
    """Observations that this scope may see figures of: those of its dealers."""
    return true() if scope.everything else _o.dealer_id.in_(sorted(scope.dealers))


def as_of(cut: int | None) -> ColumnElement[bool]:
    """Observations as they stand now, or as they stood at a data cut."""
    if cut is None:
        return _o.gone_cut.is_(None)
    return and_(_o.cut <= cut, (_o.gone_cut.is_(None)) | (_o.gone_cut > cut))


def newest_cut(session: Session) -> int:
    """The number of the last change of the ledger; 0 if there was none."""
    return session.scalar(select(func.max(sql_table(DataCut).c.id))) or 0


@dataclass(frozen=True)
class Question:
    """Which cells are asked for; None: no restriction (beyond the scope)."""

    months: Sequence[str]
    dealers: Collection[str] | None = None
    items: Collection[str] | None = None
    sources: Collection[str] | None = None
    by_dealer: bool = True
    cut: int | None = None


def counts(session: Session, scope: Scope, question: Question) -> list[Counts]:
    """Counts per (dealer,) item, month and source, in a fixed order."""
    counted = _o.state.in_(("executed", "not"))
    dealer: list[Any] = [_o.dealer_id] if question.by_dealer else []
    keys = [*dealer, _o.item_id, _o.month, _o.source]
    query = (
        select(
            *keys,
            func.sum(_o.earned),
            func.sum(case((counted, _o.weight), else_=0)),
            func.sum(case((_o.state == "na", _o.weight), else_=0)),
            func.sum(case((_o.state == "unobserved", _o.weight), else_=0)),
        )
        .where(_o.month.in_(list(question.months)), as_of(question.cut), readable_by(scope))
        .group_by(*keys)
        .order_by(*keys)
    )
    for column, wanted in (
        (_o.dealer_id, question.dealers),
        (_o.item_id, question.items),
        (_o.source, question.sources),
    ):
        if wanted is not None:
            query = query.where(column.in_(sorted(wanted)))
    found: list[Counts] = []
    for row in session.execute(query):
        values: list[Any] = list(row)
        item_id, month, source = values[-7:-4]
        executed, applicable, not_applicable, not_observed = (int(n) for n in values[-4:])
        dealer_id = values[0] if question.by_dealer else None
        found.append(
            Counts(dealer_id, item_id, month, source, executed, applicable, not_applicable, not_observed)
        )
    return found


def months(session: Session, scope: Scope, dealers: Collection[str] | None = None) -> list[Any]:
    """Per month: rows, dealers, items; newest first."""
    query = (
        select(
            _o.month,
            func.count().label("observations"),
            func.count(distinct(_o.dealer_id)).label("dealers"),
            func.count(distinct(_o.item_id)).label("items"),
        )
        .where(as_of(None), readable_by(scope))
        .group_by(_o.month)
        .order_by(_o.month.desc())
    )
    return list(session.execute(_within(query, dealers)))


def months_by_source(session: Session, scope: Scope, dealers: Collection[str] | None = None) -> list[Any]:
    """Rows per month and source."""
    query = (
        select(_o.month, _o.source, func.count().label("observations"))
        .where(as_of(None), readable_by(scope))
        .group_by(_o.month, _o.source)
    )
    return list(session.execute(_within(query, dealers)))


def newest_month(session: Session, scope: Scope, dealers: Collection[str] | None = None) -> str | None:
    """The newest month that has any observation of these dealers."""
    query = select(func.max(_o.month)).where(as_of(None), readable_by(scope))
    return session.scalar(_within(query, dealers))


def _within(query: Any, dealers: Collection[str] | None) -> Any:
    return query if dealers is None else query.where(_o.dealer_id.in_(sorted(dealers)))


def items(session: Session) -> dict[str, Any]:
    """All items by id."""
    return {row.id: row for row in session.execute(select(_item))}


def dealers(session: Session, scope: Scope) -> dict[str, Any]:
    """The dealers whose figures this scope may see, by id."""
    query = select(_dealer).order_by(_dealer.c.code)
    if not scope.everything:
        query = query.where(_dealer.c.id.in_(sorted(scope.dealers)))
    return {row.id: row for row in session.execute(query)}


def running_plans(session: Session, scope: Scope, dealer_ids: Collection[str]) -> dict[tuple[str, str], str]:
    """(dealer, item) -> the newest plan under way; drafts only for readers whose desk holds the dealer."""
    p, i = _plan.c, _plan_item.c
    rows = session.execute(
        select(p.dealer_id, i.item_id, p.id, p.status)
        .join(_plan_item, i.plan_id == p.id)
        .where(
            p.dealer_id.in_(sorted(dealer_ids)),
            p.status.in_((PlanStatus.DRAFT.value, PlanStatus.PUBLISHED.value)),
        )
        .order_by(p.created_at, p.id)
    )
    return {
        (row.dealer_id, row.item_id): row.id
        for row in rows
        if row.status == PlanStatus.PUBLISHED or scope.everything or row.dealer_id in scope.desk_dealers
    }


def region_of_dealers(session: Session) -> dict[str, str]:
    """Region by dealer; "" where a dealer has none."""
    rows = session.execute(select(_dealer.c.id, _dealer.c.region_id))
    return {row.id: row.region_id or "" for row in rows}


def treated(session: Session, items: Collection[str], first: str, last: str) -> dict[str, frozenset[str]]:
    """By item: dealers whose plan on it was under way at some time between two months (YYYY-MM)."""
    p, i = _plan.c, _plan_item.c
    rows = session.execute(
        select(i.item_id, p.dealer_id, p.published_at, p.closed_at)
        .join(_plan_item, i.plan_id == p.id)
        .where(i.item_id.in_(sorted(items)), p.published_at.is_not(None))
    )
    found: dict[str, set[str]] = {}
    for row in rows:
        closed = row.closed_at.date().isoformat()[:7] if row.closed_at else last
        if row.published_at.date().isoformat()[:7] <= last and closed >= first:
            found.setdefault(row.item_id, set()).add(row.dealer_id)
    return {item: frozenset(dealers) for item, dealers in found.items()}


def plans_begun(session: Session) -> list[str]:
    """Ids of the plans that were published and not withdrawn, oldest first."""
    p = _plan.c
    query = select(p.id).where(p.published_at.is_not(None)).order_by(p.published_at, p.id)
    return list(session.scalars(query))


@dataclass(frozen=True)
class PlanFrame:
    """What an evaluation needs of a plan."""

    plan_id: str
    dealer_id: str
    trigger_month: str
    published_on: date | None
    starts_on: date | None
    """Earliest start of an action."""
    items: tuple[tuple[str, str], ...]
    """(plan item, item)."""


def plan_frame(session: Session, plan_id: str) -> PlanFrame | None:
    """The plan's dealer, dates and items; None if there is no such plan."""
    p, i, a = _plan.c, _plan_item.c, _action.c
    row = session.execute(
        select(p.id, p.dealer_id, p.trigger_month, p.published_at).where(p.id == plan_id)
    ).first()
    if row is None:
        return None
    starts = session.scalar(select(func.min(a.starts_on)).where(a.plan_id == plan_id))
    found = session.execute(select(i.id, i.item_id).where(i.plan_id == plan_id).order_by(i.id))
    return PlanFrame(
        plan_id=row.id,
        dealer_id=row.dealer_id,
        trigger_month=row.trigger_month,
        published_on=row.published_at.date() if row.published_at else None,
        starts_on=starts,
        items=tuple((one.id, one.item_id) for one in found),
    )


def stored_evaluations(session: Session, plan_id: str) -> dict[str, dict[str, Any] | None]:
    """The evaluations that a plan's items hold, by plan item."""
    i = _plan_item.c
    rows = session.execute(select(i.id, i.evaluation).where(i.plan_id == plan_id))
    return {row.id: row.evaluation for row in rows}
