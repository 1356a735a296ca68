"""SQL of visits: their rows, and what the server notes about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from shared_models.columns import sql_table
from shared_models.visits.tables import Attachment, Visit
from sync_server.media.tables import media_blob
from sync_server.people.scope import Scope, readable_by
from sync_server.sync.journal import Values, table_of
from sync_server.visits.tables import visit_check

visit = sql_table(Visit)
attachment = sql_table(Attachment)


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
