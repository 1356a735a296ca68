"""Double-coded visits, grades and histories: for desks over the dealer, never for dealers or visitors."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from sync_server.checklists.service import questions_of
from sync_server.cli.app import run
from sync_server.reviews.agreement import Unit, line
from sync_server.sync.journal import write_row
from tests.factories.visits_on_server import accepted_visit
from tests.server.device import Device
from tests.server.world import World

pytestmark = pytest.mark.anyio
Json = dict[str, Any]
FIRST = {"F02": "yes", "F03": "yes", "F04": "no", "F05": "na"}
SECOND = {"F02": "yes", "F03": "no", "F04": "no", "F05": "na"}


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


async def call(world: World, login: str, method: str, path: str, **more: Any) -> tuple[int, Any]:
    async with world.client(login) as client:
        answer = await client.request(method, path, **more)
    return answer.status_code, answer.json() if answer.content else None


def visited(world: World, assignment_id: str, login: str, answers: Json) -> str:
    """An accepted visit of an assignment."""
    visit_id = accepted_visit(world, "N01", answers, person=login, record=False)
    with world.db.write() as session:
        write_row(session, "visit", visit_id, {"assignment_id": assignment_id})
    return visit_id


async def doubled(world: World) -> tuple[str, str]:
    """A planned visit of the shopper and its double by the auditor."""
    first = world.assign("shopper", "N01")
    body = {"assignment_id": first, "person_id": world.people["auditor"]}
    status, made = await call(world, "hq", "POST", "/reviews/doubles", json=body)
    assert status == 201, made
    return first, made["id"]


async def test_two_visitors_of_one_dealer_are_compared_question_by_question(world: World) -> None:
    first, second = await doubled(world)
    visited(world, first, "shopper", FIRST)
    visited(world, second, "auditor", SECOND)
    status, found = await call(world, "manager", "GET", "/reviews/agreement")
    assert status == 200
    assert (found["pairs"], found["overall"]["answers"], found["overall"]["same"]) == (1, 4, 0.75)
    assert found["overall"]["verdict"] == "few"
    with world.db.read() as session:
        item = questions_of(session, world.versions["sales_visit"])["F03"].item
    assert (found["items"][0]["key"], found["items"][0]["same"]) == (item, 0.5)
    assert {one["key"] for one in found["people"]} == {world.people["shopper"], world.people["auditor"]}
    assert set(found["names"]) == {world.people["shopper"], world.people["auditor"]}


async def test_a_second_coder_reads_the_same_evidence_without_the_answers(world: World) -> None:
    visit_id = accepted_visit(world, "N01", FIRST, record=False)
    path = f"/reviews/visits/{visit_id}/coding"
    assert await call(world, "manager", "GET", path) == (200, {"answers": {}})
    status, _ = await call(world, "manager", "PUT", path, json={"answers": {**SECOND, "F02": "unobserved"}})
    assert status == 204
    _, found = await call(world, "hq", "GET", "/reviews/agreement")
    assert (found["pairs"], found["overall"]["answers"]) == (1, 3)
    status, refused = await call(world, "manager", "PUT", path, json={"answers": {"F02": "perhaps"}})
    assert (status, refused["places"][0]["at"]) == (422, "F02")
    assert (await call(world, "manager_south", "GET", path))[0] == 404


async def test_the_visitors_are_not_told_that_there_are_two(world: World) -> None:
    first, second = await doubled(world)
    rows: dict[str, Json] = {}
    for login in ("shopper", "auditor"):
        device = Device(world, login)
        await device.pull()
        (rows[login],) = [row for (entity, _), row in device.rows.items() if entity == "assignment"]
    own = {"id", "person_id", "version"}
    assert {k: v for k, v in rows["shopper"].items() if k not in own} == {
        k: v for k, v in rows["auditor"].items() if k not in own
    }
    assert first not in json.dumps(rows["auditor"])
    assert second not in json.dumps(rows["shopper"])


async def test_a_visit_is_doubled_once_and_by_somebody_else(world: World) -> None:
    first, _ = await doubled(world)
    again = {"assignment_id": first, "person_id": world.people["auditor"]}
    assert (await call(world, "hq", "POST", "/reviews/doubles", json=again))[0] == 409
    other = world.assign("shopper", "N02")
    own = {"assignment_id": other, "person_id": world.people["shopper"]}
    assert (await call(world, "hq", "POST", "/reviews/doubles", json=own))[0] == 409


async def test_grades_and_histories_are_for_desks_over_the_dealer(world: World) -> None:
    visit_id = accepted_visit(world, "N01", FIRST, day=date(2026, 10, 14), record=False)
    path = f"/reviews/visits/{visit_id}/grade"
    assert await call(world, "manager", "GET", path) == (200, None)
    status, line_ = await call(world, "manager", "PUT", path, json={"grade": 4, "note": "照片清楚"})
    assert (status, line_["grade"], line_["note"]) == (200, 4, "照片清楚")
    assert (await call(world, "manager", "PUT", path, json={"grade": 6}))[0] == 422
    query = {"since": "2026-10-01"}
    _, found = await call(world, "manager", "GET", "/reviews/people", params=query)
    (person,) = found["people"]
    assert (person["person_id"], person["name"]) == (world.people["shopper"], person["name"])
    assert [(one["month"], one["sent"], one["accepted"], one["grade"]) for one in person["months"]] == [
        ("2026-10", 1, 1, 4.0)
    ]
    assert (await call(world, "manager_south", "GET", "/reviews/people", params=query))[1]["people"] == []
    for login in ("owner", "shopper", "auditor"):
        for name in (path, "/reviews/people", "/reviews/agreement", f"/reviews/visits/{visit_id}/coding"):
            assert (await call(world, login, "GET", name))[0] == 403, (login, name)


async def test_nobody_grades_or_codes_an_own_visit(world: World) -> None:
    visit_id = accepted_visit(world, "N01", FIRST, person="manager", record=False)
    assert (await call(world, "manager", "PUT", f"/reviews/visits/{visit_id}/grade", json={"grade": 5}))[
        0
    ] == 403


def test_agreement_is_told_even_where_kappa_collapses() -> None:
    units = [Unit("a", "p", "q", "yes", "yes") for _ in range(38)]
    units += [Unit("a", "p", "q", "yes", "no"), Unit("a", "p", "q", "no", "yes")]
    found = line("a", units)
    assert (found.answers, found.same) == (40, 0.95)
    assert found.kappa is not None
    assert found.kappa < 0
    assert found.ac1 is not None
    assert found.ac1 > 0.9
    assert found.verdict == "unreliable"
    alone = line("a", units[:38])
    assert (alone.kappa, alone.alpha, alone.verdict) == (None, None, "unknown")


async def test_the_command_line_tells_the_agreement(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = await doubled(world)
    visited(world, first, "shopper", FIRST)
    visited(world, second, "auditor", SECOND)
    folder = str(world.settings.data_dir)
    assert run(["insight", "agreement", "--json", "--data", folder]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["pairs"], told["overall"]["answers"]) == (1, 4)
    assert run(["insight", "agreement", "--data", folder, "--from", "2027-01-01"]) == 0
    assert "F03" not in capsys.readouterr().out
