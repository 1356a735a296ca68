"""Pictures of the desk: what they say without colours, and that their colours can be told apart."""

from __future__ import annotations

from typing import Any

import pytest

from field_app.desk.widgets.heat_map import fullest_stage, heat_columns, heat_map, heat_table
from field_app.desk.widgets.palette import STEPS, shade
from field_app.desk.widgets.ranking import ranking, ranking_table
from field_app.desk.widgets.source_bars import source_bars, spread
from shared_models.checklists.stages import Source, Stage
from shared_models.insight import RateCell
from shared_models.messages import LANGUAGES
from shared_models.reports import (
    DealerScore,
    Overall,
    RegionSummary,
    ReportDealer,
    ReportItem,
    SourceScore,
)
from tests.unit.ui_desk.drawing import draw, make_ui

ITEM = ReportItem(
    id="i", name="服务对接", name_en="Service hand-over", short="对接", short_en="Hand-over",
    stage=Stage.DELIVERY, target=85,
)  # fmt: skip


def cell(rate: float, *, small: bool = False, source: Source | None = None) -> RateCell:
    return RateCell(
        item_id="i", item_code="c", month="2026-10", dealer_id="d", source=source, executed=rate,
        applicable=100, not_applicable=0, not_observed=0, rate=rate, low=rate - 5, high=rate + 5, small=small,
    )  # fmt: skip


def dealer(code: str, rate: float, places: tuple[int, int] | None, *, small: bool = False) -> DealerScore:
    total = Overall(
        month="2026-10", executed=rate, applicable=100, rate=rate, low=rate - 5, high=rate + 5, small=small
    )
    best, worst = places or (None, None)
    return DealerScore(
        dealer=ReportDealer(
            id=code, code=code, name=f"{code}店", name_en=f"Dealer {code}", city="", city_en=""
        ),
        overall=total, before=total, best_place=best, worst_place=worst, cells=(cell(rate, small=small),),
        weak=1, plans_running=2, actions_overdue=3, newest_day=None,
    )  # fmt: skip


DEALERS = (dealer("A", 93, (1, 1)), dealer("B", 82, (2, 3)), dealer("C", 64, None, small=True))
SUMMARY = RegionSummary(
    region_id=None, region="", region_en="", month="2026-10", previous_month="2026-09", items=(ITEM,),
    dealers=DEALERS, sources=(), data_cut=1,
)  # fmt: skip


def test_the_heat_map_begins_with_the_stage_of_which_most_is_known() -> None:
    items = tuple(
        ITEM.model_copy(update={"id": key, "stage": stage})
        for key, stage in (("a", Stage.FACILITIES), ("b", Stage.DELIVERY), ("c", Stage.DELIVERY))
    )
    few, none, enough = cell(90, small=True), None, cell(90)
    dealers = tuple(one.model_copy(update={"cells": (few, none, enough)}) for one in DEALERS)
    summary = SUMMARY.model_copy(update={"items": items, "dealers": dealers})
    assert fullest_stage(summary) == "delivery"
    assert heat_columns(summary, "delivery") == [2, 1]
    assert heat_columns(summary, "facilities") == [0]


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_figures_can_be_read_on_every_colour_of_the_heat_map() -> None:
    for _, ground, ink in STEPS:
        light, dark = sorted((luminance(ground), luminance(ink)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (ground, ink)


def test_a_higher_rate_never_gets_a_lower_colour() -> None:
    grounds = [ground for _, ground, _ in STEPS]
    places = [grounds.index(shade(rate / 2)[0]) for rate in range(0, 201)]
    assert places == sorted(places)
    assert set(places) == set(range(len(STEPS)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_cell_says_dealer_item_rate_and_interval_and_a_small_sample_no_rate(language: str) -> None:
    drawn = draw(lambda: heat_map(make_ui(language), SUMMARY, [0], DEALERS))
    first, last = drawn.labels["heat-0-0"], drawn.labels["heat-2-0"]
    for expected in ("93", "88", "98"):
        assert expected in first
    assert "64" not in drawn.texts
    assert "·" in drawn.texts
    assert last
    assert drawn.nameless == []


def test_the_ranking_says_how_far_places_can_be_told() -> None:
    drawn = draw(lambda: ranking(make_ui(), DEALERS, 85.0))
    assert "Place 1" in drawn.texts
    assert "Places 2–3" in drawn.texts
    assert "Too few answers to rank" in drawn.texts
    assert "64%" not in drawn.texts
    assert drawn.disabled == {"rank-0": False, "rank-1": False, "rank-2": False}
    assert drawn.nameless == []


def test_the_tables_behind_the_pictures_have_their_figures() -> None:
    ui = make_ui()
    heads, rows = ranking_table(ui, DEALERS, "2026-09")
    assert len(heads) == len(rows[0])
    assert rows[0][:4] == ["A Dealer A", "93%", "88–98", "100"]
    heads, rows = heat_table(ui, SUMMARY, [0], DEALERS)
    assert heads[1] == "Hand-over"
    assert "93%" in rows[0][1]


def test_items_on_which_sources_differ_most_are_known_by_their_spread() -> None:
    def of(*cells: RateCell) -> Any:
        return SourceScore(item=ITEM, merged=cell(80), before=None, by_source=cells, weak=0)

    phone, shop = cell(90, source=Source.PHONE), cell(70, source=Source.SHOP)
    tiny = cell(10, small=True, source=Source.AUDIT)
    assert spread(of(phone, shop, tiny)) == 20
    assert spread(of(phone, tiny)) == -1
    said = draw(lambda: source_bars(make_ui(), 0, of(phone, shop))).said
    assert "20.0 points apart" in said
    assert "90%" in said
