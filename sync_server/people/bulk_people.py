"""Bulk import of people: what each row would change, and doing it. Rows of one login give several roles."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared_models.people.access import Role, ScopeKind
from shared_models.people.admin_wire import BulkRow, RowState
from sync_server.audit.recording import By
from sync_server.people import accounts, repository, terms
from sync_server.people.bulk_columns import (
    COLUMNS,
    COMPANY_WORDS,
    day_cell,
    language_of,
    role_of,
    text_cell,
    yes_or_no,
)
from sync_server.people.bulk_dealers import Change
from sync_server.people.bulk_reading import Line, SheetFile
from sync_server.people.tables import contact, grant_term

_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_BY_NAME = {column.name: column for column in COLUMNS["people"]}
_Grant = tuple[str, str, str, date | None, date | None]


@dataclass
class _Known:
    """What the server holds, by what files call it."""

    logins: dict[str, str]
    persons: dict[str, dict[str, Any]]
    emails: dict[str, str]
    dealers: dict[str, str]
    """Id by code."""
    codes: dict[str, str]
    places: dict[str, tuple[ScopeKind, str]]
    grants: dict[str, set[_Grant]]


@dataclass
class _People:
    """Persons whom earlier rows of the file make or change."""

    first: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    grants: dict[str, set[_Grant]] = field(default_factory=dict[str, set[_Grant]])


def compare(session: Session, file: SheetFile, today: date) -> tuple[list[Change], list[str]]:
    """Rows that can be taken, and logins of active people that the file does not name."""
    known, people = _load(session, today), _People()
    changes: list[Change] = []
    for line in file.lines:
        login = line.text("login").casefold()
        values, email = _values(line, known)
        grant = _grant(line, known, today)
        earlier = people.first.get(login)
        if earlier is not None and not line.problems and values != earlier:
            line.refuse("name", "differs_from_row")
        if line.problems:
            continue
        if earlier is None:
            people.first[login] = values
        again = earlier is not None
        changes.append(_change(line, login, values, email, grant, known, people, repeated=again))
    named = {line.text("login").casefold() for line in file.lines}
    missing = [
        login
        for login, person in known.logins.items()
        if login not in named and known.persons[person]["active"]
    ]
    return changes, sorted(missing)


def _load(session: Session, today: date) -> _Known:
    def rows(table: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in session.execute(select(table)).mappings()]

    dealers, regions = rows(repository.dealer), rows(repository.region)
    places: dict[str, tuple[ScopeKind, str]] = dict.fromkeys(COMPANY_WORDS, (ScopeKind.COMPANY, ""))
    for kind, lines in ((ScopeKind.DEALER, dealers), (ScopeKind.REGION, regions)):
        for one in lines:
            for text in (one["name"], one["name_en"], one["code"]):
                if text:
                    places[text.casefold()] = (kind, one["id"])
    held: dict[str, set[_Grant]] = {}
    dated = {one["grant_id"] for one in rows(grant_term) if one["grant_id"]}
    for one in rows(repository.grant):
        if one["id"] not in dated:
            held.setdefault(one["person_id"], set()).add(
                (one["role"], one["scope_kind"], one["scope_id"], None, None)
            )
    for one in rows(grant_term):
        held.setdefault(one["person_id"], set()).add(
            (
                one["role"],
                one["scope_kind"],
                one["scope_id"],
                _ahead(one["valid_from"], today),
                one["valid_until"],
            )
        )
    return _Known(
        logins=repository.persons_of_logins(session),
        persons={one["id"]: one for one in rows(repository.person)},
        emails={one["person_id"]: one["email"] for one in rows(contact)},
        dealers={one["code"].casefold(): one["id"] for one in dealers},
        codes={one["id"]: one["code"] for one in [*dealers, *regions]},
        places=places,
        grants=held,
    )


def _values(line: Line, known: _Known) -> tuple[dict[str, Any], str | None]:
    """The person's columns as the row gives them, and the mail address (None: no such column)."""
    line.take("login", partial(text_cell, _BY_NAME["login"]))
    values: dict[str, Any] = {"name": line.take("name", partial(text_cell, _BY_NAME["name"]))}
    if line.has("language"):
        values["language"] = line.take("language", language_of)
    if line.has("position"):
        values["position"] = line.take("position", partial(text_cell, _BY_NAME["position"]))
    home = line.text("home_dealer").casefold()
    if home and home not in known.dealers:
        line.refuse("home_dealer", "dealer")
    elif line.has("home_dealer"):
        values["home_dealer_id"] = known.dealers.get(home)
    if line.has("active"):
        values["active"] = line.take("active", yes_or_no)
    email = line.take("email", partial(text_cell, _BY_NAME["email"])) if line.has("email") else None
    if email and not _MAIL.fullmatch(email):
        line.refuse("email", "email")
    return values, email


