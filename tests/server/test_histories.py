"""A visitor's history: signals by kind and month, returns, grades, agreement; for desks alone."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from shared_models.ids import new_id
from shared_models.visits.tables import Answer, Visit
from sync_server.checklists.service import document_of
from sync_server.cli.app import run
from sync_server.reviews.signals import bring_up
from sync_server.sync.journal import write_row
from tests.factories.visits_on_server import accepted_visit
from tests.server.device import Device
from tests.server.world import World

pytestmark = pytest.mark.anyio
Json = dict[str, Any]
YES = {f"F{n:02}": "yes" for n in range(2, 6)}
SINCE = {"since": "2026-09-01"}


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


def visited(world: World, dealer: str, day: date, minutes: int, **more: Any) -> str:
    """A sent visit that took so many minutes."""
    visit_id = accepted_visit(world, dealer, YES, day=day, record=False, **more)
    start = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
    with world.db.write() as session:
        stay = {"started_at": start, "ended_at": start + timedelta(minutes=minutes)}
        write_row(session, "visit", visit_id, {**stay, "evidence_complete": True})
    return visit_id


def photographed(world: World, visit_id: str, sha256: str) -> None:
    with world.db.write() as session:
        row = {"visit_id": visit_id, "question": "F02", "sha256": sha256, "size": 10}
        write_row(session, "attachment", new_id(), row)


async def people(world: World, login: str = "hq") -> list[Json]:
    async with world.client(login) as client:
        return (await client.get("/reviews/people", params=SINCE)).json()["people"]


async def test_signals_stand_in_the_history_by_kind_and_month(world: World) -> None:
    visited(world, "N01", date(2026, 9, 3), 90)
    visited(world, "N01", date(2026, 10, 3), 12)
    visited(world, "S01", date(2026, 10, 9), 9)
    (one,) = await people(world)
    assert [(month["month"], month["signals"]) for month in one["months"]] == [
        ("2026-10", {"short_stay": 2, "no_place": 2}),
        ("2026-09", {"no_place": 1}),
    ]
    assert one["agreement"] is None
    (north,) = await people(world, "manager")
    assert north["months"][0]["signals"] == {"short_stay": 1, "no_place": 1}


async def test_a_judged_item_without_a_word_is_told_to_the_desk_and_refuses_nothing(world: World) -> None:
    silent, told = (visited(world, code, date(2026, 10, 3), 90) for code in ("N01", "N02"))
    with world.db.write() as session:
        document = document_of(session, world.versions["sales_visit"])
        item = next(q.item for q in document.questions() if q.code == "F02")
        for visit_id in (silent, told):
            visit = session.execute(select(Visit.__table__).where(Visit.id == visit_id)).mappings().one()
            row = {name: visit[name] for name in ("dealer_id", "person_id", "template_version_id")}
            given = new_id()
            days = {"window_start": date(2026, 10, 1), "window_end": date(2026, 10, 9)}
            write_row(session, "assignment", given, {**row, **days})
            focus = {"assignment_id": given, "dealer_id": row["dealer_id"], "person_id": row["person_id"]}
            write_row(session, "focus", new_id(), {**focus, "items": [item]})
            write_row(session, "visit", visit_id, {"assignment_id": given})
        for visit_id, words in ((silent, " "), (told, "He said so twice.")):
            answers = select(Answer.id, Answer.question).where(Answer.visit_id == visit_id)
            for answer_id, code in session.execute(answers):
                judged = next(q.item for q in document.questions() if q.code == code) == item
                if judged:
                    write_row(session, "answer", answer_id, {"comment": words})
    (one,) = await people(world)
    assert one["months"][0]["signals"] == {"unsaid": 1, "no_place": 2}


async def test_a_photo_handed_in_twice_makes_a_visit_worth_a_look(world: World) -> None:
    first, second = (visited(world, code, date(2026, 10, 3), 90) for code in ("N01", "N02"))
    photographed(world, first, "a" * 64)
    assert (await people(world))[0]["months"][0]["looks"] == 0
    with world.db.write() as session:
        write_row(session, "visit", second, {"revision": 1})
    photographed(world, second, "a" * 64)
    (month,) = (await people(world))[0]["months"]
    assert (month["looks"], month["signals"]["photo_elsewhere"], month["returned"]) == (1, 1, 1)


async def test_a_visit_is_judged_again_only_for_a_new_revision_or_its_last_photo(world: World) -> None:
    visit_id = visited(world, "N01", date(2026, 10, 3), 90)
    with world.db.write() as session:
        write_row(session, "visit", visit_id, {"evidence_complete": False})
    now = datetime(2026, 11, 1, tzinfo=UTC)
    assert [bring_up(world.db, now), bring_up(world.db, now)] == [1, 0]
    assert "evidence_incomplete" in (await people(world))[0]["months"][0]["signals"]
    with world.db.write() as session:
        write_row(session, "visit", visit_id, {"evidence_complete": True})
    assert "evidence_incomplete" not in (await people(world))[0]["months"][0]["signals"]
    assert bring_up(world.db, now) == 0


async def test_agreement_stands_with_its_interval_beside_the_person(world: World) -> None:
    visit_id = visited(world, "N01", date(2026, 10, 3), 90)
    answers = {**YES, "F05": "no"}
    async with world.client("manager") as client:
        put = await client.put(f"/reviews/visits/{visit_id}/coding", json={"answers": answers})
        assert put.status_code == 204
    (one,) = await people(world)
    assert (one["agreement"]["answers"], one["agreement"]["same"]) == (4, 0.75)
    assert 0 < one["agreement"]["low"] < 0.35 < 0.9 < one["agreement"]["high"] < 1


async def test_signals_never_reach_the_visitor_and_never_hold_a_visit(world: World) -> None:
    visit_id = visited(world, "N01", date(2026, 10, 3), 2, status="submitted")
    bring_up(world.db, datetime(2026, 11, 1, tzinfo=UTC))
    device = Device(world, "shopper")
    await device.pull()
    assert "short_stay" not in json.dumps(list(device.rows.values()), default=str)
    for login in ("shopper", "auditor", "owner", "caller"):
        async with world.client(login) as client:
            assert (await client.get("/reviews/people")).status_code == 403
    manager = Device(world, "manager")
    await manager.pull()
    assert manager.rows[("visit", visit_id)]["status"] == "submitted"


async def test_the_command_line_tells_the_histories(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    visited(world, "N01", date(2026, 10, 3), 9)
    folder = str(world.settings.data_dir)
    assert run(["insight", "people", "--json", "--from", "2026-09-01", "--data", folder]) == 0
    (one,) = json.loads(capsys.readouterr().out)["people"]
    assert one["months"][0]["signals"]["short_stay"] == 1
    assert run(["insight", "people", "--from", "2026-09-01", "--data", folder]) == 0
    assert "2026-10" in capsys.readouterr().out
