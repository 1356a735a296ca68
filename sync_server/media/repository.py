"""SQL of media: stored files and uploads under way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from sync_server.media.tables import media_blob, media_upload
from sync_server.people.scope import Scope
from sync_server.retention.tables import media_retired
from sync_server.visits.repository import attachment, readable_attachments

Line = dict[str, Any]
_CHUNK = 500


def blob(session: Session, sha256: str) -> Line | None:
    """A stored file."""
    row = session.execute(select(media_blob).where(media_blob.c.sha256 == sha256)).mappings().first()
    return dict(row) if row else None


def add_blob(session: Session, values: Line) -> None:
    """A file that is now durably here."""
    session.execute(insert(media_blob).values(values))


def receipts(session: Session, hashes: Sequence[str]) -> dict[str, datetime]:
    """When these files were stored; those that are not here are left out."""
    found: dict[str, datetime] = {}
    for start in range(0, len(hashes), _CHUNK):
        rows = session.execute(
            select(media_blob.c.sha256, media_blob.c.stored_at).where(
                media_blob.c.sha256.in_(hashes[start : start + _CHUNK])
            )
        )
        found.update({row.sha256: row.stored_at for row in rows})
        # what the rules of retention removed was stored: a device need not send it again
        gone = session.execute(
            select(media_retired.c.sha256, media_retired.c.stored_at).where(
                media_retired.c.sha256.in_(hashes[start : start + _CHUNK])
            )
        )
        found.update({row.sha256: row.stored_at for row in gone})
    return found


def add_upload(session: Session, values: Line) -> None:
    """A new upload."""
    session.execute(insert(media_upload).values(values))


def upload(session: Session, upload_id: str) -> Line | None:
    """An upload that is not finished."""
    row = session.execute(select(media_upload).where(media_upload.c.id == upload_id)).mappings().first()
    return dict(row) if row else None


def forget_upload(session: Session, upload_id: str) -> None:
    """An upload is finished or given up."""
    session.execute(delete(media_upload).where(media_upload.c.id == upload_id))


def expired_uploads(session: Session, now: datetime) -> list[str]:
    """Uploads whose time is over."""
    return list(session.scalars(select(media_upload.c.id).where(media_upload.c.expires_at <= now)))


def may_read(session: Session, scope: Scope, sha256: str) -> bool:
    """Whether an attachment of this file lies in the scope."""
    query = readable_attachments(scope).where(attachment.c.sha256 == sha256).limit(1)
    return session.execute(query).first() is not None
