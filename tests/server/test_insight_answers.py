"""Every figure opens down to the answers it was counted from, for those who may read the figure."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sync_server.insight.tables_all import FIRST_FIX, TABLES
from tests.factories.surveys import DEMO_FILES, NOW, add_demo_dealers, load, survey_mapping
from tests.factories.visits_on_server import accepted_visit
from tests.server.world import World, make_world

pytestmark = pytest.mark.anyio
Json = dict[str, Any]
DAY = date(2026, 10, 10)


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The demo's three survey files and visits of two people; nobody changes it."""
    made = make_world(tmp_path_factory.mktemp("answers") / "server", now=lambda: NOW)
    add_demo_dealers(made)
    for name, path in DEMO_FILES.items():
        load(made, path, name)
    for place in range(3):
        answers = {"F02": "no" if place else "yes", "F03": "yes" if place < 2 else "na"}
        accepted_visit(made, "N01", answers, day=DAY, person="shopper", comments={"F02": "暗号甲"})
    return made


async def table(world: World, name: str, login: str = "hq", **query: Any) -> Json:
    async with world.client(login) as client:
        answer = await client.get(f"/insight/tables/{name}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def opened(world: World, question: Json, login: str = "hq", **query: Any) -> Json:
    async with world.client(login) as client:
        answer = await client.get("/insight/answers", params=question | query)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("name", sorted(TABLES.keys() - {"technicians"}))
async def test_every_row_of_every_table_opens_to_answers(world: World, name: str) -> None:
    found = await table(world, name)
    assert found["rows"]
    assert len(found["behind"]) == len(found["rows"])
    for place in {0, len(found["rows"]) // 2, len(found["rows"]) - 1}:
        for question in found["behind"][place]:
            page = await opened(world, question, limit=3)
            assert page["total"] > 0, (found["rows"][place], question)
            assert 0 < len(page["answers"]) <= 3


@pytest.mark.parametrize(
    ("name", "figure"), [("nps", "n"), ("indices", "n"), ("outcomes", "called"), ("people", "n")]
)
async def test_there_are_as_many_answers_behind_a_figure_as_it_says(
    world: World, name: str, figure: str
) -> None:
    found = await table(world, name)
    for row, questions in list(zip(found["rows"], found["behind"], strict=True))[::7]:
        assert [(await opened(world, one, limit=1))["total"] for one in questions] == [row[figure]]


async def test_low_marks_and_failed_calls_come_first_and_pages_do_not_overlap(world: World) -> None:
    question = {"what": "ratings", "survey": "cati_sales", "question": "overall", "month": "2026-10"}
    first, second = [await opened(world, question, limit=20, offset=at) for at in (0, 20)]
    marks = [float(one["value"]) for one in [*first["answers"], *second["answers"]]]
    assert marks == sorted(marks)
    assert len({one["id"] for one in [*first["answers"], *second["answers"]]}) == 40
    calls = await opened(world, {"what": "calls", "source": "phone", "month": "2026-10"}, limit=5)
    assert all(one["value"] != "completed" for one in calls["answers"])


async def test_answers_are_narrowed_to_failures_and_to_what_enters_a_rate(world: World) -> None:
    question = {"dealer_id": world.dealers["N01"], "source": "shop", "month": "2026-10"}
    counted = await opened(world, question, counted=True)
    assert {one["state"] for one in counted["answers"]} == {"executed", "not"}
    failed = await opened(world, question, failures_only=True)
    assert {one["state"] for one in failed["answers"]} == {"not"}
    assert failed["total"] == 2
    everything = await opened(world, question)
    assert everything["total"] > counted["total"]


async def test_a_dealer_reads_the_answers_without_whoever_gave_or_took_them(world: World) -> None:
    question = {"dealer_id": world.dealers["N01"], "source": "shop", "month": "2026-10", "counted": True}
    desk, dealer = [await opened(world, question, login) for login in ("manager", "owner")]
    assert dealer["total"] == desk["total"] > 0
    assert all(one["provenance_id"] for one in desk["answers"])
    assert all(not one["provenance_id"] and not one["photos"] for one in dealer["answers"])
    text = str(dealer)
    assert world.people["shopper"] not in text
    assert "shopper某" not in text
    async with world.client("owner") as client:
        who = {"visitor_id": world.people["shopper"], "month": "2026-10"}
        assert (await client.get("/insight/answers", params=who)).status_code == 403
    calls = {"what": "calls", "dealer_id": world.dealers["N01"], "month": "2026-10"}
    assert all(not one["agent"] and not one["id"] for one in (await opened(world, calls, "owner"))["answers"])


async def test_another_regions_manager_gets_nothing_and_field_roles_are_refused(world: World) -> None:
    nobody = {"what": "observations", "month": "2026-10"}
    assert (await opened(world, nobody, "manager"))["total"] > 0
    for login in ("manager_south", "owner_south"):
        for what in ("observations", "ratings", "calls"):
            page = await opened(world, nobody | {"what": what}, login)
            assert {one["dealer_code"] for one in page["answers"]} <= {"S01"}
        async with world.client(login) as client:
            asked = {"dealer_id": world.dealers["N01"], "month": "2026-10"}
            assert (await client.get("/insight/answers", params=asked)).status_code == 403
    async with world.client("shopper") as client:
        assert (await client.get("/insight/answers")).status_code == 403


async def test_who_lies_outside_the_drawn_limits_is_who_is_flagged(tmp_path: Path) -> None:
    world = make_world(tmp_path / "server", now=lambda: NOW)
    item = FIRST_FIX
    lines = ["id,dealer,day,outcome,employee," + item]
    for name, executed, asked in (("甲", 92, 100), ("乙", 88, 100), ("丙", 60, 100), ("丁", 1, 3)):
        lines += [f"{name}{i},N01,{DAY},成功,{name},{'是' if i < executed else '否'}" for i in range(asked)]
    path = tmp_path / "people.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    load(world, path, survey_mapping([item]))
    found = await table(world, "people")
    limits = {one["n"]: one for one in found["funnel"]["limits"]}
    assert found["funnel"]["centre"] == pytest.approx(100 * 241 / 303)
    for row in found["rows"]:
        at = limits[row["n"]]
        assert at["low"] < at["high"]
        assert (not at["low"] <= row["rate"] <= at["high"]) == row["flagged"]
    assert any(row["flagged"] for row in found["rows"])
    technicians = await table(world, "technicians")
    assert technicians["rows"] == found["rows"]
    page = await opened(world, technicians["behind"][0][0])
    assert page["total"] == technicians["rows"][0]["n"]
    assert {one["employee"] for one in page["answers"]} == {technicians["rows"][0]["employee"]}
    world.close()
