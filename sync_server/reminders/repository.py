"""SQL of reminders: what is late, who is told, what is on its way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from shared_models.appeals import Appeal, AppealStatus
from shared_models.columns import sql_table
from shared_models.people.access import Role, ScopeKind
from shared_models.people.tables import Dealer, Grant, Person
from shared_models.plans import TO_DO, PlanStatus
from shared_models.plans.tables import Action, Plan
from shared_models.reminders import Kind, Reminder
from shared_models.visits.states import VisitStatus
from shared_models.visits.tables import Visit
from sync_server.people.tables import contact
from sync_server.reminders.tables import reminder_delivery

Line = dict[str, Any]

_action, _plan, _dealer = sql_table(Action), sql_table(Plan), sql_table(Dealer)
_visit, _appeal = sql_table(Visit), sql_table(Appeal)
_person, _grant, _reminder = sql_table(Person), sql_table(Grant), sql_table(Reminder)


def overdue_actions(session: Session, today: date) -> list[Line]:
    """Actions of published plans that wait for their owner past their deadline, with plan and dealer."""
    query = (
        select(
            _action.c.id,
            _action.c.plan_id,
            _action.c.measure,
            _action.c.owner_id,
            _action.c.supervisor_id,
            _action.c.due_on,
            _plan.c.number,
            _plan.c.dealer_id,
            _dealer.c.region_id,
            _dealer.c.code.label("dealer_code"),
            _dealer.c.name.label("dealer_name"),
            _dealer.c.name_en.label("dealer_name_en"),
        )
        .join(_plan, _plan.c.id == _action.c.plan_id)
        .join(_dealer, _dealer.c.id == _plan.c.dealer_id)
        .where(
            _plan.c.status == PlanStatus.PUBLISHED.value,
            _action.c.status.in_(sorted(TO_DO)),
            _action.c.due_on < today,
        )
        .order_by(_action.c.due_on, _action.c.id)
    )
    return [{"kind": Kind.ACTION, **row} for row in session.execute(query).mappings()]


def late_replies(session: Session, now: datetime) -> list[Line]:
    """Returned visits whose time for sending them again is over, with visitor, reviewer and dealer."""
    query = (
        select(
            _visit.c.id,
            _visit.c.person_id,
            _visit.c.reviewed_by,
            _visit.c.reply_due_at.label("due_at"),
            _visit.c.visit_date,
            *_dealer_columns(),
        )
        .join(_dealer, _dealer.c.id == _visit.c.dealer_id)
        .where(_visit.c.status == VisitStatus.RETURNED.value, _visit.c.reply_due_at < now)
        .order_by(_visit.c.reply_due_at, _visit.c.id)
    )
    return [{"kind": Kind.REPLY, **row} for row in session.execute(query).mappings()]


def late_decisions(session: Session, now: datetime) -> list[Line]:
    """Appeals that wait for a decision past its time, with the dealer."""
    query = (
        select(
            _appeal.c.id,
            _appeal.c.due_at,
            _appeal.c.visit_date,
            _appeal.c.wording,
            _appeal.c.wording_en,
            *_dealer_columns(),
        )
        .join(_dealer, _dealer.c.id == _appeal.c.dealer_id)
        .where(_appeal.c.status == AppealStatus.FILED.value, _appeal.c.due_at < now)
        .order_by(_appeal.c.due_at, _appeal.c.id)
    )
    return [{"kind": Kind.APPEAL, **row} for row in session.execute(query).mappings()]


def _dealer_columns() -> tuple[Any, ...]:
    return (
        _dealer.c.id.label("dealer_id"),
        _dealer.c.region_id,
        _dealer.c.code.label("dealer_code"),
        _dealer.c.name.label("dealer_name"),
        _dealer.c.name_en.label("dealer_name_en"),
    )


def reminders(session: Session) -> list[Line]:
    """All reminders that stand."""
    return [dict(row) for row in session.execute(select(_reminder)).mappings()]


def holders(session: Session, role: Role) -> list[tuple[str, str, str]]:
    """Active persons with that role: person, kind and id of the scope."""
    query = (
        select(_grant.c.person_id, _grant.c.scope_kind, _grant.c.scope_id)
        .join(_person, _person.c.id == _grant.c.person_id)
        .where(_grant.c.role == role.value, _person.c.active.is_(True))
        .order_by(_grant.c.person_id)
    )
    return [(person, kind, place) for person, kind, place in session.execute(query)]


def company_holders(session: Session, role: Role) -> list[str]:
    """Active persons with that role for the whole company."""
    return [person for person, kind, _ in holders(session, role) if kind == ScopeKind.COMPANY.value]


def active_persons(session: Session, ids: Sequence[str]) -> dict[str, Line]:
    """Those of these persons who are active, with their mail address ("" if none)."""
    query = (
        select(_person.c.id, _person.c.name, _person.c.language, contact.c.email)
        .outerjoin(contact, contact.c.person_id == _person.c.id)
        .where(_person.c.id.in_(ids), _person.c.active.is_(True))
    )
    return {row["id"]: {**row, "email": row["email"] or ""} for row in session.execute(query).mappings()}


def put_contact(session: Session, person_id: str, email: str) -> None:
    """Keep a person's mail address; "" forgets it."""
    session.execute(contact.delete().where(contact.c.person_id == person_id))
    if email:
        session.execute(contact.insert().values(person_id=person_id, email=email))


def email_of(session: Session, person_id: str) -> str:
    """A person's mail address, "" if none is known."""
    query = select(contact.c.email).where(contact.c.person_id == person_id)
    return session.execute(query).scalar_one_or_none() or ""


def add_deliveries(session: Session, lines: Sequence[Mapping[str, Any]]) -> None:
    """Queue what is to be sent."""
    if lines:
        session.execute(reminder_delivery.insert(), [dict(line) for line in lines])


def take_delivery(session: Session, now: datetime, stuck_before: datetime) -> Line | None:
    """The next delivery to try, marked as being sent; one that got stuck while being sent comes again."""
    waits = reminder_delivery.c.state == "waiting"
    stuck = (reminder_delivery.c.state == "sending") & (reminder_delivery.c.tried_at < stuck_before)
    due = or_(reminder_delivery.c.tried_at.is_(None), reminder_delivery.c.tried_at < stuck_before)
    query = select(reminder_delivery).where((waits & due) | stuck).order_by(reminder_delivery.c.created_at)
    row = session.execute(query.limit(1)).mappings().first()
    if row is None:
        return None
    mark_delivery(session, row["id"], "sending", tries=row["tries"] + 1, now=now)
    return {**row, "tries": row["tries"] + 1}


def mark_delivery(
    session: Session, delivery_id: str, state: str, *, tries: int, now: datetime, error: str = ""
) -> None:
    """Write down what became of a try."""
    session.execute(
        reminder_delivery.update()
        .where(reminder_delivery.c.id == delivery_id)
        .values(state=state, tries=tries, tried_at=now, error=error[:300])
    )
