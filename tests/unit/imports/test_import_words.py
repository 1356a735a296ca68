"""Every reason and outcome has words in both languages; figures read as a person would write them."""

from __future__ import annotations

import pytest

from shared_models.imports import CheckLevel, RowFinding, RowReason
from shared_models.insight import ReasonKind, Trend, Verdict, WeakReason
from shared_models.insight.words import number_text, reason_text
from shared_models.messages import LANGUAGES, words
from shared_models.surveys import Disposition, mask_name, mask_numbers, mask_phone, mask_plate
from sync_server.imports.report import finding_text, to_csv


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_words(language: str) -> None:
    t = words(language)
    keys = [f"imports.reason.{reason.value}" for reason in RowReason]
    keys += [f"surveys.disposition.{outcome.value}" for outcome in Disposition]
    keys += [f"imports.level.{level.value}" for level in CheckLevel]
    keys += [f"insight.verdict.{verdict.value}" for verdict in Verdict]
    keys += [f"insight.trend.{trend.value}" for trend in Trend]
    assert [key for key in keys if not t.has(key)] == []


def test_a_finding_reads_as_one_sentence() -> None:
    finding = RowFinding(row=9, column="id", reason=RowReason.CONFLICT, value="R1", other_row=3)
    assert finding_text(finding, words("zh_CN")) == "第 9 行 · id · 与第 3 行编号相同但内容不同（R1）· 未导入"
    assert "row 3" in finding_text(finding, words("en"))


def test_the_reasons_of_a_weak_item_name_their_figures() -> None:
    low = WeakReason(kind=ReasonKind.LOW_RATE, rate=78.38, target=85)
    assert reason_text(low, words("zh_CN")) == "执行率 78.4%，低于目标 85%"
    fall = WeakReason(
        kind=ReasonKind.DECLINE,
        rate=78,
        previous_month="2026-09",
        previous_rate=94,
        drop=16,
        sources=("phone", "callback"),  # type: ignore[arg-type]
    )
    text = reason_text(fall, words("en"))
    for part in ("16 points", "94 %", "78 %", "2026-09"):
        assert part in text


def test_numbers_are_rounded_half_up_to_one_decimal() -> None:
    assert [number_text(value) for value in (78.35, 85.0, 0.05, None)] == ["78.4", "85", "0.1", "–"]


def test_a_value_that_a_spreadsheet_would_run_is_made_harmless() -> None:
    finding = RowFinding(row=2, column="=1+1", reason=RowReason.ANSWER_UNKNOWN, value="=cmd()")
    assert "'=cmd()" in to_csv([finding], "en")
    assert "'=1+1" in to_csv([finding], "en")


def test_masks_leave_enough_to_recognise_and_too_little_to_call() -> None:
    assert mask_phone("138 1234 5678") == "138****5678"
    assert mask_phone("1380000") == "13****0"
    assert mask_name("王秀英") == "王**"
    assert mask_plate("皖A07508") == "皖A***08"
    assert mask_numbers("打13812345678或025-87654321，编号202610") == "打138****5678或025****4321，编号202610"
