"""Answers of the visitor's last visit to the same dealer, offered where the checklist allows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from field_app.store import Store
from field_app.visits.workflow_cards import answer_values
from shared_models.checklists import AnswerValue, Question, TemplateDocument
from shared_models.visits.states import EDITABLE
from shared_models.visits.validation import answer_fault


@dataclass(frozen=True)
class Carried:
    """An answer from before; it counts for nothing until the visitor takes it over."""

    value: Any
    day: date


class Carrying:
    """What the last visit said, read once and only where a checklist asks for it."""

    def __init__(self, store: Store, visit: Mapping[str, Any], template: TemplateDocument) -> None:
        self._store, self._visit = store, visit
        self._wanted = any(question.carry_over for question in template.questions())
        self._found: tuple[date, Mapping[str, Any]] | None = None

    def offered(self, question: Question) -> Carried | None:
        """What to offer for a question (of the laid-out checklist), if anything."""
        if not self._wanted or not question.carry_over:
            return None
        if self._found is None:
            self._found = self._last()
        day, answers = self._found
        answer = answers.get(question.code)
        if answer is None or answer.state != "answered" or answer.value is None:
            return None
        if answer_fault(question, "answered", answer.value) is not None:
            return None  # asked otherwise then
        return Carried(answer.value, day)

    def unchanged(self, question: Question, answer: AnswerValue | None) -> date | None:
        """The day of the last visit where an answer that may be taken over says what was said then.

        A visitor who takes an answer over and one who gives the same again leave the same answer.
        """
        before = self.offered(question)
        if before is None or answer is None or answer.state != "answered" or answer.value != before.value:
            return None
        return before.day

    def _last(self) -> tuple[date, Mapping[str, Any]]:
        """Day and answers of the newest sealed visit of the same person there; none: nothing to offer.

        For a visit that is itself sealed, of those begun before it.
        """
        begun = self._visit["status"] in EDITABLE
        own = [
            (row["visit_date"] or date.min, row["id"])
            for row in self._store.by("visit", dealer_id=self._visit["dealer_id"])
            if row["person_id"] == self._visit["person_id"]
            and row["id"] != self._visit["id"]
            and row["status"] not in EDITABLE
            and row["status"] != "rejected"
            and (begun or row["id"] < self._visit["id"])
        ]
        if not own:
            return date.min, {}
        day, visit_id = max(own)
        return day, answer_values(self._store.by("answer", visit_id=visit_id))
