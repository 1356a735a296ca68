"""Monthly reports by themselves: when, what, for whom, once."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from shared_models.reports import ReportSchedule, StoredReports
from sync_server.cli import app as commands
from sync_server.cli.exits import Exit
from sync_server.media.blobs import FolderBlobs
from sync_server.reports.monthly import due_month, run, run_due
from tests.factories.surveys import NOW, Asked, ask, rows_of
from tests.server.world import World, make_world

pytestmark = pytest.mark.anyio
MONTH, OCT = "2026-10", date(2026, 10, 10)


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


@pytest.fixture
def network(tmp_path: Path) -> World:
    """Figures in both regions."""
    world = make_world(tmp_path / "server", now=lambda: NOW)
    asked = [Asked(dealer, "service_handover", OCT, 78, 100) for dealer in ("N01", "N02", "S01")]
    ask(world, tmp_path, asked)
    return world


def made(world: World, *, mail: bool = False) -> tuple[int, int]:
    blobs = FolderBlobs(world.settings.blob_dir)
    found = run(world.db, blobs, MONTH, "en", mail=mail, now=lambda: NOW)
    return found.files, found.told


async def stored(world: World, login: str) -> StoredReports:
    async with world.client(login) as client:
        response = await client.get("/reports/files")
        assert response.status_code == 200, response.text
        return StoredReports.model_validate(response.json())


@pytest.mark.parametrize(
    ("today", "due"),
    [
        (date(2026, 11, 4), None),
        (date(2026, 11, 5), MONTH),
        (date(2026, 11, 30), MONTH),
        (date(2027, 1, 5), "2026-12"),
    ],
)
def test_the_month_before_is_due_from_the_chosen_day_on(today: date, due: str | None) -> None:
    assert due_month(ReportSchedule(enabled=True, day=5), today) == due
    assert due_month(ReportSchedule(enabled=False, day=5), today) is None


async def test_everybody_reads_the_reports_of_their_places_and_no_others(network: World) -> None:
    made(network)
    names = {login: {(one.kind, one.code) for one in (await stored(network, login)).files}
             for login in ("hq", "manager", "owner", "owner_south")}  # fmt: skip
    north = {("region", "N"), ("scorecard", "N01"), ("scorecard", "N02")}
    assert names["manager"] == north
    assert names["hq"] > north | {("region", "S"), ("scorecard", "S01")}
    assert names["owner"] == {("scorecard", "N01")}
    assert ("scorecard", "N01") not in names["owner_south"]
    (own,) = [one for one in (await stored(network, "owner")).files if one.format == "pdf"]
    async with network.client("owner") as client:
        response = await client.get(f"/reports/files/{own.id}")
    assert response.content.startswith(b"%PDF")
    assert len(response.content) == own.size
    async with network.client("owner_south") as client:
        assert (await client.get(f"/reports/files/{own.id}")).json()["code"] == "not_found"
    async with network.client("shopper") as client:
        assert (await client.get("/reports/files")).json()["code"] == "not_allowed"


def test_a_second_run_makes_nothing_anew_and_one_cut_short_goes_on(network: World) -> None:
    first, _ = made(network)
    assert first == len(rows_of(network, "SELECT id FROM report_file"))
    assert made(network) == (0, 0)
    with network.db.write(journal=False) as session:
        session.connection().exec_driver_sql(
            "DELETE FROM report_file WHERE kind = 'scorecard' AND format = 'pdf'"
        )
    lost = first - len(rows_of(network, "SELECT id FROM report_file"))
    assert made(network) == (lost, 0)


def test_each_person_with_an_address_is_told_once(network: World) -> None:
    with network.db.write(journal=False) as session:
        session.connection().exec_driver_sql(
            f"INSERT INTO contact (person_id, email) VALUES ('{network.people['owner']}', 'li@example.org')"
        )
    _, told = made(network, mail=True)
    assert told == 1
    ((target, body),) = rows_of(network, "SELECT target, body FROM reminder_delivery")
    assert target == "li@example.org"
    assert MONTH in json.loads(body)["subject"]
    assert made(network, mail=True)[1] == 0


async def test_headquarters_alone_say_when_and_nothing_is_made_before(network: World) -> None:
    blobs = FolderBlobs(network.settings.blob_dir)
    assert run_due(network.db, blobs, mail=False, now=lambda: NOW).files == 0
    body = {"enabled": True, "day": 1, "language": "zh"}
    async with network.client("manager") as client:
        assert (await client.put("/reports/schedule", json=body)).json()["code"] == "not_allowed"
    async with network.client("hq") as client:
        assert (await client.put("/reports/schedule", json=body)).status_code == 200
    due = datetime(2026, 11, 2, 1, tzinfo=UTC)
    found = run_due(network.db, blobs, mail=False, now=lambda: due)
    assert found.month == MONTH
    assert found.files > 0
    shown = await stored(network, "manager")
    assert (shown.schedule.enabled, shown.may_change) == (True, False)


def test_the_command_line_sets_the_schedule_and_makes_a_month(
    network: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REVISIT_DATA", str(network.settings.data_dir))
    assert commands.run(["report", "schedule", "--on", "--day", "7", "--json"]) == Exit.OK
    assert json.loads(capsys.readouterr().out)["day"] == 7
    assert commands.run(["report", "schedule", "--make", MONTH, "--json"]) == Exit.OK
    told = json.loads(capsys.readouterr().out)
    assert (told["enabled"], told["day"], told["month"]) == (True, 7, MONTH)
    assert rows_of(network, "SELECT count(*) FROM report_file")[0][0] == told["files"] > 0
