"""SQL of improvement plans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from shared_models.checklists.tables import Item
from shared_models.columns import sql_table
from shared_models.people.access import DESK_ROLES, Access, GrantView, Role, ScopeKind
from shared_models.people.tables import Dealer, Grant, Person, Region
from shared_models.plans.tables import Action, ActionProgress, ActionRequest, Cause, Plan, PlanItem
from sync_server.people import scope as people_scope
from sync_server.people.scope import Scope

Line = dict[str, Any]

_plan = sql_table(Plan)
_item = sql_table(PlanItem)
_cause = sql_table(Cause)
_action = sql_table(Action)
_progress = sql_table(ActionProgress)
_request = sql_table(ActionRequest)
_dealer = sql_table(Dealer)
_region = sql_table(Region)
_person = sql_table(Person)
_grant = sql_table(Grant)
_ledger = sql_table(Item)


@dataclass(frozen=True)
class PlanRows:
    """All rows of one plan, children in the order in which they are read."""

    plan: Line
    items: Sequence[Line]
    causes: Sequence[Line]
    actions: Sequence[Line]
    progress: Sequence[Line]
    requests: Sequence[Line] = ()
    """Objections and requests for more time, oldest first."""


def readable_by(scope: Scope) -> Select[Any]:
    """Plans that this scope may see."""
    return people_scope.readable_by("plan", scope)


def readable_plan(session: Session, scope: Scope, plan_id: str) -> Line | None:
    """One plan by id or by number, if this scope may see it."""
    wanted = (_plan.c.id == plan_id) | ((_plan.c.number == plan_id) & (_plan.c.number != ""))
    row = session.execute(readable_by(scope).where(wanted)).mappings().first()
    return dict(row) if row else None


def readable_plans(session: Session, scope: Scope, *, region_id: str | None = None) -> list[Line]:
    """Plans with their dealer's code and names, newest publication first, drafts before all."""
    query = readable_by(scope).join(_dealer, _dealer.c.id == _plan.c.dealer_id)
    query = query.add_columns(
        _dealer.c.code.label("dealer_code"),
        _dealer.c.name.label("dealer_name"),
        _dealer.c.name_en.label("dealer_name_en"),
    )
    if region_id is not None:
        query = query.where(_dealer.c.region_id == region_id)
    rows = [dict(row) for row in session.execute(query).mappings()]
    rows.sort(key=lambda row: (row["published_at"] is not None, row["dealer_code"], row["number"]))
    return rows


def region_of_code(session: Session, code: str) -> str | None:
    """The id of a region by its code or one of its names."""
    match = (_region.c.code == code) | (_region.c.name == code) | (_region.c.name_en == code)
    return session.execute(select(_region.c.id).where(match)).scalars().first()


def row_of_item(session: Session, plan_id: str, item_id: str) -> str | None:
    """The row with which a plan already takes up an item of the ledger."""
    query = select(_item.c.id).where(_item.c.plan_id == plan_id, _item.c.item_id == item_id)
    return session.execute(query).scalars().first()


def rows_of(session: Session, plan: Line) -> PlanRows:
    """All rows of a plan."""

    def lines(table: Any, *order: Any) -> list[Line]:
        query = select(table).where(table.c.plan_id == plan["id"]).order_by(*order)
        return [dict(row) for row in session.execute(query).mappings()]

    return PlanRows(
        plan,
        lines(_item, _item.c.id),
        lines(_cause, _cause.c.id),
        lines(_action, _action.c.position, _action.c.id),
        lines(_progress, _progress.c.at, _progress.c.id),
        lines(_request, _request.c.at, _request.c.id),
    )


def actions_of(session: Session, plan_ids: Sequence[str]) -> list[Line]:
    """Actions of several plans."""
    query = select(_action).where(_action.c.plan_id.in_(plan_ids))
    return [dict(row) for row in session.execute(query).mappings()]


def verdicts_of(session: Session, plan_ids: Sequence[str]) -> dict[str, list[str]]:
    """Verdicts of the items of several plans, those that there are."""
    query = select(_item.c.plan_id, _item.c.verdict).where(
        _item.c.plan_id.in_(plan_ids), _item.c.verdict != ""
    )
    found: dict[str, list[str]] = {}
    for plan_id, verdict in session.execute(query.order_by(_item.c.id)):
        found.setdefault(plan_id, []).append(verdict)
    return found


def dealer_of(session: Session, dealer_id: str) -> Line | None:
    """A dealer with its region's names (region_name, region_name_en)."""
    query = (
        select(_dealer, _region.c.name.label("region_name"), _region.c.name_en.label("region_name_en"))
        .join(_region, _region.c.id == _dealer.c.region_id)
        .where(_dealer.c.id == dealer_id)
    )
    row = session.execute(query).mappings().first()
    return dict(row) if row else None


def ledger_items(session: Session, ids: Iterable[str]) -> Mapping[str, Line]:
    """Items of the ledger by id."""
    query = select(_ledger).where(_ledger.c.id.in_(list(ids)))
    return {row["id"]: dict(row) for row in session.execute(query).mappings()}


def names_on_paper(session: Session, ids: Iterable[str]) -> dict[str, str]:
    """Names of those of these people that a plan may name: dealers' people and desks, never a shopper."""
    wanted = list(ids)
    shown = [role.value for role in DESK_ROLES | {Role.OWNER}]
    at_desk = select(_grant.c.person_id).where(_grant.c.role.in_(shown))
    query = select(_person.c.id, _person.c.name).where(
        _person.c.id.in_(wanted), _person.c.home_dealer_id.is_not(None) | _person.c.id.in_(at_desk)
    )
    return {row.id: row.name for row in session.execute(query)}


def desk_role(session: Session, person_id: str | None, dealer: Mapping[str, Any]) -> str:
    """In which part a person writes for a dealer: manager where granted for it or its region, else hq."""
    query = select(_grant.c.role, _grant.c.scope_kind, _grant.c.scope_id).where(
        _grant.c.person_id == person_id
    )
    grants = [GrantView(Role(r), ScopeKind(kind), place) for r, kind, place in session.execute(query)]
    access = Access.of(person_id or "", grants)
    place = {"dealer_id": dealer.get("id", ""), "region_id": dealer.get("region_id", "")}
    is_hq = access.reaches({Role.HQ}, **place) and not access.reaches({Role.MANAGER}, **place)
    return "hq" if is_hq else "manager"


def numbers_like(session: Session, prefix: str) -> list[str]:
    """Plan numbers that begin like this."""
    query = select(_plan.c.number).where(_plan.c.number.startswith(prefix, autoescape=True))
    return list(session.execute(query).scalars())
