"""What people type is read as they mean it, or refused with the reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from field_app.visits.screen_drive import corrected_instant, next_event
from field_app.visits.widgets.answers import parse_number, plain_number
from field_app.visits.widgets.barcode import code_of, vin_holds
from field_app.visits.widgets.times import clock_text, parse_clock, picked_date
from shared_models.checklists import Bilingual, Question, QuestionKind, Stage


def _number(minimum: int | None = None, maximum: int | None = None) -> Question:
    return Question(
        code="N1",
        kind=QuestionKind.NUMBER,
        text=Bilingual(zh="几辆？", en="How many?"),
        stage=Stage.FACILITIES,
        minimum=None if minimum is None else Decimal(minimum),
        maximum=None if maximum is None else Decimal(maximum),
    )


@pytest.mark.parametrize(
    ("written", "number"), [("12", 12), (" 7.5 ", Decimal("7.5")), ("3，5", Decimal("3.5"))]
)
def test_a_number_is_read_with_either_comma(written: str, number: Decimal) -> None:
    assert parse_number(written, _number()) == number


def test_an_empty_number_field_means_no_answer() -> None:
    assert parse_number("  ", _number()) is None


@pytest.mark.parametrize(
    ("written", "reason"),
    [("x", "unreadable"), ("nan", "unreadable"), ("0", "too_low"), ("11", "too_high")],
)
def test_a_number_out_of_bounds_is_refused_with_its_reason(written: str, reason: str) -> None:
    assert parse_number(written, _number(1, 10)) == f"visits.number.{reason}"


def test_whole_numbers_stay_whole_in_the_record() -> None:
    assert plain_number(Decimal("4.0")) == 4
    assert isinstance(plain_number(Decimal("4.0")), int)


@pytest.mark.parametrize(
    ("written", "seconds"), [("4:30", 270), ("1:02:03", 3723), ("5", 300), ("0：45", 45)]
)
def test_a_duration_is_read_as_minutes_and_seconds(written: str, seconds: int) -> None:
    assert parse_clock(written) == seconds


@pytest.mark.parametrize("written", ["4:75", "a:b", "1:2:3:4"])
def test_an_impossible_duration_is_refused(written: str) -> None:
    with pytest.raises(ValueError):
        parse_clock(written)


@pytest.mark.parametrize("seconds", [0, 59, 60, 3599, 3600, 7265])
def test_a_duration_shown_is_read_back_the_same(seconds: int) -> None:
    assert parse_clock(clock_text(seconds)) == seconds


def test_the_picked_day_is_the_day_that_was_tapped() -> None:
    east = datetime(2026, 11, 9, 16, 0, tzinfo=UTC)  # local midnight of 10 November at UTC+8
    shown = east.astimezone(timezone(timedelta(hours=8)))
    assert picked_date(shown.replace(tzinfo=None)).isoformat() == "2026-11-10"


def test_a_corrected_stamp_keeps_its_day() -> None:
    stamp = datetime(2026, 11, 22, 6, 32, 13, tzinfo=UTC)
    here = stamp.astimezone()
    new = corrected_instant(stamp, here.replace(minute=15).strftime("%H:%M"))
    assert new is not None
    assert abs(new - stamp) < timedelta(hours=1)
    assert new.astimezone().strftime("%H:%M") == here.replace(minute=15).strftime("%H:%M")


def test_a_stamp_corrected_across_midnight_goes_to_the_nearer_day() -> None:
    here = datetime.now().astimezone().replace(hour=0, minute=5, second=0, microsecond=0)
    new = corrected_instant(here.astimezone(UTC), "23:55")
    assert new == here.astimezone(UTC) - timedelta(minutes=10)


@pytest.mark.parametrize("written", ["", "25:00", "9", "9:61", "later"])
def test_a_time_that_is_none_is_refused(written: str) -> None:
    assert corrected_instant(datetime(2026, 11, 22, 6, 0, tzinfo=UTC), written) is None


def test_the_next_stamp_follows_the_latest_one() -> None:
    at = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
    assert next_event({}) == "greeted"
    assert next_event({"greeted": at, "papers": at + timedelta(minutes=3)}) == "car_check"
    assert next_event({"debrief": at}) is None


def test_the_check_digit_of_a_vin_is_verified() -> None:
    assert vin_holds("1M8GDM9AXKP042788")  # the worked example of 49 CFR 565 / ISO 3779
    assert not vin_holds("1M8GDM9A1KP042788")
    assert not vin_holds("1M8GDM9AXKP04278O")


def test_a_code_read_from_a_label_is_the_vin_without_the_letter_before_it() -> None:
    assert code_of("i1m8gdm9axkp042788 ") == "1M8GDM9AXKP042788"
    assert code_of("IABC") == "IABC"
    wrong = "I1M8GDM9A1KP042788"  # its check digit says so: left as it was read
    assert code_of(wrong) == wrong
