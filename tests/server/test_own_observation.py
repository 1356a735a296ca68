"""A manager's own observation in the showroom: an announced visit, reviewed by somebody else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.device import Device, record_visit, stored
from tests.server.world import World

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


def codes(results: list[dict[str, Any]]) -> list[str]:
    """Outcome of each op, or the code of its problem."""
    return [(one["problem"] or {}).get("code") or one["outcome"] for one in results]


def observe(device: Device, dealer: str = "N01", template: str = "showroom_observation") -> str:
    """Record and submit a visit that nobody planned; its id."""
    made = record_visit(device, dealer, template=template)
    del device.ops[0]  # nothing was assigned
    device.ops[0]["fields"]["assignment_id"] = None
    return made.visit_id


async def test_a_manager_submits_an_observation_and_another_desk_accepts_it(world: World) -> None:
    manager, hq = Device(world, "manager"), Device(world, "hq")
    visit = observe(manager)
    assert set(codes(await manager.push())) == {"applied"}
    row = stored(world, "visit", visit)
    assert row is not None
    assert row["status"] == "submitted"
    accept = {"action": "accept", "review_note": "checked"}
    manager.op(visit, "visit", visit, "transition", accept, base=2)
    assert codes(await manager.push()) == ["not_allowed"]
    hq.op(visit, "visit", visit, "transition", accept, base=2)
    assert codes(await hq.push()) == ["applied"]


async def test_a_manager_observes_at_dealers_of_the_region_only_and_never_covertly(world: World) -> None:
    south, covert = Device(world, "manager_south"), Device(world, "manager")
    observe(south)
    assert codes(await south.push())[0] == "out_of_scope"
    observe(covert, template="sales_visit")
    assert codes(await covert.push())[0] == "not_allowed"
    owner = Device(world, "owner")
    observe(owner)
    assert codes(await owner.push())[0] == "not_allowed"
