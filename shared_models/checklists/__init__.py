"""Checklists: canonical items, templates, their published versions and the rules of a template document."""

from shared_models.checklists.document import (
    Bilingual,
    Choice,
    Evidence,
    Question,
    QuestionKind,
    Repeat,
    ScoreBand,
    Section,
    TemplateDocument,
)
from shared_models.checklists.evaluating import Evaluated, Evaluator, evaluated
from shared_models.checklists.logic import AnswerValue, Condition, is_shown, shown_questions
from shared_models.checklists.stages import Rater, Source, Stage

__all__ = [
    "AnswerValue",
    "Bilingual",
    "Choice",
    "Condition",
    "Evaluated",
    "Evaluator",
    "Evidence",
    "Question",
    "QuestionKind",
    "Rater",
    "Repeat",
    "ScoreBand",
    "Section",
    "Source",
    "Stage",
    "TemplateDocument",
    "evaluated",
    "is_shown",
    "shown_questions",
]
