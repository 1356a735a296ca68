"""Filters in addresses and kept on the device; where dealers lie in the picture; quadrants of importance."""

from __future__ import annotations

import math

import pytest

from field_app.desk.filters import address, asked_in, filter_values, link_of, read_filters
from field_app.desk.places import marks_of, state_of
from field_app.desk.priorities import points_of
from field_app.desk.widgets.dealer_map import dealer_map, map_table
from field_app.desk.widgets.network_choices import PATH, Wanted
from field_app.desk.widgets.priority_chart import priority_chart, priority_rows, priority_table
from field_app.desk.widgets.standing_card import change_text
from shared_models.checklists.stages import Stage
from shared_models.messages import LANGUAGES
from shared_models.reports import (
    Change,
    DealerScore,
    Importance,
    RegionSummary,
    ReportItem,
    SourceScore,
)
from tests.unit.desk.test_charts import cell, dealer
from tests.unit.ui_desk.drawing import draw, make_ui

CHOSEN = Wanted(view="map", table=True, region="r 1", month="2026-10", shown=60)


def test_a_link_brings_the_same_filters_to_another_device() -> None:
    link = link_of("https://revisit.example/", PATH, CHOSEN, Wanted())
    route = link.split("#")[1]
    assert link.startswith("https://revisit.example/app/#/overview/network?")
    opened = read_filters(Wanted(), asked_in(route, PATH))
    assert (opened.view, opened.table, opened.region, opened.month) == ("map", True, "r 1", "2026-10")
    assert opened.shown == Wanted().shown


def test_an_address_without_filters_stays_bare_and_one_of_another_screen_says_nothing() -> None:
    assert address(PATH, Wanted(), Wanted()) == PATH
    assert filter_values(Wanted(shown=99), Wanted()) == {}
    assert asked_in("/plans?view=map", PATH) == {}


def test_what_a_link_says_wrongly_is_left_out() -> None:
    assert read_filters(Wanted(), {"nonsense": "1", "table": "yes"}) == Wanted()


def placed(code: str, rate: float, east: float | None, north: float | None, **more: bool) -> DealerScore:
    one = dealer(code, rate, None, **more)
    where = one.dealer.model_copy(update={"longitude": east, "latitude": north, "city": f"{code}市"})
    return one.model_copy(update={"dealer": where})


HARBIN, BEIJING, NEAR_BEIJING = (
    placed("H", 95, 126.6, 45.8),
    placed("B", 70, 116.4, 39.9),
    placed("N", 99, 116.41, 39.91),
)


def test_dealers_lie_as_on_a_map_and_neighbours_share_the_mark_of_the_worst() -> None:
    marks = marks_of([HARBIN, BEIJING, NEAR_BEIJING, placed("X", 80, None, None)], 85, 600, 400, 50)
    assert sorted(len(one.dealers) for one in marks) == [1, 2]
    north, capital = sorted(marks, key=lambda one: len(one.dealers))
    assert north.x > capital.x
    assert north.y < capital.y
    assert (north.state, capital.state) == ("reached", "below")
    assert all(0 <= one.x <= 1 and 0 <= one.y <= 1 for one in marks)


def test_a_distance_north_is_drawn_as_long_as_the_same_distance_east() -> None:
    squeeze = math.cos(math.radians(40.5))
    corners = [placed("a", 90, 100, 40), placed("b", 90, 100 + 1 / squeeze, 40), placed("c", 90, 100, 41)]
    first, east, north = marks_of(corners, 85, 600, 600, 5)
    assert (east.x - first.x) == pytest.approx(first.y - north.y, rel=0.01)


def test_one_dealer_alone_lies_in_the_middle() -> None:
    (mark,) = marks_of([HARBIN], 85, 600, 400, 50)
    assert (mark.x, mark.y) == (0.5, 0.5)


