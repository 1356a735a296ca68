"""What lists show of plans and actions: plain values, read from the local rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from field_app.plans.decisions import Decisions
from field_app.store import Store
from field_app.visits.workflow_cards import DealerView, dealer_view
from shared_models.checklists import Bilingual
from shared_models.plans import (
    SETTLED,
    TO_DO,
    ActionStatus,
    RequestKind,
    RequestStatus,
    evidence_missing,
)

Row = dict[str, Any]


@dataclass(frozen=True)
class PlanCard:
    """A plan in a list."""

    id: str
    number: str
    """Given by the server at publication; "" before."""
    title: str
    status: str
    dealer: DealerView
    items: tuple[Bilingual, ...]
    """Short names of its weak items."""
    verdicts: tuple[str, ...]
    actions: int
    verified: int
    overdue: int
    next_due: date | None
    created_at: datetime | None
    published_at: datetime | None
    pending: int
    """Changes that the server has not confirmed."""


@dataclass(frozen=True)
class ProgressEntry:
    """One entry of an action's log, with its photos' hashes."""

    id: str
    at: datetime | None
    author_id: str | None
    author: str
    percent: int
    text: str
    photos: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    """What each photo shows: photo, before, after, attendance."""
    attendees: tuple[str, ...] = ()


@dataclass(frozen=True)
class ActionCard:
    """An action as its owner or supervisor sees it."""

    id: str
    plan_id: str
    plan_number: str
    plan_title: str
    dealer: DealerView
    item: Bilingual | None
    """Name of the weak item it serves; None: all items of the plan."""
    finding: Mapping[str, Any] | None
    """The weak item's figures as they stood when the plan was written."""
    causes: tuple[str, ...]
    measure: str
    method: str
    owner_id: str | None
    owner: str
    supervisor_id: str | None
    supervisor: str
    starts_on: date | None
    due_on: date | None
    days_left: int | None
    """Days until it is due, negative when late; None without a deadline or once it is verified."""
    status: str
    percent: int
    progress: tuple[ProgressEntry, ...]
    """Newest first."""
    pending: int
    missing: tuple[str, ...] = ()
    """Evidence that this method should show and that the log lacks: attendance, before, after."""
    asked: tuple[str, ...] = ()
    """Kinds of requests that wait for a decision: objection, extension."""


def item_name(store: Store, item_id: str, *, short: bool = False) -> Bilingual:
    """The name of a canonical item; its id where it has not been pulled."""
    row = store.row("item", item_id)
    if row is None:
        return Bilingual(zh=item_id, en=item_id)
    return (
        Bilingual(zh=row["short"], en=row["short_en"])
        if short
        else Bilingual(zh=row["name"], en=row["name_en"])
    )


def person_name(store: Store, person_id: str | None) -> str:
    """A person's name; "" where this device does not know the person."""
    row = store.row("person", person_id) if person_id else None
    return row["name"] if row else ""


def plan_card(store: Store, plan: Mapping[str, Any], today: date, decisions: Decisions) -> PlanCard:
    """The card of a plan."""
    items = store.by("plan_item", plan_id=plan["id"])
    actions = store.by("action", plan_id=plan["id"])
    states = [decisions.status(a["id"], a["status"]) for a in actions]
    open_due = [
        due
        for a, state in zip(actions, states, strict=True)
        if state in TO_DO and (due := decisions.due(a["id"], a["due_on"])) is not None
    ]
    return PlanCard(
        id=plan["id"],
        number=plan["number"],
        title=plan["title"],
        status=plan["status"],
        dealer=dealer_view(store, plan["dealer_id"]),
        items=tuple(item_name(store, row["item_id"], short=True) for row in items),
        verdicts=tuple(row["verdict"] for row in items),
        actions=sum(state != ActionStatus.DROPPED for state in states),
        verified=sum(state == ActionStatus.VERIFIED for state in states),
        overdue=sum(due < today for due in open_due),
        next_due=min(open_due, default=None),
        created_at=plan["created_at"],
        published_at=plan["published_at"],
        pending=store.pending_of(plan["id"]),
    )


