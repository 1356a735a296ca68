"""The built-in checklists score as their programme means them to."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from shared_models.checklists import AnswerValue, Question, QuestionKind, TemplateDocument, shown_questions
from shared_models.visits.completeness import completeness
from shared_models.visits.scoring import question_fraction, score_visit
from sync_server.checklists import load_templates

TEMPLATES = {document.code: document for document in load_templates()}


def value(question: Question, *, good: bool) -> Any:
    """The answer that earns most (or least) of a question; any lawful answer where nothing is earned."""
    match question.kind:
        case QuestionKind.YES_NO | QuestionKind.YES_NO_NA:
            return "yes" if good else "no"
        case QuestionKind.SCALE:
            return int((question.maximum if good else question.minimum) or 0)
        case QuestionKind.SINGLE:
            scored = [choice for choice in question.choices if choice.score is not None]
            ranked = sorted(scored, key=lambda choice: choice.score or 0) or list(question.choices)
            return ranked[-1 if good else 0].code
        case QuestionKind.MULTIPLE:
            return [question.choices[0].code]
        case QuestionKind.NUMBER | QuestionKind.DURATION:
            if not question.score_bands:
                return int(question.minimum or 0)
            bands = sorted(question.score_bands, key=lambda band: band.score)
            return int(bands[-1 if good else 0].at_least)
        case QuestionKind.TIME:
            return "10:30"
        case _:
            return "1"


def visit(document: TemplateDocument, *, good: bool, **given: Any) -> dict[str, AnswerValue]:
    """Answers to every question shown, all good or all bad, but for those given."""
    answers: dict[str, AnswerValue] = {}
    for question in document.questions():
        if question in shown_questions(document, answers):
            answer = given.get(question.code, value(question, good=good))
            answers[question.code] = AnswerValue("answered", answer)
    return answers


@pytest.mark.parametrize("code", TEMPLATES)
def test_a_faultless_visit_scores_a_hundred_in_every_scored_section(code: str) -> None:
    score = score_visit(TEMPLATES[code], visit(TEMPLATES[code], good=True))
    assert score.percent == 100
    assert not score.critical_failures
    assert {section.percent for section in score.sections} <= {100, None}


@pytest.mark.parametrize("code", TEMPLATES)
def test_a_visit_with_every_fault_scores_nothing(code: str) -> None:
    score = score_visit(TEMPLATES[code], visit(TEMPLATES[code], good=False))
    assert score.percent == 0


def test_without_a_drive_the_shopper_is_not_asked_how_it_went() -> None:
    document = TEMPLATES["sales_visit"]
    answers = visit(document, good=True, T02="declined", T03="no")
    drive = [q.code for q in shown_questions(document, answers) if q.code.startswith("T")]
    assert drive == ["T01", "T02", "T03"]
    assert score_visit(document, answers).percent == 100


def test_an_unoffered_drive_costs_the_dealer_even_if_it_takes_place() -> None:
    document = TEMPLATES["sales_visit"]
    score = score_visit(document, visit(document, good=True, T01="no"))
    assert score.percent is not None
    assert 90 < score.percent < 100


def test_an_unchecked_licence_caps_the_test_drive_and_is_reported() -> None:
    document = TEMPLATES["sales_visit"]
    score = score_visit(document, visit(document, good=True, T08="no"))
    section = next(section for section in score.sections if section.code == "T")
    assert (section.percent, section.capped) == (50, True)
    assert score.critical_failures == ("T08",)


@pytest.mark.parametrize(("seconds", "percent"), [(0, 100), (120, 100), (121, None)])
def test_two_minutes_are_in_time_and_a_second_more_is_not(seconds: int, percent: int | None) -> None:
    document = TEMPLATES["sales_visit"]
    score = score_visit(document, visit(document, good=True, R01=seconds))
    section = next(section for section in score.sections if section.code == "R")
    assert section.percent == 100 if percent else (section.percent or 0) < 100


def test_walking_in_and_booking_are_asked_different_questions() -> None:
    document = TEMPLATES["test_drive"]
    walked = {q.code for q in shown_questions(document, visit(document, good=True, O01="walk_in"))}
    booked = {q.code for q in shown_questions(document, visit(document, good=True, O01="phone"))}
    assert walked - booked == {"O02"}
    assert booked - walked == {"O03"}


def test_delivery_is_judged_by_a_shopper_only_where_one_was_seen() -> None:
    document = TEMPLATES["sales_visit"]
    unseen = {q.code for q in shown_questions(document, visit(document, good=True, D05="no"))}
    seen = {q.code for q in shown_questions(document, visit(document, good=True, D05="yes"))}
    assert seen - unseen == {"D06", "D07", "D08"}


def test_a_faultless_shopper_visit_needs_no_photo_but_the_quotation() -> None:
    document = TEMPLATES["sales_visit"]
    missing = completeness(document, visit(document, good=True), {}).missing_evidence
    assert [(one.question, one.kind, one.count) for one in missing] == [("G05", "photo", 1)]


@pytest.mark.parametrize(("passed", "share"), [(0, 0), (7, "0.7"), (10, 1)])
def test_a_sample_earns_the_share_that_passed(passed: int, share: str | int) -> None:
    question = TEMPLATES["sales_audit"].question("D07")
    assert question_fraction(question, AnswerValue("answered", passed)) == Decimal(share)


@pytest.mark.parametrize("code", ["sales_audit", "service_inspection"])
def test_every_counted_sample_is_scored_in_even_steps(code: str) -> None:
    samples = [q for q in TEMPLATES[code].questions() if q.unit and q.unit.en.startswith("of ")]
    assert len(samples) >= 10
    for question in samples:
        size = int(question.maximum or 0)
        earned = [question_fraction(question, AnswerValue("answered", n)) for n in range(size + 1)]
        assert earned == [Decimal(n) / size for n in range(size + 1)], question.code
        assert question.unit is not None
        assert question.unit.en == f"of {size}"
