"""From answers to observations: pure rules, no database.

* One question of a checklist, one column of a survey, measures at most one item. Its answer is one
  observation with the share it achieved (yes 1, no 0, choices and bands their own share). A rating is none.
* All questions of one item in one visit (or interview) share one observation between them, by their weights
  in the checklist: a visit counts once per item, whether its checklist asks one question about it or five.
  The instances of a question in a repeating section share its weight: they count by their mean.
* Not applicable and not observed never enter the denominator. Where a visit answered any question of an item,
  its other questions weigh nothing; where it answered none, the item counts once as not observed (if any
  question was) or else once as not applicable.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from shared_models.checklists.document import QuestionKind, TemplateDocument
from shared_models.checklists.evaluating import evaluated
from shared_models.checklists.logic import AnswerValue, shown_questions
from shared_models.checklists.repeats import key_of, split_key
from shared_models.visits.scoring import question_fraction
from sync_server.insight.tables import WHOLE

State = Literal["executed", "not", "na", "unobserved"]
_HALF = WHOLE // 2


@dataclass(frozen=True, slots=True)
class ItemAnswer:
    """An answer that measures an item, before questions of the same item share their observation."""

    item: str
    """Item code."""
    question: str
    repeat: int
    weight: Decimal
    state: Literal["answered", "na", "unobserved"]
    fraction: Decimal | None = None
    """Share 0..1 achieved; given exactly when the state is ``answered``."""
    employee: str = ""
    """Whom it was seen of, where the section is asked once per employee."""


@dataclass(frozen=True, slots=True, order=True)
class Fact:
    """One observation without its origin; value, weight and earned in millionths."""

    item: str
    question: str
    repeat: int
    state: State
    value: int
    weight: int
    earned: int
    employee: str = ""
    """Whom it was seen of; "": whoever the visit names."""


def visit_answers(
    document: TemplateDocument, answers: Mapping[tuple[str, int], AnswerValue]
) -> list[ItemAnswer]:
    """The answers of a visit that measure an item: of shown, scored questions other than ratings.

    ``answers`` by (question code, repeat); of a repeating section those of its living instances count, each
    by its own show-when rules, and what is computed is computed again.
    """
    laid_out, by_key = evaluated(document, {key_of(*place): answer for place, answer in answers.items()})
    shown = {question.code: question for question in shown_questions(laid_out, by_key)}
    named = _employees(document, by_key)
    found: list[ItemAnswer] = []
    for key, answer in by_key.items():
        question = shown.get(key)
        code, repeat = split_key(key)
        if question is None or question.item is None or not question.scored:
            continue
        if question.kind is QuestionKind.SCALE:
            continue  # a rating says how good it was, not whether it was done
        if answer.state == "answered":
            fraction = question_fraction(question, answer)
            if fraction is None:
                continue
            state = "answered"
        else:
            state, fraction = answer.state, None
        who = named.get(key, "")
        found.append(ItemAnswer(question.item, code, repeat, question.weight, state, fraction, who))
    return found


def _employees(document: TemplateDocument, answers: Mapping[str, AnswerValue]) -> dict[str, str]:
    """The employee's name by key of the answer, of sections that are asked once per employee."""
    sections = {
        question.code: section.code
        for section in document.sections
        if section.repeat is not None and section.repeat.person
        for question in section.questions
    }
    found: dict[str, str] = {}
    for key in answers:
        code, repeat = split_key(key)
        named = answers.get(key_of(sections[code], repeat)) if code in sections else None
        if named is not None and named.state == "answered" and isinstance(named.value, str):
            found[key] = named.value.strip()
    return found


def share_observations(answers: Iterable[ItemAnswer]) -> list[Fact]:
    """Facts in a fixed order; per item the weights of those that count add up to exactly one whole."""
    by_item: dict[str, list[ItemAnswer]] = defaultdict(list)
    for answer in answers:
        by_item[answer.item].append(answer)
    facts: list[Fact] = []
    for group in by_item.values():
        group.sort(key=lambda answer: (answer.question, answer.repeat))
        counting = _counting_state(group)
        weights = iter(_shares(_weights([a for a in group if a.state == counting])))
        for answer in group:
            weight = next(weights) if answer.state == counting else 0
            facts.append(_fact(answer, weight))
    return sorted(facts)


def _counting_state(group: list[ItemAnswer]) -> str:
    states = {answer.state for answer in group}
    return next(state for state in ("answered", "unobserved", "na") if state in states)


def _weights(answers: list[ItemAnswer]) -> list[Decimal]:
    """Weights of answers; the instances of one question share its weight: they count by their mean."""
    times = Counter(answer.question for answer in answers)
    return [answer.weight / times[answer.question] for answer in answers]


def _shares(weights: list[Decimal]) -> list[int]:
    """Whole millionths in proportion to the weights, by largest remainder, adding up to WHOLE."""
    if len(weights) == 1:
        return [WHOLE]
    total = sum(weights, Decimal(0))
    exact = [weight * WHOLE / total for weight in weights]
    shares = [int(share) for share in exact]
    by_rest = sorted(range(len(exact)), key=lambda i: (shares[i] - exact[i], i))
    for i in by_rest[: WHOLE - sum(shares)]:
        shares[i] += 1
    return shares


def _fact(answer: ItemAnswer, weight: int) -> Fact:
    if answer.fraction is None:
        state: State = "na" if answer.state == "na" else "unobserved"
        return Fact(answer.item, answer.question, answer.repeat, state, 0, weight, 0, answer.employee)
    value = _millionths(answer.fraction)
    earned = (value * weight + _HALF) // WHOLE
    return Fact(
        answer.item,
        answer.question,
        answer.repeat,
        "executed" if value >= _HALF else "not",
        value,
        weight,
        earned,
        answer.employee,
    )


def _millionths(fraction: Decimal) -> int:
    return int((fraction * WHOLE).to_integral_value(ROUND_HALF_UP))
