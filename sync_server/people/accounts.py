"""Administering persons: making, changing, deactivating, resetting, with an entry in the trail for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from shared_models.problems import Code, Place, Problem
from sync_server.audit.recording import By, record
from sync_server.people import invitations, repository, service
from sync_server.people.tables import contact

NO_PASSWORD = ""
"""What stands in the place of the hash until an invitation is redeemed: no password fits it."""


def create(session: Session, by: By, values: Mapping[str, Any], *, login: str, password_hash: str) -> str:
    """A new person with a login; its id. CONFLICT for a taken login, NOT_FOUND for an unknown dealer."""
    if values.get("home_dealer_id") and repository.dealer_row(session, values["home_dealer_id"]) is None:
        raise Problem(Code.NOT_FOUND, {}, [Place("home_dealer_id", "unknown")])
    person_id = service.create_person(session, **values)
    service.set_login(session, person_id, login=login, password_hash=password_hash, now=by.at)
    record(
        session, by, "person.added", "person", person_id,
        dealer_id=values.get("home_dealer_id"), subject=values["name"],
        after=_told(session, values), facts={"login": service.fold(login)},
    )  # fmt: skip
    return person_id


def change(session: Session, by: By, person_id: str, values: Mapping[str, Any]) -> None:
    """Change a person; deactivating and restoring are deeds of their own.

    Of a deactivated account nothing works any more but sending what was recorded before, into quarantine; an
    open invitation is worth nothing.
    """
    before = repository.person_row(session, person_id)
    if before is None:
        raise Problem(Code.NOT_FOUND)
    fresh = {name: value for name, value in values.items() if before.get(name) != value}
    if not fresh:
        return
    if fresh.get("home_dealer_id") and repository.dealer_row(session, fresh["home_dealer_id"]) is None:
        raise Problem(Code.NOT_FOUND, {}, [Place("home_dealer_id", "unknown")])
    service.change_person(session, person_id, fresh)
    action = "person.changed"
    if "active" in fresh:
        action = "person.restored" if fresh["active"] else "person.deactivated"
        if not fresh["active"]:
            invitations.forget(session, person_id)
    record(
        session, by, action, "person", person_id,
        dealer_id=before["home_dealer_id"], subject=before["name"],
        before=_told(session, {name: before[name] for name in fresh}), after=_told(session, fresh),
    )  # fmt: skip


def _told(session: Session, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as people read them: a dealer by its code and name."""
    told = dict(values)
    home = told.pop("home_dealer_id", None)
    if "home_dealer_id" in values:
        place = repository.dealer_row(session, home) if home else None
        told["home_dealer"] = f"{place['code']} {place['name']}" if place else ""
    return told


def put_email(session: Session, by: By, person_id: str, email: str) -> None:
    """Keep a person's mail address; "" forgets it."""
    held = repository.email_of(session, person_id)
    if held == email:
        return
    session.execute(delete(contact).where(contact.c.person_id == person_id))
    if email:
        session.execute(insert(contact).values(person_id=person_id, email=email))
    person = repository.person_row(session, person_id) or {}
    # the address itself is nobody's business but the person's and headquarters'
    record(
        session, by, "person.mail", "person", person_id,
        dealer_id=person.get("home_dealer_id"), subject=person.get("name", ""),
        facts={"set": bool(email)},
    )  # fmt: skip


def reset_password(session: Session, by: By, person_id: str, password_hash: str) -> None:
    """Replace the password and end all sign-ins."""
    service.set_password(session, person_id, password_hash=password_hash, now=by.at)
    person = repository.person_row(session, person_id) or {}
    record(
        session, by, "person.reset", "person", person_id,
        dealer_id=person.get("home_dealer_id"), subject=person.get("name", ""),
    )  # fmt: skip


def end_sign_ins(session: Session, by: By, person_id: str, *, only: str | None = None) -> int:
    """End sign-ins of a person, one or all; how many. What those devices have not sent stays on them."""
    person = repository.person_row(session, person_id)
    if person is None:
        raise Problem(Code.NOT_FOUND)
    ended = repository.revoke_sessions(session, person_id, by.at, only=only)
    if ended:
        record(
            session, by, "session.ended", "person", person_id,
            dealer_id=person["home_dealer_id"], subject=person["name"], facts={"count": ended},
        )  # fmt: skip
    return ended