def _grant(line: Line, known: _Known, today: date) -> _Grant | None:
    """The role of the row with its scope and days; none where the row names no role."""
    role = line.take("role", role_of) if line.has("role") else None
    place = line.text("scope").casefold()
    first = line.take("valid_from", day_cell) if line.has("valid_from") else None
    last = line.take("valid_until", day_cell) if line.has("valid_until") else None
    if first and last and last < first:
        line.refuse("valid_until", "until_before_from")
    if role is None:
        if place and not line.text("role"):
            line.refuse("role", "role_missing")
        return None
    if place not in known.places:
        line.refuse("scope", "place")
        return None
    kind, scope_id = known.places[place]
    if role is Role.OWNER and kind is ScopeKind.COMPANY:
        line.refuse("scope", "owner_needs_dealer")
    return role.value, kind.value, scope_id, _ahead(first, today), last


def _ahead(first: date | None, today: date) -> date | None:
    """A first day that is still to come: one that has passed says nothing any more."""
    return first if first is not None and first > today else None


def _change(
    line: Line,
    login: str,
    values: dict[str, Any],
    email: str | None,
    grant: _Grant | None,
    known: _Known,
    people: _People,
    *,
    repeated: bool,
) -> Change:
    person = known.persons.get(known.logins.get(login, ""))
    difference: dict[str, tuple[str, str]] = {}
    if not repeated:
        for name, value in values.items():
            before = person.get(name) if person else None
            if name == "home_dealer_id":
                name, before = "home_dealer", known.codes.get(before or "", "")
                value = known.codes.get(value, "")
            if (before or "") != (value or "") and not (person is None and name == "active" and value):
                difference[name] = (_text(before), _text(value))
        held = known.emails.get(person["id"], "") if person else ""
        if email is not None and email != held:
            difference["email"] = (held, email)
    if grant is not None:
        held_here = people.grants.setdefault(login, set(known.grants.get(person["id"], ()) if person else ()))
        if grant not in held_here:
            held_here.add(grant)
            role, _, place, first, last = grant
            days = f" {first or '…'} – {last or '…'}" if first or last else ""
            difference["role"] = ("", f"{role} {known.codes.get(place, '')}".strip() + days)
    fresh = person is None and not repeated
    state = RowState.NEW if fresh else RowState.CHANGED if difference else RowState.SAME
    shown = BulkRow(row=line.row, key=login, name=values["name"] or "", state=state, changes=difference)
    wanted = grant if "role" in difference else None
    act: Callable[[Session, By], None] = partial(
        _write, login=login, values={} if repeated else values, email=email, grant=wanted
    )
    return Change(shown, act)


def _text(value: Any) -> str:
    return {True: "✓", False: "✗", None: ""}.get(value, str(value)) if not isinstance(value, str) else value


def _write(
    session: Session, by: By, *, login: str, values: dict[str, Any], email: str | None, grant: _Grant | None
) -> None:
    found = repository.credential_of_login(session, login)
    if found is None:
        given = {name: value for name, value in values.items() if name != "active" and value is not None}
        person_id = accounts.create(session, by, given, login=login, password_hash=accounts.NO_PASSWORD)
        if values.get("active") is False:
            accounts.change(session, by, person_id, {"active": False})
    else:
        person_id = found["person_id"]
        accounts.change(session, by, person_id, values)
    if email is not None:
        accounts.put_email(session, by, person_id, email)
    if grant is not None:
        role, kind, scope_id, first, last = grant
        terms.give(
            session, by, person_id, Role(role), ScopeKind(kind), scope_id, valid_from=first, valid_until=last
        )
