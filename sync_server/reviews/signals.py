"""Signals of sent visits as the server finds them: kept for the histories of people, for desks alone.

The rule is the one of the reviewer's device (shared_models.visits.signals). It is worked out beside the sync,
never in a push, and again when a visit comes with a new revision or its last photo has arrived.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shared_models.checklists.logic import AnswerValue
from shared_models.checklists.repeats import row_key
from shared_models.visits.signals import Compared, originals, signals, weight_of
from sync_server.checklists.service import document_of
from sync_server.reviews import repository_signals as repository
from sync_server.store import Database

AT_ONCE = 200
"""Visits judged in one go."""

Line = dict[str, Any]


def bring_up(db: Database, now: datetime, *, most: int = AT_ONCE) -> int:
    """Judge sent visits that have not been, the newest first; how many. Reading takes no lock on writing."""
    with db.read() as session:
        found = [_judged(session, visit, now) for visit in repository.unjudged(session, most)]
    if not found:
        return 0
    try:
        with db.write(journal=False) as session:
            repository.put_signals(session, found)
    except IntegrityError:  # another process of this server has just judged the same visits
        return 0
    return len(found)


def _judged(session: Session, visit: Line, now: datetime) -> Line:
    document = document_of(session, visit["template_version_id"])
    answers = repository.answers_of(session, [visit["id"]]).get(visit["id"], [])
    attachments = repository.photos_of(session, visit["id"])
    found = signals(
        visit,
        repository.place_of(session, visit["dealer_id"]),
        document,
        _values(answers),
        [row["answered_at"] for row in answers if row["answered_at"] is not None],
        attachments,
        _others(session, visit, attachments),
    )
    return {
        "visit_id": visit["id"],
        "revision": visit["revision"],
        "complete": visit["evidence_complete"],
        "weight": weight_of(found),
        "signals": [asdict(one) for one in found],
        "found_at": now,
    }


def _values(rows: Sequence[Mapping[str, Any]]) -> dict[str, AnswerValue]:
    return {
        row_key(row): AnswerValue(row["state"], row["value"]) for row in rows if row["state"] != "cleared"
    }


def _others(session: Session, visit: Line, attachments: Sequence[Line]) -> Compared:
    peers = repository.peers(session, visit)
    answers = repository.answers_of(session, [one["id"] for one in peers])
    values = {one["id"]: _values(answers.get(one["id"], [])) for one in peers}
    stays: list[timedelta] = [
        one["ended_at"] - one["started_at"]
        for one in peers
        if one["started_at"] is not None and one["ended_at"] is not None
    ]
    earlier = [
        (one["dealer_code"], values[one["id"]])
        for one in peers
        if one["person_id"] == visit["person_id"] and one["dealer_id"] != visit["dealer_id"]
    ]
    photos = repository.handed_in_before(session, visit, originals(attachments))
    return Compared(stays, earlier, list(values.values()), photos)