def progress_of(store: Store, action: Mapping[str, Any]) -> tuple[ProgressEntry, ...]:
    """The log of an action, newest first."""
    photos: dict[str, list[Row]] = {}
    for row in store.by("attachment", plan_id=action["plan_id"]):
        if not row["removed"]:
            photos.setdefault(row["question"], []).append(row)
    rows = store.by("action_progress", action_id=action["id"])
    rows.sort(key=lambda row: (str(row["at"] or ""), row["id"]), reverse=True)
    return tuple(
        ProgressEntry(
            id=row["id"],
            at=row["at"],
            author_id=row["author_id"],
            author=person_name(store, row["author_id"]),
            percent=row["percent"],
            text=row["text"],
            photos=tuple(photo["sha256"] for photo in photos.get(row["id"], ())),
            kinds=tuple(photo["kind"] for photo in photos.get(row["id"], ())),
            attendees=tuple(one["name"] for one in row["attendees"]),
        )
        for row in rows
    )


def status_of(store: Store, action: Mapping[str, Any]) -> str:
    """An action's state, also where a decision made here has not reached the server yet."""
    granted = store.by(
        "action_request",
        action_id=action["id"],
        kind=RequestKind.OBJECTION.value,
        status=RequestStatus.GRANTED.value,
    )
    return ActionStatus.DROPPED.value if granted else str(action["status"])


def due_of(store: Store, action: Mapping[str, Any]) -> date | None:
    """An action's deadline, also where more time granted here has not reached the server yet."""
    due: date | None = action["due_on"]
    granted = store.by(
        "action_request",
        action_id=action["id"],
        kind=RequestKind.EXTENSION.value,
        status=RequestStatus.GRANTED.value,
    )
    # each grant leads from one deadline to a later one, so the chain ends
    later = {row["due_before"]: row["due_granted"] for row in granted if row["due_granted"] is not None}
    while due in later:
        due = later[due]
    return due


def percent_of(status: str, progress: Sequence[ProgressEntry]) -> int:
    """How far an action is: all of it once its owner has reported it done, else what was last reported."""
    if status in (ActionStatus.DONE.value, ActionStatus.VERIFIED.value):
        return 100
    return progress[0].percent if progress else 0


def action_card(
    store: Store, action: Mapping[str, Any], today: date, decisions: Decisions | None = None
) -> ActionCard:
    """The card of an action; ``decisions`` as read for a whole list."""
    ahead = decisions or Decisions(store)
    plan = store.row("plan", action["plan_id"]) or {}
    item = store.row("plan_item", action["plan_item_id"]) if action["plan_item_id"] else None
    causes: Sequence[Row] = store.by("cause", plan_item_id=item["id"]) if item else ()
    progress = progress_of(store, action)
    status = ahead.status(action["id"], action["status"])
    due = ahead.due(action["id"], action["due_on"])
    return ActionCard(
        id=action["id"],
        plan_id=action["plan_id"],
        plan_number=plan.get("number", ""),
        plan_title=plan.get("title", ""),
        dealer=dealer_view(store, plan.get("dealer_id", "")),
        item=item_name(store, item["item_id"]) if item else None,
        finding=item["finding"] if item else None,
        causes=tuple(cause["text"] for cause in causes),
        measure=action["measure"],
        method=action["method"],
        owner_id=action["owner_id"],
        owner=person_name(store, action["owner_id"]),
        supervisor_id=action["supervisor_id"],
        supervisor=person_name(store, action["supervisor_id"]),
        starts_on=action["starts_on"],
        due_on=due,
        days_left=None if due is None or status in SETTLED else (due - today).days,
        status=status,
        percent=percent_of(status, progress),
        progress=progress,
        missing=evidence_missing(
            action["method"],
            {kind for entry in progress for kind in entry.kinds},
            attendees=sum(len(entry.attendees) for entry in progress),
        ),
        asked=tuple(
            sorted(r["kind"] for r in store.by("action_request", action_id=action["id"], status="open"))
        ),
        pending=store.pending_of(action["plan_id"]),
    )
