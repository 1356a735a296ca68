"""Every fault of a checklist that is being written is named with its place, in both languages."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from pydantic import ValidationError

from shared_models.checklists.document import TemplateDocument
from shared_models.checklists.faults import Fault, faults
from shared_models.messages import words
from sync_server.checklists.builtin import load_items, load_templates

ITEMS = {item.code for item in load_items(None)}
SHORT = next(one for one in load_templates() if one.code == "showroom_observation")


def spoiled(**values: Any) -> dict[str, Any]:
    """The short checklist with other values in its first question."""
    plain = copy.deepcopy(SHORT.to_json())
    question = plain["sections"][0]["questions"][0]
    for name, value in values.items():
        if value is None:
            question.pop(name, None)
        else:
            question[name] = value
    return plain


@pytest.mark.parametrize("document", load_templates(), ids=lambda one: one.code)
def test_a_built_in_checklist_has_no_faults(document: TemplateDocument) -> None:
    assert faults(document.to_json(), ITEMS) == []


OPTION = {"code": "a", "text": {"zh": "甲", "en": "A"}}
SPOILED = {
    "missing": spoiled(text={"zh": "", "en": "Here?"}),
    "code": spoiled(code="1st question"),
    "number": spoiled(weight="heavy"),
    "range": spoiled(weight="101"),
    "twice": spoiled(code=SHORT.sections[0].questions[1].code),
    "choices_few": spoiled(kind="single", choices=[OPTION], critical=None),
    "choice_twice": spoiled(kind="single", choices=[OPTION, OPTION], critical=None),
    "choices_many": spoiled(choices=[OPTION, {**OPTION, "code": "b"}]),
    "scale_open": spoiled(kind="scale", minimum="1"),
    "bounds": spoiled(kind="scale", minimum="5", maximum="5"),
    "bands": spoiled(
        kind="number", score_bands=[{"at_least": "5", "score": "1"}, {"at_least": "1", "score": "0"}]
    ),
    "critical": spoiled(kind="text", critical=True),
    "rule": spoiled(show_when={"all": [], "question": "F01"}),
    "rule_unknown": spoiled(show_when={"question": "nobody", "op": "=", "value": "yes"}),
    "rule_later": spoiled(
        show_when={"question": SHORT.sections[0].questions[1].code, "op": "=", "value": "yes"}
    ),
}


@pytest.mark.parametrize("kind", SPOILED)
def test_what_the_document_refuses_is_named_at_its_place(kind: str) -> None:
    plain = SPOILED[kind]
    with pytest.raises(ValidationError):
        TemplateDocument.model_validate(plain)
    found = faults(plain, ITEMS)
    assert kind in {one.kind for one in found}
    assert "other" not in {one.kind for one in found}, found
    assert all(one.section == 0 and one.question in (0, 1) for one in found)
    for language in ("zh_CN", "en"):
        t = words(language)
        for one in found:
            assert t(f"checklists.fault.{one.kind}", detail=one.detail).strip()
            assert t(f"checklists.field.{one.field}").strip()


def test_an_item_that_the_ledger_has_not_is_a_fault_though_the_document_allows_it() -> None:
    plain = spoiled(item="no_such_item")
    TemplateDocument.model_validate(plain)
    assert faults(plain, ITEMS) == [Fault("item", 0, 0, "item", "no_such_item")]


def test_a_new_checklist_says_that_it_needs_a_section_and_a_new_section_a_question() -> None:
    texts = {"zh": "新", "en": "New"}
    plain: dict[str, Any] = {"code": "new", "title": texts, "description": texts, "source": "shop"}
    assert faults(plain, ITEMS) == [Fault("empty", field="sections")]
    plain["sections"] = [{"code": "A", "title": texts, "stage": "reception", "questions": []}]
    assert faults(plain, ITEMS) == [Fault("empty", 0, field="questions")]


def test_faults_come_in_the_order_of_the_document() -> None:
    plain = spoiled(text={"zh": "", "en": ""})
    plain["sections"][1]["title"] = {"zh": "", "en": "Second"}
    plain["title"] = {"zh": "", "en": "All"}
    places = [(one.section, one.question) for one in faults(plain, ITEMS)]
    assert places == [(None, None), (0, 0), (0, 0), (1, None)]
