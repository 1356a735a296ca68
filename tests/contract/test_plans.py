"""A plan's life on both databases: written, published with a number, carried out, kept open, printed."""

from __future__ import annotations

import asyncio
import io
from typing import Any

from pypdf import PdfReader

from tests.factories.plans import PlanDraft, publish
from tests.server.device import Device, stored
from tests.server.world import World


def test_a_plan_lives_the_same_life_on_every_database(world: World) -> None:
    async def story() -> tuple[list[str], list[Any], bytes]:
        manager, owner = Device(world, "manager"), Device(world, "owner")
        first, second = PlanDraft(manager), PlanDraft(manager, item="new_car_fuel")
        numbers = [await publish(first), await publish(second)]
        first.move_action(owner, "start")
        entry = first.log(owner, 60, "已完成演练")
        await owner.push()
        first.move("close", base=2)
        refused = await manager.push()
        async with world.client("owner") as client:
            page = await client.get(f"/plans/{numbers[0]}/pdf", params={"language": "zh"})
        progress = stored(world, "action_progress", entry)
        assert progress is not None
        assert progress["at"].tzinfo is not None
        return numbers, refused, page.content

    numbers, refused, page = asyncio.run(story())
    assert [number[-3:] for number in numbers] == ["-01", "-02"]
    assert [one["problem"]["code"] for one in refused] == ["plan_not_judged"]  # no wave has been there yet
    words = "".join("".join(one.extract_text().split()) for one in PdfReader(io.BytesIO(page)).pages)
    assert numbers[0] in words
    assert "已完成演练" in words
