"""Outcomes of calls and ratings over HTTP, and who sees them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.factories.surveys import DEMO_FILES, add_demo_dealers, load, rows_of
from tests.server.world import World

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


@pytest.fixture
def network(world: World) -> World:
    """The demo's callbacks, all in the northern region."""
    add_demo_dealers(world)
    load(world, DEMO_FILES["callbacks"], "callbacks")
    return world


async def get(world: World, login: str, path: str, **query: Any) -> httpx.Response:
    async with world.client(login) as client:
        return await client.get(f"/surveys/{path}", params=query)


async def test_outcomes_add_up_to_the_calls_of_the_file(network: World) -> None:
    outcomes = (await get(network, "manager", "outcomes")).json()["outcomes"]
    assert [one["month"] for one in outcomes] == ["2026-08", "2026-09", "2026-10"]
    assert sum(one["called"] for one in outcomes) == 648
    assert sum(one["completed"] for one in outcomes) == 554
    for one in outcomes:
        assert sum(failure["count"] for failure in one["failures"]) == one["failed"]


async def test_ratings_are_means_over_those_who_gave_one(network: World) -> None:
    found = (await get(network, "hq", "ratings", survey="callbacks", months=3)).json()
    (group,) = found["groups"]
    values = rows_of(network, "SELECT value FROM response_answer WHERE kind = 'rating'")
    mean = sum(int(value) for (value,) in values) / len(values)
    assert group["questions"][0]["mean"] == pytest.approx(mean, abs=0.005)
    assert (group["interviews"], group["questions"][0]["rated"]) == (554, 554)
    # the overall rating is about no single item: no satisfaction of items is made up from it
    assert (group["satisfaction"], found["weighted"]) == (None, None)


async def test_a_manager_of_another_region_sees_none_of_it(network: World) -> None:
    assert (await get(network, "manager_south", "outcomes")).json()["outcomes"] == []
    dealer = {"dealer_id": network.dealers["A1001"]}
    for path, query in (("outcomes", dealer), ("ratings", dealer | {"survey": "callbacks"})):
        answer = await get(network, "manager_south", path, **query)
        assert (answer.status_code, answer.json()["code"]) == (403, "out_of_scope")


async def test_employees_are_compared_within_one_dealer_only(network: World) -> None:
    answer = await get(network, "hq", "ratings", survey="callbacks", by="employee")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    query = {"survey": "callbacks", "by": "employee", "dealer_id": network.dealers["A1001"]}
    assert (await get(network, "hq", "ratings", **query)).status_code == 200


async def test_who_records_sees_no_survey_figures(network: World) -> None:
    for login in ("shopper", "auditor", "caller"):
        for path, query in (("outcomes", {}), ("ratings", {"survey": "callbacks"})):
            answer = await get(network, login, path, **query)
            assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
