"""Writing reminders: all that is late tells the people of each step of the ladder that it has reached."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from shared_models.clock import to_text
from shared_models.company import Calendar, days_late
from shared_models.ids import new_id
from shared_models.people.access import Role, ScopeKind
from shared_models.reminders import RUNGS, Kind, Ladder, Step
from sync_server.plans.service import ZONE
from sync_server.reminders import repository
from sync_server.reminders.letters import reminder_letter
from sync_server.reminders.repository import Line
from sync_server.sync.journal import delete_row, write_rows

EVENTS = {Kind.ACTION: "action.overdue", Kind.REPLY: "reply.overdue", Kind.APPEAL: "appeal.overdue"}
"""Names of the webhook's events."""
_Key = tuple[str, date, str, str]


@dataclass(frozen=True)
class Ways:
    """How reminders leave the server besides sync: mail where it is configured, a webhook where one is."""

    mail: bool = False
    webhook_url: str = ""
    webhook_urls: tuple[str, ...] = ()
    """Endpoints made in the app, besides that of the settings."""
    public_url: str = ""
    """Address of the server for links in mails; "": mails have none."""


@dataclass(frozen=True)
class Written:
    """What one run changed."""

    overdue: int
    """Overdue actions, late replies and appeals that wait too long."""
    new: int
    """Reminders written."""
    cleared: int
    """Reminders taken away, because what was late is done, dropped or has more time."""
    queued: int
    """Mails and webhook events queued."""


def remind(
    session: Session, ladder: Ladder, ways: Ways, *, now: datetime, calendar: Calendar | None = None
) -> Written:
    """Bring the reminders to the state of today. Doing it again on the same day changes nothing.

    With a ``calendar`` only working days count as days past a deadline.
    """
    today = now.astimezone(ZoneInfo(ZONE)).date()
    matters = repository.overdue_actions(session, today)
    for one in (*repository.late_replies(session, now), *repository.late_decisions(session, now)):
        # told on the day after, as an action is: the clock of hours is on the screens
        due_on = one["due_at"].astimezone(ZoneInfo(ZONE)).date()
        if due_on < today:
            matters.append({**one, "due_on": due_on})
    wanted = _wanted(session, matters, ladder, today, calendar)
    standing = {_key(row): row for row in repository.reminders(session)}
    for key, row in standing.items():
        if key not in wanted:
            delete_row(session, "reminder", row["id"])
    fresh = [{"id": new_id(), "created_at": now, **row} for key, row in wanted.items() if key not in standing]
    write_rows(session, "reminder", fresh)
    queued = _deliveries(session, fresh, {one["id"]: one for one in matters}, ways, now)
    repository.add_deliveries(session, queued)
    return Written(len(matters), len(fresh), len(standing.keys() - wanted.keys()), len(queued))


def _key(row: Mapping[str, Any]) -> _Key:
    return row["subject_id"], row["due_on"], row["step"], row["person_id"]


def _wanted(
    session: Session, matters: Sequence[Line], ladder: Ladder, today: date, calendar: Calendar | None
) -> dict[_Key, dict[str, Any]]:
    managers = repository.holders(session, Role.MANAGER)
    hq = repository.company_holders(session, Role.HQ)
    named = {one[part] for one in matters for part in _NAMED.values() if one.get(part)}
    active = repository.active_persons(session, sorted(named))
    wanted: dict[_Key, dict[str, Any]] = {}
    for one in matters:
        late = days_late(one["due_on"], today, calendar)
        rungs = RUNGS[one["kind"]]
        for step in (rungs[rung] for rung in ladder.steps(late) if rung in rungs):
            for person in _told(step, one, managers, hq):
                if step in _NAMED and person not in active:
                    continue
                row = {
                    "person_id": person,
                    "dealer_id": one["dealer_id"],
                    "kind": one["kind"].value,
                    "subject_id": one["id"],
                    "plan_id": one.get("plan_id"),
                    "action_id": one["id"] if one["kind"] is Kind.ACTION else None,
                    "step": step.value,
                    "due_on": one["due_on"],
                    "days_late": late,
                }
                wanted[_key(row)] = row
    return wanted


_NAMED = {
    Step.OWNER: "owner_id",
    Step.SUPERVISOR: "supervisor_id",
    Step.VISITOR: "person_id",
    Step.REVIEWER: "reviewed_by",
}
"""Steps that tell one person whom the matter itself names, and the column that does."""


def _told(step: Step, matter: Line, managers: Sequence[tuple[str, str, str]], hq: Sequence[str]) -> list[str]:
    """Persons whom a step tells."""
    if step in _NAMED:
        person = matter[_NAMED[step]]
        return [person] if person else []
    if step is Step.HQ:
        return sorted(set(hq))
    places = {(ScopeKind.REGION.value, matter["region_id"]), (ScopeKind.DEALER.value, matter["dealer_id"])}
    return sorted({person for person, kind, place in managers if (kind, place) in places})


def _deliveries(
    session: Session,
    fresh: Sequence[Mapping[str, Any]],
    matters: Mapping[str, Line],
    ways: Ways,
    now: datetime,
) -> list[dict[str, Any]]:
    """One mail per person with all that is new, one webhook event per reminder."""
    queued: list[dict[str, Any]] = []
    for url in dict.fromkeys((ways.webhook_url, *ways.webhook_urls)):
        if url:
            queued += [
                _delivery(row["person_id"], "webhook", url, _event(row, matters), now) for row in fresh
            ]
    if ways.mail:
        per_person: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for row in fresh:
            per_person[row["person_id"]].append(row)
        people = repository.active_persons(session, sorted(per_person))
        queued += [
            _delivery(
                person_id,
                "mail",
                person["email"],
                reminder_letter(person, per_person[person_id], matters, ways.public_url),
                now,
            )
            for person_id, person in people.items()
            if person["email"]
        ]
    return queued


def _delivery(
    person_id: str, channel: str, target: str, body: dict[str, Any], now: datetime
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "person_id": person_id,
        "channel": channel,
        "target": target,
        "body": json.dumps(body, ensure_ascii=False),
        "state": "waiting",
        "tries": 0,
        "error": "",
        "created_at": now,
        "tried_at": None,
    }


def _event(row: Mapping[str, Any], matters: Mapping[str, Line]) -> dict[str, Any]:
    matter = matters[row["subject_id"]]
    kind = Kind(row["kind"])
    event: dict[str, Any] = {
        "event": EVENTS[kind],
        "id": row["id"],
        "at": to_text(row["created_at"]),
        "step": row["step"],
        "person_id": row["person_id"],
        "dealer_code": matter["dealer_code"],
    }
    match kind:
        case Kind.ACTION:
            event["plan_number"] = matter["number"]
            event["action_id"] = matter["id"]
            event["measure"] = matter["measure"]
        case Kind.REPLY:
            event["visit_id"] = matter["id"]
        case Kind.APPEAL:
            event["appeal_id"] = matter["id"]
    return {**event, "due_on": matter["due_on"].isoformat(), "days_late": row["days_late"]}
