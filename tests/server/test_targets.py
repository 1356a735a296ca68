"""Targets by place and month: which one holds, what follows from it, and what stands in the trail."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared_models.insight import DealerPage
from sync_server.insight.figures import close_month, reproduce
from sync_server.insight.results import results_of
from sync_server.targets.service import targets_in_force
from tests.factories.surveys import NOW
from tests.factories.visits_on_server import accepted_visit
from tests.server.world import World, make_world

pytestmark = pytest.mark.anyio
OCTOBER, ITEM = "2026-10", "storefront_sign"


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Noon of 22 November 2026."""
    return make_world(tmp_path / "server", now=lambda: NOW)


def item_of(world: World, code: str = ITEM) -> str:
    with world.db.read() as session:
        row = session.connection().exec_driver_sql(f"SELECT id FROM item WHERE code = '{code}'").one()
    return str(row[0])


async def put(world: World, target: float | None, login: str = "hq", **rule: Any) -> httpx.Response:
    body = {"item_id": item_of(world), "target": target, **rule}
    async with world.client(login) as client:
        return await client.put("/targets", json=body)


def region(world: World, code: str) -> dict[str, str]:
    return {"place_kind": "region", "place_id": world.regions[code]}


def dealer(world: World, code: str) -> dict[str, str]:
    return {"place_kind": "dealer", "place_id": world.dealers[code]}


def held(world: World, code: str, month: str = OCTOBER) -> float | None:
    with world.db.read() as session:
        found = targets_in_force(session, month).at(item_of(world), world.dealers[code])
    return None if found is None else round(found * 100, 2)


async def test_the_most_specific_target_holds(world: World) -> None:
    steps = [
        (80.0, {}),
        (82.0, {"month_from": OCTOBER, "month_to": OCTOBER}),
        (84.0, region(world, "N")),
        (86.0, {**region(world, "N"), "month_from": "2026-10"}),
        (88.0, dealer(world, "N01")),
        (90.0, {**dealer(world, "N01"), "month_from": OCTOBER, "month_to": "2026-12"}),
    ]
    seen = {"N01": list[Any](), "N02": list[Any](), "S01": list[Any]()}
    for target, rule in steps:
        assert (await put(world, target, **rule)).status_code == 204
        for code, found in seen.items():
            found.append(held(world, code))
    assert seen == {
        "N01": [80, 82, 84, 86, 88, 90],
        "N02": [80, 82, 84, 86, 86, 86],
        "S01": [80, 82, 82, 82, 82, 82],
    }
    assert (held(world, "N01", "2027-01"), held(world, "N02", "2026-09")) == (88, 84)
    for target, rule in reversed(steps):
        assert (await put(world, None, **rule)).status_code == 204, target
    assert {code: held(world, code) for code in seen} == dict.fromkeys(seen)


async def test_a_dealers_own_target_moves_its_figures_alone_and_stored_results_keep_theirs(
    world: World,
) -> None:
    for code in ("N01", "N02"):
        accepted_visit(world, code, {"F02": "yes", "F03": "no"}, day=date(2026, 10, 9))

    async def page(code: str) -> dict[str, tuple[float, float]]:
        async with world.client("hq") as client:
            query = {"dealer_id": world.dealers[code], "month": OCTOBER}
            told = DealerPage.model_validate((await client.get("/insight/dealer", params=query)).json())
        return {one.item_id: (one.target, one.fused.p_below) for one in told.figures}

    mine, others = await page("N01"), await page("N02")
    item = next(iter(mine))
    with world.db.write(journal=False) as session:
        close_month(session, OCTOBER, lambda: NOW)
    assert (await put(world, 99.0, item_id=item, **dealer(world, "N01"))).status_code == 204
    now, still = await page("N01"), await page("N02")
    assert now[item][0] == 99.0
    assert now[item][1] > mine[item][1]
    assert {one: found for one, found in now.items() if one != item} == {
        one: found for one, found in mine.items() if one != item
    }
    assert still == others
    with world.db.write(journal=False) as session:
        close_month(session, OCTOBER, lambda: NOW)
        found = results_of(session, OCTOBER)
        assert len(found) == 2
        assert {reproduce(session, one).sha256 == one.sha256 for one in found} == {True}


