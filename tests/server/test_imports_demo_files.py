"""The three demo files, every defect in them counted by other means than the product's own."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import openpyxl
import pyreadstat
import pytest

from shared_models.imports import CheckLevel, ImportReport, RowReason
from tests.factories.surveys import DEMO_FILES, add_demo_dealers, demo_dealers, load, rows_of
from tests.server.world import World

CODES = {dealer["code"] for dealer in demo_dealers()}


@pytest.fixture
def network(world: World) -> World:
    """The tiny world with the demo's dealers in it."""
    add_demo_dealers(world)
    return world


def listed(report: ImportReport) -> set[tuple[int, str, RowReason]]:
    return {(finding.row, finding.column, finding.reason) for finding in report.findings}


def cati_rows() -> list[tuple[int, tuple[Any, ...]]]:
    """All rows under the two header rows, with their number in the sheet."""
    book = openpyxl.load_workbook(DEMO_FILES["cati_sales"])
    sheet = book.worksheets[0]
    rows = [(n, row) for n, row in enumerate(sheet.iter_rows(values_only=True), start=1) if n > 3]
    book.close()
    return rows


def test_the_telephone_survey_loads_but_for_its_six_bad_rows_its_repeats_and_its_totals(
    network: World,
) -> None:
    rows = cati_rows()
    totals = [n for n, row in rows if row[0] == "合计"]
    data = [(n, row) for n, row in rows if n not in totals]
    bad = {
        *((n, "问卷编号", RowReason.KEY_MISSING) for n, row in data if not str(row[0] or "").strip()),
        *(
            (n, "经销商代码", RowReason.DEALER_UNKNOWN)
            for n, row in data
            if str(row[3]).strip().upper() not in CODES
        ),
        *((n, "访问日期", RowReason.DATE_IMPOSSIBLE) for n, row in data if row[1] == "2026-13-45"),
        *(
            (n, "访问日期", RowReason.DATE_IN_FUTURE)
            for n, row in data
            if hasattr(row[1], "year") and row[1].year > 2026
        ),
        *((n, "访问结果", RowReason.OUTCOME_UNKNOWN) for n, row in data if row[7] == "??"),
        *((n, "OS", RowReason.RATING_OUT_OF_RANGE) for n, row in data if row[23] and row[23] > 10),
    }
    assert len(bad) == 6
    bad_rows = {n for n, _, _ in bad}
    good = [(n, row) for n, row in data if n not in bad_rows]
    repeats = len(good) - len({row[0] for _, row in good})
    assert repeats == 7

    report = load(network, DEMO_FILES["cati_sales"], "cati_sales")

    counts = report.batch.counts
    assert listed(report) == bad
    assert all(finding.level is CheckLevel.REJECT for finding in report.findings)
    assert (counts.read, counts.skipped, counts.rejected, counts.duplicates) == (len(rows), 1, 6, 7)
    assert counts.loaded == len(rows) - 1 - 6 - 7 == 2808
    unique = {row[0]: row for _, row in reversed(good)}
    outcomes = Counter(row[7] for row in unique.values())
    assert counts.dispositions == {
        "completed": outcomes["成功"],
        "wrong_number": outcomes["号码错误"],
        "not_the_person": outcomes["非车主"],
        "unreachable": outcomes["无法接通"],
        "refused": outcomes["拒绝回访"],
        "broken_off": outcomes["中途中断"],
    }
    states = {
        "是": "executed",
        "1": "executed",
        "否": "not",
        "0": "not",
        "不适用": "na",
        "不记得": "unobserved",
    }
    states |= {"99": "unobserved", "None": "blank"}
    answers = Counter(states[str(cell)] for row in unique.values() if row[7] == "成功" for cell in row[9:23])
    assert counts.answers == dict(answers)
    assert counts.observations == sum(n for state, n in answers.items() if state != "blank")


def test_the_three_date_forms_of_the_telephone_survey_give_the_right_months(network: World) -> None:
    load(network, DEMO_FILES["cati_sales"], "cati_sales")
    wanted: Counter[str] = Counter()
    seen: set[str] = set()
    for _, row in cati_rows():
        key, day = str(row[0] or "").strip(), row[1]
        known = str(row[3]).strip().upper() in CODES and row[7] != "??" and (row[23] or 0) <= 10
        if not key or key in seen or not known or key == "合计" or day == "2026-13-45":
            continue
        if hasattr(day, "year"):
            if day.year > 2026:
                continue
            wanted[f"{day.year}-{day.month:02d}"] += 1
        else:
            wanted[day.replace("年", "-").replace("/", "-")[:7]] += 1
        seen.add(key)
    assert sum(wanted.values()) == 2808
    rows = rows_of(network, "SELECT month, count(*) FROM response GROUP BY month")
    assert {month: n for month, n in rows} == dict(wanted)  # noqa: C416


