"""A caller's day: whom to call now, attempts and what came of them, interviews begun and broken off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from field_app.store import RowWrite, Store
from field_app.visits.judged import judged_items
from field_app.visits.workflow import Today, VisitSession
from field_app.visits.workflow_cards import DealerView, Documents, VisitCard, dealer_view, visit_card
from shared_models.calls import attempt_fault, day_part, is_over, parts_left
from shared_models.calls.rules import DayPart
from shared_models.checklists import Bilingual, Source
from shared_models.clock import to_text
from shared_models.problems import Code, Problem
from shared_models.surveys import Disposition, mask_numbers
from shared_models.sync.wire import OpKind

OPEN = ("planned", "started")
EARLY = timedelta(minutes=10)
"""How long before the time that a customer named a call stands among those to be made now."""
BEFORE = (
    Disposition.UNREACHABLE,
    Disposition.CALL_LATER,
    Disposition.REFUSED,
    Disposition.WRONG_NUMBER,
    Disposition.NOT_THE_PERSON,
)
"""What may come of an attempt without an interview."""
WITHIN = (Disposition.CALL_LATER, Disposition.BROKEN_OFF)
"""What may end an interview that has been begun."""


@dataclass(frozen=True)
class Attempt:
    """A call that ended without a whole interview."""

    at: datetime
    disposition: Disposition
    part: DayPart
    again_at: datetime | None
    note: str


@dataclass(frozen=True)
class CallCard:
    """A call to make, as lists and its own page show it."""

    id: str
    """The assignment's id."""
    dealer: DealerView
    title: Bilingual
    customer: str
    phone: str
    car: str
    employee: str
    reason: str
    event_day: date
    first: date
    last: date
    days_left: int
    attempts: tuple[Attempt, ...]
    """Oldest first."""
    agreed_at: datetime | None
    """The time the customer asked for last, while nobody has called since."""
    parts_left: tuple[DayPart, ...]
    part_now: DayPart
    now: bool
    """Whether to call now: its days have begun, and the time or this part of the day is right."""
    judged: int
    """Items of running plans that its questionnaire asks about."""
    visit_id: str
    """The interview begun, "" before."""
    open: bool

    @property
    def outcomes(self) -> tuple[Disposition, ...]:
        """What can be reported: nobody is unreachable twice in one part of the day."""
        if self.visit_id:
            return WITHIN
        return tuple(
            one for one in BEFORE if one is not Disposition.UNREACHABLE or self.part_now in self.parts_left
        )


@dataclass(frozen=True)
class CallsView:
    """A caller's lists."""

    now: tuple[CallCard, ...]
    later: tuple[CallCard, ...]
    returned: tuple[VisitCard, ...]
    finished_today: int
    """Calls ended today on this device, with or without an interview."""


