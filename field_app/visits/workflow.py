"""Today's work and past visits. The screens of visits read and write through what this module names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from field_app.store import Counts, RowWrite, Store
from field_app.visits.workflow_cards import (
    AssignmentCard,
    DealerView,
    Documents,
    Place,
    VisitCard,
    assignment_card,
    visit_card,
)
from field_app.visits.workflow_review import Review, ReviewSession
from field_app.visits.workflow_session import FREE_FLOOR, FreeBytes, VisitSession
from field_app.visits.workflow_state import Change
from shared_models.checklists import Bilingual, Source, TemplateDocument
from shared_models.problems import Code, Problem
from shared_models.sync.wire import OpKind
from shared_models.visits.calendar import Event, to_icalendar
from shared_models.visits.states import ASSIGNMENT_TRANSITIONS

__all__ = [
    "FREE_FLOOR",
    "AssignmentCard",
    "Change",
    "DealerView",
    "History",
    "Place",
    "Review",
    "ReviewSession",
    "TemplateView",
    "Today",
    "TodayView",
    "VisitCard",
    "VisitSession",
]

OPEN_ASSIGNMENTS = ("planned", "accepted", "started")


@dataclass(frozen=True)
class TodayView:
    """What is to be done: planned visits by end of window (or distance), drafts, returned visits."""

    assignments: tuple[AssignmentCard, ...]
    drafts: tuple[VisitCard, ...]
    returned: tuple[VisitCard, ...]
    counts: Counts


@dataclass(frozen=True)
class TemplateView:
    """A checklist that an unplanned visit may use."""

    version_id: str
    title: Bilingual
    source: str
    number: int


class Today:
    """The visitor's day."""

    def __init__(self, store: Store, person_id: str, free_bytes: FreeBytes) -> None:
        self._store = store
        self._person = person_id
        self._free_bytes = free_bytes
        self._documents = Documents(store)
        self.here: Place | None = None

    async def load(self, here: Place | None = None) -> TodayView:
        """Read the lists; ``here`` is the device's position, kept for later loads."""
        self.here = here or self.here
        store, mine = self._store, self._person
        today = store.context.local(store.context.now()).date()
        # interviews by telephone stand under the calls
        visits = [row for row in store.by("visit", person_id=mine) if row["source"] != Source.CALLBACK]
        begun = {row["assignment_id"] for row in visits if row["assignment_id"]}
        cards = [
            assignment_card(store, self._documents, row, today, self.here)
            for row in store.by("assignment", person_id=mine)
            if row["status"] in OPEN_ASSIGNMENTS and row["id"] not in begun and not row["call_id"]
        ]
        return TodayView(
            assignments=tuple(sorted((c for c in cards if c), key=lambda c: (c.window_end, c.id))),
            drafts=self._visits(visits, "draft"),
            returned=self._visits(visits, "returned"),
            counts=store.counts(),
        )

    def _visits(self, visits: list[dict[str, Any]], status: str) -> tuple[VisitCard, ...]:
        cards = [
            visit_card(self._store, self._documents, row, self.here)
            for row in visits
            if row["status"] == status
        ]
        return tuple(sorted((c for c in cards if c), key=lambda c: c.id, reverse=True))

    def assignment(self, assignment_id: str) -> AssignmentCard | None:
        """One planned visit, for its briefing."""
        row = self._store.row("assignment", assignment_id)
        if row is None:
            return None
        today = self._store.context.local(self._store.context.now()).date()
        return assignment_card(self._store, self._documents, row, today, self.here)

    async def accept(self, assignment_id: str) -> None:
        """Say that one will go."""
        await self._move(assignment_id, "accept", {})

    async def decline(self, assignment_id: str, reason: str) -> None:
        """Say that one will not go, and why; INVALID_FIELD without a reason."""
        if not reason.strip():
            raise Problem(Code.INVALID_FIELD, {"field": "assignment.decline_reason"})
        await self._move(assignment_id, "decline", {"decline_reason": reason.strip()})

    async def _move(self, assignment_id: str, action: str, values: dict[str, Any]) -> None:
        row = self._store.row("assignment", assignment_id)
        if row is None:
            raise Problem(Code.NOT_FOUND, {"what": "assignment"})
        try:
            after, _ = ASSIGNMENT_TRANSITIONS[row["status"], action]
        except KeyError:
            values = {"status": row["status"], "action": action}
            raise Problem(Code.TRANSITION_NOT_ALLOWED, values) from None
        moved = {**values, "status": after}
        self._store.apply([RowWrite("assignment", row["id"], row["id"], moved, OpKind.TRANSITION, action)])
        await self._store.durable()

    def calendar(self, language: str, name: str) -> str:
        """The planned visits as iCalendar file, made on the device."""
        today = self._store.context.local(self._store.context.now()).date()
        events: list[Event] = []
        for row in self._store.by("assignment", person_id=self._person):
            card = assignment_card(self._store, self._documents, row, today, None)
            if card is None or row["call_id"] or row["status"] not in OPEN_ASSIGNMENTS:
                continue
            events.append(
                Event(
                    id=card.id,
                    title=f"{card.dealer.name.text(language)} · {card.title.text(language)}",
                    first=card.window_start,
                    last=card.window_end,
                    place=card.dealer.address,
                    text=card.scenario.text(language) if card.scenario else "",
                )
            )
        events.sort(key=lambda event: (event.first, event.id))
        return to_icalendar(events, self._store.context.now(), name=name)

    async def start_visit(self, assignment_id: str, place: Place | None = None) -> VisitSession:
        """Begin the visit of an assignment, or open the one already begun."""
        store = self._store
        row = store.row("assignment", assignment_id)
        if row is None:
            raise Problem(Code.NOT_FOUND, {"what": "assignment"})
        begun = store.by("visit", assignment_id=assignment_id, person_id=self._person)
        if begun:
            return await self.open(begun[0]["id"])
        writes: list[RowWrite] = []
        if row["status"] in ("planned", "accepted"):
            started = {"status": "started"}
            writes = [RowWrite("assignment", row["id"], row["id"], started, OpKind.TRANSITION, "start")]
        return await self._begin(row["dealer_id"], row["template_version_id"], place, writes, assignment_id)

    async def start_unplanned(
        self, dealer_id: str, template_version_id: str, place: Place | None = None
    ) -> VisitSession:
        """Begin a visit without an assignment (an auditor who happens to be there)."""
        return await self._begin(dealer_id, template_version_id, place, [], None)

    async def _begin(
        self,
        dealer_id: str,
        version_id: str,
        place: Place | None,
        before: list[RowWrite],
        assignment_id: str | None,
    ) -> VisitSession:
        store = self._store
        document = self._documents.get(version_id)
        if document is None:
            raise Problem(Code.NOT_FOUND, {"what": "template_version"})
        now = store.context.instant()
        visit_id = store.context.new_id()
        values: dict[str, Any] = {
            "assignment_id": assignment_id,
            "dealer_id": dealer_id,
            "template_version_id": version_id,
            "person_id": self._person,
            "source": document.source.value,
            "visit_date": store.context.local(now).date(),
            "started_at": now,
            "zone": store.context.zone,
            "start_place": dict(place) if place else None,
        }
        create = RowWrite("visit", visit_id, visit_id, values, OpKind.CREATE, template_version=version_id)
        store.apply([*before, create])
        await store.durable()
        return await self.open(visit_id)

    async def open(self, visit_id: str) -> VisitSession:
        """Open a visit that is on this device."""
        return await VisitSession.open(self._store, visit_id, self._free_bytes)

    def templates(self) -> list[TemplateView]:
        """The newest published version of each checklist on this device."""
        newest: dict[str, dict[str, Any]] = {}
        for row in self._store.by("template_version", status="published"):
            known = newest.get(row["template_id"])
            if known is None or row["number"] > known["number"]:
                newest[row["template_id"]] = row
        views: list[TemplateView] = []
        for row in newest.values():
            document: TemplateDocument | None = self._documents.get(row["id"])
            if document is not None and document.source is not Source.CALLBACK:
                views.append(TemplateView(row["id"], document.title, document.source.value, row["number"]))
        return sorted(views, key=lambda view: view.title.en)


class History:
    """The person's submitted visits, newest first."""

    def __init__(self, store: Store, person_id: str) -> None:
        self._store = store
        self._person = person_id
        self._documents = Documents(store)

    async def load(self) -> tuple[VisitCard, ...]:
        """All visits of the person that are no drafts, with what of them is still to be sent."""
        rows = [r for r in self._store.by("visit", person_id=self._person) if r["status"] != "draft"]
        rows.sort(key=lambda r: (str(r["submitted_at"] or ""), r["id"]), reverse=True)
        cards = (visit_card(self._store, self._documents, row) for row in rows)
        return tuple(card for card in cards if card)
