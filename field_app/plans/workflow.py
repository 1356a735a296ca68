"""Plans of the person's scope, and the actions that the person owns or supervises."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from typing import Any, NamedTuple

from field_app.plans.workflow_cards import (
    ActionCard,
    PlanCard,
    ProgressEntry,
    action_card,
    person_name,
    plan_card,
    status_of,
)
from field_app.plans.workflow_draft import PlanDraft, plan_item_write
from field_app.plans.workflow_lists import ActionCounts, ActionLists, Cards, PlanLists
from field_app.store import RowWrite, Store
from field_app.store.media import NewFile
from field_app.store.tables import SYNCED
from field_app.visits.workflow_session import FREE_FLOOR, FreeBytes
from shared_models.insight import WeakItem
from shared_models.people import Access
from shared_models.plans import ACTION_TRANSITIONS, SETTLED, TO_DO
from shared_models.problems import Code, Place, Problem
from shared_models.sync.wire import OpKind

__all__ = [
    "ActionCard",
    "ActionList",
    "ActionsView",
    "MyActions",
    "Photo",
    "PlanCard",
    "PlanDraft",
    "PlanList",
    "Plans",
    "PlansView",
    "ProgressEntry",
]


ActionList = Cards[ActionCard]
PlanList = Cards[PlanCard]


def _today(store: Store) -> date:
    return store.context.local(store.context.now()).date()


@dataclass(frozen=True)
class PlansView:
    """The plans on this device by filter: all, overdue, draft, submitted, published, closed."""

    counts: Mapping[str, int]
    """By status, and under ``all`` and ``overdue``."""
    without_verdict: Callable[[], int]
    """How many have all measures verified and an item without verdict."""
    of: Callable[[str], PlanList]
    """The list under a filter, newest first."""

    def count(self, show: str) -> int:
        """How many the list under a filter holds."""
        names = ("closed", "withdrawn") if show == "closed" else (show,)
        return sum(self.counts.get(name, 0) for name in names)


class Plans:
    """The plans on this device."""

    def __init__(self, store: Store, access: Access) -> None:
        self._store = store
        self._access = access

    async def load(self, status: str | None = None, dealer_id: str | None = None) -> PlanList:
        """Plans, newest first, narrowed to a status or a dealer; each card is made when it is looked at."""
        plan = SYNCED["plan"].c
        equal = {"status": status, "dealer_id": dealer_id}
        lists = self._lists()
        where = [plan[name] == value for name, value in equal.items() if value is not None]
        return lists.those(self._card(lists), *where)

    async def overview(self) -> PlansView:
        """How many plans there are under each filter, and the way to list them."""
        lists = self._lists()
        return PlansView(lists.counts(), lists.without_verdict, cache(partial(self._narrowed, lists)))

    def _lists(self) -> PlanLists:
        return PlanLists(self._store, _today(self._store))

    def _narrowed(self, lists: PlanLists, show: str) -> PlanList:
        statuses = {"all": (), "overdue": (), "closed": ("closed", "withdrawn")}.get(show, (show,))
        where = [SYNCED["plan"].c.status.in_(statuses)] if statuses else []
        return lists.those(self._card(lists), *where, overdue=show == "overdue")

    def _card(self, lists: PlanLists) -> Callable[[str], PlanCard]:
        today = _today(self._store)

        def make(plan_id: str) -> PlanCard:
            row = self._store.row("plan", plan_id)
            if row is None:
                raise Problem(Code.NOT_FOUND, {"what": "plan"})
            return plan_card(self._store, row, today, lists.decisions)

        return make

    async def open(self, plan_id: str) -> PlanDraft:
        """Open a plan; NOT_FOUND if it is not on this device."""
        return PlanDraft(self._store, plan_id, self._access)

    async def create(self, weak_items: Sequence[WeakItem], title: str) -> PlanDraft:
        """Begin a plan from weak items of one dealer, their findings taken over."""
        dealers = {weak.dealer_id for weak in weak_items}
        if len(dealers) != 1:
            raise Problem(Code.INVALID_FIELD, {"field": "dealer_id"})
        store = self._store
        plan_id = store.context.new_id()
        values = {
            "dealer_id": dealers.pop(),
            "title": title,
            "trigger_month": max(weak.month for weak in weak_items),
            "author_id": self._access.person_id,
            "created_at": store.context.instant(),
        }
        create = RowWrite("plan", plan_id, plan_id, values, OpKind.CREATE)
        items = [plan_item_write(plan_id, weak, store.context.new_id()) for weak in weak_items]
        store.apply([create, *items])
        await store.durable()
        return await self.open(plan_id)

    def person_name(self, person_id: str | None) -> str:
        """A person's name; "" where this device does not know the person."""
        return person_name(self._store, person_id)

    def people(self, dealer_id: str) -> list[dict[str, Any]]:
        """Active persons at a dealer known on this device (rows of the person table), by name."""
        rows = self._store.by("person", home_dealer_id=dealer_id, active=True)
        return sorted(rows, key=lambda row: row["name"])

    def employees(self, dealer_id: str) -> list[dict[str, Any]]:
        """Active employees of a dealer known on this device (rows of the employee table), by name."""
        rows = self._store.by("employee", dealer_id=dealer_id, active=True)
        return sorted(rows, key=lambda row: row["name"])


