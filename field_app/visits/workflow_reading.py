"""One visit as it is read: answers, files, test drive, notes, score; watched while it changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from field_app.store import Store
from field_app.visits.workflow_cards import DealerView
from field_app.visits.workflow_state import Change, VisitState
from shared_models.checklists import AnswerValue, TemplateDocument
from shared_models.checklists.repeats import row_key
from shared_models.visits import Completeness, Timeline, VisitScore
from shared_models.visits.corrections import in_order
from shared_models.visits.signals import told_answers
from shared_models.visits.states import EDITABLE


class VisitReading:
    """An open visit. It follows what comes in from the server until it is closed."""

    def __init__(self, store: Store, visit_id: str) -> None:
        self._store = store
        self._state = VisitState(store, visit_id)
        self._watchers: list[Callable[[Change], None]] = []
        self._unsaved = 0
        self._stop = store.watch(self._touched)

    @property
    def id(self) -> str:
        """The visit's id."""
        return self._state.visit_id

    @property
    def visit(self) -> Mapping[str, Any]:
        """The visit's own columns."""
        return self._state.visit

    @property
    def dealer(self) -> DealerView:
        """Where the visit takes place."""
        return self._state.dealer

    @property
    def document(self) -> TemplateDocument:
        """The checklist version the visit began with, every instance of a repeating section laid out."""
        return self._state.document

    @property
    def template(self) -> TemplateDocument:
        """The checklist version as it was published."""
        return self._state.template

    @property
    def answers(self) -> Mapping[str, AnswerValue]:
        """Answers by key, computed ones too; a cleared answer is not there."""
        return self._state.answers

    @property
    def recorded(self) -> dict[str, AnswerValue]:
        """Answers by question code as the visitor recorded them."""
        return self._state.recorded

    def changes_of(self, code: str) -> list[Mapping[str, Any]]:
        """Corrections of an answer (rows with ``author``, the author's name), the oldest first."""
        made = [row for row in in_order(self._state.corrections) if row_key(row) == code]
        people = {row["author_id"]: self._store.row("person", row["author_id"] or "") for row in made}
        return [{**row, "author": (people[row["author_id"]] or {}).get("name", "")} for row in made]

    @property
    def comments(self) -> dict[str, str]:
        """Comments by question code."""
        return {code: row["comment"] for code, row in self._state.answer_rows.items() if row["comment"]}

    @property
    def answered_at(self) -> list[datetime]:
        """When each answer was last given."""
        return [row["answered_at"] for row in self._state.answer_rows.values() if row["answered_at"]]

    @property
    def attachments(self) -> Sequence[Mapping[str, Any]]:
        """Living attachments (columns of the attachment table), oldest first."""
        return self._state.attachments

    @property
    def drive(self) -> Mapping[str, Any]:
        """The test-drive log's columns; empty before the first entry."""
        return self._state.drive or {}

    @property
    def stamps(self) -> dict[str, datetime]:
        """Stamps of the test drive by event."""
        return self._state.stamps()

    @property
    def corrections(self) -> dict[str, str]:
        """Reasons given for corrected stamps, by event."""
        return {
            kind: row["correction_reason"]
            for kind, row in self._state.events.items()
            if row["correction_reason"]
        }

    @property
    def timeline(self) -> Timeline:
        """Minutes and order checks of the test drive."""
        return self._state.timeline()

    @property
    def notes(self) -> Sequence[Mapping[str, Any]]:
        """The reviewer's questions, oldest first."""
        return self._state.notes

    @property
    def score(self) -> VisitScore:
        """The running score."""
        return self._state.derived.score

    @property
    def completeness(self) -> Completeness:
        """What still blocks submission."""
        return self._state.derived.completeness

    @property
    def judged(self) -> frozenset[str]:
        """Codes of the items that this visit judges: those of the dealer's running plans."""
        return self._state.judged

    @property
    def told(self) -> frozenset[str]:
        """Keys of the answers with a remark, a photo or a recording."""
        return told_answers(self._state.answer_rows.values(), self.attachments)

    @property
    def shown(self) -> tuple[str, ...]:
        """Codes of the questions asked with the answers so far, in order."""
        return self._state.derived.shown

    @property
    def editable(self) -> bool:
        """Whether answers can be changed."""
        return self.visit["status"] in EDITABLE

    @property
    def saved(self) -> bool:
        """Whether everything shown is durable."""
        return self._unsaved == 0

    async def blob(self, attachment_id: str) -> bytes | None:
        """The bytes of an attachment, if they are (still) on this device."""
        row = next((a for a in self.attachments if a["id"] == attachment_id), None)
        return None if row is None else await self._store.blobs.get(row["sha256"])

    def subscribe(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        """Be told what each change touches, first when shown, then when durable; gives the end of it."""
        self._watchers.append(callback)

        def stop() -> None:
            if callback in self._watchers:
                self._watchers.remove(callback)

        return stop

    def close(self) -> None:
        """End the session; nothing is left to save."""
        self._stop()
        self._watchers.clear()

    def _touched(self, touched: Any) -> None:
        """Something of this visit came in from the server: read it again and say everything may differ."""
        if touched.local or self.id not in touched.aggregates:
            return
        self._state.behind = True  # until it is read, which a busy database may refuse
        if self._store.row("visit", self.id) is None:
            self._state.behind = False
        else:
            self.refresh()

    def refresh(self) -> None:
        """Read the visit again and say that everything may differ."""
        self._state.reload()
        self._tell_everything()

    def _tell_everything(self) -> None:
        everything = frozenset(q.code for q in self.document.questions())
        sections = frozenset(s.code for s in self.document.sections)
        self._tell(
            Change(
                everything,
                sections,
                score=True,
                completeness=True,
                drive=True,
                visit=True,
                laid_out=True,
                saved=self.saved,
            )
        )

    def _tell(self, change: Change) -> None:
        for watcher in list(self._watchers):
            watcher(change)
