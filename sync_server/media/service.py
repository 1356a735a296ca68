"""Uploads from the first byte to the receipt."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from shared_models.ids import new_id
from shared_models.problems import Code, Place, Problem
from sync_server.media import repository
from sync_server.media.blobs import Blobs
from sync_server.visits.service import note_stored

ALGORITHMS = ("sha256", "sha1", "md5")
"""Checksums that a PATCH may carry, best first (tus wants at least sha1)."""


@dataclass(frozen=True)
class Upload:
    """An upload as its sender sees it."""

    id: str
    sha256: str
    mime: str
    size: int
    offset: int
    expires_at: datetime


def parse_metadata(header: str) -> dict[str, str]:
    """Values of an Upload-Metadata header; INVALID_REQUEST if it is not ``key base64, ...``."""
    found: dict[str, str] = {}
    for pair in header.split(","):
        key, _, value = pair.strip().partition(" ")
        if not key:
            continue
        try:
            found[key] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise Problem(Code.INVALID_REQUEST, {}, [Place("Upload-Metadata", key)]) from None
    return found


def begin(
    session: Session, blobs: Blobs, *, person_id: str, metadata: Mapping[str, str], size: int, now: datetime,
    days: int,
) -> Upload:  # fmt: skip
    """A new upload; one of a file that is stored already is born finished.

    Raises INVALID_REQUEST without a whole SHA-256 in the metadata.
    """
    digest = metadata.get("sha256", "").lower()
    if len(digest) != 64 or any(letter not in "0123456789abcdef" for letter in digest):
        raise Problem(Code.INVALID_REQUEST, {}, [Place("Upload-Metadata.sha256", "SHA-256 in hexadecimal")])
    upload_id = new_id()
    made = {
        "id": upload_id,
        "person_id": person_id,
        "sha256": digest,
        "mime": metadata.get("mime", "application/octet-stream")[:60],
        "size": size,
        "created_at": now,
        "expires_at": now + timedelta(days=days),
    }
    repository.add_upload(session, made)
    return find(session, blobs, upload_id, person_id=person_id, now=now)


def find(session: Session, blobs: Blobs, upload_id: str, *, person_id: str, now: datetime) -> Upload:
    """An upload of this person; NOT_FOUND for others', UPLOAD_EXPIRED when its time is over."""
    line = repository.upload(session, upload_id)
    if line is None or line["person_id"] != person_id:
        raise Problem(Code.NOT_FOUND, {"what": "upload"})
    if line["expires_at"] <= now:
        raise Problem(Code.UPLOAD_EXPIRED)
    stored = repository.blob(session, line["sha256"])
    offset = line["size"] if stored and stored["size"] == line["size"] else blobs.part_size(upload_id)
    return Upload(upload_id, line["sha256"], line["mime"], line["size"], offset, line["expires_at"])


def check_sum(header: str, data: bytes) -> None:
    """Compare a chunk with its Upload-Checksum; UPLOAD_CHECKSUM if it differs, INVALID_REQUEST if unknown."""
    name, _, value = header.strip().partition(" ")
    if name not in ALGORITHMS:
        raise Problem(Code.INVALID_REQUEST, {}, [Place("Upload-Checksum", ",".join(ALGORITHMS))])
    try:
        wanted = base64.b64decode(value, validate=True)
    except binascii.Error:
        raise Problem(Code.INVALID_REQUEST, {}, [Place("Upload-Checksum", "base64")]) from None
    if hashlib.new(name, data, usedforsecurity=False).digest() != wanted:
        raise Problem(Code.UPLOAD_CHECKSUM)


def complete(session: Session, blobs: Blobs, upload: Upload, *, person_id: str, now: datetime) -> None:
    """All bytes are here: check the name, keep the file, give receipts.

    Raises MEDIA_HASH_MISMATCH and forgets the bytes where they are not those that were announced. The caller
    has written them; nothing is told before the file is in its place.
    """
    if repository.blob(session, upload.sha256) is not None:
        blobs.drop(upload.id)
        return
    blobs.finish(upload.id, upload.sha256)
    repository.add_blob(
        session,
        {
            "sha256": upload.sha256,
            "size": upload.size,
            "mime": upload.mime,
            "stored_at": now,
            "person_id": person_id,
        },
    )
    note_stored(session, upload.sha256, now)


def sweep(session: Session, blobs: Blobs, now: datetime) -> int:
    """Forget uploads whose time is over; how many."""
    gone = repository.expired_uploads(session, now)
    for upload_id in gone:
        blobs.drop(upload_id)
        repository.forget_upload(session, upload_id)
    return len(gone)
