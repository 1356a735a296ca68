"""SQL of visits: their rows, and what the server notes about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, func, or_, select
from sqlalchemy.orm import Session

from shared_models.columns import sql_table
from shared_models.people.access import FIELD_ROLES
from shared_models.people.tables import Grant, Person
from shared_models.visits.tables import Assignment, Attachment, Visit
from sync_server.media.tables import media_blob
from sync_server.people.scope import Scope, readable_by
from sync_server.sync.journal import Values, table_of
from sync_server.visits.tables import visit_check

visit = sql_table(Visit)
attachment = sql_table(Attachment)
assignment = sql_table(Assignment)
person, grant = sql_table(Person), sql_table(Grant)


def readable_visits(scope: Scope) -> Select[Any]:
    """Visits that this scope may see."""
    return readable_by("visit", scope)


def readable_attachments(scope: Scope) -> Select[Any]:
    """Attachments of visits and plans that this scope may see."""
    return readable_by("attachment", scope)


def rows_of(session: Session, entity: str, visit_id: str) -> list[Values]:
    """All rows of an entity in a visit."""
    rows = session.connection().execute(_rows_of(entity), {"visit": visit_id})
    names = [one.name for one in table_of(entity).columns]
    return [dict(zip(names, row, strict=True)) for row in rows]


@lru_cache(maxsize=16)
def _rows_of(entity: str) -> Select[Any]:
    table = table_of(entity)
    return select(*table.columns).where(table.c.visit_id == bindparam("visit")).order_by(table.c.id)


def stored_at(session: Session, hashes: Sequence[str]) -> dict[str, datetime]:
    """Receipts of the files that are stored, by hash."""
    if not hashes:
        return {}
    found = session.execute(
        select(media_blob.c.sha256, media_blob.c.stored_at).where(media_blob.c.sha256.in_(hashes))
    )
    return {row.sha256: row.stored_at for row in found}


def attachments_with(session: Session, sha256: str) -> list[Values]:
    """Attachments of a file that carry no receipt yet."""
    rows = session.execute(
        select(attachment).where(attachment.c.sha256 == sha256, attachment.c.stored_at.is_(None))
    )
    return [dict(row) for row in rows.mappings()]


def incomplete_visits(session: Session, visit_ids: Sequence[str]) -> list[Values]:
    """Those of these visits that have a manifest and not all of its files."""
    rows = session.execute(
        select(visit).where(
            visit.c.id.in_(visit_ids), visit.c.submitted_at.is_not(None), visit.c.evidence_complete.is_(False)
        )
    )
    return [dict(row) for row in rows.mappings()]


def check_line(
    visit_id: str,
    revision: int,
    *,
    device: Decimal | None,
    server: Decimal | None,
    flag: str,
    at: datetime,
) -> Values:
    """The line that notes both scores of a submission."""
    return {
        "visit_id": visit_id,
        "revision": revision,
        "device_score": device,
        "server_score": server,
        "flag": flag,
        "checked_at": at,
    }


def checks_of(session: Session, visit_id: str) -> list[Values]:
    """Scores of all submissions of a visit, oldest first."""
    rows = session.execute(
        select(visit_check).where(visit_check.c.visit_id == visit_id).order_by(visit_check.c.revision)
    )
    return [dict(row) for row in rows.mappings()]


def field_people(session: Session, scope: Scope) -> list[Values]:
    """Active people with a field role whom this scope may see."""
    table = readable_by("person", scope).subquery()
    fielded = select(grant.c.person_id).where(grant.c.role.in_([role.value for role in FIELD_ROLES]))
    rows = session.execute(
        select(table.c.id, table.c.name).where(table.c.active.is_(True), table.c.id.in_(fielded))
    )
    return [dict(row) for row in rows.mappings()]


def last_visits(session: Session, dealer_id: str, persons: Sequence[str]) -> dict[str, date]:
    """The last day on which each of these persons was at a dealer, or is to be there."""
    been = session.execute(
        select(visit.c.person_id, func.max(visit.c.visit_date))
        .where(visit.c.dealer_id == dealer_id, visit.c.person_id.in_(persons), visit.c.status != "rejected")
        .group_by(visit.c.person_id)
    ).all()
    planned = session.execute(
        select(assignment.c.person_id, func.max(assignment.c.window_end))
        .where(
            assignment.c.dealer_id == dealer_id,
            assignment.c.person_id.in_(persons),
            assignment.c.status.in_(("planned", "accepted", "started")),
        )
        .group_by(assignment.c.person_id)
    ).all()
    found: dict[str, date] = {}
    for person_id, day in [*been, *planned]:
        known = found.get(person_id)
        if day is not None and (known is None or day > known):
            found[person_id] = day
    return found


def loads(session: Session, persons: Sequence[str], since: date) -> dict[str, dict[str, int]]:
    """Assignments per person and status: open ones whenever they are, the others since a day."""
    a = assignment.c
    rows = session.execute(
        select(a.person_id, a.status, func.count())
        .where(
            a.person_id.in_(persons),
            or_(a.status.in_(("planned", "accepted", "started")), a.window_end >= since),
        )
        .group_by(a.person_id, a.status)
    )
    found: dict[str, dict[str, int]] = {}
    for person_id, status, count in rows:
        found.setdefault(person_id, {})[status] = count
    return found


def assignments_of(session: Session, person_id: str) -> list[Values]:
    """A person's planned visits that are to be made, by window."""
    rows = session.execute(
        select(assignment)
        .where(
            assignment.c.person_id == person_id,
            assignment.c.status.in_(("planned", "accepted", "started")),
        )
        .order_by(assignment.c.window_start, assignment.c.id)
    )
    return [dict(row) for row in rows.mappings()]
