"""Planning at the desk: assignments of the scope, and new ones by way of the server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel, TypeAdapter

from field_app.insight.workflow import CachedReader, Fetched
from field_app.store import RowWrite, Store
from field_app.sync.api import Api
from field_app.visits.judged import planned_items
from field_app.visits.workflow_cards import (
    AssignmentCard,
    DealerView,
    Documents,
    assignment_card,
    dealer_view,
)
from shared_models.checklists import Bilingual, Source
from shared_models.people import Access
from shared_models.people.access import DESK_ROLES
from shared_models.problems import Code, Problem
from shared_models.sync.wire import OpKind
from shared_models.visits.states import ASSIGNMENT_TRANSITIONS


class Visitor(BaseModel):
    """Somebody who can be sent, as the server tells (GET /assignments/visitors)."""

    id: str
    name: str
    roles: tuple[str, ...]
    open: int
    done: int
    declined: int
    last_here: date | None
    known: bool


_VISITORS = TypeAdapter(tuple[Visitor, ...])


@dataclass(frozen=True)
class PlannedVisit:
    """An assignment with who is to go, and what that person said."""

    card: AssignmentCard
    person: str
    decline_reason: str


@dataclass(frozen=True)
class Checklist:
    """A checklist that can be planned."""

    code: str
    title: Bilingual
    source: Source


@dataclass
class NewVisit:
    """What is chosen and written for a visit to be planned."""

    dealer_id: str = ""
    template: str = ""
    person_id: str = ""
    window_start: date | None = None
    window_end: date | None = None
    scenario: str = ""
    announced: bool = False
    known_accepted: bool = False

    @property
    def missing(self) -> list[str]:
        """Fields that are still needed, in the order of the form."""
        needed = ("dealer_id", "template", "person_id", "window_start", "window_end")
        return [name for name in needed if not getattr(self, name)]


class Planning:
    """The desk's assignments."""

    def __init__(self, store: Store, api: Api, access: Access) -> None:
        self._store = store
        self._api = api
        self._access = access
        self._reader = CachedReader(store, api)
        self._documents = Documents(store)

    async def load(self) -> tuple[PlannedVisit, ...]:
        """All assignments on this device: declined ones, open ones by the end of their window, past ones."""
        today = self._store.context.local(self._store.context.now()).date()
        found: list[PlannedVisit] = []
        for row in self._store.by("assignment", call_id=""):
            card = assignment_card(self._store, self._documents, row, today, None)
            if card is not None:
                person = self._store.row("person", row["person_id"])
                name = person["name"] if person else ""
                found.append(PlannedVisit(card, name, row["decline_reason"]))
        rank = {"declined": 0, "planned": 1, "accepted": 1, "started": 1}
        return tuple(
            sorted(
                found,
                key=lambda one: (rank.get(one.card.status, 2), one.card.window_end, one.card.id),
            )
        )

    def dealers(self) -> list[DealerView]:
        """Dealers that the person may plan for."""
        rows = [
            row
            for row in self._store.by("dealer", active=True)
            if self._access.reaches(DESK_ROLES, dealer_id=row["id"], region_id=row["region_id"])
        ]
        return sorted((dealer_view(self._store, row["id"]) for row in rows), key=lambda one: one.code)

    def checklists(self) -> list[Checklist]:
        """Checklists that are offered: published and not retired."""
        published = {row["template_id"] for row in self._store.by("template_version", status="published")}
        return [
            Checklist(row["code"], Bilingual(zh=row["title"], en=row["title_en"]), Source(row["source"]))
            for row in sorted(self._store.by("template", retired=False), key=lambda row: row["code"])
            if row["id"] in published and row["source"] != Source.CALLBACK
        ]

    def judged(self, dealer_id: str) -> list[Bilingual]:
        """Items of the dealer's running plans, by name: the next visits will judge them."""
        rows = [
            self._store.by("item", code=code)[0] for code in sorted(planned_items(self._store, dealer_id))
        ]
        return [Bilingual(zh=row["name"], en=row["name_en"] or row["name"]) for row in rows]

    async def visitors(
        self, dealer_id: str, day: date | None, *, kept_first: bool = False
    ) -> Fetched[tuple[Visitor, ...]]:
        """Who can be sent, the least busy first; SERVER_UNREACHABLE without network or copy."""
        got = await self._reader.read(
            "/assignments/visitors", kept_first=kept_first, dealer_id=dealer_id, day=day
        )
        return Fetched(_VISITORS.validate_python(got.value), got.fetched_at, got.live)

    async def plan(self, new: NewVisit) -> str:
        """Plan a visit, which needs the server; the assignment's id. It arrives here with the next sync.

        INVALID_FIELD while something is missing; VISITOR_KNOWN where the dealer may know the visitor.
        """
        if new.missing:
            raise Problem(Code.INVALID_FIELD, {"field": new.missing[0]})
        assert new.window_start is not None
        assert new.window_end is not None
        body: dict[str, Any] = {
            "dealer_id": new.dealer_id,
            "template": new.template,
            "person_id": new.person_id,
            "window_start": new.window_start.isoformat(),
            "window_end": new.window_end.isoformat(),
            "scenario": new.scenario,
            "scenario_en": new.scenario,
            "announced": new.announced,
            "known_accepted": new.known_accepted,
        }
        return str((await self._api.post("/assignments", body))["id"])

    async def cancel(self, assignment_id: str) -> None:
        """Take a planned visit back before it has begun."""
        row = self._store.row("assignment", assignment_id)
        if row is None:
            raise Problem(Code.NOT_FOUND, {"what": "assignment"})
        if (row["status"], "cancel") not in ASSIGNMENT_TRANSITIONS:
            values = {"status": row["status"], "action": "cancel"}
            raise Problem(Code.TRANSITION_NOT_ALLOWED, values)
        cancelled = {"status": "cancelled"}
        write = RowWrite("assignment", row["id"], row["id"], cancelled, OpKind.TRANSITION, "cancel")
        self._store.apply([write])
        await self._store.durable()
