"""Removing what is older than the rules allow: photos, routes, recordings, customers' telephone numbers.

Of a file only the bytes go: its record, hash and marks stay, and whoever asks for it is told why it is gone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from shared_models.calls.tables import CallTask
from shared_models.clock import to_text
from shared_models.columns import sql_table
from shared_models.company.wire import RetentionCounts, RetentionRules, RetentionRun, RetentionState
from shared_models.ids import new_id
from shared_models.people.tables import Person
from shared_models.plans.states import PlanStatus
from shared_models.plans.tables import Plan
from shared_models.visits.route import ROUTE_MIME
from shared_models.visits.states import VisitStatus
from shared_models.visits.tables import Attachment, Visit
from sync_server.audit.recording import By, record
from sync_server.company import rules
from sync_server.complaints.tables import Complaint
from sync_server.media.blobs import Blobs
from sync_server.media.tables import media_blob
from sync_server.retention.tables import media_retired, retention_job, retention_run
from sync_server.surveys.tables import Customer, Response

SETTING = "retention"
NIGHT = time(19, tzinfo=UTC)
"""When the job runs: three in the morning where the dealers are (UTC+8)."""
GONE = "~"
"""Begins what stands in the place of a number that was removed."""
_CHUNK = 500
_MIMES = {"photo": "image/%", "route": ROUTE_MIME, "audio": "audio/%"}
"""Files of each kind; the route of a test drive goes with the photos."""
_attachment, _visit, _plan = sql_table(Attachment), sql_table(Visit), sql_table(Plan)
_customer, _response = sql_table(Customer), sql_table(Response)
_complaint, _task = sql_table(Complaint), sql_table(CallTask)
_OPEN_VISITS = {status.value for status in VisitStatus} - {
    VisitStatus.ACCEPTED.value,
    VisitStatus.REJECTED.value,
}


@dataclass(frozen=True)
class Due:
    """What the rules would remove now."""

    files: list[tuple[str, str, int, datetime]] = field(default_factory=list[tuple[str, str, int, datetime]])
    """sha256, photo, route or audio, bytes, when it was stored."""
    customers: list[str] = field(default_factory=list[str])

    @property
    def counts(self) -> RetentionCounts:
        """In numbers."""
        kinds = [kind for _, kind, _, _ in self.files]
        return RetentionCounts(
            photos=kinds.count("photo"),
            routes=kinds.count("route"),
            recordings=kinds.count("audio"),
            bytes=sum(size for _, _, size, _ in self.files),
            numbers=len(self.customers),
        )


def in_force(session: Session) -> RetentionRules:
    """The rules; without end where nobody has made any."""
    return RetentionRules.model_validate(rules.setting(session, SETTING) or {})


def put_rules(session: Session, by: By, wanted: RetentionRules) -> None:
    """Set the rules; nothing is removed by that alone."""
    before = in_force(session)
    rules.put_setting(session, by, SETTING, wanted.model_dump(), before.model_dump())
    if wanted.automatic and not before.automatic:
        last = session.scalar(select(retention_job.c.last_at))
        session.execute(delete(retention_job))
        session.execute(insert(retention_job).values(id=1, next_at=next_night(by.at), last_at=last))


def next_night(now: datetime) -> datetime:
    """The next time the job runs after an instant."""
    tonight = datetime.combine(now.astimezone(UTC).date(), NIGHT)
    return tonight if tonight > now else tonight + timedelta(days=1)


def run_due(session: Session, now: datetime) -> tuple[RetentionCounts, list[str]]:
    """The nightly run where it is switched on and due; nothing is removed otherwise.

    Of several processes one runs it: it moves ``next_at`` on in the transaction of the run, and whoever waits
    for that row finds nothing due.
    """
    nothing = RetentionCounts(), list[str]()
    if not in_force(session).automatic:
        return nothing
    claim = update(retention_job).where(retention_job.c.next_at <= now)
    claimed = session.execute(claim.values(next_at=next_night(now), last_at=now))
    if not claimed.rowcount:  # type: ignore[attr-defined]
        return nothing
    return run(session, By("", now, "server"))


def due(session: Session, now: datetime) -> Due:
    """What the rules would remove: files only of visits that are decided and plans that are closed."""
    policy = in_force(session)
    files: list[tuple[str, str, int, datetime]] = []
    kept = ("photo", policy.photo_days), ("route", policy.photo_days), ("audio", policy.audio_days)
    for kind, days in kept:
        if days is not None:
            files += _files(session, kind, now - timedelta(days=days))
    customers: list[str] = []
    if policy.number_days is not None:
        customers = _customers(session, (now - timedelta(days=policy.number_days)).date())
    return Due(files, customers)


def _files(session: Session, kind: str, before: datetime) -> Iterable[tuple[str, str, int, datetime]]:
    a = _attachment.c
    open_visits = select(_visit.c.id).where(_visit.c.status.in_(sorted(_OPEN_VISITS)))
    open_plans = select(_plan.c.id).where(_plan.c.status != PlanStatus.CLOSED.value)
    still_needed = select(a.sha256).where(
        (a.visit_id.in_(open_visits)) | (a.plan_id.in_(open_plans)) | (a.appeal_id.is_not(None))
    )
    query = (
        select(media_blob.c.sha256, media_blob.c.size, media_blob.c.stored_at)
        .where(
            media_blob.c.stored_at < before,
            media_blob.c.sha256.in_(select(a.sha256).where(a.mime.like(_MIMES[kind]))),
            media_blob.c.sha256.not_in(still_needed),
        )
        .order_by(media_blob.c.sha256)
    )
    return [(row.sha256, kind, row.size, row.stored_at) for row in session.execute(query)]


def _customers(session: Session, before: date) -> list[str]:
    c = _customer.c
    called = _response.c
    recent = select(called.customer_id).where(called.day >= before, called.customer_id.is_not(None))
    since = datetime.combine(before, time(), UTC)
    complained = select(_complaint.c.customer_id).where(
        _complaint.c.customer_id.is_not(None),
        (_complaint.c.closed_at.is_(None)) | (_complaint.c.closed_at >= since),
    )
    to_call = select(_task.c.customer_id).where(_task.c.status == "open")
    query = select(c.id).where(
        c.phone != "",
        c.phone.not_like(f"{GONE}%"),
        (c.since.is_(None)) | (c.since < before),
        *(c.id.not_in(kept) for kept in (recent, complained, to_call)),
    )
    return list(session.scalars(query.order_by(c.id)))


def run(session: Session, by: By) -> tuple[RetentionCounts, list[str]]:
    """Remove what is due; what was removed, and the files whose bytes are to go after the commit.

    Doing it again removes nothing more.
    """
    found = due(session, by.at)
    if not found.counts.anything:
        return found.counts, []
    for sha256, kind, _, stored_at in found.files:
        values = {"sha256": sha256, "kind": kind, "stored_at": stored_at, "retired_at": by.at}
        session.execute(delete(media_retired).where(media_retired.c.sha256 == sha256))
        session.execute(insert(media_retired).values(**values))
        session.execute(delete(media_blob).where(media_blob.c.sha256 == sha256))
    for customer_id in found.customers:
        # unique per dealer and name: what stands in the place of the number tells two of one name apart
        mark = GONE + customer_id.replace("-", "")[:31]
        session.execute(update(_customer).where(_customer.c.id == customer_id).values(phone=mark))
    counts = found.counts.model_dump()
    policy = in_force(session).model_dump()
    session.execute(
        insert(retention_run).values(
            id=new_id(), at=by.at, by_id=by.actor_id or None, policy=policy, counts=counts
        )
    )
    record(session, by, "retention.run", "retention", facts=counts)
    return found.counts, [sha256 for sha256, _, _, _ in found.files]


def remove_bytes(blobs: Blobs, hashes: Iterable[str]) -> None:
    """Take the bytes away, once the transaction that says so is committed."""
    for sha256 in hashes:
        blobs.remove(sha256)


def is_retired(session: Session, sha256: str) -> bool:
    """Whether a file was removed by the rules."""
    query = select(media_retired.c.sha256).where(media_retired.c.sha256 == sha256)
    return session.execute(query).first() is not None


def state(session: Session, now: datetime) -> RetentionState:
    """Rules, what they would remove now, the last twenty runs."""
    person = sql_table(Person)
    query = (
        select(retention_run, person.c.name.label("by_name"))
        .join(person, person.c.id == retention_run.c.by_id, isouter=True)
        .order_by(retention_run.c.at.desc())
        .limit(20)
    )
    runs: list[Any] = list(session.execute(query))
    policy, job = in_force(session), session.execute(select(retention_job)).first()
    return RetentionState(
        rules=policy,
        due=due(session, now).counts,
        runs=tuple(
            RetentionRun(
                at=to_text(one.at), by=one.by_name or "", counts=RetentionCounts.model_validate(one.counts)
            )
            for one in runs
        ),
        looked_at=to_text(job.last_at) if job and job.last_at else "",
        next_at=to_text(job.next_at) if job and policy.automatic else "",
    )
