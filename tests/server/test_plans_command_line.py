"""Commands on a server with data: import, figures, plans as text and on paper."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from pypdf import PdfReader

from sync_server.cli import app as commands
from sync_server.cli.exits import Exit
from tests.factories.plans import PlanDraft, publish
from tests.factories.surveys import DEMO_FILES, add_demo_dealers, rows_of
from tests.server.device import Device
from tests.server.world import World

pytestmark = pytest.mark.anyio
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


@pytest.fixture
def command(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world, with the commands pointed at it."""
    monkeypatch.setenv("REVISIT_DATA", str(world.settings.data_dir))
    monkeypatch.delenv("REVISIT_DATABASE_URL", raising=False)
    return world


def words_of(file: Path) -> str:
    """The words of a PDF without spaces."""
    pages = PdfReader(io.BytesIO(file.read_bytes())).pages
    return "".join("".join(page.extract_text().split()) for page in pages)


async def test_a_plan_is_listed_shown_and_printed_by_its_number(
    command: World, tmp_path: Path, capsys: Captured
) -> None:
    number = await publish(PlanDraft(Device(command, "manager")))
    assert commands.run(["plan", "list", "--json"]) == Exit.OK
    listed = json.loads(capsys.readouterr().out)
    assert [(one["number"], one["dealer_code"], one["actions"]) for one in listed] == [(number, "N01", 1)]
    assert commands.run(["plan", "show", number]) == Exit.OK
    assert "服务对接提升方案" in capsys.readouterr().out
    file = tmp_path / "plan.pdf"
    assert commands.run(["plan", "pdf", number, "--language", "both", "--out", str(file)]) == Exit.OK
    assert number in words_of(file)
    assert "Signatures" in words_of(file)
    assert "签署" in words_of(file)


async def test_a_plan_that_is_not_there_is_a_problem_in_the_data(command: World, capsys: Captured) -> None:
    assert commands.run(["plan", "pdf", "N01-209901-01"]) == Exit.DATA
    assert commands.run(["plan", "list", "--region", "Nowhere"]) == Exit.DATA
    assert "Traceback" not in capsys.readouterr().err


async def test_the_report_of_a_region_prints_its_published_plans_only(
    command: World, tmp_path: Path, capsys: Captured
) -> None:
    manager, south = Device(command, "manager"), Device(command, "manager_south")
    number = await publish(PlanDraft(manager))
    PlanDraft(manager, item="new_car_fuel").record()
    await manager.push()
    await publish(PlanDraft(south, dealer="S01", owner="owner_south", supervisor="manager_south"))
    out = tmp_path / "out"
    asked = ["report", "plans", "North", "--language", "zh", "--out", str(out), "--json"]
    assert commands.run(asked) == Exit.OK
    files = json.loads(capsys.readouterr().out)["files"]
    assert files == [str(out / f"{number}-zh.pdf")]
    assert [one.name for one in out.iterdir()] == [f"{number}-zh.pdf"]


async def test_an_import_loads_good_rows_lists_bad_ones_and_says_so_in_its_exit_code(
    command: World, capsys: Captured
) -> None:
    add_demo_dealers(command)
    file = str(DEMO_FILES["cati_sales"])
    assert commands.run(["import", file, "--mapping", "cati_sales", "--dry-run", "--json"]) == Exit.DATA
    tried = json.loads(capsys.readouterr().out)["batch"]["counts"]
    assert rows_of(command, "SELECT count(*) FROM observation")[0][0] == 0
    assert rows_of(command, "SELECT count(*) FROM import_batch")[0][0] == 0
    assert commands.run(["import", file, "--mapping", "cati_sales", "--json"]) == Exit.DATA
    report = json.loads(capsys.readouterr().out)
    assert report["batch"]["counts"] == tried
    assert report["batch"]["counts"]["loaded"] > 0
    assert report["findings"][0]["row"] > 1
    assert rows_of(command, "SELECT count(*) FROM observation")[0][0] > 0
    assert commands.run(["import", file, "--mapping", "cati_sales"]) == Exit.DATA
    human = capsys.readouterr().out
    assert str(report["findings"][0]["row"]) in human
    assert commands.run(["import", file, "--mapping", "nobody"]) == Exit.USAGE
    assert commands.run(["import", str(command.settings.data_dir), "--mapping", "cati_sales"]) == Exit.USAGE


async def test_the_figures_of_the_terminal_are_those_of_the_api(command: World, capsys: Captured) -> None:
    add_demo_dealers(command)
    commands.run(["import", str(DEMO_FILES["callbacks"]), "--mapping", "callbacks"])
    capsys.readouterr()
    month = "2026-10"
    async with command.client("hq") as client:
        weak = (await client.get("/insight/weak-items", params={"month": month, "limit": 5})).json()
        rates = (await client.get("/insight/rates", params={"month": month})).json()
    assert commands.run(["insight", "weak", "--month", month, "--limit", "5", "--json"]) == Exit.OK
    assert json.loads(capsys.readouterr().out) == weak
    assert weak["items"]
    assert commands.run(["insight", "rates", "--month", month, "--json"]) == Exit.OK
    assert json.loads(capsys.readouterr().out)["cells"] == rates["cells"]
    first = weak["items"][0]
    assert commands.run(["insight", "weak", "--month", month, "--dealer", first["dealer_code"]]) == Exit.OK
    human = capsys.readouterr().out
    assert f"{first['merged']['rate']:.2f}" in human
    assert commands.run(["insight", "rates", "--dealer", "X99"]) == Exit.DATA
    assert commands.run(["insight", "rates", "--source", "rumour"]) == Exit.USAGE
    assert commands.run(["insight", "rates", "--item", first["item_code"], "--source", "callback"]) == Exit.OK
    assert commands.run(["insight", "months"]) == Exit.OK
    assert month in capsys.readouterr().out
