"""Rules made ready once per checklist version say what the general way says, or nothing."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from shared_models.checklists import AnswerValue, TemplateDocument, evaluated
from shared_models.checklists.document import Question, QuestionKind
from shared_models.visits import completeness, score_visit
from sync_server.checklists.builtin import load_templates
from sync_server.visits.rules import Rules, rules_of
from tests.factories.repeating import cars

BOTH = {"zh": "中", "en": "E"}
_BUILTIN = {one.code: one for one in load_templates()}
_PLAIN = sorted(code for code, one in _BUILTIN.items() if rules_of(code, one) is not None)


def _value(question: Question, dice: random.Random) -> Any:
    match question.kind:
        case QuestionKind.YES_NO | QuestionKind.YES_NO_NA:
            return dice.choice(["yes", "yes", "no"])
        case QuestionKind.SINGLE:
            return dice.choice([choice.code for choice in question.choices])
        case QuestionKind.MULTIPLE:
            return [choice.code for choice in question.choices if dice.random() < 0.5]
        case QuestionKind.SCALE:
            return dice.randint(int(question.minimum or 0), int(question.maximum or 1))
        case QuestionKind.NUMBER | QuestionKind.DURATION:
            return dice.randint(0, 900)
        case _:
            return dice.choice(["text", None])


def _visit(document: TemplateDocument, dice: random.Random) -> tuple[dict[str, AnswerValue], Counter[Any]]:
    """Answers, some of them missing now and then, and photos for most that ask for them."""
    careless = dice.random() < 0.5
    answers: dict[str, AnswerValue] = {}
    photos: Counter[Any] = Counter()
    for question in document.questions():
        if careless and dice.random() < 0.05:
            continue
        state = "answered" if dice.random() < 0.9 else dice.choice(["na", "unobserved"])
        value = _value(question, dice) if state == "answered" else None
        answers[question.code] = AnswerValue(state, value)  # type: ignore[arg-type]
        if question.evidence is not None:
            photos[question.code, question.evidence.kind] += question.evidence.count - dice.choice(
                [0, 0, 0, careless]
            )
    return answers, photos


@pytest.mark.parametrize("code", _PLAIN)
def test_a_complete_submission_has_the_score_of_the_general_way(code: str) -> None:
    document, dice = _BUILTIN[code], random.Random(code)
    rules, complete, left = Rules(document), 0, 0
    for _ in range(60):
        answers, photos = _visit(document, dice)
        said = rules.scored(answers, photos)
        if said is None:
            left += 1
            continue
        complete += 1
        assert completeness(document, answers, photos).ready
        assert said.percent == score_visit(*evaluated(document, answers)).percent
    assert complete > 5
    assert left > 5


def test_there_are_builtin_checklists_to_compare_by() -> None:
    assert len(_PLAIN) > 1


def _two(**more: Any) -> TemplateDocument:
    questions = [
        {"code": "A", "kind": "yes_no", "text": BOTH, "stage": "needs", "critical": True, "critical_cap": 40},
        {"code": "B", "kind": "yes_no_na", "text": BOTH, "stage": "needs", "weight": 9, **more},
    ]
    section = {"code": "S", "title": BOTH, "stage": "needs", "questions": questions}
    return TemplateDocument.model_validate(
        {"code": "t", "title": BOTH, "description": BOTH, "source": "shop", "sections": [section]}
    )


def test_a_failed_critical_question_caps_its_section() -> None:
    said = Rules(_two()).scored({"A": AnswerValue("answered", "no"), "B": AnswerValue("answered", "yes")}, {})
    assert said is not None
    assert said.percent == 40


def test_a_hidden_question_neither_counts_nor_lacks() -> None:
    document = _two(show_when={"question": "A", "value": "no"})
    said = Rules(document).scored({"A": AnswerValue("answered", "yes")}, {})
    assert said is not None
    assert said.percent == 100


def test_what_is_missing_is_left_to_the_general_way() -> None:
    answers = {"A": AnswerValue("answered", "yes")}
    assert Rules(_two()).scored(answers, {}) is None
    asked = Rules(_two(evidence={"kind": "photo", "count": 2, "when": "no"}))
    answers["B"] = AnswerValue("answered", "no")
    assert asked.scored(answers, {("B", "photo"): 1}) is None
    assert asked.scored(answers, {("B", "photo"): 2}) is not None


def test_a_checklist_that_repeats_has_no_rules_of_this_kind() -> None:
    assert rules_of("cars", cars()) is None
