"""What a visit still lacks before it can be submitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared_models.checklists.document import Evidence, Question, QuestionKind, TemplateDocument
from shared_models.checklists.logic import AnswerValue, shown_questions
from shared_models.visits.scoring import question_fraction

_MEDIA_KINDS = {QuestionKind.PHOTO: "photo", QuestionKind.AUDIO: "audio"}


@dataclass(frozen=True)
class Missing:
    """Evidence that a question still needs: so many more of a kind."""

    question: str
    kind: str
    count: int


@dataclass(frozen=True)
class Completeness:
    """Unanswered required questions and missing evidence block submission; optional questions do not."""

    unanswered: tuple[str, ...]
    optional_unanswered: tuple[str, ...]
    missing_evidence: tuple[Missing, ...]

    @property
    def ready(self) -> bool:
        """Whether the visit may be submitted."""
        return not self.unanswered and not self.missing_evidence


def needs_evidence(question: Question, answer: AnswerValue | None) -> Evidence | None:
    """The evidence that this answer asks for, if any."""
    rule = question.evidence
    if rule is None or answer is None or answer.state != "answered":
        return None
    if rule.when == "always":
        return rule
    fraction = question_fraction(question, answer)
    if fraction is None:
        return None
    wanted = {"no": fraction == 0, "low": fraction * 2 < 1, "yes": fraction > 0}[rule.when]
    return rule if wanted else None


def completeness(
    document: TemplateDocument,
    answers: Mapping[str, AnswerValue],
    attachments: Mapping[tuple[str, str], int],
) -> Completeness:
    """What is missing, given the evaluated checklist, answers by key and living attachments counted by
    (key, kind). What is computed is never missing."""
    unanswered: list[str] = []
    optional: list[str] = []
    missing: list[Missing] = []
    for question in shown_questions(document, answers):
        answer = answers.get(question.code)
        media = _MEDIA_KINDS.get(question.kind)
        present = answer is not None or (media is not None and attachments.get((question.code, media), 0) > 0)
        if not present and question.calculation is None:
            (unanswered if question.required else optional).append(question.code)
        rule = needs_evidence(question, answer)
        if rule is not None:
            lacking = rule.count - attachments.get((question.code, rule.kind), 0)
            if lacking > 0:
                missing.append(Missing(question.code, rule.kind, lacking))
    return Completeness(tuple(unanswered), tuple(optional), tuple(missing))
