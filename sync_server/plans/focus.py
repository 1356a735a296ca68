"""Which items the next visits to a dealer will judge: those of its running plans (issue 6, verification)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared_models.checklists.tables import Item
from shared_models.columns import sql_table
from shared_models.ids import new_id
from shared_models.plans.states import PlanStatus
from shared_models.plans.tables import Plan, PlanItem
from shared_models.visits.tables import Assignment, Focus
from sync_server.sync.journal import write_row

_OPEN = ("planned", "accepted", "started")
_plan, _plan_item, _item = sql_table(Plan), sql_table(PlanItem), sql_table(Item)
_assignment, _focus = sql_table(Assignment), sql_table(Focus)


@dataclass(frozen=True)
class Change:
    """A row of ``focus`` that has to be written."""

    row_id: str
    values: dict[str, Any]


def items_of(session: Session, dealer_id: str) -> list[str]:
    """Codes of the items of a dealer's published plans, in order."""
    query = (
        select(_item.c.code)
        .join(_plan_item, _plan_item.c.item_id == _item.c.id)
        .join(_plan, _plan.c.id == _plan_item.c.plan_id)
        .where(_plan.c.dealer_id == dealer_id, _plan.c.status == PlanStatus.PUBLISHED.value)
        .distinct()
        .order_by(_item.c.code)
    )
    return list(session.scalars(query))


def mark(session: Session, assignment_id: str, dealer_id: str, person_id: str) -> None:
    """Tell the visitor of a new assignment what it will judge; writes nothing where no plan runs."""
    change = first(session, assignment_id, dealer_id, person_id)
    if change is not None:
        write_row(session, "focus", change.row_id, change.values)


def first(session: Session, assignment_id: str, dealer_id: str, person_id: str) -> Change | None:
    """What has to be written for a new assignment; None where no plan of the dealer runs."""
    items = items_of(session, dealer_id)
    if not items:
        return None
    values = {"dealer_id": dealer_id, "person_id": person_id, "items": items}
    return Change(new_id(), {"assignment_id": assignment_id, **values})


def changes(session: Session, dealer_id: str) -> list[Change]:
    """What has to be written after a plan of the dealer began or ended: for visits not yet finished."""
    items = items_of(session, dealer_id)
    query = (
        select(_assignment.c.id, _assignment.c.person_id, _focus.c.id.label("row_id"), _focus.c["items"])
        .join(_focus, _focus.c.assignment_id == _assignment.c.id, isouter=True)
        .where(_assignment.c.dealer_id == dealer_id, _assignment.c.status.in_(_OPEN))
        .order_by(_assignment.c.id)
    )
    found: list[Change] = []
    for assignment_id, person_id, row_id, known in session.execute(query):
        if row_id is None:
            values = {"dealer_id": dealer_id, "person_id": person_id, "items": items}
            if items:
                found.append(Change(new_id(), {"assignment_id": assignment_id, **values}))
        elif known != items:
            found.append(Change(row_id, {"items": items}))
    return found
