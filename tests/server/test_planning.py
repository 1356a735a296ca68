"""Building a network without the demo: regions, dealers, planned visits, and who may do it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.device import Device
from tests.server.world import World

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


async def post(world: World, login: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    async with world.client(login) as client:
        response = await client.post(path, json=body)
    return response.status_code, response.json()


def visit_to(world: World, dealer: str, login: str = "shopper", **more: Any) -> dict[str, Any]:
    return {
        "dealer_id": world.dealers[dealer],
        "person_id": world.people[login],
        "template": "sales_visit",
        "window_start": "2026-12-01",
        "window_end": "2026-12-10",
        **more,
    }


async def test_headquarters_builds_regions_and_dealers(world: World) -> None:
    status, region = await post(
        world, "hq", "/people/regions", {"code": "W", "name": "西区", "name_en": "West"}
    )
    assert status == 201
    dealer = {
        "code": "W01",
        "name": "西一店",
        "region_id": region["id"],
        "latitude": 30.5,
        "longitude": 104.0,
    }
    status, made = await post(world, "hq", "/people/dealers", dealer)
    assert status == 201
    status, again = await post(world, "hq", "/people/dealers", dealer)
    assert (status, again["code"]) == (409, "conflict")
    status, lost = await post(
        world, "hq", "/people/dealers", {**dealer, "code": "W02", "region_id": "nowhere"}
    )
    assert (status, lost["code"]) == (404, "not_found")
    async with world.client("hq") as client:
        changed = await client.patch(f"/people/dealers/{made['id']}", json={"city": "成都", "active": False})
    assert changed.status_code == 200
    device = Device(world, "hq")
    await device.pull()
    row = device.rows["dealer", made["id"]]
    assert (row["city"], row["active"]) == ("成都", False)


async def test_nobody_but_headquarters_builds_the_network(world: World) -> None:
    for login in ("manager", "owner", "shopper", "auditor", "caller"):
        status, body = await post(world, login, "/people/regions", {"code": "X", "name": "x"})
        assert (status, body["code"]) == (403, "not_allowed")


async def test_a_planned_visit_reaches_its_shopper_and_nobody_else(world: World) -> None:
    status, planned = await post(
        world, "manager", "/assignments", visit_to(world, "N01", scenario="首次购车")
    )
    assert status == 201
    for login, sees in (("shopper", True), ("shopper2", False), ("owner", False), ("manager_south", False)):
        device = Device(world, login)
        await device.pull()
        assert (("assignment", planned["id"]) in device.rows) is sees, login


async def test_a_visit_is_planned_within_both_scopes_only(world: World) -> None:
    assert (await post(world, "manager", "/assignments", visit_to(world, "S01")))[1]["code"] == "out_of_scope"
    assert (await post(world, "hq", "/assignments", visit_to(world, "S01")))[0] == 201
    assert (await post(world, "shopper", "/assignments", visit_to(world, "N01")))[1]["code"] == "not_allowed"
    status, body = await post(world, "hq", "/assignments", visit_to(world, "N01", login="owner"))
    assert (status, body["code"]) == (403, "out_of_scope")


async def test_a_window_that_ends_before_it_begins_is_refused_with_its_place(world: World) -> None:
    status, body = await post(world, "hq", "/assignments", visit_to(world, "N01", window_end="2026-11-01"))
    assert (status, body["code"]) == (422, "invalid_request")
    status, body = await post(world, "hq", "/assignments", visit_to(world, "N01", template="no_such"))
    assert (status, body["places"]) == (404, [{"at": "template", "reason": "unknown"}])
