"""Rescue files: what a device had not sent is taken in from its zip, once, with its person's rights."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from field_app.rescue.export import rescue_zip
from field_app.store import Account
from shared_models.ids import new_id
from shared_models.problems import Code, Problem
from sync_server.cli.app import run
from sync_server.cli.exits import Exit
from sync_server.cli.language import LANGUAGE
from sync_server.media.tables import media_blob
from sync_server.people import service as people
from sync_server.sync.oplog import lines_of
from tests.server.device import Device
from tests.server.world import make_world
from tests.sync.devices import SimDevice
from tests.sync.persons import answer
from tests.sync.plan import Plan
from tests.sync.simulator import Simulation

Json = dict[str, Any]


@pytest.fixture
def world() -> Simulation:
    """A shopper's tablet with a submitted visit that never left, and headquarters."""
    return Simulation(Plan(3, cast=("shopper2", "hq")))


async def record(world: Simulation) -> bytes:
    """Record and submit a visit with a photo offline; the rescue file."""
    device = world.devices[0]
    device.schema = device.net.schema = None
    device.net.down = True
    chance = world.plan.chance("visit")
    view = await device.today.load()
    visit = await device.today.start_visit(view.assignments[0].id)
    while visit.completeness.unanswered:
        await answer(world, visit, visit.document.question(visit.completeness.unanswered[0]), chance)
    for lacking in visit.completeness.missing_evidence:
        await visit.attach(lacking.question, b"a proof", "image/jpeg")
    await visit.attach("", b"the showroom", "image/jpeg")
    await visit.submit()
    return await rescue_zip(account_of(device), device.store)


def account_of(device: SimDevice) -> Account:
    return Account(
        device.login, "http://server", device.login, device.person_id, device.login, device.token, (), "en",
        "", True, "",
    )  # fmt: skip


async def send(world: Simulation, data: bytes, login: str = "hq", **more: str) -> tuple[int, Json]:
    async with world.world.client(login) as client:
        response = await client.post("/rescue/files", files={"file": ("r.zip", data)}, data=more)
        return response.status_code, response.json()


def changed(data: bytes, name: str, content: bytes | None) -> bytes:
    """The zip with another content of one part; None leaves it out."""
    source, out = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for part in source.namelist():
            if part != name:
                target.writestr(part, source.read(part))
        if content is not None:
            target.writestr(name, content)
    return out.getvalue()


def outcomes(world: Simulation) -> list[str]:
    with world.world.db.read() as session:
        return [line.outcome.value for line in lines_of(session)]


def test_a_visit_that_never_left_is_taken_in_whole(world: Simulation) -> None:
    async def work() -> None:
        status, report = await send(world, await record(world))
        assert status == 200, report
        assert report["outcomes"] == {"applied": report["ops"]}
        assert report["refused"] == []
        assert report["files_stored"] >= 1
        await world.sync(world.devices[1])
        (visit,) = world.devices[1].store.by("visit", status="submitted")
        assert visit["evidence_complete"] is True

    world.play(work())


def test_the_same_file_twice_and_the_device_afterwards_change_nothing(world: Simulation) -> None:
    async def work() -> None:
        data = await record(world)
        await send(world, data)
        before = outcomes(world)
        status, report = await send(world, data)
        assert (status, report["files_stored"], outcomes(world)) == (200, 0, before)
        device = world.devices[0]
        device.net.down = False
        await world.sync(device)
        assert device.store.counts().pending == 0
        assert device.store.counts().files == 0
        assert outcomes(world) == before

    world.play(work())


def test_ops_of_a_revoked_person_are_kept_for_headquarters(world: Simulation) -> None:
    async def work() -> None:
        data = await record(world)
        world.set_active("shopper2", False)
        _, report = await send(world, data)
        assert report["outcomes"] == {"quarantined": report["ops"]}
        assert {one["problem"]["code"] for one in report["refused"]} == {"account_revoked"}

    world.play(work())


def test_only_headquarters_takes_rescue_files_in(world: Simulation) -> None:
    async def work() -> None:
        status, problem = await send(world, await record(world), login="manager")
        assert (status, problem["code"]) == (403, "not_allowed")

    world.play(work())


@pytest.mark.parametrize(
    ("name", "content", "place"),
    [
        ("manifest.json", None, "manifest.json"),
        ("manifest.json", b"[]", "manifest.json"),
        ("ops.jsonl", b"not json\n", "ops.jsonl"),
        ("drafts.jsonl", b"whatever", ""),
    ],
)
def test_a_damaged_file_is_refused_with_its_place(
    world: Simulation, name: str, content: bytes | None, place: str
) -> None:
    async def work() -> None:
        status, answered = await send(world, changed(await record(world), name, content))
        if not place:  # drafts are for people, nothing is read from them
            assert status == 200
            return
        assert (status, answered["code"]) == (422, "rescue_damaged")
        assert answered["places"][0]["at"].startswith(place)
        assert outcomes(world) == []

    world.play(work())


