"""Cells of survey files: text, numbers, days."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from shared_models.imports import DateForm
from sync_server.imports.cells import (
    ImpossibleDay,
    Labelled,
    UnreadableDay,
    day_of,
    number_of,
    text_of,
    words_of,
)

ALL = tuple(DateForm)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        ("  是 ", "是"),
        (1, "1"),
        (1.0, "1"),
        (2.5, "2.5"),
        (float("nan"), ""),
        (True, "True"),
        ("１２３", "123"),
        ("总体满意（10分）", "总体满意(10分)"),
        ("a\x00b", "ab"),
        (datetime(2026, 8, 12, tzinfo=UTC), "2026-08-12"),
        (Labelled(9.0, "不清楚", True), "9"),
    ],
)
def test_a_cell_reads_as_the_text_a_person_sees(cell: object, text: str) -> None:
    assert text_of(cell) == text


def test_a_coded_answer_is_looked_up_by_its_label_first() -> None:
    assert words_of(Labelled(1.0, "是")) == ("是", "1")
    assert words_of("√") == ("√",)


@pytest.mark.parametrize(
    "cell",
    [
        "2026-10-21",
        "2026/10/21",
        "2026年10月21日",
        "2026年10月21日 ",
        "2026-10-21 14:05:00",
        "2026/10/21 14:05",
        datetime(2026, 10, 21, tzinfo=UTC),
        date(2026, 10, 21),
        46316,
        46316.0,
        "46316",
    ],
)
def test_every_date_form_gives_the_same_day(cell: object) -> None:
    assert day_of(cell, ALL) == date(2026, 10, 21)


def test_a_month_stands_for_its_first_day() -> None:
    assert day_of(202608.0, (DateForm.MONTH,)) == date(2026, 8, 1)
    assert day_of("2026-08", (DateForm.MONTH,)) == date(2026, 8, 1)


def test_a_blank_is_no_day() -> None:
    assert day_of(None, ALL) is None
    assert day_of("  ", ALL) is None


@pytest.mark.parametrize("cell", ["2026-13-45", "2026/02/30", "2026年11月31日", "12"])
def test_a_day_that_does_not_exist_is_told_from_an_unreadable_one(cell: str) -> None:
    with pytest.raises(ImpossibleDay):
        day_of(cell, ALL)


@pytest.mark.parametrize("cell", ["昨天", "21.10.2026", "20261021x", "2026-10"])
def test_a_form_the_mapping_does_not_name_is_unreadable(cell: str) -> None:
    with pytest.raises(UnreadableDay):
        day_of(cell, (DateForm.ISO, DateForm.SLASHES, DateForm.CHINESE))


def test_a_serial_is_only_a_day_where_the_mapping_says_so() -> None:
    with pytest.raises(UnreadableDay):
        day_of(46316, (DateForm.ISO,))


def test_numbers_are_exact_and_words_are_none() -> None:
    assert number_of("8.10") == Decimal("8.10")
    assert number_of(None) is None
    for bad in ("八", "nan", "inf", "1,5"):
        with pytest.raises(ValueError, match=bad):
            number_of(bad)
