"""Tables of the network over HTTP and on the command line: outcomes, satisfaction, drivers, people."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from sync_server.cli.app import run
from sync_server.insight.tables_all import TABLES
from tests.factories.surveys import DEMO_FILES, NOW, Asked, add_demo_dealers, ask, load, survey_mapping
from tests.factories.visits_on_server import accepted_visit
from tests.server.world import World, make_world

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The demo's three survey files; read by all tests here, so whoever changes something puts it back."""
    made = make_world(tmp_path_factory.mktemp("tables") / "server", now=lambda: NOW)
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


async def test_satisfaction_is_given_for_the_whole_for_regions_and_dealers_and_hidden_below_ten(
    world: World,
) -> None:
    index = [one for one in await rows(world, "acsi") if one["survey"] == "cati_sales"]
    assert [one["level"] for one in index][:2] == ["all", "region"]
    whole = index[0]
    assert whole["n"] > 600
    assert 0 < whole["low"] < whole["index"] < whole["high"] < 100
    # the answers' own weights: three shares, from 250 respondents on
    assert abs(sum(float(one) for one in whole["pls"].split()) - 1) < 0.02
    scores = {(one["level"], one["name"]): one for one in await rows(world, "nps")}
    promoters = scores["all", ""]
    shares = [promoters[name] for name in ("promoters", "passives", "detractors")]
    assert abs(sum(shares) - 100) < 0.02
    assert abs(promoters["nps"] - (shares[0] - shares[2])) < 0.02
    dealers = [one for one in index if one["level"] == "dealer"]
    assert sum(one["n"] for one in dealers) == whole["n"]
    assert all(one["small"] == (one["n"] < 30) for one in dealers)
    one_month = await rows(world, "acsi", months=1)
    assert any(one["index"] is None for one in one_month if one["n"] < 10) or all(
        one["n"] >= 10 for one in one_month
    )


async def test_set_weights_change_the_index(world: World) -> None:
    async def whole() -> float:
        return next(one["index"] for one in await rows(world, "acsi") if one["level"] == "all")

    before = await whole()
    async with world.client("hq") as client:
        body = {"values": {"acsi_weights": [1, 0, 0]}}
        assert (await client.put("/insight/parameters", json=body)).status_code == 200
        wrong = {"values": {"acsi_weights": [0, 0, 0]}}
        assert (await client.put("/insight/parameters", json=wrong)).status_code == 422
        assert await whole() != before
        body = {"values": {"acsi_weights": [1, 1, 1]}}
        assert (await client.put("/insight/parameters", json=body)).status_code == 200
    assert await whole() == before


async def test_dimensions_are_published_only_with_enough_consistent_questions(world: World) -> None:
    found = {one["dimension"]: one for one in await rows(world, "rater")}
    assert set(found) == {"reliability", "assurance", "tangibles", "empathy", "responsiveness"}
    assert all(one["mean"] is None for one in found.values() if not one["published"])
    assert all(one["questions"] >= 3 and one["alpha"] >= 0.7 for one in found.values() if one["published"])
    carried = found["tangibles"]
    assert carried["carried_low"] < carried["carried_out"] < carried["carried_high"]


async def test_a_visitor_far_from_what_items_let_expect_is_flagged_and_dealers_never_see_it(
    tmp_path: Path,
) -> None:
    world = make_world(tmp_path / "server", now=lambda: NOW)
    asked = ["F02", "F03", "D06", "D08"]
    for place in range(60):
        strict = place % 2
        answers = {code: "no" if strict and (place + at) % 4 < 3 else "yes" for at, code in enumerate(asked)}
        person = "shopper" if strict else "auditor"
        accepted_visit(world, "N01", answers, day=date(2026, 10, 1 + place % 28), person=person)
    found = {one["visitor"]: one for one in await rows(world, "visitors")}
    assert len(found) == 2
    assert all(one["flagged"] for one in found.values())
    assert sorted(one["z"] > 0 for one in found.values()) == [False, True]
    async with world.client("owner") as client:
        assert (await client.get("/insight/tables/visitors")).status_code == 403


async def test_every_table_says_what_it_cannot_say_in_both_languages(world: World) -> None:
    async with world.client("hq") as client:
        for name in TABLES:
            answer = await client.get(f"/insight/tables/{name}")
            assert answer.status_code == 200, answer.text
            said = answer.json()["explained"]
            assert set(said) == {"zh_CN", "en"}
            assert all(not line.startswith("insight.table") for lines in said.values() for line in lines)


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
    for one in found.values():
        assert one["flagged"] == (not one["limit_low"] <= one["rate"] <= one["limit_high"])


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
