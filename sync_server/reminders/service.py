"""Writing reminders: every overdue action tells the people of each step of the ladder that it has reached."""

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
from shared_models.ids import new_id
from shared_models.messages import words
from shared_models.people.access import Role, ScopeKind
from shared_models.reminders import Ladder, Step
from sync_server.plans.service import ZONE
from sync_server.reminders import repository
from sync_server.reminders.repository import Line
from sync_server.sync.journal import delete_row, write_rows

EVENT = "action.overdue"
"""Name of the webhook's event."""
_Key = tuple[str, date, str, str]


@dataclass(frozen=True)
class Ways:
    """How reminders leave the server besides sync: mail where it is configured, a webhook where one is."""

    mail: bool = False
    webhook_url: str = ""


@dataclass(frozen=True)
class Written:
    """What one run changed."""

    overdue: int
    """Overdue actions."""
    new: int
    """Reminders written."""
    cleared: int
    """Reminders taken away, because the action is done, dropped or has more time."""
    queued: int
    """Mails and webhook events queued."""


def remind(session: Session, ladder: Ladder, ways: Ways, *, now: datetime) -> Written:
    """Bring the reminders to the state of today. Doing it again on the same day changes nothing."""
    today = now.astimezone(ZoneInfo(ZONE)).date()
    actions = repository.overdue_actions(session, today)
    wanted = _wanted(session, actions, ladder, today)
    standing = {_key(row): row for row in repository.reminders(session)}
    for key, row in standing.items():
        if key not in wanted:
            delete_row(session, "reminder", row["id"])
    fresh = [{"id": new_id(), "created_at": now, **row} for key, row in wanted.items() if key not in standing]
    write_rows(session, "reminder", fresh)
    queued = _deliveries(session, fresh, {one["id"]: one for one in actions}, ways, now)
    repository.add_deliveries(session, queued)
    return Written(len(actions), len(fresh), len(standing.keys() - wanted.keys()), len(queued))


def _key(row: Mapping[str, Any]) -> _Key:
    return row["action_id"], row["due_on"], row["step"], row["person_id"]


def _wanted(
    session: Session, actions: Sequence[Line], ladder: Ladder, today: date
) -> dict[_Key, dict[str, Any]]:
    managers = repository.holders(session, Role.MANAGER)
    hq = repository.company_holders(session, Role.HQ)
    named = {one[part] for one in actions for part in ("owner_id", "supervisor_id") if one[part]}
    active = repository.active_persons(session, sorted(named))
    wanted: dict[_Key, dict[str, Any]] = {}
    for action in actions:
        late = (today - action["due_on"]).days
        for step in ladder.steps(late):
            for person in _told(step, action, managers, hq):
                if step in (Step.OWNER, Step.SUPERVISOR) and person not in active:
                    continue
                row = {
                    "person_id": person,
                    "dealer_id": action["dealer_id"],
                    "plan_id": action["plan_id"],
                    "action_id": action["id"],
                    "step": step.value,
                    "due_on": action["due_on"],
                    "days_late": late,
                }
                wanted[_key(row)] = row
    return wanted


def _told(step: Step, action: Line, managers: Sequence[tuple[str, str, str]], hq: Sequence[str]) -> list[str]:
    """Persons whom a step tells."""
    match step:
        case Step.OWNER:
            return [action["owner_id"]] if action["owner_id"] else []
        case Step.SUPERVISOR:
            return [action["supervisor_id"]] if action["supervisor_id"] else []
        case Step.MANAGER:
            places = {
                (ScopeKind.REGION.value, action["region_id"]),
                (ScopeKind.DEALER.value, action["dealer_id"]),
            }
            return sorted({person for person, kind, place in managers if (kind, place) in places})
        case Step.HQ:
            return sorted(set(hq))


def _deliveries(
    session: Session,
    fresh: Sequence[Mapping[str, Any]],
    actions: Mapping[str, Line],
    ways: Ways,
    now: datetime,
) -> list[dict[str, Any]]:
    """One mail per person with all that is new, one webhook event per reminder."""
    queued: list[dict[str, Any]] = []
    if ways.webhook_url:
        queued += [
            _delivery(row["person_id"], "webhook", ways.webhook_url, _event(row, actions), now)
            for row in fresh
        ]
    if ways.mail:
        per_person: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for row in fresh:
            per_person[row["person_id"]].append(row)
        people = repository.active_persons(session, sorted(per_person))
        queued += [
            _delivery(person_id, "mail", person["email"], _mail(person, per_person[person_id], actions), now)
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


def _event(row: Mapping[str, Any], actions: Mapping[str, Line]) -> dict[str, Any]:
    action = actions[row["action_id"]]
    return {
        "event": EVENT,
        "id": row["id"],
        "at": to_text(row["created_at"]),
        "step": row["step"],
        "person_id": row["person_id"],
        "dealer_code": action["dealer_code"],
        "plan_number": action["number"],
        "action_id": action["id"],
        "measure": action["measure"],
        "due_on": action["due_on"].isoformat(),
        "days_late": row["days_late"],
    }


def _mail(person: Line, rows: Sequence[Mapping[str, Any]], actions: Mapping[str, Line]) -> dict[str, Any]:
    """Subject and text in the person's language."""
    t = words(person["language"])
    lines: list[str] = []
    for row in rows:
        action, step = actions[row["action_id"]], row["step"]
        dealer = (
            action["dealer_name"] if t.is_chinese else (action["dealer_name_en"] or action["dealer_name"])
        )
        lines.append(
            t(
                "reminders.mail.line",
                dealer=f"{action['dealer_code']} {dealer}",
                plan=action["number"],
                measure=action["measure"],
                due=action["due_on"].isoformat(),
                days=row["days_late"],
                step=t(f"reminders.step.{step}"),
            )
        )
    text = "\n".join(
        [t("reminders.mail.hello", name=person["name"]), "", *lines, "", t("reminders.mail.end")]
    )
    return {"subject": t("reminders.mail.subject", count=len(rows)), "text": text}
