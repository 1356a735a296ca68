"""Flags point the reviewer at what is odd about a visit, and at nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from field_app.review.flags import flags
from field_app.visits.workflow_cards import DealerView
from shared_models.checklists import AnswerValue, Bilingual, TemplateDocument
from shared_models.messages import LANGUAGES, words
from shared_models.visits.signals import FAST_FROM, KINDS, Judged
from tests.factories.network import document

BEIJING = {"latitude": 39.9, "longitude": 116.4, "accuracy_m": 20.0}
DEALER = DealerView("d", "A1", Bilingual(zh="店", en="Dealer"), None, "", 39.9, 116.4)
DOCUMENT = TemplateDocument.model_validate(document())
NINE = datetime(2026, 11, 3, 9, tzinfo=UTC)


def visit(**more: Any) -> dict[str, Any]:
    stay = {"started_at": None, "ended_at": None}
    return {"evidence_complete": True, "start_place": BEIJING, "end_place": None, **stay, **more}


def stamps(seconds: float, count: int = FAST_FROM) -> list[datetime]:
    return [NINE + timedelta(seconds=seconds * n) for n in range(count)]


def photo(sha256: str, original: str = "") -> dict[str, Any]:
    return {"kind": "photo", "sha256": sha256, "original_sha256": original}


def kinds(
    row: dict[str, Any] | None = None,
    *,
    answered: list[datetime] | None = None,
    photos: list[dict[str, Any]] | None = None,
) -> list[str]:
    found = flags(row or visit(), DEALER, DOCUMENT, {}, answered or [], photos or [])
    return [flag.kind for flag in found]


def test_an_ordinary_visit_raises_no_flag() -> None:
    assert kinds(answered=stamps(20), photos=[photo("a"), photo("b")]) == []


def test_missing_evidence_comes_first() -> None:
    assert kinds(visit(evidence_complete=False, start_place=None)) == ["evidence_incomplete", "no_place"]


def test_a_position_far_from_the_dealer_is_flagged_with_its_distance() -> None:
    row = visit(end_place={**BEIJING, "latitude": 39.92})
    (flag,) = flags(row, DEALER, DOCUMENT, {}, [], [])
    assert (flag.kind, flag.values) == ("far", {"kilometres": "2.2"})


def test_an_inaccurate_position_is_not_called_far() -> None:
    assert kinds(visit(start_place={**BEIJING, "latitude": 39.92, "accuracy_m": 3000.0})) == []


def test_answers_a_second_apart_are_flagged_but_a_few_of_them_are_not() -> None:
    assert kinds(answered=stamps(1)) == ["fast"]
    assert kinds(answered=stamps(1, FAST_FROM - 1)) == []


def test_one_long_pause_does_not_hide_a_hurried_visit() -> None:
    late = [at + timedelta(hours=2) for at in stamps(1, 10)]
    assert kinds(answered=[*stamps(1, 15), *late]) == ["fast"]


def test_the_same_photo_twice_is_flagged_even_when_it_was_scaled_anew() -> None:
    assert kinds(photos=[photo("a", "x"), photo("b", "x"), photo("c")]) == ["same_photo"]


def test_a_checklist_answered_with_one_and_the_same_word_is_flagged() -> None:
    question = next(q for q in DOCUMENT.questions() if q.kind.value.startswith("yes_no"))
    section = DOCUMENT.sections[0].model_copy(
        update={"questions": tuple(question.model_copy(update={"code": f"Q{n}"}) for n in range(FAST_FROM))}
    )
    long = DOCUMENT.model_copy(update={"sections": (section,)})
    answers = {f"Q{n}": AnswerValue("answered", "yes") for n in range(FAST_FROM)}
    assert [f.kind for f in flags(visit(), DEALER, long, answers, [], [])] == ["same_answers"]
    answers["Q0"] = answers["Q1"] = AnswerValue("answered", "no")
    assert flags(visit(), DEALER, long, answers, [], []) == []


def test_what_a_plan_is_judged_by_is_flagged_where_a_covert_visitor_said_nothing_of_it() -> None:
    item = next(q.item for q in DOCUMENT.questions() if q.item)
    codes = [q.code for q in DOCUMENT.questions() if q.item == item and q.calculation is None]
    answers = {code: AnswerValue("answered", "yes") for code in codes}

    def found(source: str, told: frozenset[str], state: str = "answered") -> list[tuple[str, Any]]:
        given = {**answers, codes[0]: AnswerValue(state, "yes")}  # type: ignore[arg-type]
        judged = Judged(frozenset({str(item)}), told)
        marks = flags(visit(source=source), DEALER, DOCUMENT, given, [], [], None, judged)
        return [(one.kind, one.values["questions"]) for one in marks]

    assert found("shop", frozenset()) == [("unsaid", ", ".join(codes))]
    assert found("shop", frozenset(codes)) == found("audit", frozenset()) == []
    assert found("shop", frozenset(codes[1:]), "na") == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_flag_has_words(kind: str, language: str) -> None:
    assert words(language).has(f"review.flag.{kind}")
