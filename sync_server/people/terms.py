"""Grants with a first and a last day. ``role_grant`` holds what is in force; the rest waits or has ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from shared_models.ids import new_id
from shared_models.people.access import Role, ScopeKind
from shared_models.problems import Code, Place, Problem
from sync_server.audit.recording import By, record
from sync_server.people import repository, service
from sync_server.people.tables import grant_term
from sync_server.sync.journal import delete_row

ZONE = ZoneInfo("Asia/Shanghai")
"""Days of a grant begin and end in the network's zone."""
_t = grant_term.c


def today_of(now: datetime) -> date:
    """The network's day."""
    return now.astimezone(ZONE).date()


def give(
    session: Session,
    by: By,
    person_id: str,
    role: Role,
    scope_kind: ScopeKind,
    scope_id: str = "",
    *,
    valid_from: date | None = None,
    valid_until: date | None = None,
) -> str:
    """Give a role, with days or without; the term's id, or the grant's where it has no days.

    INVALID_REQUEST where the last day lies before the first, or has passed already; NOT_FOUND for a person
    or place that is not there.
    """
    today = today_of(by.at)
    if valid_until is not None and valid_until < max(valid_from or today, today):
        raise Problem(Code.INVALID_REQUEST, {}, [Place("valid_until", valid_until.isoformat())])
    person = repository.person_row(session, person_id)
    if person is None:
        raise Problem(Code.NOT_FOUND)
    if scope_kind is not ScopeKind.COMPANY and not repository.place_exists(session, scope_kind, scope_id):
        raise Problem(Code.NOT_FOUND, {}, [Place("scope_id", scope_id)])
    record(
        session, by, "grant.given", "person", person_id,
        dealer_id=person["home_dealer_id"], subject=person["name"],
        facts={
            "role": role.value, "scope": scope_kind.value,
            "place": repository.place_name(session, scope_kind, scope_id),
            "from": valid_from, "until": valid_until,
        },
    )  # fmt: skip
    begun = valid_from is None or valid_from <= today
    grant_id = service.grant(session, person_id, role, scope_kind, scope_id) if begun else None
    if grant_id is not None and valid_until is None:
        session.execute(grant_term.delete().where(_t.grant_id == grant_id))
        return grant_id
    term_id = new_id()
    values = {
        "id": term_id,
        "person_id": person_id,
        "role": role.value,
        "scope_kind": scope_kind.value,
        "scope_id": scope_id,
        "valid_from": valid_from,
        "valid_until": valid_until,
        "grant_id": grant_id,
    }
    if grant_id is not None:
        session.execute(grant_term.delete().where(_t.grant_id == grant_id))
    session.execute(insert(grant_term).values(values))
    return term_id


def take_back(session: Session, by: By, any_id: str) -> None:
    """Withdraw a grant or a term (by either id); NOT_FOUND if there is none."""
    line = session.execute(
        select(grant_term).where(or_(_t.id == any_id, _t.grant_id == any_id))
    ).mappings().first()  # fmt: skip
    grant_id = any_id if line is None else line["grant_id"]
    held = repository.grant_row(session, grant_id) if grant_id else None
    if line is None and held is None:
        raise Problem(Code.NOT_FOUND)
    what = held or line
    assert what is not None
    if line is not None:
        session.execute(grant_term.delete().where(_t.id == line["id"]))
    if held is not None:
        delete_row(session, "role_grant", held["id"])
    person = repository.person_row(session, what["person_id"]) or {}
    kind = ScopeKind(what["scope_kind"])
    record(
        session, by, "grant.withdrawn", "person", what["person_id"],
        dealer_id=person.get("home_dealer_id"), subject=person.get("name", ""),
        facts={
            "role": what["role"], "scope": kind.value,
            "place": repository.place_name(session, kind, what["scope_id"]),
        },
    )  # fmt: skip


def terms_of(session: Session, person_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Terms of these persons."""
    return [
        dict(row)
        for row in session.execute(select(grant_term).where(_t.person_id.in_(person_ids))).mappings()
    ]


def turn(session: Session, now: datetime) -> int:
    """Begin and end what today begins and ends; how many grants changed. Doing it again changes nothing."""
    today, by, count = today_of(now), By("", now, "server"), 0
    due = session.execute(
        select(grant_term).where(
            _t.grant_id.is_(None),
            _t.valid_from <= today,
            or_(_t.valid_until.is_(None), _t.valid_until >= today),
        )
    ).mappings().all()  # fmt: skip
    for line in due:
        grant_id = service.grant(
            session, line["person_id"], Role(line["role"]), ScopeKind(line["scope_kind"]), line["scope_id"]
        )
        session.execute(update(grant_term).where(_t.id == line["id"]).values(grant_id=grant_id))
        _told(session, by, "grant.begun", line)
        count += 1
    over = session.execute(select(grant_term).where(_t.valid_until < today)).mappings().all()
    for line in over:
        if line["grant_id"]:
            delete_row(session, "role_grant", line["grant_id"])
        session.execute(grant_term.delete().where(_t.id == line["id"]))
        _told(session, by, "grant.ended", line)
        count += 1
    return count


def anything_due(session: Session, now: datetime) -> bool:
    """Whether :func:`turn` would do something."""
    today = today_of(now)
    begins = (_t.grant_id.is_(None)) & (_t.valid_from <= today)
    return (
        session.execute(select(_t.id).where(begins | (_t.valid_until < today)).limit(1)).first() is not None
    )


def _told(session: Session, by: By, action: str, line: Any) -> None:
    person = repository.person_row(session, line["person_id"]) or {}
    kind = ScopeKind(line["scope_kind"])
    facts = {"role": line["role"], "place": repository.place_name(session, kind, line["scope_id"])}
    record(
        session, by, action, "person", line["person_id"],
        dealer_id=person.get("home_dealer_id"), subject=person.get("name", ""), facts=facts,
    )  # fmt: skip
