"""Planning calls: a delivery or a service becomes calls of one of the callers who reach the dealer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial

from sqlalchemy import ColumnElement, func, insert, select
from sqlalchemy.orm import Session

from shared_models.calls import CallTask, waves
from shared_models.calls.rules import Wave
from shared_models.columns import sql_table
from shared_models.ids import new_id
from shared_models.people.access import Role
from shared_models.people.tables import Grant, Person
from shared_models.problems import Code, Place, Problem
from sync_server.checklists import repository as checklists
from sync_server.people import repository as people
from sync_server.people import service
from sync_server.plans import focus
from sync_server.surveys.tables import Customer, Vehicle
from sync_server.sync.journal import write_row

CHECKLISTS = {"delivery": "delivery_call", "service": "service_call"}
"""Code of the questionnaire by kind of event."""
_task, _customer, _vehicle = sql_table(CallTask), sql_table(Customer), sql_table(Vehicle)
_grant, _person = sql_table(Grant), sql_table(Person)


@dataclass(frozen=True)
class Event:
    """A car handed over to a customer: new (``delivery``) or after a ``service``."""

    dealer_id: str
    kind: str
    day: date
    name: str
    phone: str
    plate: str = ""
    vin: str = ""
    model: str = ""
    employee: str = ""


def callers(session: Session) -> list[str]:
    """Ids of active people who may call, somewhere."""
    query = (
        select(_grant.c.person_id)
        .join(_person, _person.c.id == _grant.c.person_id)
        .where(_grant.c.role == Role.CALLER.value, _person.c.active.is_(True))
    )
    return sorted(set(session.scalars(query)))


def callers_at(session: Session, dealer_id: str, among: Iterable[str]) -> list[str]:
    """Those of these people whose role as a caller holds at the dealer."""
    dealer = people.dealer_row(session, dealer_id)
    if dealer is None:
        return []
    reaches = partial(_reaches, session, dealer["id"], dealer["region_id"])
    return [person_id for person_id in among if reaches(person_id)]


def _reaches(session: Session, dealer_id: str, region_id: str, person_id: str) -> bool:
    access = service.access_of(session, person_id)
    return access.reaches({Role.CALLER}, dealer_id=dealer_id, region_id=region_id)


def waves_left(event: Event, today: date) -> list[Wave]:
    """The calls of an event whose days are not over."""
    return [wave for wave in waves(event.kind, event.day) if wave.last >= today]


def planned(session: Session, event: Event) -> frozenset[str]:
    """Reasons of the calls that an event has already been given."""
    customer_id = session.scalar(select(_customer.c.id).where(*_the_customer(event)))
    if customer_id is None:
        return frozenset()
    vehicle = _vehicle_of(session, event)
    query = select(_task.c.reason).where(
        _task.c.customer_id == customer_id,
        _task.c.vehicle_id == (vehicle or ""),
        _task.c.event_day == event.day,
    )
    return frozenset(session.scalars(query))


def plan_calls(session: Session, event: Event, today: date) -> int:
    """Plan the calls of an event that are not planned yet; how many.

    The caller with the fewest open calls takes all calls of a customer. NOT_FOUND with ``callers`` where
    nobody calls for the dealer, or with the code of a questionnaire that is not published.
    """
    known = planned(session, event)
    coming = [wave for wave in waves_left(event, today) if wave.reason not in known]
    if not coming:
        return 0
    version = checklists.newest_versions(session, offered=True).get(CHECKLISTS[event.kind])
    if version is None:
        raise Problem(Code.NOT_FOUND, {}, [Place("kind", CHECKLISTS[event.kind])])
    possible = callers_at(session, event.dealer_id, callers(session))
    if not possible:
        raise Problem(Code.NOT_FOUND, {}, [Place("dealer", "callers")])
    person_id = _least_busy(session, possible)
    customer_id = _keep_customer(session, event)
    vehicle_id = _keep_vehicle(session, event, customer_id)
    for wave in coming:
        task_id, assignment_id = new_id(), new_id()
        task = {
            "dealer_id": event.dealer_id,
            "person_id": person_id,
            "customer_id": customer_id,
            "vehicle_id": vehicle_id,
            "name": event.name,
            "phone": event.phone,
            "plate": event.plate or event.vin,
            "model": event.model,
            "employee": event.employee,
            "reason": wave.reason.value,
            "event_day": event.day,
        }
        given = {
            "dealer_id": event.dealer_id,
            "template_version_id": version[0],
            "person_id": person_id,
            "window_start": wave.first,
            "window_end": wave.last,
            "call_id": task_id,
        }
        write_row(session, "call_task", task_id, task)
        write_row(session, "assignment", assignment_id, given)
        focus.mark(session, assignment_id, event.dealer_id, person_id)
    return len(coming)


def _least_busy(session: Session, possible: list[str]) -> str:
    query = (
        select(_task.c.person_id, func.count())
        .where(_task.c.status == "open", _task.c.person_id.in_(possible))
        .group_by(_task.c.person_id)
    )
    load: dict[str, int] = {row[0]: row[1] for row in session.execute(query)}
    return min(possible, key=lambda one: (load.get(one, 0), one))


def _the_customer(event: Event) -> list[ColumnElement[bool]]:
    c = _customer.c
    return [c.dealer_id == event.dealer_id, c.name == event.name, c.phone == event.phone]


def _keep_customer(session: Session, event: Event) -> str:
    found = session.scalar(select(_customer.c.id).where(*_the_customer(event)))
    if found is None:
        found = new_id()
        values = {"id": found, "dealer_id": event.dealer_id, "name": event.name, "phone": event.phone}
        session.execute(insert(_customer).values(**values, sex="", occupation=""))
    return found


def _vehicle_of(session: Session, event: Event) -> str | None:
    for column, value in ((_vehicle.c.plate, event.plate), (_vehicle.c.vin, event.vin)):
        if value:
            found = session.scalar(select(_vehicle.c.id).where(column == value))
            if found is not None:
                return found
    return None


def _keep_vehicle(session: Session, event: Event, customer_id: str) -> str:
    found = _vehicle_of(session, event)
    if found is None and (event.plate or event.vin):
        found = new_id()
        values = {
            "id": found,
            "plate": event.plate or None,
            "vin": event.vin or None,
            "model": event.model,
            "dealer_id": event.dealer_id,
            "customer_id": customer_id,
            "delivered_on": event.day if event.kind == "delivery" else None,
        }
        session.execute(insert(_vehicle).values(**values))
    return found or ""
