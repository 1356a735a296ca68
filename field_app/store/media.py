"""The media queue's table: files of this device, from the camera until the local copy may go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from field_app.store.tables import media_file
from shared_models.clock import to_text

PENDING, SENT, STORED, GONE, POISONED = "pending", "sent", "stored", "gone", "poisoned"
LONGEST_WAIT = timedelta(minutes=15)
"""The longest wait between two tries of one file."""
GRACE = timedelta(days=14)
"""How long a file stays here after the server's receipt."""
LONGEST_GRACE = timedelta(days=30)
"""How long it stays where the server's backups do not hold it yet."""


@dataclass(frozen=True)
class NewFile:
    """A file whose bytes are already kept durably; its record is written with the attachment's row."""

    sha256: str
    size: int
    mime: str


def add(connection: Connection, files: Sequence[NewFile], now: str) -> None:
    """Queue files; one whose local copy had gone is queued again (its bytes are back)."""
    for file in files:
        values = {
            "sha256": file.sha256,
            "size": file.size,
            "mime": file.mime,
            "created_at": now,
            "state": PENDING,
            "upload_url": "",
            "attempts": 0,
            "next_try": "",
            "problem": None,
            "stored_at": "",
        }
        statement = insert(media_file).values(values)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["sha256"],
                set_={"state": PENDING, "attempts": 0, "next_try": "", "problem": None},
                where=media_file.c.state.in_((GONE, POISONED)),
            )
        )


_due = (
    select(media_file)
    .where(
        media_file.c.state == PENDING,
        or_(media_file.c.next_try <= bindparam("now"), media_file.c.next_try > bindparam("longest")),
    )
    .order_by(media_file.c.attempts, media_file.c.created_at, media_file.c.sha256)
)
_out_of_grace = select(media_file.c.sha256).where(
    media_file.c.state == STORED, media_file.c.stored_at <= bindparam("held")
)


def due(connection: Connection, now: datetime) -> Sequence[Any]:
    """Files to upload now: those never tried first, then by the least attempts, oldest first.

    A wait longer than any we ever set was set by a clock that has been put right since: it is over.
    """
    return connection.execute(_due, {"now": to_text(now), "longest": to_text(now + LONGEST_WAIT)}).all()


_sent = select(media_file.c.sha256).where(media_file.c.state == SENT)


def without_receipt(connection: Connection) -> list[str]:
    """Hashes of files whose bytes are all there but whose receipt has not come."""
    return list(connection.execute(_sent).scalars())


def change(connection: Connection, sha256: str, **values: Any) -> None:
    """Change columns of a file's record."""
    connection.execute(update(media_file).where(media_file.c.sha256 == sha256).values(**values))


def take_receipts(connection: Connection, stored: dict[str, str]) -> int:
    """Note the server's receipts (hash -> instant); how many were new."""
    new = 0
    for sha256, at in stored.items():
        new += connection.execute(
            update(media_file)
            .where(media_file.c.sha256 == sha256, media_file.c.state.in_((PENDING, SENT, POISONED)))
            .values(state=STORED, stored_at=at, upload_url="", problem=None)
        ).rowcount
    return new


def out_of_grace(connection: Connection, now: datetime, safe_until: str) -> list[str]:
    """Hashes whose local copy may go: the receipt is older than the grace, and the server's backups, if it
    makes any, hold the file (``safe_until``) or had LONGEST_GRACE for it."""
    held = to_text(now - GRACE)
    if safe_until:
        held = max(min(held, safe_until), to_text(now - LONGEST_GRACE))
    return list(connection.execute(_out_of_grace, {"held": held}).scalars())


def count_missing(connection: Connection, hashes: Sequence[str], limit: int) -> None:
    """Count a receipt that did not come; after ``limit`` times the file is queued again from the start."""
    one = update(media_file).where(media_file.c.sha256.in_(hashes), media_file.c.state == SENT)
    connection.execute(one.values(attempts=media_file.c.attempts + 1))
    connection.execute(
        one.where(media_file.c.attempts >= limit).values(state=PENDING, attempts=0, upload_url="")
    )


def offer_again(connection: Connection) -> None:
    """The server was put back to a backup: ask for every receipt anew, and send what it does not have."""
    connection.execute(
        update(media_file)
        .where(media_file.c.state.in_((PENDING, SENT, STORED)))
        .values(state=PENDING, attempts=0, next_try="", upload_url="", stored_at="")
    )


def try_again(connection: Connection) -> None:
    """Queue poisoned files once more."""
    connection.execute(
        update(media_file)
        .where(media_file.c.state == POISONED)
        .values(state=PENDING, attempts=0, next_try="", upload_url="", problem=None)
    )


_unstored = (
    select(media_file.c.state, func.count(), func.sum(media_file.c.size))
    .where(or_(*(media_file.c.state == state for state in (PENDING, SENT, POISONED))))
    .group_by(media_file.c.state)
)


def unstored(connection: Connection) -> tuple[int, int, int]:
    """Files without a receipt: how many, their bytes, and how many of them are poisoned."""
    found = {state: (count, size) for state, count, size in connection.execute(_unstored)}
    poisoned, _ = found.get(POISONED, (0, 0))
    return sum(count for count, _ in found.values()), sum(size for _, size in found.values()), poisoned
