"""The server's epoch: another one begins when a backup was put back, so that devices notice.

What devices had confirmed after that backup is unknown here then. They keep confirmed ops until two backups
hold them (the safe point told with every push and pull) and offer them again when the epoch is another one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Header, Request
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from shared_models.clock import Now, from_text, to_text
from shared_models.ids import new_id
from shared_models.problems import Code, Problem
from shared_models.sync.wire import SAFE_UNTIL, SERVER_EPOCH
from sync_server.store import Database
from sync_server.sync.tables import sync_epoch

MARGIN = timedelta(minutes=10)
"""Longer than any push is under way: one told its time before a backup began may be committed after it."""
RECOVERY = timedelta(days=14)
"""How long after a restore an op that was in before may wait for what other devices bring back."""
AHEAD = timedelta(days=1)
"""How long a transition waits that was made on a later state of its row than the one that stands here."""
_NOTHING = "2000-01-01T00:00:00.000Z"
"""Safe until then: only one backup was made yet."""
_REREAD = timedelta(minutes=1)


@dataclass(frozen=True)
class Standing:
    """The present epoch, and the instant before which every confirmed op is in two backups ("": the server
    has never made one)."""

    epoch: str
    restored_at: str
    safe_until: str

    def headers(self) -> dict[str, str]:
        """What every push and pull is told."""
        return {SERVER_EPOCH: self.epoch, SAFE_UNTIL: self.safe_until}

    def within(self, since_restore: timedelta, now: datetime) -> bool:
        """Whether a restore is no longer ago than this."""
        return bool(self.restored_at) and now - from_text(self.restored_at) <= since_restore


def standing(session: Session) -> Standing | None:
    """The epoch as it stands; None before the first start."""
    row = session.execute(select(sync_epoch)).first()
    if row is None:
        return None
    if row.backed_up_before:
        safe = to_text(from_text(row.backed_up_before) - MARGIN)
    else:
        safe = _NOTHING if row.backed_up else ""
    return Standing(row.epoch, row.restored_at, safe)


def begin(session: Session, *, restored_at: datetime | None = None) -> None:
    """Begin another epoch; ``restored_at``: because a backup was put back then. Backups noted stay noted."""
    values = {"epoch": new_id(), "restored_at": to_text(restored_at) if restored_at else ""}
    if standing(session) is None:
        session.execute(insert(sync_epoch).values(id=1, **values, backed_up="", backed_up_before=""))
    else:
        session.execute(update(sync_epoch).values(values))


def note_backup(session: Session, began: datetime) -> None:
    """Note a whole backup that began then."""
    if standing(session) is None:
        begin(session)
    before = sync_epoch.c.backed_up
    session.execute(update(sync_epoch).values(backed_up_before=before, backed_up=to_text(began)))


class Epochs:
    """The standing as a process knows it, looked up again every minute."""

    def __init__(self, db: Database, now: Now) -> None:
        self._db = db
        self._now = now
        self._known: Standing | None = None
        self._read_at: datetime | None = None

    def present(self) -> Standing:
        """The standing, at most a minute old; the first call ever begins the first epoch."""
        found = self.known()
        if found is None:
            now = self._now()
            found = self._known = self._read()
            self._read_at = now
        return found

    def known(self) -> Standing | None:
        """The standing if it need not be looked up."""
        now = self._now()
        if self._read_at is None or not timedelta() <= now - self._read_at < _REREAD:
            return None
        return self._known

    def look_again(self) -> None:
        """Forget what is known (the database is another one)."""
        self._known = None

    def _read(self) -> Standing:
        with self._db.read() as session:
            found = standing(session)
        if found is not None:
            return found
        try:
            with self._db.write(journal=False) as session:
                begin(session)
        except IntegrityError:  # another process was first
            pass
        return self._read()


def same_epoch(request: Request, known: Annotated[str, Header(alias=SERVER_EPOCH)] = "") -> Standing:
    """The standing; SERVER_RESTORED for a device that knows another epoch (one that knows none passes)."""
    epochs: Epochs = request.app.state.epochs
    return _same(epochs.present(), known)


async def same_epoch_of(request: Request) -> Standing:
    """As :func:`same_epoch`, for routes that take the request alone."""
    epochs: Epochs = request.app.state.epochs
    present = epochs.known() or await run_in_threadpool(epochs.present)
    return _same(present, request.headers.get(SERVER_EPOCH, ""))


def _same(present: Standing, known: str) -> Standing:
    if known and known != present.epoch:
        raise Problem(Code.SERVER_RESTORED, {"epoch": present.epoch})
    return present
