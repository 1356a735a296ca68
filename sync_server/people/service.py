"""Accounts, roles and scopes: sign-in and the making of regions, dealers, persons, grants and employees.

Functions take a session and never commit. What changes synced rows goes through the journal.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from shared_models.ids import new_id
from shared_models.people.access import DESK_ROLES, Access, GrantView, Role, ScopeKind
from shared_models.people.wire import DirectoryEntry
from shared_models.problems import Code, Place, Problem
from sync_server.people import repository
from sync_server.people.limits import SignInLimits
from sync_server.people.passwords import hash_password
from sync_server.sync.journal import delete_row, write_row

MIN_PASSWORD = 10
"""Characters that a chosen password needs (NIST SP 800-63B asks for at least eight)."""


@dataclass(frozen=True)
class NewSession:
    """A fresh sign-in and its token, which is told once."""

    session_id: str
    token: str
    expires_at: datetime


def fold(login: str) -> str:
    """A login as it is compared: without surrounding space, lower case."""
    return login.strip().casefold()


def token_hash(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def create_region(session: Session, *, code: str, name: str, name_en: str = "") -> str:
    """A new region; its id."""
    region_id = new_id()
    write_row(session, "region", region_id, {"code": code, "name": name, "name_en": name_en})
    return region_id


def create_dealer(session: Session, *, code: str, name: str, region_id: str, **more: Any) -> str:
    """A new dealer (``more``: name_en, city, city_en, address, latitude, longitude); its id."""
    dealer_id = new_id()
    values = {"code": code, "name": name, "region_id": region_id, **more}
    write_row(session, "dealer", dealer_id, values)
    return dealer_id


def create_employee(session: Session, *, dealer_id: str, name: str, position: str = "consultant") -> str:
    """A new employee of a dealer; its id."""
    employee_id = new_id()
    write_row(session, "employee", employee_id, {"dealer_id": dealer_id, "name": name, "position": position})
    return employee_id


def create_person(
    session: Session,
    *,
    name: str,
    language: str = "zh_CN",
    position: str = "",
    home_dealer_id: str | None = None,
) -> str:
    """A new person without an account yet; its id."""
    person_id = new_id()
    write_row(
        session,
        "person",
        person_id,
        {"name": name, "language": language, "position": position, "home_dealer_id": home_dealer_id},
    )
    return person_id


def change_person(session: Session, person_id: str, values: Mapping[str, Any]) -> None:
    """Change name, language, position or home dealer."""
    if repository.person_row(session, person_id) is None:
        raise Problem(Code.NOT_FOUND)
    write_row(session, "person", person_id, values)


def set_active(session: Session, person_id: str, active: bool) -> None:
    """Revoke an account or restore it. Its tokens stay known: it may still push, into quarantine."""
    change_person(session, person_id, {"active": active})


def grant(
    session: Session,
    person_id: str,
    role: Role,
    scope_kind: ScopeKind = ScopeKind.COMPANY,
    scope_id: str = "",
) -> str:
    """Give a person a role within a scope; the grant's id (the old one if the person has it already)."""
    if (scope_kind is ScopeKind.COMPANY) != (scope_id == ""):
        raise Problem(Code.INVALID_REQUEST, {}, [Place("scope_id", scope_kind.value)])
    for held in repository.grants_of(session, [person_id]):
        if (held["role"], held["scope_kind"], held["scope_id"]) == (role, scope_kind, scope_id):
            return held["id"]
    grant_id = new_id()
    values = {
        "person_id": person_id,
        "role": role.value,
        "scope_kind": scope_kind.value,
        "scope_id": scope_id,
    }
    write_row(session, "role_grant", grant_id, values)
    return grant_id


def withdraw_grant(session: Session, grant_id: str) -> None:
    """Take a grant back."""
    if repository.grant_row(session, grant_id) is None:
        raise Problem(Code.NOT_FOUND)
    delete_row(session, "role_grant", grant_id)


def keep_headquarters(session: Session, *, without: str) -> None:
    """Raise NOT_ALLOWED where nobody would hold the whole company as headquarters without that grant."""
    held = repository.grants_of_role(session, Role.HQ)
    if any(one["id"] == without for one in held) and len(held) == 1:
        raise Problem(Code.NOT_ALLOWED, {}, [Place("grant", "the last of headquarters")])


def set_login(session: Session, person_id: str, *, login: str, password_hash: str, now: datetime) -> None:
    """Give a person a login and the hash of a password (see ``passwords.hash_password``).

    Raises CONFLICT if another person has that login, INVALID_REQUEST for one that nobody can type.
    """
    folded = fold(login)
    if not folded or not folded.isprintable():
        raise Problem(Code.INVALID_REQUEST, {}, [Place("login", "not printable" if folded else "empty")])
    other = repository.credential_of_login(session, folded)
    if other is not None and other["person_id"] != person_id:
        raise Problem(Code.CONFLICT, {"login": login}, [Place("login", "taken")])
    repository.put_credential(
        session, person_id, {"login": folded, "password_hash": password_hash, "changed_at": now}
    )


