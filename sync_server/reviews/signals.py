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
from shared_models.visits.signals import Compared, Judged, originals, signals, weight_of
from sync_server.checklists.service import document_of
from sync_server.reviews import repository_signals as repository
from sync_server.store import Database

AT_ONCE = 200
"""Visits judged in one go."""

Line = dict[str, Any]


def bring_up(db: Database, now: datetime, *, most: int = AT_ONCE) -> int:
    """Judge sent visits that have not been, the newest first; how many. Reading takes no lock on writing."""
    found: list[Line] = []
    with db.read() as session:
        network = _Network(session)
        found = [_judged(session, network, visit, now) for visit in repository.unjudged(session, most)]
    if not found:
        return 0
    try:
        with db.write(journal=False) as session:
            repository.put_signals(session, found)
    except IntegrityError:  # another process of this server has just judged the same visits
        return 0
    return len(found)


class _Network:
    """The newest visits with each checklist version and their answers, read once for all that are judged."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._of: dict[str, list[tuple[Line, dict[str, AnswerValue]]]] = {}

    def peers(self, visit: Line) -> list[tuple[Line, dict[str, AnswerValue]]]:
        """The other visits with the checklist of this one."""
        version = visit["template_version_id"]
        if version not in self._of:
            rows = repository.newest(self._session, version)
            answers = repository.answers_of(self._session, [row["id"] for row in rows])
            self._of[version] = [(row, _values(answers.get(row["id"], []))) for row in rows]
        return [(row, values) for row, values in self._of[version] if row["id"] != visit["id"]]


def _judged(session: Session, network: _Network, visit: Line, now: datetime) -> Line:
    document = document_of(session, visit["template_version_id"])
    answers = repository.answers_of(session, [visit["id"]]).get(visit["id"], [])
    attachments = repository.photos_of(session, visit["id"])
    photos = repository.handed_in_before(session, visit, originals(attachments))
    found = signals(
        visit,
        repository.place_of(session, visit["dealer_id"]),
        document,
        _values(answers),
        [row["answered_at"] for row in answers if row["answered_at"] is not None],
        attachments,
        _compared(visit, network.peers(visit), photos),
        Judged(
            repository.focus_of(session, visit["assignment_id"]),
            repository.answers_told(session, visit["id"]),
        ),
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


def _compared(
    visit: Line, peers: Sequence[tuple[Line, dict[str, AnswerValue]]], photos: Mapping[str, str]
) -> Compared:
    stays: list[timedelta] = [
        one["ended_at"] - one["started_at"]
        for one, _ in peers
        if one["started_at"] is not None and one["ended_at"] is not None
    ]
    earlier = [
        (one["dealer_code"], values)
        for one, values in peers
        if one["person_id"] == visit["person_id"] and one["dealer_id"] != visit["dealer_id"]
    ]
    return Compared(stays, earlier, [values for _, values in peers], photos)
