"""Scores, completeness, the sealed manifest and the test-drive timeline."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_models.checklists import AnswerValue, TemplateDocument
from shared_models.people import Role
from shared_models.problems import Code, Problem
from shared_models.visits import (
    build_manifest,
    completeness,
    next_visit_status,
    score_visit,
    timeline,
    verify_manifest,
)

BOTH = {"zh": "中", "en": "E"}


def section(code: str, *questions: dict[str, Any], weight: str = "1") -> dict[str, Any]:
    full = [{"kind": "yes_no_na", "text": BOTH, "stage": "needs", **one} for one in questions]
    return {"code": code, "title": BOTH, "stage": "needs", "weight": weight, "questions": full}


def document(*sections: dict[str, Any]) -> TemplateDocument:
    return TemplateDocument.model_validate(
        {"code": "t", "title": BOTH, "description": BOTH, "source": "shop", "sections": list(sections)}
    )


def answers(**given_answers: Any) -> dict[str, AnswerValue]:
    return {
        code: AnswerValue("na") if value == "na" else AnswerValue("answered", value)
        for code, value in given_answers.items()
    }


def test_a_score_is_the_weighted_share_in_percent() -> None:
    doc = document(section("S", {"code": "A", "weight": 3}, {"code": "B", "weight": 1}))
    assert score_visit(doc, answers(A="yes", B="no")).percent == Decimal(75)


def test_not_applicable_leaves_the_denominator() -> None:
    doc = document(section("S", {"code": "A"}, {"code": "B"}, {"code": "C"}))
    assert score_visit(doc, answers(A="yes", B="na", C="no")).percent == Decimal(50)


def test_a_failed_critical_question_caps_its_section_and_is_reported_apart() -> None:
    doc = document(
        section("S", {"code": "A", "critical": True, "critical_cap": 40}, {"code": "B", "weight": 9}),
        section("T", {"code": "C"}),
    )
    score = score_visit(doc, answers(A="no", B="yes", C="yes"))
    assert score.critical_failures == ("A",)
    assert [(one.percent, one.capped) for one in score.sections] == [(40, True), (100, False)]
    assert score.percent == Decimal(70)


def test_sections_weigh_into_the_total_and_empty_ones_do_not() -> None:
    doc = document(
        section("S", {"code": "A"}, weight="3"),
        section("T", {"code": "B"}),
        section("U", {"code": "C"}, weight="50"),
    )
    assert score_visit(doc, answers(A="yes", B="no")).percent == Decimal(75)
    assert score_visit(doc, {}).percent is None


def test_scales_choices_and_bands_earn_shares() -> None:
    doc = document(
        section(
            "S",
            {"code": "A", "kind": "scale", "minimum": 1, "maximum": 10},
            {
                "code": "B",
                "kind": "single",
                "choices": [
                    {"code": "x", "text": BOTH, "score": 1},
                    {"code": "y", "text": BOTH, "score": "0.5"},
                ],
            },
            {
                "code": "C",
                "kind": "number",
                "score_bands": [
                    {"at_least": 0, "score": 1},
                    {"at_least": 3, "score": "0.5"},
                    {"at_least": 6, "score": 0},
                ],
            },
            {"code": "D", "kind": "text"},
        )
    )
    score = score_visit(doc, answers(A=10, B="y", C=5, D="words"))
    assert score.percent == Decimal("66.666667")  # (1 + 1/2 + 1/2) / 3, half-up


@given(
    st.lists(st.sampled_from(["yes", "no"]), min_size=1, max_size=12),
    st.integers(0, 6),
    st.randoms(use_true_random=False),
)
def test_adding_not_applicable_or_reordering_answers_never_changes_a_score(
    values: list[str], extra: int, random: Any
) -> None:
    codes = [f"Q{i}" for i in range(len(values) + extra)]
    doc = document(section("S", *({"code": code} for code in codes)))
    plain = answers(**dict(zip(codes, values, strict=False)))
    padded = {**plain, **answers(**dict.fromkeys(codes[len(values) :], "na"))}
    items = list(padded.items())
    random.shuffle(items)
    assert score_visit(doc, dict(items)).percent == score_visit(doc, plain).percent


def test_required_answers_and_evidence_hold_a_visit_back() -> None:
    doc = document(
        section(
            "S",
            {"code": "A", "evidence": {"when": "no", "count": 2}},
            {"code": "B", "required": False},
            {"code": "P", "kind": "photo"},
        )
    )
    empty = completeness(doc, {}, {})
    assert (empty.unanswered, empty.optional_unanswered, empty.ready) == (("A", "P"), ("B",), False)
    failed = completeness(doc, answers(A="no"), {("A", "photo"): 1, ("P", "photo"): 1})
    assert [(one.question, one.count) for one in failed.missing_evidence] == [("A", 1)]
    assert completeness(doc, answers(A="yes"), {("P", "photo"): 1}).ready


def test_a_manifest_seals_answers_and_attachments() -> None:
    rows = [
        ("answer", "r1", {"question": "A", "repeat": 0, "state": "answered", "value": "yes", "comment": ""})
    ]
    media = [{"id": "m1", "sha256": "ab", "size": 3, "removed": False}]
    manifest = build_manifest(rows, media)
    verify_manifest(manifest, rows, media)
    changed = [("answer", "r1", {**rows[0][2], "value": "no"})]
    with pytest.raises(Problem) as differs:
        verify_manifest(manifest, changed, media)
    assert [(p.at, p.reason) for p in differs.value.places] == [("rows.r1", "differs")]
    with pytest.raises(Problem) as lost:
        verify_manifest(manifest, rows, [])
    assert [(p.at, p.reason) for p in lost.value.places] == [("media.m1", "missing")]
    with pytest.raises(Problem) as added:
        verify_manifest(manifest, [*rows, ("answer", "r2", rows[0][2])], media)
    assert [(p.at, p.reason) for p in added.value.places] == [("rows.r2", "not listed")]


def test_a_removed_attachment_is_not_sealed() -> None:
    media = [{"id": "m1", "sha256": "ab", "size": 3, "removed": True}]
    assert build_manifest([], media)["media"] == []


def test_the_timeline_counts_minutes_and_names_what_is_out_of_order() -> None:
    start = datetime(2026, 11, 3, 6, 0, tzinfo=UTC)
    stamps = {
        name: start + timedelta(minutes=minute)
        for name, minute in {
            "offered": 0,
            "papers": 5,
            "consultant_drives": 10,
            "change_over": 18,
            "customer_drives": 19,
            "back": 41,
            "debrief": 40,
        }.items()
    }
    drive = timeline(stamps)
    assert (drive.consultant_minutes, drive.customer_minutes, drive.drive_minutes) == (8, 22, 31)
    assert drive.out_of_order == ("debrief",)


@pytest.mark.parametrize(
    ("status", "action", "role", "after"),
    [
        ("draft", "submit", Role.SHOPPER, "submitted"),
        ("submitted", "accept", Role.MANAGER, "accepted"),
        ("submitted", "return", Role.HQ, "returned"),
        ("returned", "submit", Role.AUDITOR, "submitted"),
    ],
)
def test_a_visit_moves_through_its_states(status: str, action: str, role: Role, after: str) -> None:
    assert next_visit_status(status, action, frozenset({role})) == after


def test_a_sealed_visit_is_not_submitted_twice_and_a_shopper_accepts_nothing() -> None:
    with pytest.raises(Problem) as twice:
        next_visit_status("accepted", "submit", frozenset({Role.SHOPPER}))
    assert twice.value.code is Code.TRANSITION_NOT_ALLOWED
    with pytest.raises(Problem) as role:
        next_visit_status("submitted", "accept", frozenset({Role.SHOPPER}))
    assert role.value.code is Code.NOT_ALLOWED