def set_password(session: Session, person_id: str, *, password_hash: str, now: datetime) -> None:
    """Replace a password and end all sign-ins of the person."""
    login = repository.login_of(session, [person_id]).get(person_id)
    if login is None:
        raise Problem(Code.NOT_FOUND)
    values = {"login": login, "password_hash": password_hash, "changed_at": now}
    repository.put_credential(session, person_id, values)
    repository.revoke_sessions(session, person_id, now)


def checked_password(password: str) -> str:
    """The hash of a password that a person chose; PASSWORD_TOO_SHORT if it is."""
    if len(password) < MIN_PASSWORD:
        places = [Place("password", f"{len(password)} characters")]
        raise Problem(Code.PASSWORD_TOO_SHORT, {"least": MIN_PASSWORD}, places)
    return hash_password(password)


def _failure_keys(login: str, address: str) -> tuple[str, str]:
    return f"login:{login}@{address}"[:200], f"address:{address}"[:200]


def refuse_if_blocked(session: Session, *, login: str, address: str, now: datetime) -> None:
    """Raise TOO_MANY_ATTEMPTS while this login and address, or the address alone, has to wait."""
    lines = repository.failures(session, _failure_keys(fold(login), address)).values()
    until = max((line["blocked_until"] for line in lines), default=now)
    if until > now:
        raise Problem(Code.TOO_MANY_ATTEMPTS, {"seconds": int((until - now).total_seconds()) + 1})


def note_failure(session: Session, *, login: str, address: str, now: datetime, limits: SignInLimits) -> None:
    """Count a failed sign-in and set the pause that follows from it."""
    keys = _failure_keys(fold(login), address)
    known = repository.failures(session, keys)
    for key, free in zip(keys, (limits.free, limits.free_per_address), strict=True):
        line = known.get(key)
        recent = line is not None and now - line["last_at"] < limits.forgotten_after
        count = (line["failures"] if line is not None and recent else 0) + 1
        repository.put_failure(
            session,
            {
                "key": key,
                "failures": count,
                "last_at": now,
                "blocked_until": now + limits.pause(count, free),
            },
        )


def open_session(
    session: Session,
    person_id: str,
    *,
    now: datetime,
    days: int,
    device_name: str = "",
    client: str = "",
    address: str = "",
    login: str = "",
    limits: SignInLimits | None = None,
) -> NewSession:
    """A new sign-in of a person whose password was checked (or whom a test or the command line trusts)."""
    made = NewSession(new_id(), secrets.token_urlsafe(32), now + timedelta(days=days))
    repository.insert_session(
        session,
        {
            "id": made.session_id,
            "token_hash": token_hash(made.token),
            "person_id": person_id,
            "device_name": device_name[:120],
            "client": client[:40],
            "address": address[:64],
            "created_at": now,
            "last_seen_at": now,
            "expires_at": made.expires_at,
            "revoked_at": None,
        },
    )
    if limits is not None:
        keys = _failure_keys(fold(login), address)[:1]
        repository.forget_failures(session, keys, now - limits.forgotten_after)
    return made


def access_of(session: Session, person_id: str) -> Access:
    """All that a person holds."""
    return accesses_of(session, [person_id])[person_id]


def accesses_of(session: Session, person_ids: Sequence[str]) -> dict[str, Access]:
    """All that these persons hold, by person."""
    held: dict[str, list[GrantView]] = {person_id: [] for person_id in person_ids}
    for line in repository.grants_of(session, list(held)):
        view = GrantView(Role(line["role"]), ScopeKind(line["scope_kind"]), line["scope_id"])
        held[line["person_id"]].append(view)
    return {person_id: Access.of(person_id, grants) for person_id, grants in held.items()}


def directory(session: Session, access: Access, dealer_id: str) -> list[DirectoryEntry]:
    """Who may be owner or supervisor at a dealer: its own people and those with a desk over it.

    Raises OUT_OF_SCOPE unless the caller has a desk over the dealer or works there as owner.
    """
    place = repository.dealer_row(session, dealer_id)
    if place is None:
        raise Problem(Code.NOT_FOUND)
    region_id = place["region_id"]
    if not access.reaches(DESK_ROLES | {Role.OWNER}, dealer_id=dealer_id, region_id=region_id):
        raise Problem(Code.OUT_OF_SCOPE)
    entries: dict[str, DirectoryEntry] = {}
    for line in repository.directory(session, dealer_id, region_id):
        at_dealer = line["home_dealer_id"] == dealer_id
        # at the dealer's own desk the field roles of others are nobody's business
        role = line["role"] if at_dealer or line["role"] in DESK_ROLES else None
        entry = entries.setdefault(
            line["id"],
            DirectoryEntry(
                id=line["id"], name=line["name"], position=line["position"], roles=[], at_dealer=at_dealer
            ),
        )
        if role is not None and Role(role) not in entry.roles:
            entry.roles.append(Role(role))
    return list(entries.values())
