"""Planning visits: who may send whom where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from shared_models.ids import new_id
from shared_models.people.access import DESK_ROLES, FIELD_ROLES, Access
from shared_models.problems import Code, Place, Problem
from sync_server.checklists import repository as checklists
from sync_server.people import repository as people
from sync_server.people import service
from sync_server.sync.journal import write_row


def plan_visit(session: Session, access: Access, values: Mapping[str, Any]) -> str:
    """Write an assignment; its id.

    ``values``: dealer_id, person_id, template (code), window_start, window_end and the texts of the row.
    Raises OUT_OF_SCOPE for a dealer outside the planner's scope or the visitor's own,
    NOT_FOUND for an unknown dealer, person or checklist.
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
    version = checklists.newest_versions(session).get(values["template"])
    if version is None:
        raise Problem(Code.NOT_FOUND, {}, [Place("template", "unknown")])
    assignment_id = new_id()
    row = {name: value for name, value in values.items() if name != "template"}
    write_row(session, "assignment", assignment_id, {**row, "template_version_id": version[0]})
    return assignment_id
