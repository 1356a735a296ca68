"""A checklist's rules for a submission, made ready once per version.

Most submissions are complete, and their score is a sum. What this cannot say plainly is left to the general
way (sync_server.visits.service), which says why; tests/unit/visits/test_rules.py holds the two against each
other.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import NamedTuple

from shared_models.checklists.document import Question, QuestionKind, TemplateDocument
from shared_models.checklists.logic import AnswerValue, shown_questions
from shared_models.visits.completeness import needs_evidence
from shared_models.visits.scoring import SectionScore, question_fraction, section_score, total_percent

_MOST_VERSIONS = 200
_ZERO = Decimal(0)


class Scored(NamedTuple):
    """A submission that lacks nothing: its total in percent, None where nothing in it counts."""

    percent: Decimal | None


class _Worth(NamedTuple):
    """What one answer to a question adds to its section."""

    applicable: Decimal
    achieved: Decimal
    cap: Decimal | None
    """Where the answer fails a critical question: the cap of its section."""


class _Asked(NamedTuple):
    code: str
    required: bool
    question: Question
    worth: Mapping[str, _Worth | None]
    """By answer, of the kinds whose answers are listed."""
    evidence: bool


class Rules:
    """The rules of a checklist in which nothing repeats and nothing is computed."""

    def __init__(self, document: TemplateDocument) -> None:
        self._document = document
        self._sections = [
            (section.code, [_asked(question) for question in section.questions])
            for section in document.sections
        ]
        self._hides = any(question.show_when is not None for question in document.questions())

    def scored(
        self, answers: Mapping[str, AnswerValue], attachments: Mapping[tuple[str, str], int]
    ) -> Scored | None:
        """The score of a submission with these answers and living attachments by (code, kind); None where it
        is not plainly complete."""
        shown: set[str] | None = None
        if self._hides:
            shown = {question.code for question in shown_questions(self._document, answers)}
        sections: list[SectionScore] = []
        with localcontext() as exact:
            exact.prec = 28
            for section, questions in self._sections:
                applicable = achieved = _ZERO
                cap: Decimal | None = None
                for code, required, question, listed, evidence in questions:
                    if shown is not None and code not in shown:
                        continue
                    answer = answers.get(code)
                    if answer is None:
                        if required:
                            return None
                        continue
                    state, value = answer
                    if state != "answered":
                        continue
                    worth = listed.get(value) if type(value) is str else None
                    if worth is None and (type(value) is not str or value not in listed):
                        worth = _worth(question, answer)
                    if evidence and not _is_evident(question, answer, attachments):
                        return None
                    if worth is None:
                        continue
                    applicable += worth.applicable
                    achieved += worth.achieved
                    if worth.cap is not None:
                        cap = worth.cap if cap is None else min(cap, worth.cap)
                sections.append(section_score(section, achieved, applicable, cap))
            return Scored(total_percent(self._document, sections))


_rules: dict[str, Rules | None] = {}


def rules_of(version_id: str, document: TemplateDocument) -> Rules | None:
    """The rules of a checklist version, made once; None where its answers have to be laid out first."""
    if version_id in _rules:
        return _rules[version_id]
    if len(_rules) >= _MOST_VERSIONS:
        _rules.clear()
    repeats = any(section.repeat is not None for section in document.sections)
    computes = any(question.calculation is not None for question in document.questions())
    found = _rules[version_id] = None if repeats or computes else Rules(document)
    return found


def _asked(question: Question) -> _Asked:
    if question.kind in {QuestionKind.YES_NO, QuestionKind.YES_NO_NA}:
        values = ["yes", "no"]
    else:
        values = [choice.code for choice in question.choices] if question.kind is QuestionKind.SINGLE else []
    worth = {value: _worth(question, AnswerValue("answered", value)) for value in values}
    return _Asked(question.code, question.required, question, worth, question.evidence is not None)


def _worth(question: Question, answer: AnswerValue) -> _Worth | None:
    with localcontext() as exact:
        exact.prec = 28
        fraction = question_fraction(question, answer)
        if fraction is None:
            return None
        cap = question.critical_cap if question.critical and fraction == 0 else None
        return _Worth(question.weight, question.weight * fraction, cap)


def _is_evident(question: Question, answer: AnswerValue, attachments: Mapping[tuple[str, str], int]) -> bool:
    rule = needs_evidence(question, answer)
    return rule is None or attachments.get((question.code, rule.kind), 0) >= rule.count
