"""Monthly reports by themselves: each region's summary and its dealers' scorecards, as PDF and XLSX."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from shared_models.clock import Now
from shared_models.ids import new_id
from shared_models.messages import words
from shared_models.people.access import Access, GrantView, Role, ScopeKind
from shared_models.problems import Code, Problem
from shared_models.reports import ReportSchedule
from sync_server.insight.service import business_day
from sync_server.media.blobs import Blobs
from sync_server.reminders.letters import Part, letter
from sync_server.reminders.repository import active_persons, add_deliveries
from sync_server.reports import monthly_repository as repository
from sync_server.reports.figures import collect, scorecard, summary
from sync_server.reports.files import Format, ReportFile, region_file, scorecard_file
from sync_server.reports.funnels import funnels
from sync_server.reports.plan_report import Language
from sync_server.store import Database

log = logging.getLogger("revisit.reports")
Step = Callable[[int, int], None]


@dataclass
class Made:
    """What a run did."""

    month: str = ""
    files: int = 0
    """Made now; those that were there already are not made again."""
    told: int = 0
    """Mails queued."""


def due_month(schedule: ReportSchedule, today: date) -> str | None:
    """The month whose reports are due: the one before, from the chosen day on; None where nothing is."""
    if not schedule.enabled or today.day < schedule.day:
        return None
    return f"{today.replace(day=1) - timedelta(days=1):%Y-%m}"


def run_due(db: Database, blobs: Blobs, *, mail: bool, now: Now, public_url: str = "") -> Made:
    """Make what is due and tell those it is for; a run that finds nothing new costs two queries."""
    with db.read() as session:
        schedule = repository.schedule(session)
    month = due_month(schedule, business_day(now))
    if month is None:
        return Made()
    return run(db, blobs, month, schedule.language, mail=mail, now=now, public_url=public_url)


def run(
    db: Database,
    blobs: Blobs,
    month: str,
    language: Language,
    *,
    mail: bool,
    now: Now,
    step: Step = lambda _done, _of: None,
    public_url: str = "",
) -> Made:
    """Make a month's reports, file by file, so that one that was cut short goes on where it stopped.

    ``public_url``: address of the server for the link in the mails.
    """
    made = Made(month)
    with db.read() as session:
        regions = repository.regions(session)
        there = repository.keys(session, month)
    for place, region_id in enumerate(regions):
        step(place, len(regions))
        with db.read() as session:
            try:
                figures = collect(session, _headquarters(), today=business_day(now), month=month,
                                  region_id=region_id)  # fmt: skip
            except Problem as problem:
                if problem.code not in {Code.NOT_FOUND, Code.OUT_OF_SCOPE}:
                    raise
                continue  # a region without dealers or without figures has no report
            drawn_apart = funnels(session, _headquarters(), today=business_day(now), month=figures.month,
                                  region_id=region_id)  # fmt: skip
        wanted = ((kind, key, form) for kind, key in _places(region_id, figures.dealers) for form in Format)
        for kind, key, form in wanted:
            if (kind, key, form.value) in there:
                continue
            drawn = (
                region_file(summary(figures), language, form, now=now(), funnels=drawn_apart)
                if kind == "region"
                else scorecard_file(scorecard(figures, key), language, form, now=now())
            )
            _keep(db, blobs, month, kind, key, form, drawn, figures.data_cut, now())
            made.files += 1
    step(len(regions), len(regions))
    if mail and repository_has(db, month):
        made.told = _tell(db, month, now(), public_url)
    return made


def _headquarters() -> Access:
    return Access.of("", [GrantView(Role.HQ, ScopeKind.COMPANY)])


def _places(region_id: str, dealers: Any) -> Iterator[tuple[str, str]]:
    yield "region", region_id
    for dealer in dealers:
        yield "scorecard", str(dealer["id"])


def repository_has(db: Database, month: str) -> bool:
    """Whether any report of the month lies there."""
    with db.read() as session:
        return bool(repository.keys(session, month))


def _keep(
    db: Database,
    blobs: Blobs,
    month: str,
    kind: str,
    place_id: str,
    form: Format,
    drawn: ReportFile,
    data_cut: int,
    now: datetime,
) -> None:
    """First the bytes, then the row: a row never names bytes that are not there."""
    sha256 = hashlib.sha256(drawn.data).hexdigest()
    file_id = new_id()
    if not blobs.has(sha256):
        blobs.append(file_id, 0, drawn.data)
        blobs.finish(file_id, sha256)
    values = {
        "id": file_id,
        "month": month,
        "kind": kind,
        "place_id": place_id,
        "format": form.value,
        "name": drawn.name,
        "sha256": sha256,
        "size": len(drawn.data),
        "data_cut": data_cut,
        "made_at": now,
    }
    with db.write(journal=False) as session:
        repository.add_file(session, values)


def _tell(db: Database, month: str, now: datetime, public_url: str) -> int:
    """Queue one mail per person who has reports of the month and an address, once."""
    with db.write(journal=False) as session:
        files = repository.counts(session, month)
        waiting = [one for one in files if not repository.told(session, month, one)]
        people = active_persons(session, sorted(waiting))
        lines = [
            _delivery(person_id, person, month, files[person_id], now, public_url)
            for person_id, person in people.items()
            if person["email"]
        ]
        add_deliveries(session, lines)
        for line in lines:
            repository.mark_told(session, month, line["person_id"], now)
    return len(lines)


def _delivery(
    person_id: str, person: Any, month: str, count: int, now: datetime, public_url: str
) -> dict[str, Any]:
    say = words(person["language"])
    body = letter(
        say,
        say("reports.monthly.mail_subject", month=month),
        say("reports.monthly.mail_hello", name=person["name"]),
        [Part(say("reports.monthly.mail_text", month=month, count=count), "/overview/reports")],
        say("reports.monthly.mail_end"),
        public_url,
    )
    return {
        "id": new_id(), "person_id": person_id, "channel": "mail", "target": person["email"],
        "body": json.dumps(body, ensure_ascii=False), "state": "waiting", "tries": 0, "error": "",
        "created_at": now, "tried_at": None,
    }  # fmt: skip


def change_schedule(session: Session, access: Access, given: ReportSchedule, *, now: datetime) -> None:
    """By headquarters; NOT_ALLOWED for everybody else."""
    if not access.whole_company(Role.HQ):
        raise Problem(Code.NOT_ALLOWED)
    repository.set_schedule(session, given, by=access.person_id or None, now=now)