class Calls:
    """The calls of one person, from the rows of this device."""

    def __init__(self, store: Store, person_id: str, today: Today) -> None:
        self._store = store
        self._person = person_id
        self._today = today
        self._documents = Documents(store)

    async def load(self) -> CallsView:
        """Calls by when they are to be made; interviews begun and times agreed first."""
        store = self._store
        given = [row for row in store.by("assignment", person_id=self._person) if row["call_id"]]
        cards = [card for row in given if row["status"] in OPEN and (card := self._card(row))]
        cards.sort(key=_urgency)
        visits = [v for v in store.by("visit", person_id=self._person) if v["source"] == Source.CALLBACK]
        returned = [visit_card(store, self._documents, v) for v in visits if v["status"] == "returned"]
        here = store.context.local(store.context.now()).date()
        sent = sum(
            1 for v in visits if v["submitted_at"] and store.context.local(v["submitted_at"]).date() == here
        )
        ended = sum(1 for row in given if row["status"] == "given_up" and self._last_day(row["id"]) == here)
        return CallsView(
            now=tuple(one for one in cards if one.now),
            later=tuple(one for one in cards if not one.now),
            returned=tuple(one for one in returned if one),
            finished_today=sent + ended,
        )

    def card(self, assignment_id: str) -> CallCard:
        """One call; NOT_FOUND where it is not on this device."""
        row = self._store.row("assignment", assignment_id)
        card = self._card(row) if row is not None else None
        if card is None:
            raise Problem(Code.NOT_FOUND, {"what": "assignment"})
        return card

    async def report(
        self,
        assignment_id: str,
        disposition: Disposition,
        *,
        note: str = "",
        again_at: datetime | None = None,
    ) -> None:
        """Report what came of an attempt; the call ends with a final outcome or the third part of the day.

        An interview broken off keeps its answers: what was not asked any more counts as not observed, and it
        is sent. INVALID_FIELD where the rule of attempts does not let the outcome in.
        """
        row = self._store.row("assignment", assignment_id)
        if row is None or not row["call_id"]:
            raise Problem(Code.NOT_FOUND, {"what": "assignment"})
        context, now = self._store.context, self._store.context.instant()
        values: dict[str, Any] = {
            "assignment_id": assignment_id,
            "person_id": self._person,
            "at": now,
            "day_part": day_part(context.local(now)).value,
            "disposition": disposition.value,
            "call_again_at": again_at,
            "note": mask_numbers(note.strip()),
        }
        before = self._store.by("call_attempt", assignment_id=assignment_id)
        fault = attempt_fault(before, values)
        if fault is not None:
            raise Problem(Code.INVALID_FIELD, {"field": f"call_attempt.{fault}"})
        begun = self._visit_of(assignment_id)
        if begun is not None and disposition is Disposition.BROKEN_OFF:
            # what is left is answered first: a crash in between leaves a draft that can be gone on with
            session = await self._today.open(begun["id"])
            await self._fill(session)
            self._write(assignment_id, values, ended=False)
            await session.submit()
            session.close()
            return
        self._write(assignment_id, values, ended=is_over([*before, values]))
        await self._store.durable()

    def _write(self, assignment_id: str, values: dict[str, Any], *, ended: bool) -> None:
        attempt_id = self._store.context.new_id()
        writes = [RowWrite("call_attempt", attempt_id, assignment_id, values, OpKind.CREATE)]
        if ended:
            over = {"status": "given_up"}
            writes.append(
                RowWrite("assignment", assignment_id, assignment_id, over, OpKind.TRANSITION, "give_up")
            )
        self._store.apply(writes)

    async def _fill(self, session: VisitSession) -> None:
        while missing := session.completeness.unanswered:
            for code in missing:
                await session.answer(code, "unobserved")

    async def begin(self, assignment_id: str) -> VisitSession:
        """Begin the interview, or go on with the one begun; the adviser of the car is named in it."""
        session = await self._today.start_visit(assignment_id)
        employee = self.card(assignment_id).employee
        if employee and session.editable and not session.visit["consultant"]:
            await session.set_visit("consultant", employee)
        return session

    def _visit_of(self, assignment_id: str) -> dict[str, Any] | None:
        found = self._store.by("visit", assignment_id=assignment_id, person_id=self._person)
        return next((row for row in found if row["status"] == "draft"), None)

    def _last_day(self, assignment_id: str) -> date | None:
        times = [row["at"] for row in self._store.by("call_attempt", assignment_id=assignment_id)]
        return self._store.context.local(max(times)).date() if times else None

    def _card(self, row: dict[str, Any]) -> CallCard | None:
        store, context = self._store, self._store.context
        task = store.row("call_task", row["call_id"])
        document = self._documents.get(row["template_version_id"])
        if task is None or document is None:
            return None
        rows = sorted(
            store.by("call_attempt", assignment_id=row["id"]), key=lambda one: (to_text(one["at"]), one["id"])
        )
        local = context.local(context.now())
        part, left = day_part(local), parts_left(rows)
        agreed = rows[-1]["call_again_at"] if rows else None
        begun = self._visit_of(row["id"])
        if begun is not None:
            now = True
        elif agreed is not None:
            now = context.now() >= agreed - EARLY
        else:
            now = row["window_start"] <= local.date() and part in left
        judged = judged_items(store, {"assignment_id": row["id"], "dealer_id": row["dealer_id"]})
        return CallCard(
            id=row["id"],
            dealer=dealer_view(store, row["dealer_id"]),
            title=document.title,
            customer=task["name"],
            phone=task["phone"],
            car=" · ".join(part for part in (task["model"], task["plate"]) if part),
            employee=task["employee"],
            reason=task["reason"],
            event_day=task["event_day"],
            first=row["window_start"],
            last=row["window_end"],
            days_left=(row["window_end"] - local.date()).days,
            attempts=tuple(
                Attempt(
                    one["at"],
                    Disposition(one["disposition"]),
                    DayPart(one["day_part"]),
                    one["call_again_at"],
                    one["note"],
                )
                for one in rows
            ),
            agreed_at=agreed,
            parts_left=left,
            part_now=part,
            now=now,
            judged=len({q.item for q in document.questions() if q.scored} & judged),
            visit_id=begun["id"] if begun else "",
            open=row["status"] in OPEN,
        )


def _urgency(one: CallCard) -> tuple[object, ...]:
    agreed = to_text(one.agreed_at) if one.agreed_at is not None else "~"  # after every instant
    return not one.visit_id, agreed, one.last, one.id
