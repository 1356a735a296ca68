"""Figures as sentences: what a look at a plan says, and that nothing is ever certain."""

from __future__ import annotations

from typing import Any

import pytest

from shared_models.insight import Look, ReasonKind, Verdict, WeakReason
from shared_models.insight.words import look_text, probability_text, reason_text
from shared_models.messages import words

EN, ZH = words("en"), words("zh_CN")


def look(**more: Any) -> Look:
    values: dict[str, Any] = {
        "months_after": 3,
        "after_months": ("2026-07", "2026-08", "2026-09"),
        "complete": True,
        "verdict": Verdict.IMPROVED,
        "difference": 12.3,
        "low": 2.1,
        "high": 22.0,
        "before_applicable": 120.0,
        "after_applicable": 130.0,
        "controls": 14,
        "matched": True,
        "on_target": False,
        "conflict": False,
        "by_source": (),
    }
    return Look(**{**values, **more})


def test_a_look_says_the_change_against_whom_and_how_sure() -> None:
    said = look_text(look(), EN)
    for part in ("month 3", "+12.3 points", "14 comparable dealers", "+2.1 to +22", "Improved"):
        assert part.lower() in said.lower()
    assert "14 家可比门店" in look_text(look(), ZH)


def test_without_dealers_to_compare_with_the_sentence_says_so() -> None:
    assert "not taken out" in look_text(look(controls=0, matched=False), EN)
    assert "too few were alike" in look_text(look(matched=False), EN)


def test_a_look_that_is_not_due_gives_no_verdict() -> None:
    said = look_text(look(complete=False, verdict=Verdict.NOT_ENOUGH_DATA, difference=None), EN)
    assert "2026-09" in said
    assert "improved" not in said.lower().replace("improvement", "")


def test_target_and_contradiction_are_added() -> None:
    said = look_text(look(on_target=True, conflict=True), EN)
    assert "on target" in said
    assert "contradict" in said


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "<1"), (0.99, "<1"), (1.0, "1"), (50.4, "50"), (99.0, "99"), (99.6, ">99"), (None, "–")],
)
def test_a_probability_is_never_nought_or_a_hundred(value: float | None, text: str) -> None:
    assert probability_text(value) == text


@pytest.mark.parametrize("kind", list(ReasonKind))
def test_every_reason_has_a_sentence_in_both_languages(kind: ReasonKind) -> None:
    reason = WeakReason(
        kind=kind, rate=70, target=85, previous_month="2026-09", previous_rate=90, drop=20, probability=97.2
    )
    for speak in (EN, ZH):
        assert "{" not in reason_text(reason, speak)
    assert reason_text(reason, EN) != reason_text(reason, ZH)
