"""Review: submitted visits in the reviewer's scope, accepted, returned with questions, or rejected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from field_app.store import RowWrite, Store
from field_app.visits.workflow_cards import Documents, VisitCard, visit_card
from field_app.visits.workflow_carrying import Carrying
from field_app.visits.workflow_reading import VisitReading
from shared_models.checklists import AnswerValue
from shared_models.checklists.repeats import split_key
from shared_models.people import Access
from shared_models.problems import Code, Place, Problem
from shared_models.sync.wire import OpKind
from shared_models.visits.states import next_visit_status
from shared_models.visits.validation import answer_fault


class ReviewSession(VisitReading):
    """A submitted visit as its reviewer reads it; its answers cannot be changed here."""

    def __init__(self, store: Store, visit_id: str, access: Access) -> None:
        super().__init__(store, visit_id)
        self._access = access
        self.carrying = Carrying(store, self._state.visit, self._state.template)

    @property
    def editable(self) -> bool:
        """A reviewer never changes what was recorded (see :meth:`correct`)."""
        return False

    async def accept(self, note: str = "") -> None:
        """Accept the visit: its answers become observations. EVIDENCE_INCOMPLETE where files are still on
        their way and no reason is given."""
        if self.reason_to_accept and not note.strip():
            raise Problem(Code.EVIDENCE_INCOMPLETE)
        await self._decide("accept", note, {})

    async def send_back(self, questions: Mapping[str, str], note: str = "") -> None:
        """Return the visit with a question per answer (question code, "" for the visit -> text)."""
        await self._decide("return", note, questions)

    async def reject(self, note: str) -> None:
        """Reject the visit: it never enters the figures."""
        await self._decide("reject", note, {})

    async def correct(self, code: str, state: str, value: Any, reason: str) -> None:
        """Read an answer differently from now on; what was recorded stays beside it.

        INVALID_FIELD for an answer that does not fit or says the same, and without a reason.
        """
        question = self._state.question(code)
        fault = answer_fault(question, state, value)
        given = AnswerValue(state, value if state == "answered" else None)  # type: ignore[arg-type]
        if question.calculation is not None:
            fault = "computed"
        if fault or (value is None) is (state == "answered") or self.answers.get(code) == given:
            raise Problem(Code.INVALID_FIELD, {"field": code}, [Place(code, fault or "value")])
        if not reason.strip():
            raise Problem(Code.INVALID_FIELD, {"field": code}, [Place(code, "reason")])
        context, recorded = self._store.context, self.answers.get(code)
        values: dict[str, Any] = {
            "visit_id": self.id,
            "question": split_key(code)[0],
            "repeat": split_key(code)[1],
            "state": given.state,
            "value": given.value,
            "revision": self.visit["revision"],
            "reason": reason.strip(),
            # what the server will set, for reading until then
            "author_id": self._access.person_id,
            "made_at": context.instant(),
            "before_state": recorded.state if recorded else "",
            "before_value": recorded.value if recorded else None,
        }
        version = self.visit["template_version_id"]
        row = RowWrite("correction", context.new_id(), self.id, values, OpKind.CREATE, "", version)
        await self._write([row])

    @property
    def reason_to_accept(self) -> bool:
        """Whether accepting needs a reason: not all files are on the server yet."""
        return not self.visit["evidence_complete"]

    async def _decide(self, action: str, note: str, questions: Mapping[str, str]) -> None:
        context = self._store.context
        after = next_visit_status(self.visit["status"], action, self._access.roles)
        version = self.visit["template_version_id"]
        writes = [
            RowWrite(
                "review_note",
                context.new_id(),
                self.id,
                {
                    "visit_id": self.id,
                    "question": code,
                    "text": text,
                    "author_id": self._access.person_id,
                    "created_at": context.instant(),
                },
                OpKind.CREATE,
                template_version=version,
            )
            for code, text in questions.items()
            if text.strip()
        ]
        values: dict[str, Any] = {"status": after.value, "review_note": note}
        decision = RowWrite("visit", self.id, self.id, values, OpKind.TRANSITION, action, version)
        await self._write([*writes, decision])

    async def _write(self, writes: Sequence[RowWrite]) -> None:
        """Write and take in what is stored then, without reading again what a busy database may hide."""
        state = self._state
        for one, row in zip(writes, self._store.apply(writes, back=True), strict=True):
            if row is None:
                continue
            if one.entity == "visit":
                state.visit = row
            elif one.entity == "correction":
                state.corrections = [*state.corrections, row]
            else:
                state.notes = [*state.notes, row]
        state.derived = state.derive()
        self._tell_everything()
        await self._store.durable()


class Review:
    """The reviewer's queue."""

    def __init__(self, store: Store, access: Access) -> None:
        self._store = store
        self._access = access
        self._documents = Documents(store)

    async def load(self, status: str = "submitted") -> tuple[VisitCard, ...]:
        """Others' visits of that status on this device, the longest waiting first: nobody reviews his own."""
        mine = self._access.person_id
        rows = [row for row in self._store.by("visit", status=status) if row["person_id"] != mine]
        rows.sort(key=lambda row: (str(row["submitted_at"] or ""), row["id"]))
        cards = (visit_card(self._store, self._documents, row) for row in rows)
        return tuple(card for card in cards if card)

    async def open(self, visit_id: str) -> ReviewSession:
        """Open a visit for review."""
        return ReviewSession(self._store, visit_id, self._access)
