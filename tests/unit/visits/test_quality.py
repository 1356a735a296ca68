"""Signals of a visit that may not be what it says: each at its limit, and never by chance."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared_models.checklists import AnswerValue, TemplateDocument
from shared_models.visits import quality
from sync_server.checklists.builtin import load_templates

NINE = datetime(2026, 11, 3, 9, tzinfo=UTC)
SALES = next(one for one in load_templates() if one.code == "sales_visit")
CODES = [q.code for q in SALES.questions() if q.kind.value.startswith("yes_no")]


def yes(codes: list[str], *, no: set[str] | None = None) -> dict[str, AnswerValue]:
    return {code: AnswerValue("answered", "no" if code in (no or set()) else "yes") for code in codes}


def stay(minutes: float, least: int | None, others: list[float] | None = None) -> list[Any]:
    document: TemplateDocument = SALES.model_copy(update={"minimum_minutes": least})
    past = [timedelta(minutes=one) for one in others or []]
    return quality.dwell(document, NINE, NINE + timedelta(minutes=minutes), past)


@pytest.mark.parametrize(
    ("minutes", "least", "others", "flagged"),
    [
        (14, None, None, True),  # a covert visit without minutes of its own: fifteen
        (15, None, None, False),
        (39, 40, None, True),
        (40, 40, None, False),
        (35, 0, [100] * 5, True),  # under 40 % of what others needed
        (40, 0, [100] * 5, False),
        (1, 0, [100] * 4, False),  # four others say nothing
    ],
)
def test_a_stay_is_short_by_the_checklist_or_by_what_others_needed(
    minutes: float, least: int | None, others: list[float] | None, flagged: bool
) -> None:
    assert bool(stay(minutes, least, others)) is flagged


def test_a_stay_without_an_end_says_nothing() -> None:
    assert quality.dwell(SALES, NINE, None) == []


def test_four_answers_within_a_second_are_a_burst_and_three_are_not() -> None:
    quick = [NINE + timedelta(milliseconds=300 * n) for n in range(4)]
    (signal,) = quality.burst(quick)
    assert signal.values == {"count": 4}
    assert quality.burst(quick[:3]) == []
    assert quality.burst([NINE + timedelta(milliseconds=400 * n) for n in range(30)]) == []


def test_a_section_marked_at_once_is_no_burst() -> None:
    assert quality.burst([NINE] * 40) == []


def test_twenty_five_equal_answers_in_a_row_are_a_run() -> None:
    (signal,) = quality.longest_run(SALES, yes(CODES[:25]))
    assert signal.values == {"count": 25}
    assert quality.longest_run(SALES, yes(CODES[:24])) == []
    assert quality.longest_run(SALES, yes(CODES[:48], no={CODES[24]})) == []  # broken in the middle


def network(seed: int, visits: int = 40) -> list[dict[str, AnswerValue]]:
    chance = random.Random(seed)
    rates = {code: chance.uniform(0.3, 0.9) for code in CODES[:60]}
    return [
        {c: AnswerValue("answered", "yes" if chance.random() < rate else "no") for c, rate in rates.items()}
        for _ in range(visits)
    ]


def test_a_visit_copied_from_another_dealer_is_told_and_independent_ones_are_not() -> None:
    everyone = network(1)
    mine, other = everyone[0], everyone[1]
    assert quality.copied(mine, [("B02", other)], everyone) == []
    nearly = {**mine, CODES[0]: AnswerValue("na")}
    (signal,) = quality.copied(mine, [("B02", other), ("B03", nearly)], everyone)
    assert (signal.weight, signal.values["where"], signal.values["percent"]) == (2, "B03", 98)


def test_alike_visits_are_no_copies_where_everybody_answers_alike() -> None:
    alike = [yes(CODES[:60]) for _ in range(200)]
    assert quality.copied(alike[0], [("B02", alike[1])], alike) == []


def test_short_likeness_says_nothing() -> None:
    everyone = network(2)
    few = {code: everyone[0][code] for code in CODES[:19]}
    assert quality.copied(few, [("B02", few)], everyone) == []


def test_a_photo_handed_in_elsewhere_is_told_with_the_place() -> None:
    (signal,) = quality.photos_elsewhere(["a", "b"], {"b": "A1 2026-10-01", "c": "A2"})
    assert signal.values == {"count": 1, "where": "A1 2026-10-01"}
    assert quality.photos_elsewhere(["a"], {"b": "A1"}) == []


@pytest.mark.parametrize(("accuracy", "metres"), [(None, 300), (20, 300), (150, 300), (500, 1000)])
def test_a_position_is_right_within_300_metres_or_twice_its_accuracy(
    accuracy: float | None, metres: float
) -> None:
    assert quality.place_radius_m({"accuracy_m": accuracy}) == metres
