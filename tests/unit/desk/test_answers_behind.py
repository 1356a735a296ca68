"""A dealer's scorecard and the comparison of dealers lead on to the answers behind their figures."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from field_app.desk.screen_network import _sources, _trend  # pyright: ignore[reportPrivateUsage]
from field_app.desk.screen_scorecard import _item, _overall  # pyright: ignore[reportPrivateUsage]
from field_app.desk.widgets.network_choices import Wanted
from field_app.shell.ui import Ui
from field_app.theme import Width
from shared_models.checklists.stages import Source
from shared_models.reports import ItemScore, Overall, Scorecard, SourceScore
from tests.unit.desk.test_charts import DEALERS, ITEM, SUMMARY, cell
from tests.unit.ui_desk.drawing import draw, make_ui


def ui_of(*roles: str, language: str = "en", width: Width = Width.DESK) -> Ui:
    access = SimpleNamespace(has=lambda *wanted: bool(set(wanted) & set(roles)))
    app: Any = SimpleNamespace(accounts=SimpleNamespace(current=SimpleNamespace(access=access)))
    return make_ui(language, width, app)


def month(name: str, rate: float | None) -> Overall:
    return Overall(month=name, executed=8, applicable=10, rate=rate, low=rate, high=rate, small=False)


def scorecard(*items: ItemScore) -> Scorecard:
    return Scorecard(
        dealer=DEALERS[0].dealer, region="", region_en="", month="2026-10", months=("2026-09", "2026-10"),
        overall=(month("2026-08", None), month("2026-09", 80), month("2026-10", 90)), items=items, plans=(),
        visits=(), newest_day=None, data_cut=1,
    )  # fmt: skip


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("width", list(Width))
def test_every_item_with_a_rate_leads_to_its_answers_also_for_a_dealers_reader(
    language: str, width: Width
) -> None:
    ui = ui_of("dealer_owner", language=language, width=width)
    measured = ItemScore(item=ITEM, months=(None, cell(90)), by_source=(), weak=None)
    made = scorecard(measured, measured.model_copy(update={"months": (cell(90), None)}))
    drawn = draw(lambda: _item(ui, 3, measured, made))
    name = ITEM.name if ui.t.is_chinese else ITEM.name_en
    assert drawn.labels["scorecard-answers-3"] == f"{ui.t('insight.answers.title')} · A · {name}"
    assert drawn.nameless == []
    assert not draw(lambda: _item(ui, 4, made.items[1], made)).disabled


def test_the_overall_trend_leads_to_its_answers_and_one_without_any_does_not() -> None:
    made = scorecard()
    assert "scorecard-answers" in draw(lambda: _overall(ui_of(), made)).disabled
    empty = made.model_copy(update={"overall": (month("2026-10", None),)})
    assert not draw(lambda: _overall(ui_of(), empty)).disabled


def test_the_comparison_of_dealers_leads_to_answers_of_its_sources_and_months() -> None:
    one = SourceScore(
        item=ITEM, merged=cell(80), before=None, by_source=(cell(90, source=Source.PHONE),), weak=0
    )
    summary = SUMMARY.model_copy(update={"sources": (one,), "trend": (month("2026-10", 90),)})
    ui, wanted = make_ui(), Wanted(region="r1")
    bars = draw(lambda: _sources(ui, summary, wanted, lambda _: None))
    assert "Hand-over" in bars.labels["source-answers-0"]
    trend = draw(lambda: _trend(ui, summary, wanted, lambda _: None))
    assert "network-answers" in trend.disabled
    bare = SUMMARY.model_copy(update={"trend": ()})
    assert not draw(lambda: _trend(ui, bare, wanted, lambda _: None)).disabled
