"""SQL of the signals of visits. It reads whole visits for the server itself; what people see of it goes
through the visits of their scope (:func:`sync_server.reviews.repository.visits_since`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from shared_models.columns import sql_table
from shared_models.people.tables import Dealer
from shared_models.visits.signals import told_answers
from shared_models.visits.tables import Answer, Attachment, Focus, Visit
from sync_server.visits.tables import visit_signal

Line = dict[str, Any]
_answer, _attachment = sql_table(Answer), sql_table(Attachment)
_dealer, _visit, _focus = sql_table(Dealer), sql_table(Visit), sql_table(Focus)
SEALED = ("submitted", "accepted", "returned")
MOST = 200
"""Other visits read at most, the newest first: base rates need no more."""


def unjudged(session: Session, most: int) -> list[Line]:
    """Sent visits whose signals are not known as they stand, the newest first."""
    known = visit_signal.c
    rows = session.execute(
        select(_visit)
        .outerjoin(visit_signal, known.visit_id == _visit.c.id)
        .where(
            _visit.c.status.in_((*SEALED, "rejected")),
            or_(
                known.visit_id.is_(None),
                known.revision != _visit.c.revision,
                and_(known.complete.is_(False), _visit.c.evidence_complete.is_(True)),
            ),
        )
        .order_by(_visit.c.id.desc())
        .limit(most)
    )
    return [dict(row) for row in rows.mappings()]


def put_signals(session: Session, lines: Sequence[Line]) -> None:
    """Write signals, instead of those before."""
    session.execute(
        visit_signal.delete().where(visit_signal.c.visit_id.in_([one["visit_id"] for one in lines]))
    )
    session.execute(visit_signal.insert(), list(lines))


def answers_of(session: Session, visits: Sequence[str]) -> dict[str, list[Line]]:
    """Answers by visit."""
    a = _answer.c
    found: dict[str, list[Line]] = {}
    rows = session.execute(
        select(a.visit_id, a.question, a.repeat, a.state, a.value, a.answered_at).where(
            a.visit_id.in_(visits)
        )
    )
    for row in rows.mappings():
        found.setdefault(row["visit_id"], []).append(dict(row))
    return found


def photos_of(session: Session, visit_id: str) -> list[Line]:
    """The photos of a visit."""
    a = _attachment.c
    rows = session.execute(
        select(a.kind, a.sha256, a.original_sha256).where(
            a.visit_id == visit_id, a.kind == "photo", a.removed.is_(False)
        )
    )
    return [dict(row) for row in rows.mappings()]


def focus_of(session: Session, assignment_id: str | None) -> frozenset[str]:
    """Codes of the items that a planned visit was to judge."""
    query = select(_focus.c["items"]).where(_focus.c.assignment_id == assignment_id)
    return frozenset(code for items in session.scalars(query) for code in items)


def answers_told(session: Session, visit_id: str) -> frozenset[str]:
    """Keys of the answers of a visit that have a remark, a photo or a recording."""
    a, m = _answer.c, _attachment.c
    rows = select(a.question, a.repeat, a.comment).where(a.visit_id == visit_id)
    files = select(m.question, m.repeat, m.removed).where(m.visit_id == visit_id)
    return told_answers(
        [dict(row) for row in session.execute(rows).mappings()],
        [dict(row) for row in session.execute(files).mappings()],
    )


def place_of(session: Session, dealer_id: str) -> tuple[float | None, float | None]:
    """Latitude and longitude of a dealer in degrees."""
    row = session.execute(
        select(_dealer.c.latitude, _dealer.c.longitude).where(_dealer.c.id == dealer_id)
    ).first()
    return (row.latitude, row.longitude) if row else (None, None)


def newest(session: Session, version_id: str) -> list[Line]:
    """Sent visits with a checklist version, the newest first."""
    v = _visit.c
    columns = (v.id, v.person_id, v.dealer_id, v.started_at, v.ended_at, _dealer.c.code.label("dealer_code"))
    rows = session.execute(
        select(*columns)
        .join(_dealer, _dealer.c.id == v.dealer_id)
        .where(v.template_version_id == version_id, v.status.in_(SEALED))
        .order_by(v.id.desc())
        .limit(MOST)
    )
    return [dict(row) for row in rows.mappings()]


def handed_in_before(session: Session, visit: Line, mine: Sequence[str]) -> dict[str, str]:
    """Where photos of these hashes were handed in by the same visitor or at the same dealer, by hash."""
    if not mine:
        return {}
    a, v = _attachment.c, _visit.c
    original = func.coalesce(func.nullif(a.original_sha256, ""), a.sha256)
    rows = session.execute(
        select(original.label("sha256"), _dealer.c.code, v.visit_date)
        .select_from(_visit)
        .join(_attachment, a.visit_id == v.id)
        .join(_dealer, _dealer.c.id == v.dealer_id)
        .where(
            or_(v.person_id == visit["person_id"], v.dealer_id == visit["dealer_id"]),
            v.id != visit["id"],
            v.status != "draft",
            a.kind == "photo",
            a.removed.is_(False),
            original.in_(mine),
        )
        .order_by(v.id.desc())
    )
    return {row.sha256: f"{row.code} {row.visit_date or ''}".strip() for row in rows}
