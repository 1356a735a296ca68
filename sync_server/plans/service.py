"""Rules of plans that need the database: numbers, publication, people who may be named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from shared_models.people.access import Access
from shared_models.plans import publication_gaps
from shared_models.problems import Code, Place, Problem
from sync_server.people import repository as people
from sync_server.people.scope import resolve
from sync_server.plans import repository
from sync_server.plans.repository import Line, PlanRows

ZONE = "Asia/Shanghai"
"""Zone of the network's calendar: plan numbers and printed dates."""
_CODE_LENGTH = 13  # with month and counter the number fits its 24 characters


def next_number(session: Session, dealer_code: str, now: datetime) -> str:
    """The next plan number of a dealer this month: ``A1001-202611-01``. Call within a write transaction."""
    prefix = f"{dealer_code[:_CODE_LENGTH]}-{now.astimezone(ZoneInfo(ZONE)):%Y%m}-"
    taken = [number.removeprefix(prefix) for number in repository.numbers_like(session, prefix)]
    highest = max((int(tail) for tail in taken if tail.isdigit()), default=0)
    return f"{prefix}{highest + 1:02d}"


def publication(session: Session, plan: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The values with which a complete plan is published; PLAN_INCOMPLETE with every gap otherwise.

    Raises PERSON_NOT_AT_DEALER where an owner or supervisor no longer belongs to the dealer.
    """
    rows = repository.rows_of(session, dict(plan))
    gaps = publication_gaps(plan, rows.items, rows.causes, rows.actions)
    if gaps:
        raise Problem(Code.PLAN_INCOMPLETE, {"count": len(gaps)}, gaps)
    refuse_strangers(session, plan["dealer_id"], rows.actions)
    dealer = _dealer(session, plan["dealer_id"])
    number = plan.get("number") or next_number(session, dealer["code"], now)
    return {"number": number, "published_at": now}


def gaps_of_action(action: Mapping[str, Any]) -> list[Place]:
    """What a measure lacks to stand in a published plan."""
    item = {"id": action.get("plan_item_id") or ""}
    cause = {"plan_item_id": item["id"]}
    return publication_gaps({"id": "", "title": "-"}, [item], [cause], [action])


def refuse_strangers(session: Session, dealer_id: str, actions: Sequence[Mapping[str, Any]]) -> None:
    """PERSON_NOT_AT_DEALER naming every owner or supervisor who is neither at the dealer nor its manager."""
    named = [(a, field) for a in actions for field in ("owner_id", "supervisor_id") if a.get(field)]
    if not named:
        return
    dealer = _dealer(session, dealer_id)
    known = {line["id"] for line in people.directory(session, dealer_id, dealer["region_id"])}
    places = [Place(f"action.{action['id']}", field) for action, field in named if action[field] not in known]
    if places:
        raise Problem(Code.PERSON_NOT_AT_DEALER, {}, places)


def readable_rows(session: Session, access: Access, plan_id: str) -> PlanRows:
    """A plan (by id or number) with all its rows; NOT_FOUND if there is none that this access may see."""
    plan = repository.readable_plan(session, resolve(session, access), plan_id)
    if plan is None:
        raise Problem(Code.NOT_FOUND)
    return repository.rows_of(session, plan)


def _dealer(session: Session, dealer_id: str) -> Line:
    dealer = repository.dealer_of(session, dealer_id)
    if dealer is None:
        raise Problem(Code.NOT_FOUND)
    return dealer
