"""Taking a rescue file in: first its files, then its ops, with the rights of the person who saved it.

It is what the device itself would have done, so doing it twice changes nothing, also when the device syncs
later after all: ops keep their ids and numbers, files their hashes.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from shared_models.clock import from_text
from shared_models.problems import Code, Place, Problem
from shared_models.sync.wire import FINAL, PUSH_LIMIT, OpResult
from sync_server.media import repository as stored
from sync_server.media import service as media
from sync_server.media.blobs import Blobs
from sync_server.people import service as people
from sync_server.people.repository import person_row
from sync_server.rescue.reading import RescueFile, open_rescue
from sync_server.store import Database
from sync_server.sync.push import Pusher, push

CLIENT = "rescue"
"""Client build that the log names for ops of a rescue file."""
_UPLOAD_DAYS = 1


class RescueReport(BaseModel):
    """What became of a rescue file's content."""

    person_id: str
    person: str
    made_at: str
    ops: int
    set_aside: int
    """Ops that the person had given up; they stay out."""
    outcomes: dict[str, int] = Field(default_factory=dict[str, int])
    """How many ops have which outcome now."""
    refused: list[OpResult] = Field(default_factory=list[OpResult])
    """Ops that are not in, with their problems; they are kept like any refused op."""
    files_stored: int = 0
    files_known: int = 0
    """Files that the server had already."""
    files_missing: list[str] = Field(default_factory=list[str])
    """Files that the device itself had lost (SHA-256)."""

    @property
    def complete(self) -> bool:
        """Whether everything is in."""
        return not self.refused and not self.files_missing


def take_in(
    db: Database, blobs: Blobs, path: Path, *, person_id: str | None, now: datetime, language: str
) -> RescueReport:
    """Take a rescue file in. ``person_id``: whose file it is said to be; None: whoever it names.

    Raises RESCUE_DAMAGED before anything is taken in, RESCUE_WRONG_PERSON for another person's file or one
    of a person this server does not know.
    """
    with open_rescue(path) as rescue:
        manifest = rescue.manifest
        with db.read() as session:
            person = person_row(session, manifest.person_id)
        if person is None or person_id not in {None, manifest.person_id}:
            places = [Place("manifest.json.person_id", manifest.person_id)]
            raise Problem(Code.RESCUE_WRONG_PERSON, {"login": manifest.login or manifest.person_id}, places)
        report = RescueReport(
            person_id=manifest.person_id,
            person=str(person["name"]),
            made_at=manifest.made_at,
            ops=len(rescue.ops),
            set_aside=rescue.set_aside,
        )
        _files(db, blobs, rescue, report, now)
        _ops(db, rescue, report, now, language, active=bool(person["active"]))
    return report


def _files(db: Database, blobs: Blobs, rescue: RescueFile, report: RescueReport, now: datetime) -> None:
    for one in rescue.manifest.media:
        with db.read() as session:
            known = stored.blob(session, one.sha256) is not None
        if known:
            report.files_known += 1
        elif not one.present:
            report.files_missing.append(one.sha256)
        else:
            with db.write() as session:
                _file(session, blobs, rescue, one.sha256, one.mime, now)
            report.files_stored += 1


def _file(session: Session, blobs: Blobs, rescue: RescueFile, sha256: str, mime: str, now: datetime) -> None:
    """One file by the way of every upload: bytes, hash, place, receipts."""
    person_id = rescue.manifest.person_id
    size = rescue.archive.getinfo(f"media/{sha256}").file_size
    upload = media.begin(
        session,
        blobs,
        person_id=person_id,
        metadata={"sha256": sha256, "mime": mime},
        size=size,
        now=now,
        days=_UPLOAD_DAYS,
    )
    offset = 0
    for chunk in rescue.media(sha256):
        offset = blobs.append(upload.id, offset, chunk)
    media.complete(session, blobs, upload, person_id=person_id, now=now)


def _ops(
    db: Database, rescue: RescueFile, report: RescueReport, now: datetime, language: str, *, active: bool
) -> None:
    manifest = rescue.manifest
    results: dict[str, OpResult] = {}
    for start in range(0, len(rescue.ops), PUSH_LIMIT):
        ops = rescue.ops[start : start + PUSH_LIMIT]
        with db.write() as session:
            pusher = Pusher(
                access=people.access_of(session, manifest.person_id),
                active=active,
                language=language,
                client=CLIENT,
                device_id=manifest.device_id,
                epoch=manifest.epoch,
                sent_at=_made_at(manifest.made_at, now),
                now=now,
            )
            results |= {one.op_id: one for one in push(session, pusher, ops)}
    for one in results.values():
        report.outcomes[one.outcome.value] = report.outcomes.get(one.outcome.value, 0) + 1
    report.refused = [one for one in results.values() if one.outcome not in FINAL]


def _made_at(text: str, now: datetime) -> datetime:
    try:
        return from_text(text)
    except ValueError:
        return now
