"""Tables of the network over HTTP and on the command line: outcomes, satisfaction, drivers, people."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from sync_server.cli.app import run
from tests.factories.surveys import DEMO_FILES, NOW, Asked, add_demo_dealers, ask, load, survey_mapping
from tests.server.world import World, make_world

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """The demo's three survey files."""
    made = make_world(tmp_path / "server", now=lambda: NOW)
    add_demo_dealers(made)
    for name, path in DEMO_FILES.items():
        load(made, path, name)
    return made


async def rows(world: World, name: str, login: str = "hq", **query: Any) -> list[dict[str, Any]]:
    async with world.client(login) as client:
        answer = await client.get(f"/insight/tables/{name}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["rows"]


async def test_every_table_answers_and_rates_stay_percentages(world: World) -> None:
    outcomes = await rows(world, "outcomes")
    assert {one["source"] for one in outcomes} == {"phone", "callback"}
    assert all(0 <= one["rr1"] <= one["rr3"] <= 100 for one in outcomes)
    indices = {(one["survey"], one["question"]): one for one in await rows(world, "indices")}
    overall = indices["cati_sales", "overall"]
    assert overall["low"] < overall["mean"] < overall["high"]
    assert overall["n"] > 600
    fused = await rows(world, "fused")
    assert len(fused) == 540
    assert all(one["low"] <= one["rate"] <= one["high"] for one in fused)
    assert (await rows(world, "interviewers"))[0]["interviewers"] >= 2


async def test_drivers_below_six_hundred_respondents_claim_nothing_and_belong_to_headquarters(
    world: World,
) -> None:
    found = await rows(world, "drivers")
    assert {(one["enough"], one["share"]) for one in found if one["survey"] == "service_survey"} == {
        (False, 25)
    }
    async with world.client("manager") as client:
        assert (await client.get("/insight/tables/drivers")).status_code == 403
        assert (await client.get("/insight/tables/nothing")).status_code == 404


async def test_a_manager_sees_the_people_of_the_own_dealers_only(world: World) -> None:
    mine = {one["dealer"] for one in await rows(world, "people", "manager")}
    assert mine
    assert await rows(world, "people", "manager_south") == []


async def test_somebody_far_from_the_others_is_flagged_and_three_answers_are_not(tmp_path: Path) -> None:
    world = make_world(tmp_path / "server", now=lambda: NOW)
    item, day = "service_handover", date(2026, 10, 10)
    lines = ["id,dealer,day,outcome,employee," + item]
    for name, executed, asked in (("甲", 90, 100), ("乙", 88, 100), ("丙", 60, 100), ("丁", 1, 3)):
        lines += [f"{name}{i},N01,{day},成功,{name},{'是' if i < executed else '否'}" for i in range(asked)]
    path = tmp_path / "people.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    load(world, path, survey_mapping([item]))
    found = {one["employee"]: one for one in await rows(world, "people")}
    assert {name for name, one in found.items() if one["flagged"]} >= {"丙"}
    assert not found["丁"]["flagged"]
    assert found["丁"]["limit_low"] < found["甲"]["limit_low"]


def test_the_command_line_prints_json_and_writes_parquet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "server"
    world = make_world(data, now=lambda: NOW)
    ask(world, tmp_path, [Asked("N01", "service_handover", date(2026, 9, 10), 40, 100)])
    out = tmp_path / "fused.parquet"
    where = ["--data", str(world.settings.data_dir)]
    assert run(["insight", "table", "fused", "--json", "--parquet", str(out), *where]) == 0
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    assert (row["k"], row["n"], row["listed"]) == (40, 100, True)
    assert pl.read_parquet(out)["rate"].to_list() == [row["rate"]]
    assert run(["insight", "close", "2026-09", *where]) == 0
    assert run(["insight", "reproduce", "2026-09", *where]) == 0
    assert run(["insight", "close", "2999-01", *where]) == 2
