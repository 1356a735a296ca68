"""The improvement plan as PDF, read back from the pages."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import Any

import pytest
from pypdf import PdfReader

from sync_server.reports import Language, PlanReport
from sync_server.reports.fonts import break_lines, printable, width_of
from sync_server.reports.look import MARGIN, PAGE
from sync_server.reports.plan_pdf import plan_pdf
from tests.factories.plan_reports import hand_over, measures, plan

LONG = "交车前由展厅经理逐项核对检查表，并在交车仪式上当面引荐服务顾问；" * 12


def read(report: PlanReport, language: Language) -> PdfReader:
    return PdfReader(io.BytesIO(plan_pdf(report, language)))


def text_of(reader: PdfReader) -> str:
    """All words without the spaces and breaks of the layout."""
    return "".join("".join(page.extract_text().split()) for page in reader.pages)


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_the_plan_shows_findings_causes_measures_people_and_dates() -> None:
    text = text_of(read(plan(), "zh"))
    for expected in (
        "A1001-202611-01", "北京华盛汽车销售服务有限公司", "华北大区", "94.0%", "87.5–97.2%", "n=100",
        "交车时未引荐服务顾问", "电话调查2026-10-12", "向全体销售与服务人员宣贯", "王海燕", "李建国",
        "2026-11-21",
        "全员宣贯会", "执行率低", "环比下滑", "签署", "经销商总经理", "#48213", "+13.3", "+7.9…+18.8",
    ):  # fmt: skip
        assert squeezed(expected) in text, expected


@pytest.mark.parametrize("language", ["zh", "en", "both"])
def test_the_plan_names_its_place_in_the_app_where_the_server_knows_its_address(language: Language) -> None:
    link = "https://revisit.example/app/#/plans/plan/0193a000-0000-7000-8000-000000000100"
    pages = PdfReader(io.BytesIO(plan_pdf(plan(), language, link=link)))
    assert link in text_of(pages)
    assert "://" not in text_of(read(plan(), language))


def test_a_rate_from_a_few_answers_is_not_printed_and_a_small_sample_says_so() -> None:
    text = text_of(read(plan(), "zh"))
    assert "66.7%" not in text  # 2 of 3
    assert "样本不足n=3" in text
    assert "小样本" in text
    assert "小样本" not in text_of(read(replace(plan(), items=()), "zh")).replace("标注“小样本”", "")


def test_both_languages_stand_on_the_bilingual_plan_and_one_on_the_others() -> None:
    zh, en, both = (text_of(read(plan(), language)) for language in ("zh", "en", "both"))
    assert "提升措施" in zh
    assert "Signatures" not in zh
    assert "Signatures" in en
    assert "提升措施" not in en
    assert "提升措施" in both
    assert "Signatures" in both
    assert "BeijingHuashengMotors" in both
    assert "服务顾问未留下联系方式" in en, "what is known only in Chinese is still said"


@pytest.mark.parametrize("language", ["zh", "en", "both"])
def test_every_page_carries_number_and_page_x_of_y(language: Language) -> None:
    reader = read(plan(), language)
    total = len(reader.pages)
    assert total > 1
    for index, page in enumerate(reader.pages, 1):
        text = squeezed(page.extract_text())
        assert "A1001-202611-01" in text
        wanted = f"Page{index}of{total}" if language != "zh" else f"第{index}页，共{total}页"
        assert wanted in text


def test_the_document_has_metadata_language_and_an_outline_that_leads_to_the_chapters() -> None:
    reader = read(plan(), "zh")
    assert reader.metadata is not None
    assert "A1001-202611-01" in str(reader.metadata.title)
    assert reader.metadata.author == "赵敏"
    assert reader.trailer["/Root"]["/Lang"] == "zh-CN"
    assert read(plan(), "en").trailer["/Root"]["/Lang"] == "en"
    pages = {
        squeezed(entry["/Title"]): reader.get_destination_page_number(entry) for entry in flat(reader.outline)
    }
    assert pages["概要"] == 0
    for title in ("1服务对接", "2主动邀约试乘试驾", "签署"):
        words = squeezed(reader.pages[pages[title] or 0].extract_text())
        assert title in words


def flat(outline: list[Any]) -> list[Any]:
    return [one for entry in outline for one in (flat(entry) if isinstance(entry, list) else [entry])]


def test_all_fonts_are_embedded_subsets() -> None:
    reader = read(plan(), "both")
    fonts: dict[str, Any] = {}
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            fonts[font["/BaseFont"]] = font["/FontDescriptor"]
    assert fonts
    assert all("+NotoSansSC" in name and "/FontFile2" in descriptor for name, descriptor in fonts.items())
    assert len(plan_pdf(plan(), "both")) < 400_000


def test_a_table_over_several_pages_repeats_its_head_and_loses_no_row() -> None:
    many = tuple(replace(measures(1)[0], number=f"1.{n}", measure=f"第{n}项 {LONG}") for n in range(1, 31))
    reader = read(replace(plan(), items=(replace(hand_over(), measures=many),)), "zh")
    text = text_of(reader)
    assert text.count(squeezed(LONG)) == 30
    assert all(f"第{n}项" in text for n in range(1, 31))
    with_rows = [page for page in reader.pages if re.search(r"第\d+项", squeezed(page.extract_text()))]
    assert len(with_rows) > 3
    assert all("监督人" in page.extract_text() for page in with_rows)


def test_a_text_longer_than_a_page_is_cut_between_lines_not_off() -> None:
    sentence = "甲乙丙丁戊己庚辛壬癸"
    huge = replace(measures(1)[0], measure=sentence * 400)
    reader = read(replace(plan(), items=(replace(hand_over(), measures=(huge,), progress=()),)), "zh")
    text = text_of(reader)
    assert sum(text.count(character) for character in sentence) >= 10 * 400


def test_nothing_is_drawn_outside_the_margins() -> None:
    long = replace(hand_over(), measures=tuple(replace(m, measure=LONG + "W" * 90) for m in measures(1)))
    reader = read(replace(plan(), title="A" * 150 + LONG, items=(long,)), "both")
    ends: list[float] = []
    heights: list[float] = []

    def visit(text: str, cm: Any, tm: Any, _font: Any, size: float) -> None:
        if text.strip():
            ends.append(cm[4] + tm[4] + width_of(text.strip(), size))
            heights.append(cm[5] + tm[5])

    for page in reader.pages:
        page.extract_text(visitor_text=visit)
    assert len(ends) > 200
    assert max(ends) <= PAGE[0] - MARGIN + 0.5
    assert min(heights) > 30
    assert max(heights) < PAGE[1] - 30


def test_a_plan_without_items_or_people_is_still_a_document() -> None:
    bare = replace(
        plan(), number="", title="", items=(), general_measures=(), managers=(), author="", summary="",
        created_at=None, published_at=None, data_cut="", status="draft",
    )  # fmt: skip
    text = text_of(read(bare, "zh"))
    assert "草稿" in text
    assert "发布后编号" in text


def test_a_character_that_the_font_lacks_is_marked_and_control_characters_go() -> None:
    assert printable("李\U0001f600四\x07\u200b") == "李〓四"
    assert printable("a\r\nb\tc") == "a\nb  c"


def test_lines_keep_words_numbers_and_punctuation_together() -> None:
    text = "服务对接执行率由94.5%下降，Service hand-over fell（见附件）。"
    for width in range(60, 400, 7):
        lines = break_lines(text, width, 9.5)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(width_of(line, 9.5) <= width for line in lines)
        assert not any(line[0] in "，。）%" for line in lines)
        assert not any(line[-1] == "（" for line in lines)
        if width > 80:
            assert any("94.5%" in line for line in lines)
            assert any("Service" in line for line in lines)
