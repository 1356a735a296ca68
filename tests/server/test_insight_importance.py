"""What customers weigh goes into the order of the weak list, by parameter and with its explanation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shared_models.insight import WeakItems
from sync_server.insight.engine.parameters import Parameters
from sync_server.insight.importance import NetworkImportance, Respondents, importance_of, weigh
from sync_server.insight.repository import items
from tests.factories.surveys import DEMO_FILES, NOW, add_demo_dealers, load
from tests.server.world import World, make_world

pytestmark = pytest.mark.anyio
P = Parameters()


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


def people(n: int, seed: int = 3) -> Respondents:
    """Four items in two categories; the first decides the rating, the last goes unnoticed."""
    rng = np.random.default_rng(seed)
    executed = (rng.random((n, 4)) < 0.8).astype(float)
    rating = 6 + 3 * executed[:, 0] + 2 * executed[:, 1] + 1.5 * executed[:, 2] + rng.normal(0, 0.7, n)
    executed[rng.random((n, 4)) < 0.1] = np.nan
    return Respondents(("a", "b", "c", "d"), ("drive", "drive", "care", "care"), executed, rating)


def test_the_item_that_decides_the_rating_weighs_most_and_the_average_is_one():
    found = weigh(people(2000), P)
    factors = {one.item_id: one.factor for one in found.items}
    assert found.enough
    assert max(factors, key=lambda name: factors[name]) == "a"
    assert min(factors, key=lambda name: factors[name]) == "d"
    assert sum(one.share for one in found.items) == pytest.approx(1)
    # nothing falls below a tenth: customers do not rate what they cannot see
    assert factors["d"] >= 0.1


def test_below_six_hundred_respondents_every_item_weighs_the_same():
    assert weigh(people(599), P).factors() == {}
    assert set(weigh(people(600), P).factors()) == {"a", "b", "c", "d"}


def test_items_that_hardly_anybody_was_asked_are_left_out_and_weigh_one():
    one = people(2000)
    rare = one.executed.copy()
    rare[50:, 2] = np.nan
    found = weigh(replace(one, executed=rare), P)
    assert set(found.factors()) == {"a", "b", "d"}


def test_the_interval_over_respondents_holds_the_share():
    found = weigh(people(1500), P, resamples=60)
    assert all(one.low is not None and one.high is not None for one in found.items)
    deciding = next(one for one in found.items if one.item_id == "a")
    assert 0 < (deciding.low or 0) < deciding.share < (deciding.high or 0) < 1


async def test_the_priority_follows_what_customers_weigh_unless_a_parameter_says_no(tmp_path: Path) -> None:
    world: World = make_world(tmp_path / "server", now=lambda: NOW)
    add_demo_dealers(world)
    load(world, DEMO_FILES["cati_sales"], "cati_sales")
    with world.db.read() as session:
        known = importance_of(session, "2026-10", P)
    assert known.enough
    assert known.respondents >= 600

    async def weak() -> WeakItems:
        async with world.client("hq") as client:
            answer = await client.get("/insight/weak-items", params={"month": "2026-10"})
        return WeakItems.model_validate(answer.json())

    factors = known.factors()
    await _chart_and_table_agree(world, known)
    first = await weak()
    assert {one.item_id: one.importance for one in first.items} == {
        one.item_id: round(factors[one.item_id], 2) for one in first.items
    }
    async with world.client("hq") as client:
        changed = await client.put("/insight/parameters", json={"values": {"importance_weight": 0}})
        assert changed.status_code == 200
    second = await weak()
    assert {one.importance for one in second.items} == {1.0}
    assert [one.priority for one in first.items] != [one.priority for one in second.items]


async def _chart_and_table_agree(world: World, known: NetworkImportance) -> None:
    """The desk's chart, the printed table and the priority are made with one figure."""
    async with world.client("hq") as client:
        chart = await client.get("/reports/region", params={"month": "2026-10", "importance": True})
        table = await client.get("/insight/tables/weights", params={"month": "2026-10"})
    with world.db.read() as session:
        codes = {one.id: one.code for one in items(session).values()}
    drawn = {codes[one["item_id"]]: one["share"] for one in chart.json()["importance"]}
    printed = {one["item"]: one for one in table.json()["rows"]}
    assert chart.json()["importance_basis"] == "drivers"
    assert drawn == {code: printed[code]["share"] for code in drawn}
    assert {one.item_id: round(one.factor, 2) for one in known.items} == {
        item_id: printed[code]["factor"] for item_id, code in codes.items() if code in printed
    }
    assert all(one["low"] <= one["share"] <= one["high"] for one in printed.values())
