"""Invitations: a one-time code with which a person sets the password. No account ever has a default one."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from shared_models.clock import to_text
from shared_models.people.admin_wire import InvitationOut
from shared_models.problems import Code, Problem
from sync_server.audit.recording import By, record
from sync_server.people import repository, service
from sync_server.people.tables import invitation

VALID_DAYS = 14
"""Days in which an invitation may be redeemed."""
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # without 0/O and 1/I/L: it is read from paper and typed
_LENGTH, _GROUP = 12, 4  # 59 bits; the guesses are slowed down as those of passwords are


@dataclass(frozen=True)
class Invited:
    """An invitation as it was made: the code is known here and to its person alone."""

    person_id: str
    name: str
    login: str
    code: str
    expires_at: datetime
    email: str
    language: str

    def out(self, *, mailed: bool) -> InvitationOut:
        """As it is told, once."""
        return InvitationOut(
            person_id=self.person_id,
            name=self.name,
            login=self.login,
            code=self.code,
            expires_at=to_text(self.expires_at),
            mailed=mailed,
        )


def fold(code: str) -> str:
    """A code as it is compared: capitals, without what was put between the groups."""
    return "".join(letter for letter in code.upper() if letter.isalnum())


def _hash(person_id: str, code: str) -> str:
    return hashlib.sha256(f"{person_id}:{fold(code)}".encode()).hexdigest()


def new_code() -> str:
    """A fresh code in groups: ``7K3M-QX9P-BD4T``."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    return "-".join(letters[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))


def invite(session: Session, person_id: str, by: By) -> Invited:
    """A new invitation; an older one of the person is worth nothing from now on.

    NOT_FOUND where there is no such person or it has no login; ACCOUNT_REVOKED for a deactivated one.
    """
    person = repository.person_row(session, person_id)
    login = repository.login_of(session, [person_id]).get(person_id)
    if person is None or login is None:
        raise Problem(Code.NOT_FOUND)
    if not person["active"]:
        raise Problem(Code.PERSON_INACTIVE, {"name": person["name"]})
    code, expires = new_code(), by.at + timedelta(days=VALID_DAYS)
    forget(session, person_id)
    session.execute(
        insert(invitation).values(
            person_id=person_id,
            code_hash=_hash(person_id, code),
            created_by=by.actor_id or None,
            created_at=by.at,
            expires_at=expires,
        )
    )
    facts = {"until": expires.date()}
    record(
        session, by, "person.invited", "person", person_id,
        dealer_id=person["home_dealer_id"], subject=person["name"], facts=facts,
    )  # fmt: skip
    email = repository.email_of(session, person_id)
    return Invited(person_id, person["name"], login, code, expires, email, person["language"])


def forget(session: Session, person_id: str) -> None:
    """Take an open invitation back."""
    session.execute(delete(invitation).where(invitation.c.person_id == person_id))


def mark_mailed(session: Session, person_id: str, at: datetime) -> None:
    """Note that the mail went out."""
    session.execute(invitation.update().where(invitation.c.person_id == person_id).values(mailed_at=at))


def open_until(session: Session, person_ids: list[str], now: datetime) -> dict[str, datetime]:
    """When the open invitations of these persons end."""
    rows = session.execute(
        select(invitation.c.person_id, invitation.c.expires_at).where(
            invitation.c.person_id.in_(person_ids), invitation.c.expires_at > now
        )
    )
    return {row.person_id: row.expires_at for row in rows}


def person_of(session: Session, login: str, code: str, now: datetime) -> dict[str, Any] | None:
    """person_id and active of the login that this code invites; None where it does not, or not any more."""
    found = repository.credential_of_login(session, service.fold(login))
    if found is None:
        return None
    line = session.execute(select(invitation).where(invitation.c.person_id == found["person_id"])).first()
    if line is None or line.expires_at <= now:
        return None
    fits = hmac.compare_digest(line.code_hash, _hash(found["person_id"], code))
    return found if fits else None


def redeem(session: Session, person_id: str, password_hash: str, now: datetime) -> None:
    """Set the password; the code is used up and sign-ins of before end."""
    forget(session, person_id)
    service.set_password(session, person_id, password_hash=password_hash, now=now)
    person = repository.person_row(session, person_id) or {}
    record(
        session, By(person_id, now), "person.redeemed", "person", person_id,
        dealer_id=person.get("home_dealer_id"), subject=person.get("name", ""),
    )  # fmt: skip
