"""SQL of accounts: credentials, sign-ins, grants, the directory."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from shared_models.columns import sql_table
from shared_models.people.access import Role, ScopeKind
from shared_models.people.tables import Dealer, Grant, Person, Region
from sync_server.people.scope import Scope, readable_by
from sync_server.people.tables import contact, credential, login_failure, login_session
from sync_server.store.quick import quick_rows
from sync_server.store.statements import among, ids_parameter, is_sqlite

person = sql_table(Person)
grant = sql_table(Grant)
dealer = sql_table(Dealer)
region = sql_table(Region)

Line = dict[str, Any]


def readable_persons(scope: Scope) -> Select[Any]:
    """Persons that this scope may see."""
    return readable_by("person", scope)


def readable_dealers(scope: Scope) -> Select[Any]:
    """Dealers that this scope may see."""
    return readable_by("dealer", scope)


def credential_of_login(session: Session, login: str) -> Line | None:
    """person_id, password_hash, active of a login (already folded)."""
    row = (
        session.execute(
            select(credential.c.person_id, credential.c.password_hash, person.c.active)
            .join(person, person.c.id == credential.c.person_id)
            .where(credential.c.login == login)
        )
        .mappings()
        .first()
    )
    return dict(row) if row else None


def put_credential(session: Session, person_id: str, values: Line) -> None:
    """Insert or change a person's credential."""
    changed = session.execute(update(credential).where(credential.c.person_id == person_id).values(values))
    if changed.rowcount == 0:  # type: ignore[attr-defined]
        session.execute(insert(credential).values(person_id=person_id, **values))


def login_of(session: Session, person_ids: Sequence[str]) -> dict[str, str]:
    """Logins by person."""
    rows = session.execute(
        select(credential.c.person_id, credential.c.login).where(credential.c.person_id.in_(person_ids))
    )
    return {row.person_id: row.login for row in rows}


def grants_of(session: Session, person_ids: Sequence[str]) -> list[Line]:
    """Grants of these persons."""
    sqlite = is_sqlite(session)
    rows = quick_rows(session, _grants(sqlite), ids=ids_parameter(person_ids, sqlite))
    names = [column.name for column in grant.columns]
    return [dict(zip(names, row, strict=True)) for row in rows]


@lru_cache(maxsize=2)
def _grants(sqlite: bool) -> Select[Any]:
    return select(grant).where(among(grant.c.person_id, sqlite)).order_by(grant.c.id)


def grants_of_role(session: Session, role: Role) -> list[Line]:
    """Grants of a role for the whole company, of active persons."""
    rows = session.execute(
        select(grant)
        .join(person, person.c.id == grant.c.person_id)
        .where(grant.c.role == role.value, grant.c.scope_kind == "company", person.c.active.is_(True))
    )
    return [dict(row) for row in rows.mappings()]


def grant_row(session: Session, grant_id: str) -> Line | None:
    """One grant."""
    row = session.execute(select(grant).where(grant.c.id == grant_id)).mappings().first()
    return dict(row) if row else None


def person_row(session: Session, person_id: str) -> Line | None:
    """One person."""
    row = session.execute(select(person).where(person.c.id == person_id)).mappings().first()
    return dict(row) if row else None


def persons_page(session: Session, scope: Scope, *, limit: int, offset: int) -> list[Line]:
    """Persons in scope by name."""
    query = readable_persons(scope).order_by(person.c.name, person.c.id).limit(limit).offset(offset)
    return [dict(row) for row in session.execute(query).mappings()]


def count_persons(session: Session) -> int:
    """How many persons there are."""
    return session.execute(select(func.count()).select_from(person)).scalar_one()


def dealer_row(session: Session, dealer_id: str) -> Line | None:
    """One dealer."""
    row = session.execute(select(dealer).where(dealer.c.id == dealer_id)).mappings().first()
    return dict(row) if row else None


def dealer_of_code(session: Session, code: str) -> str | None:
    """The id of the dealer of that code."""
    return session.execute(select(dealer.c.id).where(dealer.c.code == code)).scalars().first()


def region_exists(session: Session, region_id: str) -> bool:
    """Whether there is such a region."""
    return session.execute(select(region.c.id).where(region.c.id == region_id)).first() is not None


def region_name(session: Session, region_id: str) -> str:
    """Code and name of a region."""
    return place_name(session, ScopeKind.REGION, region_id)


def with_password(session: Session, person_ids: Sequence[str]) -> set[str]:
    """Those of these persons who have set a password."""
    query = select(credential.c.person_id).where(
        credential.c.person_id.in_(person_ids), credential.c.password_hash != ""
    )
    return set(session.scalars(query))


def dealer_names(session: Session, dealer_ids: Collection[str]) -> dict[str, str]:
    """Code and name by id."""
    rows = session.execute(
        select(dealer.c.id, dealer.c.code, dealer.c.name).where(dealer.c.id.in_(sorted(dealer_ids)))
    )
    return {row.id: f"{row.code} {row.name}" for row in rows}


def person_names(session: Session, person_ids: Collection[str]) -> dict[str, str]:
    """Names by id."""
    rows = session.execute(select(person.c.id, person.c.name).where(person.c.id.in_(sorted(person_ids))))
    return {row.id: row.name for row in rows}


