"""Rows of survey files: what loads, what is listed and why."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shared_models.imports import CheckLevel, RowReason, SurveyMapping
from shared_models.surveys import Disposition
from sync_server.imports.cells import Labelled
from sync_server.imports.cleaning import Cleaner, CleanRow, Dealers, KnownDealer

DEALERS = Dealers(
    [
        KnownDealer("id-1", "A1001", "太原宏源汽车销售服务有限公司"),
        KnownDealer("id-2", "A1007", "太原恒源汽车销售服务有限公司"),
        KnownDealer("id-3", "B1002", "南京瑞达汽车销售服务有限公司"),
    ]
)
COLUMNS = ["id", "code", "name", "day", "bought", "outcome", "tel", "Q1", "OS", "seconds"]
GOOD: dict[str, Any] = {
    "id": "R1",
    "code": "A1001",
    "name": "太原宏源汽车销售服务有限公司",
    "day": "2026-10-21",
    "bought": "2026-10-01",
    "outcome": "成功",
    "tel": "13812345678",
    "Q1": "是",
    "OS": 9,
    "seconds": 240,
}
DOCUMENT: dict[str, Any] = {
    "name": "one",
    "title": {"zh": "调查", "en": "Survey"},
    "house": {"code": "house", "name": {"zh": "公司", "en": "House"}},
    "source": "phone",
    "file": {"format": "csv", "skip_rows": [{"column": "id", "values": ["合计"]}]},
    "key": ["id"],
    "dealer": {"code": "code", "name": "name"},
    "day": {"column": "day", "forms": ["iso"], "not_before": "2026-08-01", "not_after": "2026-10-31"},
    "event_day": {"column": "bought", "forms": ["iso"]},
    "outcome": {"column": "outcome", "words": {"completed": ["成功"], "refused": ["拒绝回访"]}},
    "phone": "tel",
    "seconds": "seconds",
    "answer_words": {
        "executed": ["是", "√", "1", "True"],
        "not_executed": ["否", "×", "0", "False"],
        "not_applicable": ["不适用"],
        "not_observed": ["不记得", "99"],
    },
    "execution": [
        {"column": "Q1", "code": "Q1", "item": "new_car_fuel", "text": {"zh": "加油", "en": "Fuel"}}
    ],
    "ratings": [{"column": "OS", "code": "overall", "text": {"zh": "总体", "en": "Overall"}}],
}


def clean(change: dict[str, Any], **mapping: Any) -> CleanRow:
    """The good row with these cells changed, cleaned."""
    places = {column: i for i, column in enumerate(COLUMNS)}
    document = SurveyMapping.model_validate(DOCUMENT | mapping)
    cells = [(GOOD | change)[column] for column in COLUMNS] + change.get("extra", [])
    return Cleaner(document, places, DEALERS, date(2026, 11, 22)).clean(7, cells, len(COLUMNS))


def test_a_good_row_loads_with_everything_it_says() -> None:
    row = clean({})
    assert row.findings == []
    response = row.response
    assert response is not None
    assert (response.key, response.dealer_id, response.day) == ("R1", "id-1", date(2026, 10, 21))
    assert response.disposition is Disposition.COMPLETED
    assert [(a.code, a.kind, a.state, a.value) for a in response.answers] == [
        ("Q1", "execution", "executed", "是"),
        ("overall", "rating", "rated", "9"),
    ]


@pytest.mark.parametrize(
    ("cell", "state"),
    [
        ("是", "executed"),
        ("√", "executed"),
        (1, "executed"),
        ("1", "executed"),
        (1.0, "executed"),
        (True, "executed"),
        ("否", "not"),
        ("×", "not"),
        (0, "not"),
        ("0", "not"),
        (False, "not"),
        ("不适用", "na"),
        ("不记得", "unobserved"),
        (99, "unobserved"),
        (None, "blank"),
        (Labelled(1.0, "是"), "executed"),
        (Labelled(2.0, "否"), "not"),
        (Labelled(9.0, "不清楚", True), "unobserved"),
        (Labelled(8.0, "不适用", True), "na"),
    ],
)
def test_every_way_of_writing_an_answer_gets_its_state(cell: object, state: str) -> None:
    response = clean({"Q1": cell}).response
    assert response is not None
    assert response.answers[0].state == state


@pytest.mark.parametrize(
    ("change", "column", "reason"),
    [
        ({"id": None}, "id", RowReason.KEY_MISSING),
        ({"code": "Z9999"}, "code", RowReason.DEALER_UNKNOWN),
        ({"code": "", "name": ""}, "code", RowReason.DEALER_MISSING),
        ({"code": "", "name": "太原市"}, "name", RowReason.DEALER_UNKNOWN),
        ({"day": None}, "day", RowReason.DATE_MISSING),
        ({"day": "去年"}, "day", RowReason.DATE_UNREADABLE),
        ({"day": "2026-13-45"}, "day", RowReason.DATE_IMPOSSIBLE),
        ({"day": "2062-08-01"}, "day", RowReason.DATE_IN_FUTURE),
        ({"day": "2026-07-31", "bought": None}, "day", RowReason.DATE_OUTSIDE_WAVE),
        ({"bought": "2026-10-22"}, "bought", RowReason.DATE_BEFORE_EVENT),
        ({"outcome": "??"}, "outcome", RowReason.OUTCOME_UNKNOWN),
        ({"Q1": "也许"}, "Q1", RowReason.ANSWER_UNKNOWN),
        ({"OS": "很好"}, "OS", RowReason.RATING_UNREADABLE),
        ({"OS": 11}, "OS", RowReason.RATING_OUT_OF_RANGE),
        ({"extra": ["x"]}, "", RowReason.TOO_MANY_CELLS),
    ],
)
def test_a_bad_row_is_listed_with_number_column_and_reason(
    change: dict[str, Any], column: str, reason: RowReason
) -> None:
    row = clean(change)
    assert row.response is None
    assert [(f.row, f.column, f.reason, f.level) for f in row.findings] == [
        (7, column, reason, CheckLevel.REJECT)
    ]


def test_everything_wrong_with_a_row_is_listed_at_once() -> None:
    row = clean({"code": "Z9999", "day": "2026-13-45", "OS": 11})
    assert {f.reason for f in row.findings} == {
        RowReason.DEALER_UNKNOWN,
        RowReason.DATE_IMPOSSIBLE,
        RowReason.RATING_OUT_OF_RANGE,
    }


def test_a_dealer_code_is_found_however_it_was_typed() -> None:
    response = clean({"code": " a1001 "}).response
    assert response is not None
    assert response.dealer_id == "id-1"


def test_a_cut_off_dealer_name_finds_its_dealer_where_it_fits_only_one() -> None:
    response = clean({"code": None, "name": "南京瑞达汽车…"}).response
    assert response is not None
    assert response.dealer_id == "id-3"
    found = clean({"code": None, "name": "太原宏源汽"}).response
    assert found is not None
    assert found.dealer_id == "id-1"


def test_a_name_too_short_to_tell_is_not_guessed() -> None:
    assert [f.reason for f in clean({"code": None, "name": "太原"}).findings] == [RowReason.DEALER_UNKNOWN]


def test_a_name_that_belongs_to_another_code_is_noted_and_the_row_loads() -> None:
    row = clean({"name": "南京瑞达汽车销售服务有限公司"})
    assert row.response is not None
    assert [(f.reason, f.level) for f in row.findings] == [(RowReason.DEALER_NAME_DIFFERS, CheckLevel.NOTE)]


def test_a_cut_off_name_beside_its_code_is_no_finding() -> None:
    assert clean({"name": "太原宏源汽车销售"}).findings == []


def test_an_impossible_telephone_number_is_noted_masked_or_rejects_as_the_mapping_says() -> None:
    noted = clean({"tel": "1380000"})
    assert noted.response is not None
    assert [(f.reason, f.level) for f in noted.findings] == [(RowReason.PHONE_INVALID, CheckLevel.NOTE)]
    assert "1380000" not in noted.findings[0].value
    assert clean({"tel": "1380000"}, phone_check="reject").response is None


def test_a_total_and_a_blank_row_are_no_data() -> None:
    blank = dict.fromkeys(COLUMNS)
    assert clean({"id": "合计", "code": None}).skipped
    assert clean(blank).skipped


def test_a_telephone_number_in_any_shown_value_is_masked() -> None:
    finding = clean({"outcome": "打13812345678"}).findings[0]
    assert finding.value == "打138****5678"


def test_a_rating_never_becomes_an_execution() -> None:
    response = clean({"OS": 10}).response
    assert response is not None
    assert [a.kind for a in response.answers if a.state == "executed"] == ["execution"]


def test_equal_rows_have_equal_fingerprints_and_any_change_another() -> None:
    one, same = clean({}).response, clean({"code": "a1001"}).response
    assert one is not None
    assert same is not None
    assert one.content_sha256 == same.content_sha256
    for change in (
        {"Q1": "否"},
        {"OS": 8},
        {"outcome": "拒绝回访"},
        {"seconds": 241},
        {"tel": "13812345679"},
    ):
        other = clean(change).response
        assert other is not None
        assert other.content_sha256 != one.content_sha256
