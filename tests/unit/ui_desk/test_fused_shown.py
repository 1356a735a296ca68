"""All sources together: how sure it is, what it cannot say, and both sides of a conflict."""

from __future__ import annotations

from typing import Any

import pytest

from field_app import theme
from field_app.insight.widgets.fused import (
    conflict_card,
    decline_card,
    explanation,
    fused_block,
    fused_tone,
    level_tag,
)
from field_app.insight.widgets.weak_card import weak_card
from field_app.shell.parts import card
from shared_models.checklists.stages import Source
from shared_models.insight import (
    DeclineSigns,
    FusedRate,
    FusedSource,
    ReasonKind,
    SourceConflict,
    WeakItem,
    WeakReason,
)
from tests.unit.ui_desk.drawing import draw, make_ui
from tests.unit.ui_desk.findings import cell, weak


async def _nothing(_event: object = None) -> None:
    return None


def source(name: Source, executed: float, applicable: float, **more: Any) -> FusedSource:
    rate = 100 * executed / applicable
    return FusedSource(
        source=name, executed=executed, applicable=applicable, rate=rate, low=rate - 5, high=rate + 5, **more
    )


def fused(**more: Any) -> FusedRate:
    values: dict[str, Any] = {
        "months": ("2026-08", "2026-09", "2026-10"),
        "rate": 71.4,
        "low": 62.0,
        "high": 80.1,
        "p_below": 99.8,
        "executed": 60.0,
        "applicable": 90.0,
        "raw_rate": 66.67,
        "listed": True,
        "false_share": 9.9,
        "sources": (source(Source.PHONE, 40, 60), source(Source.SHOP, 20, 30)),
    }
    return FusedRate(**{**values, **more})


def listed(**more: Any) -> WeakItem:
    sign = WeakReason(kind=ReasonKind.BELOW_TARGET, rate=71.4, target=85.0, probability=99.8, false_share=9.9)
    values: dict[str, Any] = {"fused": fused(), "level": "listed", "signs": (sign,), **more}
    return weak(**values)


def conflict(**more: Any) -> SourceConflict:
    values: dict[str, Any] = {
        "source": Source.CALLBACK,
        "own": source(Source.CALLBACK, 29, 30, weight=0.25),
        "others_executed": 18.0,
        "others_applicable": 30.0,
        "others_rate": 60.0,
        "others_low": 42.3,
        "others_high": 75.4,
        "gap": 36.7,
        "gap_low": 16.1,
        "gap_high": 54.2,
        "whole_dealer": True,
        "reviewed": False,
    }
    return SourceConflict(**{**values, **more})


def test_the_rate_comes_with_its_interval_its_chance_and_the_months_own_figure() -> None:
    item = listed()
    said = draw(lambda: fused_block(make_ui(), item, item.fused or fused())).said
    for words in ("71.4%", "62–80.1%", "90 answers", ">99% chance", "target 85%", "This month 81%"):
        assert words in said


def test_nobody_is_told_that_something_is_certain() -> None:
    item = listed(fused=fused(p_below=100.0))
    assert "100% chance" not in draw(lambda: fused_block(make_ui(), item, item.fused or fused())).said
    low = listed(fused=fused(p_below=0.0))
    assert "<1% chance" in draw(lambda: fused_block(make_ui(), low, low.fused or fused())).said


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_the_words_beside_it_name_the_plain_share_and_what_is_not_calibrated(language: str) -> None:
    item, ui = listed(), make_ui(language)
    said = draw(lambda: card(*explanation(ui, item, item.fused or fused()))).said
    assert "66.7%" in said
    assert "9.9%" in said
    assert ui.t("checklists.source.phone") in said
    assert ui.t("insight.fused.few", applicable="90") not in said


def test_a_small_sample_says_so_first() -> None:
    item = listed(fused=fused(applicable=8.0, executed=3.0))
    texts = draw(lambda: card(*explanation(make_ui(), item, item.fused or fused()))).texts
    assert "Only 8 answers" in texts[0]


def test_sure_and_unsure_items_do_not_look_alike() -> None:
    ui, watched = make_ui(), listed(level="watch")
    assert "Surely weak" in draw(lambda: level_tag(ui, listed())).said
    assert "To watch" in draw(lambda: level_tag(ui, watched)).said
    assert fused_tone(fused()) == theme.BAD
    assert fused_tone(fused(listed=False, p_below=70)) == theme.WARN
    assert fused_tone(fused(listed=False, p_below=3)) == theme.GOOD


def test_the_card_tells_level_conflict_and_every_reason_once() -> None:
    item = listed(conflicts=(conflict(),))
    drawn = draw(lambda: weak_card(make_ui(), 0, item, picked=False, pick=_nothing, open_it=_nothing))
    assert "Surely weak" in drawn.said
    assert "Sources disagree" in drawn.said
    assert len([words for words in drawn.texts if "chance that it is below" in words]) == 1


def test_an_item_without_answers_this_month_still_shows_the_windows_rate() -> None:
    item = listed(merged=cell(None, 0))
    said = draw(lambda: fused_block(make_ui("zh_CN"), item, item.fused or fused())).said
    assert "71.4%" in said
    assert "无数据" in said


def test_a_conflict_shows_both_samples_the_gap_and_who_may_have_looked() -> None:
    drawn = draw(lambda: conflict_card(make_ui(), 0, conflict(), _nothing))
    for words in ("29/30", "18/30", "+36.7 points", "16.1 to 54.2", "weight 25%"):
        assert words in drawn.said
    assert "conflict-review-0" in drawn.labels
    seen = draw(lambda: conflict_card(make_ui(), 0, conflict(reviewed=True), _nothing))
    assert "conflict-review-0" not in seen.labels
    owner = draw(lambda: conflict_card(make_ui(), 0, conflict(), None))
    assert "conflict-review-0" not in owner.labels


def falling(**more: Any) -> str:
    values: dict[str, Any] = {"months": 12, "needed": 7, **more}
    signs = DeclineSigns(**values)
    shown = decline_card(make_ui(), listed(decline=signs))
    assert shown is not None
    return draw(lambda: shown).said


def test_a_decline_is_a_warning_a_finding_or_honestly_nothing() -> None:
    assert "3 months of data so far" in falling(months=3)
    assert "does not mean no decline" in falling(drop=1.2)
    assert "−1.2 points" in falling(drop=1.2)
    assert "+1.2 points" in falling(drop=-1.2)
    assert "Early warning in 2026-09" in falling(warning_month="2026-09", drop=4.0)
    assert "Confirmed decline" in falling(confirmed=True, drop=9.0)
