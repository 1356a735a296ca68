"""SQL behind the lists of the administration: people and dealers of a scope, found by words and state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from shared_models.clock import to_text
from shared_models.columns import sql_table
from shared_models.people.access import Role, ScopeKind
from shared_models.people.admin_wire import (
    DealerLine,
    DealerList,
    PersonDetail,
    PersonLine,
    PersonList,
    SignInLine,
    SourceDay,
    TermOut,
)
from sync_server.insight import repository as insight
from sync_server.insight.tables import Observation
from sync_server.people import invitations, repository, terms
from sync_server.people.dealers import maintainers
from sync_server.people.repository import dealer, grant, person, region
from sync_server.people.scope import Scope, readable_by
from sync_server.people.tables import contact, credential
from sync_server.reports.figures import STALE_AFTER_DAYS

State = Literal["active", "inactive", "all"]
_observation = sql_table(Observation)


@dataclass(frozen=True)
class Found:
    """What is looked for; "" restricts nothing."""

    text: str = ""
    state: State = "active"
    region_id: str = ""
    dealer_id: str = ""
    role: str = ""
    limit: int = 50
    offset: int = 0


def _count(session: Session, query: Select[Any]) -> int:
    return session.execute(select(func.count()).select_from(query.subquery())).scalar_one()


def _page(session: Session, query: Select[Any], wanted: Found, *order: Any) -> list[dict[str, Any]]:
    rows = session.execute(query.order_by(*order).limit(wanted.limit).offset(wanted.offset))
    return [dict(row) for row in rows.mappings()]


def people(session: Session, scope: Scope, wanted: Found, now: datetime, *, full: bool) -> PersonList:
    """People of the scope by name; ``full``: with login and invitation, for headquarters."""
    query = readable_by("person", scope)
    if wanted.state != "all":
        query = query.where(person.c.active.is_(wanted.state == "active"))
    if wanted.dealer_id:
        query = query.where(person.c.home_dealer_id == wanted.dealer_id)
    if wanted.role:
        query = query.where(person.c.id.in_(select(grant.c.person_id).where(grant.c.role == wanted.role)))
    for word in wanted.text.lower().split():
        places = [person.c.name, person.c.position]
        found = [func.lower(column).contains(word, autoescape=True) for column in places]
        if full:
            logins = select(credential.c.person_id).where(credential.c.login.contains(word, autoescape=True))
            found.append(person.c.id.in_(logins))
        query = query.where(or_(*found))
    lines = _page(session, query, wanted, person.c.name, person.c.id)
    return PersonList(persons=tuple(_people(session, lines, now, full=full)), total=_count(session, query))


def _people(
    session: Session, lines: Sequence[dict[str, Any]], now: datetime, *, full: bool
) -> list[PersonLine]:
    ids = [line["id"] for line in lines]
    logins = repository.login_of(session, ids) if full else {}
    roles: dict[str, list[Role]] = {}
    for one in repository.grants_of(session, ids):
        held = roles.setdefault(one["person_id"], [])
        if Role(one["role"]) not in held:
            held.append(Role(one["role"]))
    invited = invitations.open_until(session, ids, now) if full else {}
    ready = repository.with_password(session, ids) if full else set[str]()
    at = {line["home_dealer_id"] for line in lines if line["home_dealer_id"]}
    homes = repository.dealer_names(session, at)
    return [
        PersonLine(
            **line,
            login=logins.get(line["id"], ""),
            home_dealer=homes.get(line["home_dealer_id"], ""),
            roles=tuple(roles.get(line["id"], ())),
            has_password=line["id"] in ready,
            invited_until=to_text(invited[line["id"]]) if line["id"] in invited else None,
        )
        for line in lines
    ]


def person_detail(
    session: Session, person_id: str, now: datetime, *, session_id: str = ""
) -> PersonDetail | None:
    """A person with mail address, grants and their days, and living sign-ins; None where there is none."""
    line = repository.person_row(session, person_id)
    if line is None:
        return None
    base = _people(session, [line], now, full=True)[0]
    email = session.execute(select(contact.c.email).where(contact.c.person_id == person_id)).scalar()
    signs = [
        SignInLine(
            id=one["id"],
            device_name=one["device_name"],
            client=one["client"],
            created_at=to_text(one["created_at"]),
            last_seen_at=to_text(one["last_seen_at"]),
            expires_at=to_text(one["expires_at"]),
            current=one["id"] == session_id,
        )
        for one in repository.sessions_of(session, person_id, now)
    ]
    return PersonDetail(
        **base.model_dump(),
        email=email or "",
        terms=tuple(_terms(session, person_id)),
        sign_ins=tuple(signs),
    )


def _terms(session: Session, person_id: str) -> list[TermOut]:
    dated = {one["grant_id"] or one["id"]: one for one in terms.terms_of(session, [person_id])}
    lines = [(one, dated.pop(one["id"], None)) for one in repository.grants_of(session, [person_id])]
    lines += [(one, one) for one in dated.values()]
    return [
        TermOut(
            id=term["id"] if term else one["id"],
            role=one["role"],
            scope_kind=one["scope_kind"],
            scope_id=one["scope_id"],
            scope_name=repository.place_name(session, ScopeKind(one["scope_kind"]), one["scope_id"]),
            valid_from=term["valid_from"] if term else None,
            valid_until=term["valid_until"] if term else None,
            state="planned" if term is not None and term["grant_id"] is None else "active",
        )
        for one, term in lines
    ]


def dealers(session: Session, scope: Scope, wanted: Found, today: date) -> DealerList:
    """Dealers of the scope by code, with maintainer and the newest day of each source."""
    query = readable_by("dealer", scope)
    if not scope.everything:
        query = query.where(dealer.c.id.in_(sorted(scope.desk_dealers)))
    if wanted.state != "all":
        query = query.where(dealer.c.active.is_(wanted.state == "active"))
    if wanted.region_id:
        query = query.where(dealer.c.region_id == wanted.region_id)
    if wanted.dealer_id:
        query = query.where(dealer.c.id == wanted.dealer_id)
    for word in wanted.text.lower().split():
        columns = (dealer.c.code, dealer.c.name, dealer.c.name_en, dealer.c.city, dealer.c.city_en)
        query = query.where(or_(*(func.lower(column).contains(word, autoescape=True) for column in columns)))
    lines = _page(session, query, wanted, dealer.c.code)
    ids = [line["id"] for line in lines]
    days = newest_by_source(session, scope, ids, today)
    keepers = maintainers(session)
    names = repository.person_names(session, {keepers[one] for one in ids if one in keepers})
    regions = {row.id: row for row in session.execute(select(region))}
    return DealerList(
        dealers=tuple(
            DealerLine(
                **line,
                region=regions[line["region_id"]].name,
                region_en=regions[line["region_id"]].name_en,
                maintainer_id=keepers.get(line["id"], ""),
                maintainer=names.get(keepers.get(line["id"], ""), ""),
                sources=days.get(line["id"], ()),
                stale=min((one.days for one in days.get(line["id"], ())), default=STALE_AFTER_DAYS + 1)
                > STALE_AFTER_DAYS,
            )
            for line in lines
        ),
        total=_count(session, query),
        stale_after_days=STALE_AFTER_DAYS,
    )


def newest_by_source(
    session: Session, scope: Scope, dealer_ids: Sequence[str], today: date
) -> dict[str, tuple[SourceDay, ...]]:
    """Business day of the newest observation of each source, by dealer."""
    o = _observation.c
    query = (
        select(o.dealer_id, o.source, func.max(o.day).label("newest"))
        .where(insight.as_of(None), insight.readable_by(scope), o.dealer_id.in_(list(dealer_ids)))
        .group_by(o.dealer_id, o.source)
        .order_by(o.source)
    )
    found: dict[str, tuple[SourceDay, ...]] = {}
    for row in session.execute(query):
        one = SourceDay(source=row.source, newest_day=row.newest.isoformat(), days=(today - row.newest).days)
        found[row.dealer_id] = (*found.get(row.dealer_id, ()), one)
    return found
