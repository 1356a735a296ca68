"""Show-when rules and the checks of a template document."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared_models.checklists import AnswerValue, TemplateDocument, shown_questions

BOTH = {"zh": "中", "en": "E"}


def question(code: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "kind": "yes_no", "text": BOTH, "stage": "needs", **more}


def document(*questions: dict[str, Any]) -> TemplateDocument:
    section = {"code": "S", "title": BOTH, "stage": "needs", "questions": list(questions)}
    return TemplateDocument.model_validate(
        {"code": "t", "title": BOTH, "description": BOTH, "source": "shop", "sections": [section]}
    )


def codes(doc: TemplateDocument, **answers: Any) -> list[str]:
    given_answers = {code: AnswerValue("answered", value) for code, value in answers.items()}
    return [one.code for one in shown_questions(doc, given_answers)]


def test_a_question_appears_only_when_its_rule_holds() -> None:
    doc = document(question("A"), question("B", show_when={"question": "A", "value": "no"}))
    assert codes(doc) == ["A"]
    assert codes(doc, A="yes") == ["A"]
    assert codes(doc, A="no") == ["A", "B"]


def test_a_chain_of_rules_folds_away_and_comes_back_with_its_answers() -> None:
    doc = document(
        question("A"),
        question("B", show_when={"question": "A", "value": "yes"}),
        question("C", show_when={"question": "B", "value": "yes"}),
    )
    assert codes(doc, A="yes", B="yes", C="yes") == ["A", "B", "C"]
    assert codes(doc, A="no", B="yes", C="yes") == ["A"]
    assert codes(doc, A="yes", B="yes", C="yes") == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("rule", "value", "holds"),
    [
        ({"op": ">=", "value": 7}, 7, True),
        ({"op": ">", "value": "6.5"}, 7, True),
        ({"op": "<", "value": 10}, 9, True),  # numbers, not texts: "9" < "10"
        ({"op": "<=", "value": 6}, 7, False),
        ({"op": "in", "value": ["a", "b"]}, "b", True),
        ({"op": "includes", "value": "b"}, ["a", "b"], True),
        ({"op": "includes", "value": "c"}, ["a", "b"], False),
        ({"op": "!=", "value": "x"}, "y", True),
        ({"op": "answered"}, "y", True),
        ({"op": "<", "value": "14:00"}, "09:30", True),
    ],
)
def test_comparisons(rule: dict[str, Any], value: Any, holds: bool) -> None:
    doc = document(question("A"), question("B", show_when={"question": "A", **rule}))
    assert ("B" in codes(doc, A=value)) is holds


def test_a_not_applicable_answer_has_no_value_but_is_answered() -> None:
    doc = document(
        question("A", kind="yes_no_na"),
        question("B", show_when={"question": "A", "value": "yes"}),
        question("C", show_when={"question": "A", "op": "answered"}),
        question("D", show_when={"question": "A", "op": "na"}),
    )
    shown = [one.code for one in shown_questions(doc, {"A": AnswerValue("na")})]
    assert shown == ["A", "C", "D"]


@given(st.dictionaries(st.sampled_from("ABC"), st.sampled_from(["yes", "no"])))
def test_not_is_the_opposite_and_any_is_not_all_not(answers: dict[str, str]) -> None:
    plain = {"any": [{"question": c, "value": "yes"} for c in "ABC"]}
    de_morgan = {"not": {"all": [{"not": {"question": c, "value": "yes"}} for c in "ABC"]}}
    three = [question(c) for c in "ABC"]
    left = document(*three, question("Z", show_when=plain))
    right = document(*three, question("Z", show_when=de_morgan))
    assert codes(left, **answers) == codes(right, **answers)


@pytest.mark.parametrize(
    ("questions", "words"),
    [
        ([question("A"), question("A")], "stands twice"),
        ([question("A", show_when={"question": "B", "value": "yes"}), question("B")], "not asked before it"),
        ([question("A", kind="single")], "at least two choices"),
        ([question("A", kind="scale")], "minimum and maximum"),
        ([question("A", kind="text", critical=True)], "only a scored question"),
        ([question("A", show_when={"question": "A", "not": {"question": "A"}})], "exactly one of"),
        ([question("A", colour="red")], "colour"),
    ],
)
def test_a_document_with_a_fault_is_refused_with_its_place(
    questions: list[dict[str, Any]], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        document(*questions)


def test_a_document_survives_its_json_form() -> None:
    doc = document(
        question("A", weight="2.5", critical=True, evidence={"when": "no"}),
        question("B", show_when={"not": {"question": "A", "value": "yes"}}),
    )
    assert TemplateDocument.model_validate(doc.to_json()) == doc
