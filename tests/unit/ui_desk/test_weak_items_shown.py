"""A weak item says how weak, how sure and why, in the reader's language, and small samples claim nothing."""

from __future__ import annotations

import pytest

from field_app import theme
from field_app.insight.widgets.figures import interval_bar, rate_block, rate_tone, rate_words
from field_app.insight.widgets.plan_maker import first_title
from field_app.insight.widgets.trend_chart import trend_chart, trend_table
from field_app.insight.widgets.weak_card import weak_card
from field_app.shell.ui import Ui
from field_app.theme import Width
from shared_models.insight import WeakItem
from tests.unit.ui_desk.drawing import Drawn, draw, make_ui
from tests.unit.ui_desk.findings import cell, weak


async def _nothing(_event: object = None) -> None:
    return None


def card(ui: Ui, item: WeakItem, *, pickable: bool = True) -> Drawn:
    pick = _nothing if pickable else None
    return draw(lambda: weak_card(ui, 0, item, picked=False, pick=pick, open_it=_nothing))


@pytest.mark.parametrize("width", list(Width))
def test_the_card_names_dealer_item_rate_interval_count_target_and_reasons(width: Width) -> None:
    said = card(make_ui("en", width), weak()).said
    for words in ("Beijing Huasheng", "Service hand-over", "81%", "71–91%", "n = 40", "target 85%"):
        assert words in said
    assert "13" in said  # the fall in points, in the sentence of the reason


def test_the_card_speaks_chinese_to_chinese_readers() -> None:
    said = card(make_ui("zh_CN"), weak()).said
    assert "服务对接" in said
    assert "北京华盛" in said
    assert "环比下滑" in said


def test_everything_that_can_be_tapped_on_the_card_has_an_identifier_and_a_spoken_label() -> None:
    drawn = card(make_ui(), weak())
    assert drawn.nameless == []
    assert drawn.disabled == {"weak-pick-0": False, "weak-row-0": False}
    assert "Beijing Huasheng" in drawn.labels["weak-row-0"]


def test_an_item_of_another_dealer_cannot_join_the_plan() -> None:
    drawn = card(make_ui(), weak(), pickable=False)
    assert "weak-pick-0" in drawn.labels
    assert set(drawn.disabled) == {"weak-row-0"}


def test_a_small_sample_is_grey_and_says_that_it_is_too_small() -> None:
    small = cell(25, 4)
    drawn = draw(lambda: rate_block(make_ui(), small, 85))
    assert drawn.colors["25%"] == theme.MUTED
    assert "too few to conclude" in drawn.said
    assert rate_tone(cell(25, 40), 85) == theme.BAD
    assert rate_tone(cell(85, 40), 85) == theme.GOOD


def test_an_item_without_any_answer_shows_no_figure() -> None:
    drawn = draw(lambda: rate_block(make_ui(), cell(None, 0), 85))
    assert "No data" in drawn.said
    assert "%" not in drawn.texts[0]


@pytest.mark.parametrize("rate", [0.0, 0.4, 50.0, 99.9, 100.0])
def test_the_bar_keeps_within_its_scale_at_both_ends(rate: float) -> None:
    bar = interval_bar(cell(rate, 40), 100 if rate == 100 else 0)
    widths = [part.expand for layer in bar.content.controls[1:] for part in layer.content.controls]  # type: ignore[attr-defined]
    assert all(isinstance(width, int) and width > 0 for width in widths)


def test_the_trend_is_spoken_month_by_month_as_the_figures_it_shows() -> None:
    cells = [cell(94, 40, month="2026-08"), cell(None, 0, month="2026-09"), cell(81, 3, month="2026-10")]
    ui = make_ui()
    spoken = draw(lambda: trend_chart(ui, cells, 85)).labels["trend-chart"]
    assert "2026-08 94%" in spoken
    assert "2026-09" not in spoken
    assert rate_words(ui, cells[2]) in spoken
    table = draw(lambda: trend_table(ui, cells)).texts
    assert table.index("2026-10") < table.index("2026-08")


def test_a_plans_first_title_names_its_items_and_counts_those_that_do_not_fit() -> None:
    items = tuple(weak(item_id=f"i{n}", item_short_en=f"item {n}") for n in range(5))
    assert first_title(make_ui(), items[:2]) == "Beijing Huasheng: improving item 0, item 1"
    assert "(5 items)" in first_title(make_ui(), items)