@dataclass(frozen=True)
class ActionsView:
    """Actions by the person's part in them, the most urgent first."""

    own: ActionList
    supervised: ActionList
    done: ActionList
    """Verified and dropped ones, newest deadline first."""


class Photo(NamedTuple):
    """A picture for the log; ``kind`` is one of shared_models.plans.PHOTO_KINDS."""

    data: bytes
    mime: str = "image/jpeg"
    kind: str = "photo"


class MyActions:
    """The actions that the signed-in person carries out or verifies."""

    def __init__(self, store: Store, access: Access, free_bytes: FreeBytes) -> None:
        self._store = store
        self._access = access
        self._free_bytes = free_bytes

    async def load(self) -> ActionsView:
        """Read the lists; only actions of published plans are shown."""
        lists = self._lists()
        counts = lists.counts()
        today = _today(self._store)

        def card(action_id: str) -> ActionCard:
            return action_card(self._store, self._row(action_id), today, lists.decisions)

        return ActionsView(
            own=lists.own(counts.own, card),
            supervised=lists.supervised(counts.supervised, card),
            done=lists.done(counts.done, card),
        )

    async def counts(self) -> ActionCounts:
        """How many actions wait for the person."""
        return self._lists().counts()

    def _lists(self) -> ActionLists:
        return ActionLists(self._store, self._access.person_id, _today(self._store))

    def card(self, action_id: str) -> ActionCard:
        """One action."""
        return action_card(self._store, self._row(action_id), _today(self._store))

    def may(self, action_id: str) -> frozenset[str]:
        """What the person may do with an action now: accept, start, finish, verify, send_back, progress."""
        row = self._row(action_id)
        if status_of(self._store, row) in SETTLED:
            return frozenset()
        me = self._access.person_id
        parts = {part for part in ("owner", "supervisor") if row[f"{part}_id"] == me}
        allowed = {
            act
            for (status, act), (_, part) in ACTION_TRANSITIONS.items()
            if status == row["status"] and part in parts
        }
        if "owner" in parts and row["status"] in TO_DO:
            allowed.add("progress")
        return frozenset(allowed)

    async def accept(self, action_id: str) -> None:
        """The owner takes the action on."""
        await self._move(action_id, "accept")

    async def start(self, action_id: str) -> None:
        """The owner begins."""
        await self._move(action_id, "start")

    async def progress(
        self,
        action_id: str,
        percent: int,
        text: str,
        photos: Sequence[Photo] = (),
        attendees: Sequence[Mapping[str, str]] = (),
    ) -> None:
        """Add an entry to the log, with photos and attendance; the first one starts the action."""
        row = self._row(action_id)
        if "progress" not in self.may(action_id):
            raise Problem(Code.NOT_ALLOWED, {"action": "progress"})
        if not 0 <= percent <= 100:
            raise Problem(Code.INVALID_FIELD, {"field": "percent"})
        writes = self._transition(row, "start") if row["status"] in ("open", "accepted") else []
        await self._log(row, percent, text, writes, photos=photos, attendees=attendees, last=False)

    async def finish(
        self,
        action_id: str,
        text: str = "",
        photos: Sequence[Photo] = (),
        attendees: Sequence[Mapping[str, str]] = (),
    ) -> None:
        """The owner reports the action done; it waits for the supervisor."""
        row = self._row(action_id)
        moves = self._transition(row, "finish")
        await self._log(row, 100, text, moves, photos=photos, attendees=attendees, last=True)

    async def verify(self, action_id: str, text: str = "") -> None:
        """The supervisor confirms that it is done."""
        row = self._row(action_id)
        await self._log(row, 100, text, self._transition(row, "verify"), last=True)

    async def send_back(self, action_id: str, reason: str) -> None:
        """The supervisor wants more; the reason goes into the log. INVALID_FIELD without one."""
        if not reason.strip():
            raise Problem(Code.INVALID_FIELD, {"field": "reason"}, [Place("reason", "missing")])
        row = self._row(action_id)
        latest = action_card(self._store, row, _today(self._store)).percent
        await self._log(row, min(latest, 99), reason, self._transition(row, "send_back"), last=True)

    def _row(self, action_id: str) -> dict[str, Any]:
        row = self._store.row("action", action_id)
        if row is None:
            raise Problem(Code.NOT_FOUND, {"what": "action"})
        return row

    async def _move(self, action_id: str, act: str) -> None:
        self._store.apply(self._transition(self._row(action_id), act))
        await self._store.durable()

    def _transition(self, row: dict[str, Any], act: str) -> list[RowWrite]:
        try:
            after, part = ACTION_TRANSITIONS[row["status"], act]
        except KeyError:
            status = row["status"]
            raise Problem(Code.TRANSITION_NOT_ALLOWED, {"status": status, "action": act}) from None
        if row[f"{part}_id"] != self._access.person_id:
            raise Problem(Code.NOT_ALLOWED, {"action": act})
        values = {"status": str(after)}
        return [RowWrite("action", row["id"], row["plan_id"], values, OpKind.TRANSITION, act)]

    async def _log(
        self,
        row: dict[str, Any],
        percent: int,
        text: str,
        moves: list[RowWrite],
        *,
        last: bool,
        photos: Sequence[Photo] = (),
        attendees: Sequence[Mapping[str, str]] = (),
    ) -> None:
        """Write an entry (if it says anything) beside the transition, in one transaction."""
        context, plan_id = self._store.context, row["plan_id"]
        entry_id, now = context.new_id(), context.instant()
        entries: list[RowWrite] = []
        if text.strip() or photos or attendees or not moves or not last:
            values = {
                "plan_id": plan_id,
                "action_id": row["id"],
                "author_id": self._access.person_id,
                "at": now,
                "percent": percent,
                "text": text,
                "attendees": [dict(one) for one in attendees],
            }
            entries.append(RowWrite("action_progress", entry_id, plan_id, values, OpKind.CREATE))
        files: list[NewFile] = []
        free = await self._free_bytes() if photos else None
        for photo in photos:
            if free is not None and free - len(photo.data) < FREE_FLOOR:
                raise Problem(Code.STORAGE_FULL, {"free_mb": free // 2**20})
            sha256 = hashlib.sha256(photo.data).hexdigest()
            await self._store.blobs.put(sha256, photo.data)
            files.append(NewFile(sha256, len(photo.data), photo.mime))
            values = {
                "plan_id": plan_id,
                "question": entry_id,
                "kind": photo.kind,
                "sha256": sha256,
                "size": len(photo.data),
                "mime": photo.mime,
                "taken_at": now,
            }
            entries.append(RowWrite("attachment", context.new_id(), plan_id, values, OpKind.CREATE))
        self._store.apply([*entries, *moves] if last else [*moves, *entries], files=files)
        await self._store.durable()
