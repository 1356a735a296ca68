"""The built-in checklists are complete, consistent and bilingual."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest

from shared_models.checklists import Bilingual, Question, QuestionKind, Rater, Source, Stage, TemplateDocument
from shared_models.checklists.stages import CAUSE_CATEGORIES
from sync_server.checklists import ItemDefinition, load_items, load_templates

TOP = Path(__file__).resolve().parents[3]
HAN = re.compile(r"[\u4e00-\u9fff]")

RANGES = {
    "sales_visit": (95, 115),
    "test_drive": (28, 38),
    "service_inspection": (40, 50),
    "sales_audit": (35, 45),
    "showroom_observation": (12, 16),
    "delivery_call": (10, 15),
    "service_call": (8, 12),
}
CRITICAL = {
    "sales_visit": {"T08", "T09", "G12"},
    "test_drive": {"P01", "P02"},
    "service_inspection": {"SA09", "SE02", "SF02", "SF03"},
    "sales_audit": {"T03", "T04", "G04", "D02"},
    "showroom_observation": set[str](),
    "delivery_call": set[str](),
    "service_call": set[str](),
}


@pytest.fixture(scope="module")
def items() -> dict[str, ItemDefinition]:
    return {item.code: item for item in load_items()}


@pytest.fixture(scope="module")
def templates() -> dict[str, TemplateDocument]:
    return {document.code: document for document in load_templates()}


def questions(templates: dict[str, TemplateDocument]) -> Iterator[tuple[str, Question]]:
    for code, document in templates.items():
        for question in document.questions():
            yield f"{code} {question.code}", question


def texts(document: TemplateDocument) -> Iterator[tuple[str, Bilingual]]:
    yield "title", document.title
    yield "description", document.description
    for section in document.sections:
        yield f"{section.code} title", section.title
        if section.intro:
            yield f"{section.code} intro", section.intro
        for question in section.questions:
            yield f"{question.code} text", question.text
            if question.guidance:
                yield f"{question.code} guidance", question.guidance
            for label in (question.low_label, question.high_label):
                if label:
                    yield f"{question.code} label", label
            for choice in question.choices:
                yield f"{question.code} {choice.code}", choice.text


def test_each_checklist_has_as_many_questions_as_its_programme_fields(
    templates: dict[str, TemplateDocument],
) -> None:
    counts = {code: len(list(document.questions())) for code, document in templates.items()}
    assert counts.keys() == RANGES.keys()
    wrong = {code: n for code, n in counts.items() if not RANGES[code][0] <= n <= RANGES[code][1]}
    assert not wrong


def test_the_ledger_is_of_a_size_one_can_manage(items: dict[str, ItemDefinition]) -> None:
    assert 90 <= len(items) <= 130


def test_each_checklist_feeds_its_source(templates: dict[str, TemplateDocument]) -> None:
    assert {code: document.source for code, document in templates.items()} == {
        "sales_visit": Source.SHOP,
        "test_drive": Source.SHOP,
        "service_inspection": Source.INSPECTION,
        "sales_audit": Source.AUDIT,
        "showroom_observation": Source.AUDIT,
        "delivery_call": Source.CALLBACK,
        "service_call": Source.CALLBACK,
    }
    assert {code for code, document in templates.items() if document.test_drive_log} == {
        "sales_visit",
        "test_drive",
    }


def test_the_sales_visit_goes_through_the_nine_stages_in_order(
    templates: dict[str, TemplateDocument],
) -> None:
    assert tuple(section.stage for section in templates["sales_visit"].sections) == CAUSE_CATEGORIES


def test_the_inspection_covers_rest_area_and_every_service_stage(
    templates: dict[str, TemplateDocument],
) -> None:
    stages = {section.stage for section in templates["service_inspection"].sections}
    assert stages >= {Stage.FACILITIES, *tuple(Stage)[9:]}


def test_section_weights_share_out_a_hundred(templates: dict[str, TemplateDocument]) -> None:
    assert {code: sum(s.weight for s in document.sections) for code, document in templates.items()} == (
        dict.fromkeys(templates, 100)
    )


def test_every_scored_question_measures_an_item_of_the_ledger(
    items: dict[str, ItemDefinition], templates: dict[str, TemplateDocument]
) -> None:
    astray = [where for where, q in questions(templates) if q.scored and q.item not in items]
    assert not astray


def test_a_question_stands_in_the_stage_of_its_item(
    items: dict[str, ItemDefinition], templates: dict[str, TemplateDocument]
) -> None:
    astray = [where for where, q in questions(templates) if q.item and items[q.item].stage is not q.stage]
    assert not astray


def test_every_item_is_measured_by_a_checklist(
    items: dict[str, ItemDefinition], templates: dict[str, TemplateDocument]
) -> None:
    assert items.keys() == {q.item for _, q in questions(templates) if q.scored}


def test_every_scored_question_has_a_rater_dimension(templates: dict[str, TemplateDocument]) -> None:
    assert not [where for where, q in questions(templates) if q.scored and q.rater is None]
    assert {q.rater for _, q in questions(templates) if q.rater} == set(Rater)


def test_both_languages_stand_everywhere_and_differ(
    items: dict[str, ItemDefinition], templates: dict[str, TemplateDocument]
) -> None:
    words = [(f"{code} {part}", text) for code, doc in templates.items() for part, text in texts(doc)]
    for item in items.values():
        words += [(f"{item.code} name", item.name), (f"{item.code} short name", item.short_name)]
        words += [(f"{item.code} {c.code}", Bilingual(zh=c.zh, en=c.en)) for c in item.cause_codes]
    assert not [where for where, text in words if not HAN.search(text.zh) or HAN.search(text.en)]


def test_nearly_every_question_has_guidance(templates: dict[str, TemplateDocument]) -> None:
    for document in templates.values():
        asked = list(document.questions())
        assert sum(q.guidance is not None for q in asked) >= 0.95 * len(asked)


def test_guidance_says_when_not_applicable_is_right(templates: dict[str, TemplateDocument]) -> None:
    silent = [
        where
        for where, q in questions(templates)
        if q.kind is QuestionKind.YES_NO_NA
        and not (q.guidance and "不适用" in q.guidance.zh and "N/A" in q.guidance.en)
    ]
    assert not silent


def test_guidance_of_yes_and_no_questions_draws_the_line(templates: dict[str, TemplateDocument]) -> None:
    kinds = {QuestionKind.YES_NO, QuestionKind.YES_NO_NA}
    vague = [
        where
        for where, q in questions(templates)
        if q.kind in kinds
        and q.scored
        and not (q.guidance and re.search("是：|否：|按[是否]计", q.guidance.zh))
    ]
    assert not vague


def test_a_document_survives_storage_as_json(templates: dict[str, TemplateDocument]) -> None:
    for document in templates.values():
        stored = json.loads(json.dumps(document.to_json()))
        assert TemplateDocument.model_validate(stored) == document


def test_no_question_is_asked_twice_in_a_checklist(templates: dict[str, TemplateDocument]) -> None:
    for document in templates.values():
        for language in ("zh", "en"):
            asked = [q.text.text(language) for q in document.questions()]
            assert len(set(asked)) == len(asked)


def test_names_of_items_are_unique(items: dict[str, ItemDefinition]) -> None:
    for language in ("zh_CN", "en"):
        names = [item.name.text(language) for item in items.values()]
        assert len(set(names)) == len(names)


def test_only_licence_agreement_fraud_and_safety_are_critical(
    templates: dict[str, TemplateDocument],
) -> None:
    critical = {c: {q.code for q in document.questions() if q.critical} for c, document in templates.items()}
    assert critical == CRITICAL
    assert all(0 < q.critical_cap < 100 for _, q in questions(templates) if q.critical)


def test_critical_questions_measure_items_of_the_stricter_target(
    items: dict[str, ItemDefinition], templates: dict[str, TemplateDocument]
) -> None:
    assert {items[q.item].target for _, q in questions(templates) if q.critical and q.item} == {95}
    assert {item.target for item in items.values()} == {85, 95}


def test_every_item_offers_a_cause_and_every_stage_a_choice(items: dict[str, ItemDefinition]) -> None:
    assert not [code for code, item in items.items() if not item.cause_codes]
    for stage in Stage:
        causes = [cause for item in items.values() if item.stage is stage for cause in item.cause_codes]
        assert len(causes) >= (10 if stage in CAUSE_CATEGORIES else 4), stage


def test_a_shopper_never_has_to_photograph_in_front_of_staff(
    templates: dict[str, TemplateDocument],
) -> None:
    demanded = {
        where
        for where, q in questions(templates)
        if q.evidence and where.split()[0] in {"sales_visit", "test_drive"}
    }
    assert demanded == {
        "sales_visit F03",
        "sales_visit F04",
        "sales_visit F08",
        "sales_visit T05",
        "sales_visit G05",
        "test_drive V03",
    }


def test_announced_checks_end_with_the_dealers_signature(templates: dict[str, TemplateDocument]) -> None:
    for code in ("service_inspection", "sales_audit"):
        last = templates[code].sections[-1].questions[-1]
        assert last.kind is QuestionKind.SIGNATURE
        assert last.required


@pytest.mark.parametrize(
    "code",
    [
        # facilities
        *("storefront_sign", "outside_tidy", "showroom_tidy", "display_cars", "model_literature"),
        *("background_music", "rest_area_drinks", "rest_area_food", "rest_area_facilities"),
        *("rest_area_environment", "rest_area_brochures"),
        # appearance, reception
        *("uniform_dress", "staff_manner", "staff_attitude"),
        *("greeted_in_time", "first_impression", "professional_reception", "visit_experience"),
        # needs, presentation
        *("needs_use_and_budget", "needs_driver", "needs_present_car", "active_listening", "needs_restated"),
        *("feature_benefit", "six_position_walkaround", "competitor_comparison"),
        # test drive
        *("test_drive_offered", "test_cars_complete", "test_car_clean", "licence_checked"),
        *("agreement_signed", "route_explained", "consultant_drives_first", "safe_changeover"),
        *("test_drive_talk", "test_drive_impressions_asked", "test_drive_time"),
        # negotiation
        *("price_fair", "charges_explained", "payment_methods", "no_pressure"),
        # delivery, care
        *("delivery_on_time", "delivery_car_clean", "functions_explained", "maintenance_explained"),
        *("new_car_fuel", "service_handover", "delivery_ceremony"),
        *("delivery_follow_up", "problems_named_person"),
    ],
)
def test_the_items_that_all_sources_name_are_in_the_ledger(
    code: str, items: dict[str, ItemDefinition]
) -> None:
    assert code in items


@pytest.mark.parametrize(
    ("code", "short"),
    [("test_drive_offered", "试乘试驾"), ("service_handover", "服务对接"), ("new_car_fuel", "新车加油")],
)
def test_the_three_items_of_the_execution_tables_have_their_table_names(
    code: str, short: str, items: dict[str, ItemDefinition]
) -> None:
    assert items[code].short_name.zh == short


def test_the_survey_columns_in_the_docs_name_items_of_the_ledger(items: dict[str, ItemDefinition]) -> None:
    columns = runpy.run_path(str(TOP / "scripts" / "checklist-docs"))["SURVEY_ITEMS"]
    assert len(columns) >= 22
    assert {code for _, _, code in columns} <= items.keys()


def test_the_overview_page_is_up_to_date() -> None:
    run = subprocess.run(
        [sys.executable, str(TOP / "scripts" / "checklist-docs"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_every_word_of_the_vocabularies_is_in_the_catalogue(language: str) -> None:
    catalogue = polib.pofile(str(TOP / "assets" / "messages" / language / "checklists.po"))
    keys = {entry.msgid for entry in catalogue if entry.msgstr}
    wanted = {
        f"checklists.{group}.{value.value}"
        for group, words in (("stage", Stage), ("rater", Rater), ("source", Source))
        for value in words
    }
    assert wanted <= keys