async def test_only_headquarters_set_targets_and_the_trail_tells_what_they_were(world: World) -> None:
    assert (await put(world, 90.0, login="manager")).status_code == 403
    assert (await put(world, 90.0, **{"place_kind": "dealer", "place_id": "nowhere"})).status_code == 404
    assert (await put(world, 90.0, month_from="2026-12", month_to="2026-11")).status_code == 422
    for target in (90.0, 92.5, 92.5):
        assert (await put(world, target, **dealer(world, "N01"))).status_code == 204
    async with world.client("hq") as client:
        trail = (await client.get("/audit/entries", params={"action": "targets.set"})).json()
        listed = (await client.get("/targets")).json()
    assert [one["changes"]["target"] for one in trail["entries"]] == [["90", "92.5"], [None, "90"]]
    (rule,) = next(one for one in listed if one["code"] == ITEM)["rules"]
    assert (rule["target"], rule["place_code"], rule["set_by"]) == (92.5, "N01", "hq 某")


FILE = (
    "项目,区域,经销商代码,起始月份,截止月份,目标（%）\n"
    f"{ITEM},,,,,88\n"
    f"{ITEM},北区,,2026年10月,202612,91.5%\n"
    f"{ITEM},,n01,2026-10,2026-09,92\n"
    f"{ITEM},北区,N01,,,92\n"
    "no_such_item,,,,,80\n"
    f"{ITEM},,N02,,,140\n"
    f"{ITEM},,X99,,,90\n"
    f"{ITEM},,,,,70\n"
).encode()
SALES = (
    b"Dealer code,Month,Sales target (cars),Cars sold\n"
    b"N01,2026-10,120,96\n"
    b"n02,2026/11/30,80,90\n"
    b"N02,2026-13,80,90\n"
    b"N01,2026-10,1,1\n"
    b"S01,2026-10,80.5,x\n"
)


async def send(world: World, how: str, sheet: str, data: bytes) -> dict[str, Any]:
    async with world.client("hq") as client:
        answer = await client.post(
            f"/people/import/{how}", files={"file": ("t.csv", data)}, data={"sheet": sheet}
        )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_targets_come_from_a_file_with_a_preview_and_again_change_nothing(world: World) -> None:
    told = await send(world, "preview", "targets", FILE)
    assert [(one["row"], one["reason"]) for one in told["problems"]] == [
        (4, "months"),
        (5, "one_place"),
        (6, "item"),
        (7, "percent"),
        (8, "dealer"),
        (9, "twice"),
    ]
    assert held(world, "N01") == 85
    counts = (await send(world, "apply", "targets", FILE))["counts"]
    assert (counts["new"], counts["changed"], counts["rejected"]) == (1, 1, 6)
    assert (held(world, "N01"), held(world, "N01", "2027-01"), held(world, "S01")) == (91.5, 88, 88)
    again = (await send(world, "apply", "targets", FILE))["counts"]
    assert (again["new"], again["changed"], again["same"]) == (0, 0, 2)


async def test_sales_figures_come_from_a_file_and_again_change_nothing(world: World) -> None:
    told = await send(world, "apply", "sales", SALES)
    assert told["counts"]["new"] == 2
    assert [(one["row"], one["reason"]) for one in told["problems"]] == [
        (4, "month"),
        (5, "twice"),
        (6, "cars"),
        (6, "number"),
    ]
    async with world.client("manager") as client:
        found = (await client.get("/plans/sales", params={"dealer_id": world.dealers["N02"]})).json()
    assert found == [{"target": 80, "achieved": 90, "month": "2026-11"}]
    assert (await send(world, "apply", "sales", SALES))["counts"]["same"] == 2
    changed = await send(world, "preview", "sales", SALES.replace(b",96", b",97"))
    assert changed["rows"][0]["changes"] == {"achieved": ["96", "97"]}
