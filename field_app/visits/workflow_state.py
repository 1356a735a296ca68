"""The state of one open visit in memory, and what follows from it: score, what is shown, what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from field_app.store import Store
from field_app.visits.judged import judged_items
from field_app.visits.workflow_cards import DealerView, answer_values, dealer_view
from shared_models.checklists import AnswerValue, Evaluator, Source, TemplateDocument, shown_questions
from shared_models.checklists.repeats import row_key, split_key
from shared_models.ids import derived_id
from shared_models.problems import Code, Problem
from shared_models.visits import (
    Completeness,
    Timeline,
    VisitScore,
    completeness,
    corrected_by_key,
    score_visit,
    timeline,
)
from shared_models.visits.completeness import Missing
from shared_models.visits.signals import Judged, told_answers, unsaid
from shared_models.visits.states import EDITABLE

Row = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """What a tap changed, so that only that is drawn again."""

    questions: frozenset[str] = frozenset()
    """Questions whose answer, comment, attachments or notes changed."""
    sections: frozenset[str] = frozenset()
    """Sections whose score or progress changed."""
    appeared: frozenset[str] = frozenset()
    disappeared: frozenset[str] = frozenset()
    score: bool = False
    completeness: bool = False
    drive: bool = False
    visit: bool = False
    """A field of the visit itself changed, its status included."""
    laid_out: bool = False
    """Instances of repeating sections came, went or got another name."""
    saved: bool = False
    """False: the change is on the screen; True: all changes so far are durable."""


@dataclass(frozen=True)
class Derived:
    """All that follows from the answers."""

    document: TemplateDocument
    """The checklist with every instance of its repeating sections."""
    answers: Mapping[str, AnswerValue]
    """What counts, with what is computed."""
    score: VisitScore
    shown: tuple[str, ...]
    completeness: Completeness


def answer_id(visit_id: str, key: str) -> str:
    """The id of the answer of that key: the same on every device."""
    question, repeat = split_key(key)
    return derived_id("answer", visit_id, question, str(repeat))


class VisitState:
    """Rows of one visit, and what follows from them. Read through VisitSession."""

    def __init__(self, store: Store, visit_id: str) -> None:
        self._store = store
        self.visit_id = visit_id
        self._version = ""
        self.behind = False
        """Whether the database holds what could not be read yet."""
        self.reload()

    def reload(self) -> None:
        """Read all rows again (something came in from the server)."""
        self.behind = True
        store, visit_id = self._store, self.visit_id
        visit = store.row("visit", visit_id)
        if visit is None:
            raise Problem(Code.NOT_FOUND, {"what": "visit"})
        self.visit: Row = visit
        if visit["template_version_id"] != self._version:  # at first, and when the draft has been moved
            self._read_template(visit["template_version_id"])
        self.dealer: DealerView = dealer_view(store, visit["dealer_id"])
        # one row per question even if two devices once wrote two: the smaller id, on every device
        found = sorted(store.by("answer", visit_id=visit_id), key=lambda row: row["id"], reverse=True)
        self.answer_rows: dict[str, Row] = {row_key(row): row for row in found}
        self.attachments: list[Row] = sorted(
            (row for row in store.by("attachment", visit_id=visit_id) if not row["removed"]),
            key=lambda row: (str(row["taken_at"] or ""), row["id"]),
        )
        drives = store.by("test_drive", visit_id=visit_id)
        self.drive: Row | None = drives[0] if drives else None
        self.events: dict[str, Row] = {e["kind"]: e for e in store.by("test_drive_event", visit_id=visit_id)}
        self.notes: list[Row] = sorted(
            store.by("review_note", visit_id=visit_id),
            key=lambda row: (str(row["created_at"] or ""), row["id"]),
        )
        self.corrections: list[Row] = store.by("correction", visit_id=visit_id)
        self.judged = judged_items(store, visit)
        self.derived = self.derive()
        self.behind = False

    def _read_template(self, version_id: str) -> None:
        version = self._store.row("template_version", version_id)
        if version is None:
            raise Problem(Code.NOT_FOUND, {"what": "template_version"})
        self.template = TemplateDocument.model_validate(version["document"])
        self._evaluate = Evaluator(self.template)
        self._laid_out: TemplateDocument | None = None
        self._version = version_id

    @property
    def recorded(self) -> dict[str, AnswerValue]:
        """Answers by key as they were recorded; cleared ones are not there."""
        return answer_values(self.answer_rows.values())

    @property
    def document(self) -> TemplateDocument:
        """The checklist as these answers lay it out."""
        return self.derived.document

    @property
    def answers(self) -> Mapping[str, AnswerValue]:
        """Answers by key as they count: of a sealed visit with its corrections."""
        return self.derived.answers

    def _counting(self) -> dict[str, AnswerValue]:
        if not self.corrections or self.visit["status"] in EDITABLE:
            return self.recorded
        return corrected_by_key(self.recorded, self.corrections, self.visit["revision"])

    def question(self, code: str) -> Any:
        """The question of that key; NOT_FOUND if the checklist has none."""
        try:
            return self._questions[code]
        except KeyError:
            raise Problem(Code.NOT_FOUND, {"what": code}) from None

    def media_counts(self) -> Counter[tuple[str, str]]:
        """Living attachments by (key, kind)."""
        return Counter((row_key(row), row["kind"]) for row in self.attachments)

    def stamps(self) -> dict[str, datetime]:
        """Instants of the test drive's stamps."""
        return {kind: row["at"] for kind, row in self.events.items() if row["at"] is not None}

    def timeline(self) -> Timeline:
        """Minutes and order of the test drive."""
        return timeline(self.stamps())

    def derive(self) -> Derived:
        """Score, shown questions and completeness of the answers as they stand."""
        document, answers = self._evaluate(self._counting())
        if document is not self._laid_out:
            self._laid_out = document
            self._questions = {q.code: q for q in document.questions()}
            self._section_of = {q.code: s.code for s in document.sections for q in s.questions}
        return Derived(
            document=document,
            answers=answers,
            score=score_visit(document, answers),
            shown=tuple(q.code for q in shown_questions(document, answers)),
            completeness=self._with_words(completeness(document, answers, self.media_counts()), answers),
        )

    def _with_words(self, found: Completeness, answers: Mapping[str, AnswerValue]) -> Completeness:
        """A covert visitor is not told which items are judged: their answers want a sentence or a photo."""
        if not self.judged or self.visit["source"] != Source.SHOP or self.visit["status"] not in EDITABLE:
            return found
        told = told_answers(self.answer_rows.values(), self.attachments)
        lacking = [
            Missing(code, "words", 1) for code in unsaid(self._questions, answers, Judged(self.judged, told))
        ]
        return replace(found, missing_evidence=(*found.missing_evidence, *lacking))

    def step(self, *questions: str, drive: bool = False, visit: bool = False) -> Change:
        """Derive anew and say what is different now."""
        before, after = self.derived, self.derive()
        self.derived = after
        old, new = set(before.shown), set(after.shown)
        was = {section.code: section for section in before.score.sections}
        computed = (
            code
            for code, question in self._questions.items()
            if question.calculation is not None and before.answers.get(code) != after.answers.get(code)
        )
        return Change(
            questions=frozenset((*questions, *computed)),
            sections=frozenset(s.code for s in after.score.sections if was.get(s.code) != s)
            | frozenset(self._section_of[q] for q in questions if q in self._section_of),
            appeared=frozenset(new - old),
            disappeared=frozenset(old - new),
            score=before.score.percent != after.score.percent
            or before.score.critical_failures != after.score.critical_failures
            or before.score.answered != after.score.answered
            or before.score.shown != after.score.shown,
            completeness=before.completeness != after.completeness,
            drive=drive,
            visit=visit,
            laid_out=before.document is not after.document,
        )
