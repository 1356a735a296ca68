"""What somebody else's file of counts may look like: right figures, or an error with place and reason."""

from __future__ import annotations

import gzip
from pathlib import Path

import polars as pl
import pytest

from sync_server.insight.engine import from_counts

SOURCES = ("phone", "mystery", "callback", "onsite", "supervision")
HEAD = "dealer,item,month," + ",".join(f"k_{one},n_{one}" for one in SOURCES)


def line(dealer: object, item: object, month: object, k: object = 2, n: object = 9) -> str:
    return f"{dealer},{item},{month},{k},{n}" + ",0,0" * 4


def cells(tmp_path: Path, text: str | bytes, name: str = "counts.csv") -> pl.DataFrame:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    from_counts(path, None, 0.85, 3, tmp_path / "out")
    return pl.read_csv(tmp_path / "out" / "cells.csv")


SORTED = "\n".join([HEAD, *(line(1, 1, month, month) for month in range(6))]) + "\n"


def test_the_same_counts_written_otherwise_give_the_same_figures(tmp_path: Path):
    plain = cells(tmp_path, SORTED)
    lines = SORTED.splitlines()
    written = {
        "months out of order": "\n".join([lines[0], *reversed(lines[1:])]),
        "byte-order mark": b"\xef\xbb\xbf" + SORTED.encode(),
        "line ends": SORTED.replace("\n", "\r\n"),
        "whole numbers with a point": SORTED.replace(",9,", ",9.0,"),
        "blanks around the cells": SORTED.replace(",9,", ", 9 ,").replace("dealer,item", "dealer, item"),
        "empty lines at the end": SORTED + "\n\n" + "," * 12 + "\n",
    }
    for what, text in written.items():
        assert cells(tmp_path, text).equals(plain), what
    packed = gzip.compress(SORTED.encode())
    for name, data in (("counts.csv.gz", packed), ("packed.csv", packed), ("plain.csv.gz", SORTED.encode())):
        assert cells(tmp_path, data, name).equals(plain), name


def test_a_dealer_with_leading_noughts_is_another_than_the_one_without(tmp_path: Path):
    text = "\n".join([HEAD, *(line(d, 1, m) for d in ("7", "007") for m in range(4))])
    (tmp_path / "counts.csv").write_text(text)
    from_counts(tmp_path / "counts.csv", None, 0.85, 3, tmp_path / "out")
    found = pl.read_csv(tmp_path / "out" / "cells.csv", schema_overrides={"dealer": pl.String})
    assert found["dealer"].to_list() == ["007", "7"]


@pytest.mark.parametrize("form", ["{}{:02d}", "{}-{:02d}"])
def test_the_window_reaches_over_the_turn_of_the_year(tmp_path: Path, form: str):
    months = [form.format(*at) for at in ((2026, 10), (2026, 11), (2026, 12), (2027, 1))]
    found = cells(tmp_path, "\n".join([HEAD, *(line(1, 1, month) for month in months)]))
    assert (str(found["month"][0]), found["raw_n"][0]) == (months[-1], 27)
    plans = tmp_path / "plans.csv"
    plans.write_text(f"dealer,item,start month\n1,1,{months[1]}\n", encoding="utf-8-sig")
    from_counts(tmp_path / "counts.csv", plans, 0.85, 3, tmp_path / "out")
    assert str(pl.read_csv(tmp_path / "out" / "verdicts.csv")["start_month"][0]) == months[1]
    plans.write_text(f"dealer,item,start\n1,,{months[1]}\n")
    with pytest.raises(ValueError, match=r"plans\.csv row 2: item is empty"):
        from_counts(tmp_path / "counts.csv", plans, 0.85, 3, tmp_path / "out")


def test_a_key_that_occurs_twice_is_added_up(tmp_path: Path):
    twice = "\n".join([HEAD, *(line(1, 1, month, 2, 5) for month in range(4) for _ in range(2))])
    once = "\n".join([HEAD, *(line(1, 1, month, 4, 10) for month in range(4))])
    assert cells(tmp_path, twice).equals(cells(tmp_path, once))


