"""Checklists over HTTP and on the command line: import, draft, publication, differences, retirement."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shared_models.checklists.diff import differences
from shared_models.checklists.document import TemplateDocument
from sync_server.checklists.builtin import load_templates
from sync_server.checklists.xlsform import write_xlsform
from sync_server.cli.app import run
from tests.server.device import Device
from tests.server.world import World

pytestmark = pytest.mark.anyio
FIXTURES = Path(__file__).parents[1] / "golden" / "xlsform"
SHORT = next(one for one in load_templates() if one.code == "showroom_observation")


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


def changed(**values: Any) -> TemplateDocument:
    """The short checklist with another first question."""
    first = SHORT.sections[0]
    question = first.questions[0].model_copy(update=values)
    section = first.model_copy(update={"questions": (question, *first.questions[1:])})
    return SHORT.model_copy(update={"sections": (section, *SHORT.sections[1:])})


async def send(world: World, data: bytes, login: str = "hq", **form: str) -> Any:
    async with world.client(login) as client:
        return await client.post("/checklists/xlsform", files={"file": ("form.xlsx", data)}, data=form)


async def test_a_workbook_becomes_a_draft_and_then_the_version_that_new_visits_get(world: World) -> None:
    data = write_xlsform(changed(required=not SHORT.sections[0].questions[0].required)).data
    answer = await send(world, data)
    assert answer.status_code == 201, answer.text
    draft = answer.json()
    shopper = Device(world, "shopper")
    await shopper.pull()
    old = world.versions["showroom_observation"]
    assert draft["id"] not in shopper.names("template_version")
    async with world.client("hq") as client:
        lines = (await client.get("/checklists", params={"code": SHORT.code})).json()
        assert [(line["number"], line["status"]) for line in lines] == [(0, "draft"), (1, "published")]
        query = {"old": old, "new": draft["id"]}
        (difference,) = (await client.get("/checklists/differences", params=query)).json()
        assert (difference["where"], difference["field"]) == (SHORT.sections[0].questions[0].code, "required")
        done = await client.post(f"/checklists/{SHORT.code}/publish")
        assert (done.status_code, done.json()["number"]) == (201, 2)
        assert (await client.post(f"/checklists/{SHORT.code}/publish")).status_code == 404
        book = await client.get(f"/checklists/versions/{draft['id']}/xlsform")
    await shopper.pull()
    assert draft["id"] in shopper.names("template_version")
    again = await send(world, book.content)
    assert again.json()["findings"] == []


async def test_a_bad_workbook_is_refused_with_its_cells_and_changes_nothing(world: World) -> None:
    answer = await send(world, (FIXTURES / "survey_no_name.xlsx").read_bytes())
    assert answer.status_code == 422
    assert answer.json()["places"] == [{"at": "survey", "reason": "no such sheet"}]
    async with world.client("hq") as client:
        assert all(line["number"] for line in (await client.get("/checklists")).json())


async def test_only_headquarters_writes_checklists(world: World) -> None:
    data = (FIXTURES / "group.xlsx").read_bytes()
    assert (await send(world, data, "manager")).status_code == 403
    async with world.client("manager") as client:
        assert (await client.post(f"/checklists/{SHORT.code}/publish")).status_code == 403
        assert (await client.get("/checklists")).status_code == 200
    async with world.client("shopper") as client:
        assert (await client.get("/checklists")).status_code == 403


async def test_a_retired_checklist_is_offered_no_more(world: World) -> None:
    auditor = Device(world, "auditor")
    async with world.client("hq") as client:
        assert (await client.post(f"/checklists/{SHORT.code}/retire")).status_code == 204
        await auditor.pull()
        assert world.versions[SHORT.code] not in auditor.names("template_version")
        await client.post(f"/checklists/{SHORT.code}/retire", params={"back": True})
    await auditor.pull()
    assert world.versions[SHORT.code] in auditor.names("template_version")


async def test_a_document_is_taken_as_draft_and_checked_as_a_whole(world: World) -> None:
    async with world.client("hq") as client:
        good = await client.put("/checklists/drafts", json=changed(critical=False).to_json())
        assert good.status_code == 200
        wrong = changed(item="no_such_item").to_json()
        answer = await client.put("/checklists/drafts", json=wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "checklist_invalid")
    assert answer.json()["places"][0]["reason"] == "unknown item no_such_item"


def test_versions_are_compared_question_by_question() -> None:
    first, second = SHORT.sections[0], SHORT.sections[1]
    moved = first.questions[-1]
    new = SHORT.model_copy(
        update={
            "sections": (
                first.model_copy(update={"questions": first.questions[1:-1]}),
                second.model_copy(update={"questions": (moved, *second.questions)}),
                *SHORT.sections[2:],
            )
        }
    )
    found = {(one.kind, one.where, one.field) for one in differences(SHORT, new)}
    assert found == {("removed", first.questions[0].code, ""), ("moved", moved.code, "section")}
    assert differences(SHORT, SHORT) == []


def test_the_command_line_imports_publishes_and_compares(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(world.settings.data_dir)
    out = tmp_path / "out.xlsx"
    assert run(["checklist", "export", SHORT.code, "--out", str(out), "--data", folder]) == 0
    assert run(["checklist", "import", str(out), "--publish", "--json", "--data", folder]) == 0
    assert json.loads(capsys.readouterr().out)["number"] == 2
    assert run(["checklist", "diff", SHORT.code, "1", "2", "--json", "--data", folder]) == 0
    assert json.loads(capsys.readouterr().out) == []
    bad = FIXTURES / "survey_no_name.xlsx"
    assert run(["checklist", "import", str(bad), "--data", folder]) == 1
    assert "survey: no such sheet" in capsys.readouterr().err