def test_a_dealer_is_called_below_or_reached_only_where_its_whole_interval_says_so() -> None:
    assert state_of(dealer("a", 70, None).overall, 85) == "below"
    assert state_of(dealer("a", 92, None).overall, 85) == "reached"
    assert state_of(dealer("a", 83, None).overall, 85) == "open"
    assert state_of(dealer("a", 70, None, small=True).overall, 85) == "unknown"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mark_of_the_map_says_dealer_and_state_without_colours(language: str) -> None:
    ui = make_ui(language)
    drawn = draw(lambda: dealer_map(ui, [HARBIN, BEIJING, placed("X", 80, None, None)], 85))
    assert drawn.nameless == []
    assert ui.t("desk.map.below") in drawn.labels["map-1"]
    assert ui.t("desk.map.missing", count=1) in drawn.said
    heads, rows = map_table(ui, [HARBIN, BEIJING], 85)
    assert len(heads) == len(rows[0])
    assert rows[1][-1] == ui.t("desk.map.below")


def _item(key: str, stage: Stage) -> ReportItem:
    return ReportItem(id=key, name=key, name_en=key, short=key, short_en=key, stage=stage, target=85)


def _summary(rates: dict[str, tuple[Stage, float, float]]) -> RegionSummary:
    items = {key: _item(key, stage) for key, (stage, _, _) in rates.items()}
    return RegionSummary(
        region_id=None, region="", region_en="", month="2026-10", previous_month="2026-09",
        items=tuple(items.values()), dealers=(), data_cut=1, importance_basis="weights",
        sources=tuple(
            SourceScore(item=items[key], merged=cell(rate), before=None, by_source=(), weak=0)
            for key, (_, rate, _) in rates.items()
        ),
        importance=tuple(
            Importance(item_id=key, share=share, low=None, high=None) for key, (_, _, share) in rates.items()
        ),
    )  # fmt: skip


RATES = {
    "vital": (Stage.DELIVERY, 70.0, 50.0),
    "fine": (Stage.DELIVERY, 95.0, 30.0),
    "minor": (Stage.DELIVERY, 80.0, 5.0),
    "spare": (Stage.CARE, 99.0, 15.0),
}


def test_what_is_important_and_below_target_comes_first() -> None:
    field = points_of(_summary(RATES), Stage.DELIVERY.value)
    assert [(one.key, field.quadrant(one)) for one in field.points] == [
        ("vital", "improve"),
        ("fine", "keep"),
        ("minor", "later"),
    ]


def test_an_item_alone_in_its_stage_is_held_against_all_items() -> None:
    field = points_of(_summary(RATES), Stage.CARE.value)
    assert [(one.key, field.quadrant(one)) for one in field.points] == [("spare", "enough")]
    assert field.share_line == 25


def test_a_stage_adds_up_the_importance_of_its_items_and_pools_their_answers() -> None:
    field = points_of(_summary(RATES), "")
    by = {one.key: one for one in field.points}
    assert by["delivery"].share == 85
    assert by["delivery"].rate == pytest.approx((70 + 95 + 80) / 3)
    assert field.quadrant(by["delivery"]) == "improve"
    assert field.quadrant(by["care"]) == "enough"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_importance_chart_is_spoken_and_has_its_list_and_table(language: str) -> None:
    ui = make_ui(language)
    field = points_of(_summary(RATES), Stage.DELIVERY.value)
    spoken = draw(lambda: priority_chart(ui, field)).labels["priority-chart"]
    assert "vital" in spoken
    assert ui.t("desk.priority.improve") in spoken
    opened: list[str] = []
    drawn = draw(lambda: priority_rows(ui, field, lambda one: opened.append(one.key)))
    assert drawn.nameless == []
    assert set(drawn.disabled) == {"priority-1", "priority-2", "priority-3"}
    heads, rows = priority_table(ui, field)
    assert len(heads) == len(rows[0])
    assert rows[0][-1] == ui.t("desk.priority.improve")


def test_a_change_is_called_one_only_where_its_interval_leaves_zero_out() -> None:
    ui = make_ui()
    assert "down -3.2" in change_text(ui, Change(before=90, after=86.8, difference=-3.2, low=-5, high=-1))
    assert "no sure change" in change_text(ui, Change(before=90, after=91, difference=1, low=-1, high=3))
    unknown = Change(before=None, after=91, difference=None, low=None, high=None)
    assert change_text(ui, unknown) == ui.t("desk.standing.unknown")