def test_the_callback_file_loads_whole_with_its_short_numbers_noted(network: World) -> None:
    with DEMO_FILES["callbacks"].open(encoding="gb18030", newline="") as file:
        rows = list(csv.DictReader(file))
    short = {
        (n, "电话", RowReason.PHONE_INVALID) for n, r in enumerate(rows, start=2) if len(r["电话"]) != 11
    }
    assert (len(rows), len(short)) == (648, 16)

    report = load(network, DEMO_FILES["callbacks"], "callbacks")

    assert report.batch.encoding == "gb18030"
    counts = report.batch.counts
    assert (counts.read, counts.loaded, counts.noted, counts.rejected) == (648, 648, 16, 0)
    assert listed(report) == short
    assert {finding.level for finding in report.findings} == {CheckLevel.NOTE}
    marks = Counter(
        r[column]
        for r in rows
        if r["结果"] == "成功"
        for column in ("是否邀请试驾", "是否介绍服务顾问", "油箱油量是否达标")
    )
    assert counts.answers == {"executed": marks["√"], "not": marks["×"]}
    spoken = sum(1 for r in rows if r["抱怨内容"])
    assert rows_of(network, "SELECT count(*) FROM response WHERE complaint <> ''") == [(spoken,)]


def test_no_name_number_or_plate_of_the_callback_file_stands_in_its_report(network: World) -> None:
    with DEMO_FILES["callbacks"].open(encoding="gb18030", newline="") as file:
        rows = list(csv.DictReader(file))
    report = load(network, DEMO_FILES["callbacks"], "callbacks").model_dump_json()
    for row in rows:
        assert row["电话"] not in report
        assert row["车牌"] not in report


def test_the_spss_file_keeps_its_declared_missing_values_apart(network: World) -> None:
    columns, _ = pyreadstat.read_sav(DEMO_FILES["service_survey"], user_missing=True, output_format="dict")
    fixed = Counter(columns["fixed"])
    rated = ("attitude", "timely", "quote", "bill", "overall")
    missing = sum(1 for name in rated for value in columns[name] if value > 10)
    assert (len(columns["fixed"]), missing) == (540, 121)

    report = load(network, DEMO_FILES["service_survey"], "service_survey")

    counts = report.batch.counts
    assert report.findings == ()
    assert (counts.read, counts.loaded) == (540, 540)
    assert counts.answers == {"executed": fixed[1.0], "not": fixed[2.0], "unobserved": fixed[9.0]}
    query = "SELECT state, count(*) FROM response_answer WHERE kind = 'rating' GROUP BY state ORDER BY state"
    assert rows_of(network, query) == [("rated", 5 * 540 - missing), ("unobserved", missing)]
    # ratings about an item never reach its execution rate
    observed = rows_of(
        network,
        "SELECT DISTINCT item.code FROM observation JOIN item ON item.id = observation.item_id",
    )
    assert observed == [("service_fixed_first_visit",)]


@pytest.mark.parametrize("name", ["cati_sales", "callbacks", "service_survey"])
def test_loading_a_demo_file_again_changes_nothing(network: World, name: str) -> None:
    tables = ("response", "response_answer", "response_revision", "observation", "data_cut", "import_batch")
    first = load(network, DEMO_FILES[name], name)
    before = [rows_of(network, f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables]

    again = load(network, DEMO_FILES[name], name)

    assert again.batch.repeated
    assert again.batch.id == first.batch.id
    assert again.batch.counts == first.batch.counts
    assert again.findings == first.findings
    assert [rows_of(network, f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables] == before


def test_the_report_names_every_bad_row_in_both_languages(network: World, tmp_path: Path) -> None:
    from sync_server.imports.report import to_csv, to_text

    report = load(network, DEMO_FILES["cati_sales"], "cati_sales")
    for language, word in (("zh_CN", "经销商不存在"), ("en", "no such dealer")):
        text = to_text(report, language)
        assert word in text
        for finding in report.findings:
            assert str(finding.row) in text
        lines = list(csv.reader(to_csv(report.findings, language).lstrip("\ufeff").splitlines()))
        assert len(lines) == 1 + len(report.findings)
        assert "2808" in text