def test_what_is_no_zip_is_refused(world: Simulation) -> None:
    async def work() -> None:
        status, answered = await send(world, b"this is no zip")
        assert (status, answered["code"]) == (422, "rescue_damaged")

    world.play(work())


def test_a_file_with_changed_bytes_takes_nothing_in(world: Simulation) -> None:
    async def work() -> None:
        data = await record(world)
        name = next(one for one in zipfile.ZipFile(io.BytesIO(data)).namelist() if one.startswith("media/"))
        for content in (b"other bytes", None):
            status, answered = await send(world, changed(data, name, content))
            assert (status, answered["code"], answered["places"][0]["at"]) == (422, "rescue_damaged", name)
        with world.world.db.read() as session:
            assert session.execute(select(media_blob)).all() == []

    world.play(work())


def test_a_file_that_the_device_had_lost_is_named(world: Simulation) -> None:
    async def work() -> None:
        data = await record(world)
        archive = zipfile.ZipFile(io.BytesIO(data))
        manifest = json.loads(archive.read("manifest.json"))
        manifest["media"][0]["present"] = False
        _, report = await send(world, changed(data, "manifest.json", json.dumps(manifest).encode()))
        assert report["files_missing"] == [manifest["media"][0]["sha256"]]

    world.play(work())


def test_another_persons_file_is_refused(world: Simulation) -> None:
    async def work() -> None:
        data = await record(world)
        wrong = world.world.people["shopper"]
        status, answered = await send(world, data, person_id=wrong)
        assert (status, answered["code"]) == (422, Code.RESCUE_WRONG_PERSON.value)

    world.play(work())


def by_hand(device: Device) -> bytes:
    """A rescue file with the ops that a test's device has recorded."""
    lines = [json.dumps({**op, "local": {"state": "pending", "attempts": 0}}) + "\n" for op in device.ops]
    manifest = {
        "format": 1, "made_at": "2026-11-03T06:05:04.123Z", "login": device.login,
        "person_id": device.person_id, "device_id": device.device_id, "epoch": device.epoch,
        "ops": len(lines), "drafts": 0, "media": [],
    }  # fmt: skip
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("ops.jsonl", "".join(lines))
        archive.writestr("manifest.json", json.dumps(manifest))
    return out.getvalue()


def test_the_command_line_takes_a_file_in_and_counts_what_became_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = make_world(tmp_path / "data")
    device = Device(world, "shopper")
    visit = new_id()
    device.op(visit, "visit", visit, "create", {
        "assignment_id": None, "dealer_id": world.dealers["N01"], "person_id": device.person_id,
        "template_version_id": world.versions["showroom_observation"], "source": "audit",
        "started_at": "2026-11-03T06:05:04.123Z", "zone": "Asia/Shanghai", "visit_date": "2026-11-03",
    })  # fmt: skip
    device.op(visit, "visit", new_id(), "update", {"note": "of a visit that nobody has"})
    file = tmp_path / "rescue.zip"
    file.write_bytes(by_hand(device))
    world.close()
    given = ["rescue", "import", str(file), "--data", str(tmp_path / "data"), "--json"]
    for _ in range(2):
        assert run(given) == Exit.DATA  # one op waits for a row
        report = json.loads(capsys.readouterr().out)
        assert report["outcomes"] == {"applied": 1, "waiting_parent": 1}, report["refused"]
    assert run([*given, "--login", "manager"]) == Exit.DATA
    assert Problem(Code.RESCUE_WRONG_PERSON, {"login": "shopper"}).title(LANGUAGE) in capsys.readouterr().err


def test_a_damaged_file_is_a_sentence_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_world(tmp_path / "data").close()
    file = tmp_path / "rescue.zip"
    file.write_bytes(b"no zip")
    assert run(["rescue", "import", str(file), "--data", str(tmp_path / "data")]) == Exit.DATA
    assert Problem(Code.RESCUE_DAMAGED, {"reason": ""}).title(LANGUAGE) in capsys.readouterr().err


def test_ops_set_aside_on_the_device_stay_out(world: Simulation) -> None:
    async def work() -> None:
        data = await record(world)
        archive = zipfile.ZipFile(io.BytesIO(data))
        lines = [json.loads(line) for line in archive.read("ops.jsonl").decode().splitlines()]
        for line in lines:
            line["local"]["state"] = "set_aside"
        text = "".join(json.dumps(line) + "\n" for line in lines).encode()
        _, report = await send(world, changed(data, "ops.jsonl", text))
        assert (report["ops"], report["set_aside"], outcomes(world)) == (0, len(lines), [])

    world.play(work())


def test_a_stranger_cannot_be_impersonated(world: Simulation) -> None:
    """Ops are judged with the rights of the person named, whoever takes the file in."""

    async def work() -> None:
        data = await record(world)
        with world.world.db.write() as session:
            for grant in world.grants(session, world.devices[0].person_id):
                people.withdraw_grant(session, grant)
        _, report = await send(world, data)
        assert report["outcomes"].get("applied", 0) < report["ops"]
        assert report["refused"]

    world.play(work())
