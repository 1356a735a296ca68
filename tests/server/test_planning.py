"""Building a network without the demo: regions, dealers, planned visits, and who may do it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.factories.visits_on_server import accepted_visit
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


async def test_a_covert_visitor_does_not_return_to_a_dealer_within_half_a_year(world: World) -> None:
    accepted_visit(world, "N01", {"F02": "yes"}, day=date(2026, 8, 1), record=False)
    status, refused = await post(world, "manager", "/assignments", visit_to(world, "N01"))
    assert (status, refused["code"]) == (409, "visitor_known")
    assert refused["values"] == {"day": "2026-08-01", "from": "2027-01-31"}
    for body in (
        visit_to(world, "N02"),  # another dealer
        visit_to(world, "N01", known_accepted=True),  # confirmed
        visit_to(world, "N01", "auditor", template="sales_audit"),  # announced work knows no rotation
    ):
        status, answer = await post(world, "manager", "/assignments", body)
        assert status == 201, answer


async def test_a_planner_sees_who_is_free_and_who_was_there_last(world: World) -> None:
    accepted_visit(world, "N01", {"F02": "yes"}, day=date(2026, 11, 1), record=False)
    world.assign("shopper2", "N02")
    world.assign("shopper2", "N02", status="declined")
    query = {"dealer_id": world.dealers["N01"], "day": "2026-11-20"}
    async with world.client("manager") as client:
        found = (await client.get("/assignments/visitors", params=query)).json()
        strange = {"dealer_id": world.dealers["S01"]}
        refused = await client.get("/assignments/visitors", params=strange)
    assert refused.json()["code"] == "out_of_scope"
    lines = {one["name"]: (one["open"], one["declined"], one["last_here"], one["known"]) for one in found}
    assert lines == {
        "auditor 某": (0, 0, None, False),
        "shopper2 某": (1, 1, None, False),
        "shopper 某": (0, 0, "2026-11-01", True),
    }
    assert found[-1]["name"] == "shopper 某"  # who is known there comes last


async def test_declining_takes_a_reason(world: World) -> None:
    shopper = Device(world, "shopper")
    assignment = world.assign("shopper", "N01")
    shopper.op(assignment, "assignment", assignment, "transition", {"action": "decline"}, base=1)
    assert (await shopper.push())[0]["problem"]["code"] == "invalid_field"
    why = {"action": "decline", "decline_reason": "I know the staff"}
    shopper.op(assignment, "assignment", assignment, "transition", why, base=1)
    assert (await shopper.push())[0]["outcome"] == "applied"
    manager = Device(world, "manager")
    await manager.pull()
    row = manager.rows["assignment", assignment]
    assert (row["status"], row["decline_reason"]) == ("declined", "I know the staff")


async def test_planned_visits_go_into_a_calendar(world: World) -> None:
    first = world.assign("shopper", "N01", scenario_en="Family of four; budget, 200k")
    world.assign("shopper", "N01", status="done")
    world.assign("shopper2", "N02")
    async with world.client("shopper") as client:
        answer = await client.get("/assignments/calendar")
    assert answer.headers["content-type"].startswith("text/calendar")
    text = answer.text
    assert text.count("BEGIN:VEVENT") == 1
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    lines = text.replace("\r\n ", "").split("\r\n")
    assert f"UID:{first}@revisit" in lines
    assert {"DTSTART;VALUE=DATE:20261101", "DTEND;VALUE=DATE:20261201"} <= set(lines)
    assert "DESCRIPTION:Family of four\\; budget\\, 200k" in lines


async def test_a_retired_checklist_is_not_planned(world: World) -> None:
    async with world.client("hq") as client:
        await client.post("/checklists/sales_visit/retire")
    status, answer = await post(world, "manager", "/assignments", visit_to(world, "N01"))
    assert (status, answer["code"]) == (404, "not_found")
