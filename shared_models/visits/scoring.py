"""Scores of a visit in exact decimal: the device's score equals the server's, always.

Weighted share of what was achieved, in percent, per section and in total. Not applicable and not observed
leave the denominator; a failed critical question caps its section and is reported apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext

from shared_models.checklists.document import Question, QuestionKind, TemplateDocument
from shared_models.checklists.logic import AnswerValue, shown_questions
from shared_models.checklists.repeats import split_key

_HUNDRED = Decimal(100)
_PLACES = Decimal("0.000001")
_YES_NO = {"yes": Decimal(1), "no": Decimal(0)}


@dataclass(frozen=True)
class SectionScore:
    """``percent`` is None while nothing scored is answered; ``capped``: a critical failure capped it."""

    code: str
    percent: Decimal | None
    achieved: Decimal
    applicable: Decimal
    answered: int
    shown: int
    capped: bool


@dataclass(frozen=True)
class VisitScore:
    """The whole score: total in percent, sections, and the codes of failed critical questions."""

    percent: Decimal | None
    sections: tuple[SectionScore, ...]
    critical_failures: tuple[str, ...]

    @property
    def answered(self) -> int:
        """Questions with an answer of any state."""
        return sum(section.answered for section in self.sections)

    @property
    def shown(self) -> int:
        """Questions asked with the answers so far."""
        return sum(section.shown for section in self.sections)


def question_fraction(question: Question, answer: AnswerValue | None) -> Decimal | None:
    """Share 0..1 of the question's weight that an answer earns; None where it does not count.

    yes 1, no 0; a scale linearly from minimum to maximum; a choice its own score; several choices the sum of
    theirs up to 1; numbers and durations by score bands.
    """
    if answer is None or answer.state != "answered" or answer.value is None or not question.scored:
        return None
    value = answer.value
    match question.kind:
        case QuestionKind.YES_NO | QuestionKind.YES_NO_NA:
            return _YES_NO.get(value)
        case QuestionKind.SCALE:
            low, high = question.minimum or Decimal(0), question.maximum or Decimal(1)
            share = (Decimal(str(value)) - low) / (high - low)
            return min(max(share, Decimal(0)), Decimal(1))
        case QuestionKind.SINGLE:
            return next((choice.score for choice in question.choices if choice.code == value), None)
        case QuestionKind.MULTIPLE:
            scores = [choice.score or Decimal(0) for choice in question.choices if choice.code in value]
            return min(sum(scores, Decimal(0)), Decimal(1))
        case QuestionKind.NUMBER | QuestionKind.DURATION:
            number = Decimal(str(value))
            earned = [band.score for band in question.score_bands if number >= band.at_least]
            return earned[-1] if earned else Decimal(0)
        case _:
            return None


def score_visit(document: TemplateDocument, answers: Mapping[str, AnswerValue]) -> VisitScore:
    """Scores of all sections and the weighted total, half-up to six decimals (shown with one).

    ``document`` and ``answers`` as evaluated (shared_models.checklists.evaluating). The instances of a
    repeating section count together once, by the mean of those that have a score: more never weigh more.
    """
    shown = {question.code for question in shown_questions(document, answers)}
    sections: list[SectionScore] = []
    failures: list[str] = []
    with localcontext() as exact:
        exact.prec = 28
        for section in document.sections:
            achieved = applicable = Decimal(0)
            asked = [question for question in section.questions if question.code in shown]
            to_answer = [question for question in asked if question.calculation is None]
            cap: Decimal | None = None
            for question in asked:
                fraction = question_fraction(question, answers.get(question.code))
                if fraction is None:
                    continue
                applicable += question.weight
                achieved += question.weight * fraction
                if question.critical and fraction == 0:
                    failures.append(question.code)
                    cap = question.critical_cap if cap is None else min(cap, question.critical_cap)
            answered = sum(1 for question in to_answer if question.code in answers)
            sections.append(
                section_score(
                    section.code, achieved, applicable, cap, answered=answered, shown=len(to_answer)
                )
            )
        total = total_percent(document, sections)
    return VisitScore(total, tuple(sections), tuple(failures))


def section_score(
    code: str,
    achieved: Decimal,
    applicable: Decimal,
    cap: Decimal | None,
    *,
    answered: int = 0,
    shown: int = 0,
) -> SectionScore:
    """A section's score of its sums; ``cap``: the lowest cap of its failed critical questions."""
    percent = achieved / applicable * _HUNDRED if applicable else None
    capped = percent is not None and cap is not None and percent > cap
    if capped:
        percent = cap
    return SectionScore(code, _rounded(percent), achieved, applicable, answered, shown, capped)


def total_percent(document: TemplateDocument, sections: Sequence[SectionScore]) -> Decimal | None:
    """The weighted total of a checklist's sections, in their order; None where none of them counts."""
    weights = _weighed(document, sections)
    whole = sum((weight for weight, _ in weights), Decimal(0))
    return _rounded(sum((w * p for w, p in weights), Decimal(0)) / whole if whole else None)


def _weighed(document: TemplateDocument, sections: Sequence[SectionScore]) -> list[tuple[Decimal, Decimal]]:
    """Weight and percent of each section that counts, instances taken together."""
    together: dict[str, tuple[Decimal, list[Decimal]]] = {}
    for section, score in zip(document.sections, sections, strict=True):
        if score.percent is not None and section.weight > 0:
            code, _ = split_key(section.code)
            together.setdefault(code, (section.weight, []))[1].append(score.percent)
    return [(weight, sum(found, Decimal(0)) / len(found)) for weight, found in together.values()]


def _rounded(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(_PLACES, ROUND_HALF_UP)
