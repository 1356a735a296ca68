"""Items of running plans are marked in the dealer's next visits; visitors read nothing of the plan."""

from __future__ import annotations

from typing import Any

import pytest

from shared_models.ids import new_id
from tests.factories.plans import PlanDraft, publish
from tests.server.device import Device
from tests.server.world import World

pytestmark = pytest.mark.anyio
VISIT = {
    "template": "sales_visit",
    "known_accepted": True,
    "window_start": "2026-12-01",
    "window_end": "2026-12-10",
}


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


async def plan_visit(world: World, dealer: str, login: str = "shopper") -> str:
    body = {**VISIT, "dealer_id": world.dealers[dealer], "person_id": world.people[login]}
    async with world.client("manager") as client:
        response = await client.post("/assignments", json=body)
        assert response.status_code == 201, response.text
        return response.json()["id"]


async def focus_of(world: World, login: str) -> dict[str, list[str]]:
    """Items by assignment, as this person's device gets them; and never the plan."""
    device = Device(world, login)
    await device.pull()
    entities = {entity for entity, _ in device.rows}
    assert login != "shopper" or not entities & {"plan", "plan_item"}
    rows = (row for (entity, _), row in device.rows.items() if entity == "focus")
    return {row["assignment_id"]: row["items"] for row in rows}


async def test_a_plan_marks_the_visits_planned_before_and_after_it(world: World) -> None:
    before = await plan_visit(world, "N01")
    other = await plan_visit(world, "N02")
    assert await focus_of(world, "shopper") == {}
    draft = PlanDraft(Device(world, "manager"), item="service_handover")
    await publish(draft)
    assert await focus_of(world, "shopper") == {before: ["service_handover"]}
    after = await plan_visit(world, "N01")
    second = PlanDraft(Device(world, "manager"), item="new_car_fuel")
    await publish(second)
    both = ["new_car_fuel", "service_handover"]
    seen = await focus_of(world, "shopper")
    assert seen == {before: both, after: both}
    assert other not in seen


async def test_a_withdrawn_draft_marks_nothing_and_the_dealer_never_reads_the_marks(world: World) -> None:
    await plan_visit(world, "N01")
    draft: Any = PlanDraft(Device(world, "manager"), item="service_handover")
    await draft.device.push()
    assert await focus_of(world, "shopper") == {}
    await publish(PlanDraft(Device(world, "manager"), item="new_car_fuel"))
    assert await focus_of(world, "owner") == {}
    assert await focus_of(world, "manager_south") == {}
    assert list((await focus_of(world, "manager")).values()) == [["new_car_fuel"]]


async def test_a_visit_planned_on_a_device_is_marked_at_once(world: World) -> None:
    await publish(PlanDraft(Device(world, "manager"), item="new_car_fuel"))
    desk = Device(world, "manager")
    planned = new_id()
    row = {
        "dealer_id": world.dealers["N01"], "person_id": world.people["shopper"],
        "template_version_id": world.versions["sales_visit"],
        "window_start": "2026-12-01", "window_end": "2026-12-10",
    }  # fmt: skip
    desk.op(planned, "assignment", planned, "create", row)
    assert [one["outcome"] for one in await desk.push()] == ["applied"]
    assert await focus_of(world, "shopper") == {planned: ["new_car_fuel"]}
