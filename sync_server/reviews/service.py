"""Planning a second visitor, coding evidence again, grading, and what a visitor's work has been like."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from shared_models.people.access import DESK_ROLES, Access
from shared_models.problems import Code, Place, Problem
from shared_models.visits.quality import LOOK
from shared_models.visits.signals import KINDS
from shared_models.visits.validation import answer_fault
from sync_server.checklists.service import document_of, questions_of
from sync_server.people.scope import resolve
from sync_server.reviews import repository
from sync_server.reviews.agreement import AgreementLine, codable, report
from sync_server.visits.planning import plan_visit

GRADES = range(1, 6)


def plan_double(
    session: Session,
    access: Access,
    assignment_id: str,
    person_id: str,
    *,
    known_accepted: bool,
    now: datetime,
) -> str:
    """Send a second person to the same dealer in the same days with the same checklist; the new assignment.

    Neither of the two is told. NOT_FOUND for an unknown assignment, CONFLICT for the same person or where it
    is doubled already or over; else as planning any visit.
    """
    first = repository.assignment_row(session, assignment_id)
    if first is None:
        raise Problem(Code.NOT_FOUND, {"what": "assignment"})
    open_ = first["status"] in ("planned", "accepted", "started", "done")
    if first["person_id"] == person_id or not open_ or repository.doubles_of(session, assignment_id):
        raise Problem(Code.CONFLICT)
    names = ("dealer_id", "window_start", "window_end", "scenario", "scenario_en", "purchase_profile",
             "purchase_profile_en", "announced")  # fmt: skip
    values = {name: first[name] for name in names}
    code = document_of(session, first["template_version_id"]).code
    second = plan_visit(
        session,
        access,
        {**values, "person_id": person_id, "template": code, "known_accepted": known_accepted},
    )
    repository.put_double(session, assignment_id, second, access.person_id, now)
    return second


def _visit(session: Session, access: Access, visit_id: str) -> dict[str, Any]:
    """A visit that a desk looks at; NOT_FOUND outside its scope."""
    if not access.has(*DESK_ROLES):
        raise Problem(Code.NOT_ALLOWED)
    row = repository.visit_row(session, resolve(session, access), visit_id)
    if row is None:
        raise Problem(Code.NOT_FOUND, {"what": "visit"})
    if row["person_id"] == access.person_id:
        raise Problem(Code.NOT_ALLOWED)
    return row


def code_again(
    session: Session, access: Access, visit_id: str, answers: Mapping[str, Any], *, now: datetime
) -> None:
    """Code the evidence of a sent visit once more. INVALID_FIELD names every answer that does not fit."""
    visit = _visit(session, access, visit_id)
    if visit["status"] not in repository.DONE:
        raise Problem(Code.TRANSITION_NOT_ALLOWED, {"status": visit["status"], "action": "code"})
    questions = questions_of(session, visit["template_version_id"])
    wrong: list[Place] = []
    for code, value in answers.items():
        question = questions.get(code)
        if question is None or not codable(question):
            wrong.append(Place(code, "not one that is coded again"))
        elif value not in ("na", "unobserved") and answer_fault(question, "answered", value):
            wrong.append(Place(code, "value"))
    if wrong or not answers:
        raise Problem(Code.INVALID_FIELD, {"field": wrong[0].at if wrong else "answers"}, wrong)
    repository.put_coding(session, visit_id, access.person_id, dict(answers), now)


def coding(session: Session, access: Access, visit_id: str) -> dict[str, Any]:
    """What the caller has coded of a visit; nothing yet: empty."""
    _visit(session, access, visit_id)
    return repository.coding_of(session, visit_id, access.person_id) or {}


def grade(
    session: Session, access: Access, visit_id: str, value: int, note: str, *, now: datetime
) -> dict[str, Any]:
    """Grade the work of a sent visit."""
    visit = _visit(session, access, visit_id)
    if visit["status"] == "draft":
        raise Problem(Code.TRANSITION_NOT_ALLOWED, {"status": "draft", "action": "grade"})
    line = {
        "visit_id": visit_id,
        "grade": value,
        "note": note.strip(),
        "graded_by": access.person_id,
        "graded_at": now,
    }
    repository.put_grade(session, line)
    return line


def grade_of(session: Session, access: Access, visit_id: str) -> dict[str, Any] | None:
    """The grade of a visit, None while there is none."""
    _visit(session, access, visit_id)
    return repository.grade_of(session, visit_id)


@dataclass(frozen=True)
class MonthOfWork:
    """A visitor's visits of one month."""

    month: str
    sent: int
    accepted: int
    rejected: int
    returned: int
    """Visits that were sent back at least once."""
    corrected: int
    """Answers that a reviewer or an appeal read differently."""
    grade: float | None
    """Mean grade; None without one."""
    looks: int
    """Visits whose signals together deserve a second look."""
    signals: dict[str, int]
    """Visits with a signal of that kind; only kinds that occurred, the gravest first."""


@dataclass(frozen=True)
class WorkOf:
    """A visitor's history, the newest month first."""

    person_id: str
    name: str
    months: tuple[MonthOfWork, ...]
    agreement: AgreementLine | None
    """With others who saw the same since that day; None while nothing was coded twice."""


def history(session: Session, access: Access, since: date) -> list[WorkOf]:
    """The quality of everybody's visits in the caller's scope since a day, by person and month."""
    if not access.has(*DESK_ROLES):
        raise Problem(Code.NOT_ALLOWED)
    groups: dict[str, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    scope = resolve(session, access)
    agreed = {one.key: one for one in report(session, scope, since, None).people}
    for row in repository.visits_since(session, scope, since):
        groups[row["person_id"]][f"{row['visit_date']:%Y-%m}"].append(row)
    names = repository.names(session, sorted(groups))
    people = [
        WorkOf(
            person,
            names.get(person, ""),
            tuple(_month(m, rows) for m, rows in sorted(months.items(), reverse=True)),
            agreed.get(person),
        )
        for person, months in groups.items()
    ]
    return sorted(people, key=lambda one: (one.name, one.person_id))


def _month(month: str, rows: list[dict[str, Any]]) -> MonthOfWork:
    grades = [row["grade"] for row in rows if row["grade"] is not None]
    seen = Counter(kind for row in rows for kind in {one["kind"] for one in row["signals"] or ()})
    return MonthOfWork(
        month=month,
        sent=len(rows),
        accepted=sum(row["status"] == "accepted" for row in rows),
        rejected=sum(row["status"] == "rejected" for row in rows),
        returned=sum(row["revision"] > 0 or row["status"] == "returned" for row in rows),
        corrected=sum(row["corrected"] for row in rows),
        grade=round(sum(grades) / len(grades), 2) if grades else None,
        looks=sum((row["weight"] or 0) >= LOOK for row in rows),
        signals={kind: seen[kind] for kind in KINDS if seen[kind]},
    )
