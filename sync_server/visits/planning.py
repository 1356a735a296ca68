"""Planning visits: who may send whom where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from shared_models.checklists.stages import Source
from shared_models.ids import new_id
from shared_models.people.access import DESK_ROLES, FIELD_ROLES, Access
from shared_models.problems import Code, Place, Problem
from shared_models.visits.states import ROTATION
from sync_server.checklists import repository as checklists
from sync_server.checklists.service import document_of
from sync_server.people import repository as people
from sync_server.people import service
from sync_server.people.scope import resolve
from sync_server.plans import focus
from sync_server.sync.journal import write_row
from sync_server.visits import repository


def plan_visit(session: Session, access: Access, values: Mapping[str, Any]) -> str:
    """Write an assignment; its id.

    ``values``: dealer_id, person_id, template (code), window_start, window_end and the texts of the row.
    Raises OUT_OF_SCOPE for a dealer outside the planner's scope or the visitor's own,
    NOT_FOUND for an unknown dealer, person or checklist (or a retired one), VISITOR_KNOWN where a covert
    visitor was at the dealer less than half a year before and ``known_accepted`` is not given.
    """
    dealer = people.dealer_row(session, values["dealer_id"])
    if dealer is None:
        raise Problem(Code.NOT_FOUND, {}, [Place("dealer_id", "unknown")])
    if not access.reaches(DESK_ROLES, dealer_id=dealer["id"], region_id=dealer["region_id"]):
        raise Problem(Code.OUT_OF_SCOPE)
    person = people.person_row(session, values["person_id"])
    if person is None or not person["active"]:
        raise Problem(Code.NOT_FOUND, {}, [Place("person_id", "unknown")])
    visitor = service.access_of(session, person["id"])
    if not visitor.reaches(FIELD_ROLES, dealer_id=dealer["id"], region_id=dealer["region_id"]):
        raise Problem(Code.OUT_OF_SCOPE, {}, [Place("person_id", "no field role at this dealer")])
    version = checklists.newest_versions(session, offered=True).get(values["template"])
    if version is None:
        raise Problem(Code.NOT_FOUND, {}, [Place("template", "unknown")])
    document = document_of(session, version[0])
    if document.source is Source.CALLBACK:  # calls come from deliveries and services, with their customer
        raise Problem(Code.NOT_FOUND, {}, [Place("template", "calls are not planned as visits")])
    if document.source is Source.SHOP and not values.get("known_accepted"):
        _refuse_known_visitor(session, person["id"], dealer["id"], values["window_start"])
    assignment_id = new_id()
    row = {name: value for name, value in values.items() if name not in {"template", "known_accepted"}}
    write_row(session, "assignment", assignment_id, {**row, "template_version_id": version[0]})
    focus.mark(session, assignment_id, dealer["id"], person["id"])
    return assignment_id


def _refuse_known_visitor(session: Session, person_id: str, dealer_id: str, start: date) -> None:
    last = repository.last_visits(session, dealer_id, [person_id]).get(person_id)
    if last is not None and start - last < ROTATION:
        values = {"day": last.isoformat(), "from": (last + ROTATION).isoformat()}
        raise Problem(Code.VISITOR_KNOWN, values, [Place("person_id", last.isoformat())])


@dataclass(frozen=True)
class Visitor:
    """Somebody who can be sent, with the load of the window and the last time at the dealer."""

    id: str
    name: str
    roles: tuple[str, ...]
    open: int
    """Visits planned, accepted or begun."""
    done: int
    """Visits finished in the last thirty days."""
    declined: int
    """Visits declined in the last thirty days."""
    last_here: date | None
    known: bool
    """Whether a covert visit on the day asked for would come too soon."""


def visitors(session: Session, access: Access, dealer_id: str, day: date) -> list[Visitor]:
    """Who can be sent to a dealer, those with the least to do first. OUT_OF_SCOPE for others' dealers."""
    dealer = people.dealer_row(session, dealer_id)
    if dealer is None:
        raise Problem(Code.NOT_FOUND, {}, [Place("dealer_id", "unknown")])
    if not access.reaches(DESK_ROLES, dealer_id=dealer["id"], region_id=dealer["region_id"]):
        raise Problem(Code.OUT_OF_SCOPE)
    found: list[Visitor] = []
    persons = repository.field_people(session, resolve(session, access))
    last = repository.last_visits(session, dealer_id, [one["id"] for one in persons])
    loads = repository.loads(session, [one["id"] for one in persons], day - timedelta(days=30))
    for person in persons:
        own = service.access_of(session, person["id"])
        roles = tuple(
            sorted(
                role.value
                for role in FIELD_ROLES
                if own.reaches({role}, dealer_id=dealer["id"], region_id=dealer["region_id"])
            )
        )
        if not roles:
            continue
        load = loads.get(person["id"], {})
        seen = last.get(person["id"])
        found.append(
            Visitor(
                id=person["id"],
                name=person["name"],
                roles=roles,
                open=sum(load.get(status, 0) for status in ("planned", "accepted", "started")),
                done=load.get("done", 0),
                declined=load.get("declined", 0),
                last_here=seen,
                known=seen is not None and day - seen < ROTATION,
            )
        )
    return sorted(found, key=lambda one: (one.known, one.open, one.name))
