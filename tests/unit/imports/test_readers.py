"""Readers of CSV, XLSX and SPSS files."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import polars
import pyreadstat
import pytest

from shared_models.imports.mapping import FileLayout
from shared_models.messages import words
from shared_models.problems import Code, Problem
from sync_server.imports.cells import Labelled, text_of
from sync_server.imports.readers import detect_encoding, open_table

CSV = FileLayout.model_validate({"format": "csv"})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_csv_reads_the_same_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text('编号,姓名\n1,钱䶮\n2,"交车延期,\n要求赔偿"\n', encoding=encoding)
    with open_table(path, CSV) as table:
        assert table.headings == (("编号",), ("姓名",))
        assert list(table.rows) == [(2, ["1", "钱䶮"]), (3, ["2", "交车延期,\n要求赔偿"])]


def test_the_declared_encoding_wins_over_the_guess(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("编号\n1\n".encode("gb18030"))
    assert detect_encoding(path) == "gb18030"
    layout = FileLayout.model_validate({"format": "csv", "encoding": "utf-8"})
    with pytest.raises(Problem) as caught, open_table(path, layout):
        pass
    assert caught.value.code is Code.FILE_UNREADABLE


def test_bytes_of_no_known_encoding_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n\xff\xff\xff,1\n")
    with pytest.raises(Problem) as caught, open_table(path, CSV):
        pass
    assert caught.value.code is Code.FILE_UNREADABLE
    assert caught.value.todo("en") == "a.csv: line 2 is no UTF-8, GB18030 text"
    assert caught.value.todo("zh_CN") == "a.csv：第 2 行不是 UTF-8, GB18030 编码的文字"


@pytest.mark.parametrize(
    ("given", "data", "reason"),
    [
        ({"format": "csv"}, b'a\n"b', "no_csv"),
        ({"format": "csv", "encoding": "utf-16"}, b"abc", "encoding"),
        ({"format": "xlsx"}, b"a,b\n1,2\n", "no_workbook"),
        ({"format": "xlsx"}, b"PK\x03\x04", "no_workbook"),
        ({"format": "sav"}, b"a,b\n1,2\n", "no_spss"),
    ],
)
def test_what_a_library_says_of_a_file_is_told_in_our_words(
    tmp_path: Path, given: dict[str, str], data: bytes, reason: str
) -> None:
    path = tmp_path / "a"
    path.write_bytes(data)
    layout = FileLayout.model_validate(given)
    with pytest.raises(Problem) as caught, open_table(path, layout) as table:
        list(table.rows)
    for language in ("zh_CN", "en"):
        why = words(language)(f"problems.reason.{reason}", encoding="UTF-16")
        assert caught.value.todo(language).endswith(why)
        assert caught.value.to_json(language)["values"]["reason"] == why


def test_two_header_rows_under_a_merged_title_name_each_column_twice(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["明细", None, None], ["编号", "Q1", "Q2"], [None, "店面", "展厅"], ["A", 1, "是"]):
        sheet.append(row)
    sheet.merge_cells("A1:C1")
    path = tmp_path / "a.xlsx"
    book.save(path)
    layout = FileLayout.model_validate({"format": "xlsx", "title_rows": 1, "header_rows": 2})
    with open_table(path, layout) as table:
        assert table.headings == (("编号",), ("Q1", "店面"), ("Q2", "展厅"))
        assert table.places(["编号", "店面", "Q2"]) == {"编号": 0, "店面": 1, "Q2": 2}
        assert list(table.rows) == [(4, ["A", 1, "是"])]


def test_a_missing_and_an_ambiguous_column_are_both_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("编号,结果,结果\n1,a,b\n", encoding="utf-8")
    with open_table(path, CSV) as table, pytest.raises(Problem) as caught:
        table.places(["编号", "结果", "日期"])
    assert caught.value.code is Code.COLUMN_MISSING
    assert [(p.at, p.reason) for p in caught.value.places] == [
        ("结果", "column_twice"),
        ("日期", "column_missing"),
    ]


@pytest.mark.parametrize("kind", ["xlsx", "sav"])
def test_a_file_that_is_something_else_is_refused_with_a_reason(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    path.write_bytes(b"this is no such file")
    layout = FileLayout.model_validate({"format": kind})
    with pytest.raises(Problem) as caught, open_table(path, layout):
        pass
    assert caught.value.code is Code.FILE_UNREADABLE
    assert caught.value.values["reason"]


def test_spss_missing_values_and_labels_survive(tmp_path: Path) -> None:
    path = tmp_path / "a.sav"
    pyreadstat.write_sav(
        polars.DataFrame({"fixed": [1.0, 2.0, 9.0, None], "score": [10.0, 98.0, 99.0, 7.0]}),
        path,
        column_labels={"fixed": "一次修复", "score": "满意度"},
        variable_value_labels={"fixed": {1.0: "是", 2.0: "否"}},
        missing_ranges={"fixed": [9.0], "score": [{"lo": 98.0, "hi": 99.0}]},
    )
    layout = FileLayout.model_validate({"format": "sav"})
    with open_table(path, layout) as table:
        assert table.headings == (("fixed", "一次修复"), ("score", "满意度"))
        rows = [cells for _, cells in table.rows]
    assert rows[0] == [Labelled(1.0, "是"), 10.0]
    assert rows[1] == [Labelled(2.0, "否"), Labelled(98.0, "", True)]
    assert rows[2] == [Labelled(9.0, "", True), Labelled(99.0, "", True)]
    assert [text_of(cell) for cell in rows[3]] == ["", "7"]