def regions(session: Session) -> list[Any]:
    """Regions, by code."""
    return list(session.execute(select(region).order_by(region.c.code)))


def persons_of_logins(session: Session) -> dict[str, str]:
    """Person by login, of everybody who has one."""
    return {row.login: row.person_id for row in session.execute(select(credential))}


def email_of(session: Session, person_id: str) -> str:
    """A person's mail address, "" if none is known."""
    query = select(contact.c.email).where(contact.c.person_id == person_id)
    return session.execute(query).scalar_one_or_none() or ""


def place_exists(session: Session, kind: ScopeKind, place_id: str) -> bool:
    """Whether there is such a region or dealer."""
    table = region if kind is ScopeKind.REGION else dealer
    return session.execute(select(table.c.id).where(table.c.id == place_id)).first() is not None


def place_name(session: Session, kind: ScopeKind, place_id: str) -> str:
    """Code and name of a grant's place, "" for the company."""
    if kind is ScopeKind.COMPANY:
        return ""
    table = region if kind is ScopeKind.REGION else dealer
    row = session.execute(select(table.c.code, table.c.name).where(table.c.id == place_id)).first()
    return f"{row.code} {row.name}" if row is not None else place_id


def directory(session: Session, dealer_id: str, region_id: str) -> list[Line]:
    """Active people who work at the dealer or hold a desk over it: person columns with role and scope."""
    rows = session.execute(
        select(person, grant.c.role, grant.c.scope_kind, grant.c.scope_id)
        .join(grant, grant.c.person_id == person.c.id, isouter=True)
        .where(
            person.c.active.is_(True),
            (person.c.home_dealer_id == dealer_id)
            | (grant.c.role.in_(("manager", "hq")) & grant.c.scope_id.in_((dealer_id, region_id)))
            | ((grant.c.role == "hq") & (grant.c.scope_kind == "company"))
            | ((grant.c.role == "manager") & (grant.c.scope_kind == "company")),
        )
        .order_by(person.c.name, person.c.id)
    )
    return [dict(row) for row in rows.mappings()]


def insert_session(session: Session, values: Line) -> None:
    """A new sign-in."""
    session.execute(insert(login_session).values(values))


_of_token = (
    select(login_session, person.c.active, person.c.language)
    .join(person, person.c.id == login_session.c.person_id)
    .where(login_session.c.token_hash == bindparam("token"))
)


def session_of_token(session: Session, token_hash: str) -> Line | None:
    """The sign-in of a token with the person's name, language and whether the account is active."""
    row = session.execute(_of_token, {"token": token_hash}).mappings().first()
    return dict(row) if row else None


def sessions_of_tokens(session: Session, token_hashes: Sequence[str]) -> list[Line]:
    """The sign-ins of these tokens, each with whether the account is active."""
    sqlite = is_sqlite(session)
    rows = quick_rows(session, _of_tokens(sqlite), ids=ids_parameter(token_hashes, sqlite))
    names = [*(column.name for column in login_session.columns), "active"]
    return [dict(zip(names, row, strict=True)) for row in rows]


@lru_cache(maxsize=2)
def _of_tokens(sqlite: bool) -> Select[Any]:
    return (
        select(login_session, person.c.active)
        .join(person, person.c.id == login_session.c.person_id)
        .where(among(login_session.c.token_hash, sqlite))
    )


def sessions_of(session: Session, person_id: str, now: datetime) -> list[Line]:
    """Living sign-ins of a person, newest first."""
    rows = session.execute(
        select(login_session)
        .where(
            login_session.c.person_id == person_id,
            login_session.c.revoked_at.is_(None),
            login_session.c.expires_at > now,
        )
        .order_by(login_session.c.created_at.desc())
    )
    return [dict(row) for row in rows.mappings()]


def touch_session(session: Session, session_id: str, values: Line) -> None:
    """Note when and with which client a sign-in was last used."""
    session.execute(update(login_session).where(login_session.c.id == session_id).values(values))


def revoke_sessions(session: Session, person_id: str, at: datetime, *, only: str | None = None) -> int:
    """End sign-ins of a person (one or all); how many."""
    query = update(login_session).where(
        login_session.c.person_id == person_id, login_session.c.revoked_at.is_(None)
    )
    if only is not None:
        query = query.where(login_session.c.id == only)
    return session.execute(query.values(revoked_at=at)).rowcount  # type: ignore[attr-defined]


def failures(session: Session, keys: Sequence[str]) -> dict[str, Line]:
    """Failed sign-ins by key."""
    rows = session.execute(select(login_failure).where(login_failure.c.key.in_(keys))).mappings()
    return {row["key"]: dict(row) for row in rows}


def put_failure(session: Session, values: Line) -> None:
    """Note a failure."""
    session.execute(delete(login_failure).where(login_failure.c.key == values["key"]))
    session.execute(insert(login_failure).values(values))


def forget_failures(session: Session, keys: Sequence[str], before: datetime) -> None:
    """Forget the failures of these keys and all that are older."""
    session.execute(
        delete(login_failure).where(login_failure.c.key.in_(keys) | (login_failure.c.last_at < before))
    )
