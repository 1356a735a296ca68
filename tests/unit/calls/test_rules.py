"""When whom to call: the waves after a delivery or service, parts of the day, and when it is enough."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from shared_models.calls import attempt_fault, day_part, is_over, parts_left, waves

DAY = date(2026, 11, 20)
SATURDAY = datetime(2026, 11, 21, 2, tzinfo=UTC)


def attempt(disposition: str, part: str = "morning", again: datetime | None = None) -> dict[str, Any]:
    return {"disposition": disposition, "day_part": part, "call_again_at": again}


def test_a_delivery_is_followed_up_on_the_next_day_after_a_week_and_after_a_month() -> None:
    assert [(wave.reason.value, wave.first.isoformat()) for wave in waves("delivery", DAY)] == [
        ("delivery_1", "2026-11-21"),
        ("delivery_7", "2026-11-27"),
        ("delivery_30", "2026-12-20"),
    ]


def test_a_service_is_followed_up_within_three_days() -> None:
    (wave,) = waves("service", DAY)
    assert (wave.first, wave.last) == (date(2026, 11, 21), date(2026, 11, 23))


@pytest.mark.parametrize(
    ("clock", "part"),
    [
        ("08:00", "morning"),
        ("11:59", "morning"),
        ("12:00", "noon"),
        ("14:00", "afternoon"),
        ("18:00", "evening"),
    ],
)
def test_the_day_has_four_parts(clock: str, part: str) -> None:
    assert day_part(datetime.fromisoformat(f"2026-11-20T{clock}")) == part


def test_a_call_is_over_after_three_different_parts_of_the_day_not_before() -> None:
    twice = [attempt("unreachable", "morning"), attempt("unreachable", "noon")]
    assert not is_over(twice)
    assert [part.value for part in parts_left(twice)] == ["afternoon", "evening"]
    assert is_over([*twice, attempt("unreachable", "evening")])


def test_a_time_agreed_uses_up_no_part_of_the_day() -> None:
    later = attempt("call_later", "noon", SATURDAY)
    assert attempt_fault([], later) is None
    assert len(parts_left([later])) == 4


@pytest.mark.parametrize(
    ("before", "one", "fault"),
    [
        ([], attempt("completed"), "disposition"),
        ([attempt("refused")], attempt("unreachable"), "disposition"),
        ([attempt("unreachable")], attempt("unreachable"), "day_part"),
        ([], attempt("unreachable", "night"), "day_part"),
        ([], attempt("call_later"), "call_again_at"),
        ([], attempt("refused", again=SATURDAY), "call_again_at"),
        ([attempt("unreachable")], attempt("refused"), None),
    ],
)
def test_an_attempt_outside_the_rule_names_what_is_wrong(
    before: list[dict[str, Any]], one: dict[str, Any], fault: str | None
) -> None:
    assert attempt_fault(before, one) == fault