def test_a_cell_alone_or_without_answers_claims_little(tmp_path: Path):
    alone = cells(tmp_path, SORTED).row(0, named=True)
    assert (alone["raw_k"], alone["raw_n"]) == (12, 27)
    # the interval is as wide as 27 answers make it, not narrowed by a distribution learnt from them
    assert alone["high90"] - alone["low90"] > 0.25
    nothing = "\n".join([HEAD, *(line(d, i, m, 0, 0) for d in (1, 2) for i in (1, 2) for m in range(4))])
    empty = cells(tmp_path, nothing)
    assert empty["flagged"].to_list() == [0] * 4
    assert (empty["high90"] - empty["low90"]).min() > 0.2
    single = "\n".join([HEAD, *(line(d, 1, m, 1, 1) for d in (1, 2) for m in range(12))])
    assert cells(tmp_path, single)["flagged"].to_list() == [0, 0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "cannot be read as CSV"),
        (HEAD + "\n", "no rows"),
        (HEAD + "\n" + line(1, 1, 0), "the counts have 1"),
        ("dealer,item,month,k_phone,n_phone\n1,1,0,3,5\n", "no column k_shop or k_mystery"),
        (SORTED.replace(",", ";"), "no column dealer: .* cells are parted by commas"),
        (SORTED.replace("1,1,3,3,9", "1,1,3,NaN,9"), "row 5: k_phone 'NaN' is not a count"),
        (SORTED.replace("1,1,3,3,9", "1,1,3,3,inf"), "row 5: n_phone 'inf' is not a count"),
        (SORTED.replace("1,1,3,3,9", "1,1,3,-3,9"), "row 5: k_phone '-3' is not a count"),
        (SORTED.replace("1,1,3,3,9", "1,1,3,3,9.5"), "row 5: n_phone '9.5' is not a count"),
        (SORTED.replace("1,1,3,3,9", "1,1,3,3,5000000000"), "row 5: n_phone '5000000000' is not a count"),
        (SORTED.replace("1,1,3,3,9", "1,1,3,10,9"), "row 5: k_phone 10 exceeds n_phone 9"),
        (SORTED.replace("1,1,3,3,9", ",1,3,3,9"), "row 5: dealer is empty"),
        (
            SORTED.replace("1,1,3,3,9", "1,1,100000000,3,9"),
            "row 5: month '100000000' lies 100,000,000 months",
        ),
        (
            SORTED.replace("1,1,3,3,9", "1,1,2024-13,3,9"),
            "row 5: month '2024-13' is written otherwise than '0'",
        ),
        (SORTED.replace("1,1,0,0,9", "1,1,Aug,0,9"), "row 2: month 'Aug' is neither a number nor YYYY-MM"),
        (SORTED.split("\n", 1)[1], "no column dealer: its first line says '1, 1, 0, 0, 9, 0, …'"),
        (
            SORTED.replace("dealer,item", "经销商,项目"),
            "no column dealer: its first line says '经销商, 项目, month",
        ),
        (SORTED.replace("item,", "item,item,", 1).replace("\n1,", "\n1,1,"), "the column item twice"),
        (SORTED.replace("1,1,3,3,9", "1,1,3,３,9"), "row 5: k_phone '３' is not a count"),
        (SORTED.replace("1,1,3,3,9", '1,1,3,3,"1,000"'), "row 5: n_phone '1,000' is not a count"),
        (SORTED.replace("1,1,3,3,9", "1,1,3,3,9,9"), "row 5: more cells than the header has columns"),
        (SORTED + "1,1,7\n", "row 8: k_phone is empty"),
        (HEAD.encode() + "\n甲店,1,0,1,2,0,0,0,0,0,0,0,0\n".encode("gb18030"), "UTF-8"),
        (gzip.compress(SORTED.encode(), mtime=0)[:40], "gzip"),
    ],
)
def test_a_file_that_cannot_be_right_is_refused_with_place_and_reason(
    tmp_path: Path, text: str | bytes, said: str
):
    with pytest.raises(ValueError, match=said) as refused:
        cells(tmp_path, text)
    assert "counts" in str(refused.value)


def test_both_names_of_a_source_are_refused(tmp_path: Path):
    lines = SORTED.splitlines()
    both = "\n".join([lines[0] + ",k_shop,n_shop", *(one + ",1,1" for one in lines[1:])])
    with pytest.raises(ValueError, match="both k_shop and k_mystery"):
        cells(tmp_path, both)


def test_a_folder_and_a_missing_file_are_named(tmp_path: Path):
    with pytest.raises(ValueError, match="is no file"):
        from_counts(tmp_path, None, 0.85, 3, tmp_path / "out")
    with pytest.raises(FileNotFoundError, match=r"nothing\.csv"):
        from_counts(tmp_path / "nothing.csv", None, 0.85, 3, tmp_path / "out")
