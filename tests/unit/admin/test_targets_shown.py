"""Targets in the administration: what holds where and when, in words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from field_app.admin.screen_targets import item_card, months_text, places_of
from shared_models.messages import LANGUAGES
from shared_models.targets import ItemTargets, NewTarget, PlaceKind, TargetRule
from tests.unit.ui_desk.drawing import draw, make_ui

RULE = TargetRule(
    id="1", item_id="i", place_kind=PlaceKind.DEALER, place_id="d", month_from="2026-10", target=92.5,
    place_code="N01", place_name="北一店", place_name_en="North One", set_by="Zhou",
    set_at="2026-11-22T02:00:00.000Z",
)  # fmt: skip
ITEM = ItemTargets(
    item_id="i", code="new_car_fuel", name="新车加油", name_en="New-car fuel", target=None,
    default_target=85.0, rules=(RULE,),
)  # fmt: skip


async def nothing(*_: Any) -> None:
    """Nobody waits for it."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_item_names_the_networks_target_and_each_of_its_own(language: str) -> None:
    ui = make_ui(language)
    drawn = draw(lambda: item_card(ui, ITEM, nothing, None, nothing))
    assert "85" in drawn.said
    assert "92.5%" in drawn.texts
    assert "2026-10" in drawn.said
    assert "N01" in drawn.said
    assert drawn.nameless == []


def test_months_are_told_as_they_are_bounded() -> None:
    ui = make_ui("en")
    wanted = NewTarget(item_id="i", target=80)
    told = [
        months_text(ui, wanted.model_copy(update={"month_from": first, "month_to": last}))
        for first, last in (("", ""), ("2026-10", ""), ("", "2026-12"), ("2026-10", "2026-12"))
    ]
    assert told == ["all months", "from 2026-10", "until 2026-12", "2026-10 to 2026-12"]


def test_places_are_the_company_then_regions_then_dealers() -> None:
    rows = {
        "region": [{"id": "r", "code": "N", "name": "北区", "name_en": "North"}],
        "dealer": [{"id": "d", "code": "N01", "name": "北一店", "name_en": ""}],
    }
    work = SimpleNamespace(store=SimpleNamespace(by=lambda entity: rows[entity]))
    ui = make_ui("en", app=SimpleNamespace(accounts=SimpleNamespace(current=work)))
    found = [(one.key, one.label) for one in places_of(ui)]
    assert found == [("company:", "Whole company"), ("region:r", "North"), ("dealer:d", "北一店")]
