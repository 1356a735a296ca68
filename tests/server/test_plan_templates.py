"""Templates of plans over HTTP: who keeps, reads and removes which."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.world import World

pytestmark = pytest.mark.anyio
CONTENT = {
    "summary": "",
    "parts": [
        {
            "item_code": "service_handover",
            "causes": [{"category": "delivery", "text": "未引荐"}],
            "measures": [{"measure": "当面引荐", "method": "drill", "starts_after": 0, "due_after": 30}],
        }
    ],
}


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


async def keep(world: World, login: str, title: str = "交付", content: Any = CONTENT) -> Any:
    async with world.client(login) as client:
        return await client.post("/plans/templates", json={"title": title, "content": content})


async def titles(world: World, login: str) -> list[str]:
    async with world.client(login) as client:
        return [one["title"] for one in (await client.get("/plans/templates")).json()]


async def test_headquarters_templates_are_for_every_desk_and_a_managers_for_nobody_else(world: World) -> None:
    assert (await keep(world, "hq", "总部")).status_code == 201
    mine = (await keep(world, "manager", "北区")).json()
    assert (mine["shared"], mine["may_remove"]) == (False, True)
    assert await titles(world, "manager") == ["北区", "总部"]
    assert await titles(world, "manager_south") == ["总部"]
    assert await titles(world, "hq") == ["北区", "总部"]
    for login in ("owner", "shopper"):
        async with world.client(login) as client:
            assert (await client.get("/plans/templates")).json()["code"] == "not_allowed"
        assert (await keep(world, login)).json()["code"] == "not_allowed"


async def test_a_template_is_removed_by_its_author_or_headquarters(world: World) -> None:
    shared = (await keep(world, "hq", "总部")).json()["id"]
    own = (await keep(world, "manager", "北区")).json()["id"]
    async with world.client("manager_south") as south:
        assert (await south.delete(f"/plans/templates/{own}")).json()["code"] == "not_found"
        assert (await south.delete(f"/plans/templates/{shared}")).json()["code"] == "not_allowed"
    async with world.client("manager") as manager:
        assert (await manager.delete(f"/plans/templates/{own}")).status_code == 204
    assert await titles(world, "manager") == ["总部"]


async def test_an_empty_template_and_one_of_unknown_methods_are_refused(world: World) -> None:
    assert (await keep(world, "hq", content={"parts": []})).json()["code"] == "invalid_field"
    wrong = {"parts": [{"measures": [{"measure": "x", "method": "magic"}]}]}
    assert (await keep(world, "hq", content=wrong)).json()["places"] == [{"at": "method", "reason": "magic"}]


async def test_sales_figures_are_entered_by_the_desk_and_read_by_the_dealer_too(world: World) -> None:
    dealer = world.dealers["N01"]
    path, body = f"/plans/sales/{dealer}/2026-10", {"target": 80, "achieved": 60}
    for login, code in (
        ("owner", "not_allowed"),
        ("manager_south", "out_of_scope"),
        ("shopper", "not_allowed"),
    ):
        async with world.client(login) as client:
            assert (await client.put(path, json=body)).json()["code"] == code
    async with world.client("manager") as client:
        assert (await client.put(path, json={"target": 80, "achieved": 50})).status_code == 204
        assert (await client.put(path, json=body)).status_code == 204
        assert (await client.put(f"/plans/sales/{dealer}/2026-13", json=body)).status_code == 422
    async with world.client("owner") as client:
        read = (await client.get("/plans/sales", params={"dealer_id": dealer})).json()
    assert read == [{"month": "2026-10", "target": 80, "achieved": 60}]
    async with world.client("owner_south") as client:
        refused = await client.get("/plans/sales", params={"dealer_id": dealer})
    assert refused.json()["code"] == "out_of_scope"
