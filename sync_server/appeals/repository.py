"""SQL of appeals and of the dealer's view of its accepted visits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from shared_models.appeals.tables import Appeal
from shared_models.columns import sql_table
from shared_models.people.tables import Dealer, Person
from shared_models.visits.tables import Attachment, Visit
from sync_server.people.scope import Scope, readable_by

appeal, visit = sql_table(Appeal), sql_table(Visit)
attachment, person = sql_table(Attachment), sql_table(Person)
Line = dict[str, Any]


def readable_appeals(scope: Scope) -> Select[Any]:
    """Appeals that this scope may see."""
    return readable_by("appeal", scope)


def disputed(session: Session, visit_id: str, place: tuple[str, int], *, except_id: str) -> bool:
    """Whether an answer (question, instance) has been disputed before; appeals taken back do not count."""
    found = session.execute(
        select(appeal.c.id).where(
            appeal.c.visit_id == visit_id,
            appeal.c.question == place[0],
            appeal.c.repeat == place[1],
            appeal.c.status != "withdrawn",
            appeal.c.id != except_id,
        )
    )
    return found.first() is not None


def accepted(session: Session, dealers: Sequence[str], limit: int, offset: int) -> tuple[list[Line], int]:
    """Accepted visits of these dealers, the newest first, and how many there are."""
    where = visit.c.status == "accepted", visit.c.dealer_id.in_(dealers)
    rows = session.execute(
        select(visit).where(*where).order_by(visit.c.visit_date.desc(), visit.c.id.desc())
        .limit(limit).offset(offset)
    )  # fmt: skip
    total = session.scalar(select(func.count()).select_from(visit).where(*where)) or 0
    return [dict(row) for row in rows.mappings()], total


def accepted_visit(session: Session, dealers: Sequence[str], visit_id: str) -> Line | None:
    """One accepted visit of these dealers."""
    row = session.execute(
        select(visit).where(
            visit.c.id == visit_id, visit.c.status == "accepted", visit.c.dealer_id.in_(dealers)
        )
    ).mappings().first()  # fmt: skip
    return dict(row) if row else None


def photos(session: Session, visit_id: str) -> list[Line]:
    """Photos of a visit that are stored here, the oldest first."""
    rows = session.execute(
        select(
            attachment.c.id,
            attachment.c.question,
            attachment.c.repeat,
            attachment.c.sha256,
            attachment.c.marks,
        )
        .where(
            attachment.c.visit_id == visit_id,
            attachment.c.kind == "photo",
            attachment.c.removed.is_(False),
            attachment.c.stored_at.is_not(None),
        )
        .order_by(attachment.c.taken_at, attachment.c.id)
    )
    return [dict(row) for row in rows.mappings()]


def name_of(session: Session, person_id: str) -> str:
    """A person's name, to be taken out of what the person wrote."""
    return session.execute(select(person.c.name).where(person.c.id == person_id)).scalar_one_or_none() or ""


def all_dealers(session: Session) -> list[str]:
    """Ids of all dealers."""
    return list(session.scalars(select(sql_table(Dealer).c.id)))
