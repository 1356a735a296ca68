"""Steps of writing a checklist: parts keep who they are, rules follow their questions, steps go back."""

from __future__ import annotations

import pytest

from field_app.checklists.drafting import KEY, TOP, Drafting, free_code
from shared_models.checklists.document import TemplateDocument
from sync_server.checklists.builtin import load_templates

SALES = next(one for one in load_templates() if one.code == "sales_visit")
RULED = next(q for q in SALES.questions() if q.show_when is not None)
READ = next(iter(RULED.show_when.questions())) if RULED.show_when else ""


@pytest.fixture
def drafting() -> Drafting:
    return Drafting(SALES.to_json())


def key_of(drafting: Drafting, code: str) -> str:
    return next(one[KEY] for one in drafting.questions() if one["code"] == code)


def codes(drafting: Drafting) -> list[str]:
    return [one["code"] for one in drafting.questions()]


def test_an_untouched_draft_is_the_document_itself(drafting: Drafting) -> None:
    assert drafting.plain() == SALES.to_json()


def test_a_renamed_question_takes_the_rules_that_read_it_along(drafting: Drafting) -> None:
    drafting.put(key_of(drafting, READ), "code", "Renamed")
    again = TemplateDocument.model_validate(drafting.plain())
    rule = again.question(RULED.code).show_when
    assert rule is not None
    assert "Renamed" in set(rule.questions())
    assert READ not in set(rule.questions())


def test_a_question_at_the_edge_of_its_section_moves_over_into_the_next(drafting: Drafting) -> None:
    first, second = drafting.sections[:2]
    key = first["questions"][-1][KEY]
    order = codes(drafting)
    assert drafting.move(key, +1)
    assert drafting.section_of(key) is drafting.sections[1]
    assert codes(drafting) == order
    assert second["questions"][0][KEY] == key
    assert drafting.move(key, -1)
    assert drafting.section_of(key) is drafting.sections[0]


def test_the_very_first_question_moves_no_further_up(drafting: Drafting) -> None:
    assert not drafting.move(drafting.sections[0]["questions"][0][KEY], -1)
    assert not drafting.can_undo


def test_a_copied_section_has_codes_of_its_own_and_rules_among_its_own_questions(drafting: Drafting) -> None:
    section = drafting.section_of(key_of(drafting, RULED.code))
    assert section is not None
    made = drafting.duplicate(section[KEY])
    again = TemplateDocument.model_validate(drafting.plain())
    assert len(again.sections) == len(SALES.sections) + 1
    copied = drafting.part(made)
    assert copied is not None
    assert {one["code"] for one in copied["questions"]}.isdisjoint(
        {one["code"] for one in section["questions"]}
    )


def test_another_kind_drops_the_fields_that_it_cannot_have(drafting: Drafting) -> None:
    key = drafting.add_question(TOP)
    drafting.put(key, "kind", "single")
    part = drafting.part(key)
    assert part is not None
    assert len(part["choices"]) == 2
    drafting.put(key, "kind", "scale")
    part = drafting.part(key)
    assert part is not None
    assert "choices" not in part
    assert (part["minimum"], part["maximum"]) == ("1", "10")


def test_every_step_can_be_taken_back_to_the_beginning(drafting: Drafting) -> None:
    key = drafting.add_question(drafting.sections[2][KEY])
    drafting.put_text(key, "text", "zh", "新题")
    drafting.put_text(key, "guidance", "en", "How to tell")
    drafting.remove(drafting.sections[0][KEY])
    drafting.move(drafting.sections[3][KEY], -1)
    drafting.move_to(key, drafting.sections[-1][KEY])
    assert drafting.plain() != SALES.to_json()
    while drafting.can_undo:
        drafting.undo()
    assert drafting.plain() == SALES.to_json()


def test_an_emptied_guidance_is_no_guidance(drafting: Drafting) -> None:
    key = drafting.add_question(TOP)
    drafting.put_text(key, "guidance", "zh", "看")
    drafting.put_text(key, "guidance", "zh", "")
    part = drafting.part(key)
    assert part is not None
    assert "guidance" not in part


def test_after_the_last_question_of_a_section_is_removed_the_section_is_shown(drafting: Drafting) -> None:
    section = drafting.add_section()
    key = drafting.add_question(section)
    assert drafting.remove(key) == section
    assert drafting.remove(section) != section


def test_a_free_code_goes_on_counting() -> None:
    assert free_code("Q1", {"F01"}) == "Q1"
    assert free_code("Q1", {"Q1", "Q2"}) == "Q3"
    assert free_code("F09", {"F09"}) == "F1"
