"""SQL of the audit trail: adding is in ``recording``, here it is read within a scope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true
from sqlalchemy.orm import Session

from shared_models.columns import sql_table
from shared_models.people.tables import Dealer, Person
from sync_server.audit.tables import audit_entry
from sync_server.people.scope import Scope, readable_by

_e = audit_entry.c
_dealer, _person = sql_table(Dealer), sql_table(Person)

AT_THE_DEALER = ("action", "action_request", "appeal", "dealer")
"""What a dealer's own people may read of their dealer: nothing in which a visitor acts, no drafts."""
PLAN_AT_THE_DEALER = ("plan.publish", "plan.approve", "plan.close")


@dataclass(frozen=True)
class Question:
    """What is looked for; "" and None restrict nothing."""

    actor_id: str = ""
    action: str = ""
    entity: str = ""
    row_id: str = ""
    dealer_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""


def readable(scope: Scope) -> ColumnElement[bool]:
    """Entries that this scope may read: those of its dealers, and what the reader did."""
    if scope.everything:
        return true()
    desk = _e.dealer_id.in_(sorted(scope.desk_dealers)) if scope.desk_dealers else false()
    own = false()
    if scope.own_dealers:
        shown = or_(_e.entity.in_(AT_THE_DEALER), _e.action.in_(PLAN_AT_THE_DEALER))
        own = and_(_e.dealer_id.in_(sorted(scope.own_dealers)), shown)
    return or_(desk, own, _e.actor_id == scope.person_id)


def _fits(scope: Scope, wanted: Question, named: dict[str, list[str]]) -> list[ColumnElement[bool]]:
    where = [readable(scope)]
    for column, value in (
        (_e.actor_id, wanted.actor_id),
        (_e.entity, wanted.entity),
        (_e.row_id, wanted.row_id),
        (_e.dealer_id, wanted.dealer_id),
    ):
        if value:
            where.append(column == value)
    if wanted.action:
        where.append(_e.action == wanted.action)
    if wanted.since is not None:
        where.append(_e.at >= wanted.since)
    if wanted.until is not None:
        where.append(_e.at < wanted.until)
    for word in wanted.text.casefold().split():
        places: list[ColumnElement[bool]] = [_e.words.contains(word, autoescape=True)]
        if named[word]:
            places += [column.in_(named[word]) for column in (_e.actor_id, _e.row_id, _e.dealer_id)]
        where.append(or_(*places))
    return where


def _named(session: Session, scope: Scope, text: str) -> dict[str, list[str]]:
    """Ids of persons and dealers by the word that their name holds, as far as the reader may see them."""
    found: dict[str, list[str]] = {}
    for word in text.casefold().split():
        found[word] = []
        for entity, table, columns in (
            ("person", _person, (_person.c.name,)),
            ("dealer", _dealer, (_dealer.c.name, _dealer.c.name_en, _dealer.c.code)),
        ):
            query = readable_by(entity, scope).where(
                or_(*(func.lower(column).contains(word, autoescape=True) for column in columns))
            )
            found[word] += session.scalars(query.with_only_columns(table.c.id).limit(200))
    return found


def entries(
    session: Session, scope: Scope, wanted: Question, *, limit: int, offset: int
) -> tuple[list[dict[str, Any]], int]:
    """Entries, newest first, and how many fit in all."""
    where = _fits(scope, wanted, _named(session, scope, wanted.text))
    total = session.execute(select(func.count()).select_from(audit_entry).where(*where)).scalar_one()
    query: Select[Any] = (
        select(
            audit_entry,
            _dealer.c.code.label("dealer_code"),
            _dealer.c.name.label("dealer_name"),
            _dealer.c.name_en.label("dealer_name_en"),
        )
        .join(_dealer, _dealer.c.id == _e.dealer_id, isouter=True)
        .where(*where)
        .order_by(_e.at.desc(), _e.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [dict(row) for row in session.execute(query).mappings()], total


def actions(session: Session, scope: Scope) -> list[str]:
    """Codes of deeds that occur in the scope."""
    query = select(_e.action).where(readable(scope)).distinct().order_by(_e.action)
    return list(session.scalars(query))


def names_of(session: Session, scope: Scope, ids: set[str]) -> dict[str, str]:
    """Names of those of these persons whom the reader may see."""
    query = readable_by("person", scope).where(_person.c.id.in_(sorted(ids)))
    return {row.id: row.name for row in session.execute(query)}
