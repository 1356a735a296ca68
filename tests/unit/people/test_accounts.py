"""Several people on one tablet: signing in, working offline, signing out, rescue."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import random
import zipfile
from pathlib import Path
from typing import Any

import pytest

from field_app.people.workflow import Accounts, Ports
from field_app.store import LocalStore
from shared_models.messages import DEFAULT_LANGUAGE
from shared_models.people import Role
from shared_models.problems import Code, Problem
from tests.factories.device import Clock, FileStore, MemoryBlobs, make_context
from tests.factories.fake_server import FakeServer
from tests.factories.faults import FaultyNetwork
from tests.factories.network import ASSIGNMENT, assignment, change, reference_rows

PHOTO = b"\xff\xd8 a photo"


class Tablet:
    """One tablet with a server that may be out of reach."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = Clock()
        self.server = FakeServer(self.clock)
        self.server.put(*reference_rows(), assignment(person_id="person-anna"))
        self.net = FaultyNetwork(self.server, random.Random(1))
        self.blobs = MemoryBlobs()
        self.starts = 0

    async def open_store(self, name: str) -> LocalStore:
        return FileStore(self.folder / f"{name}.db")

    async def start(self) -> Accounts:
        """The app starts."""
        self.starts += 1
        ports = Ports(
            open_store=self.open_store,
            blobs=self.blobs,
            transport=lambda: self.net,
            context=make_context(self.clock, self.starts),
        )
        return await Accounts.open(ports)


@pytest.fixture
def tablet(tmp_path: Path) -> Tablet:
    return Tablet(tmp_path)


def run(work: Any) -> Any:
    return asyncio.run(work)


async def sign_in(accounts: Accounts, login: str = "anna", password: str = "right") -> Any:
    return await accounts.sign_in("http://server/", login, password, "en-GB")


def test_after_one_sign_in_the_app_opens_offline(tablet: Tablet) -> None:
    async def story() -> None:
        accounts = await tablet.start()
        assert accounts.language == DEFAULT_LANGUAGE
        work = await sign_in(accounts)
        assert (await work.sync.run_once()).problem is None
        await accounts.close()
        tablet.net.down = True
        again = await tablet.start()
        work = await again.resume()
        assert work is not None
        assert (work.account.name, again.language, again.server) == ("anna", "en", "http://server")
        assert [card.id for card in (await work.today.load()).assignments] == [ASSIGNMENT]

    run(story())


def test_a_wrong_password_and_an_unreachable_server_are_told_apart(tablet: Tablet) -> None:
    async def story() -> None:
        accounts = await tablet.start()
        with pytest.raises(Problem) as caught:
            await sign_in(accounts, password="wrong")
        assert caught.value.code is Code.SIGN_IN_FAILED
        tablet.net.down = True
        with pytest.raises(Problem) as caught:
            await sign_in(accounts)
        assert caught.value.code is Code.SERVER_UNREACHABLE
        assert accounts.accounts() == []

    run(story())


def test_signing_out_hides_and_keeps_everything(tablet: Tablet) -> None:
    async def story() -> None:
        accounts = await tablet.start()
        work = await sign_in(accounts)
        await work.sync.run_once()
        visit = await work.today.start_visit(ASSIGNMENT)
        await visit.answer("P1", value="no")
        tablet.net.down = True
        await accounts.sign_out()
        assert accounts.current is None
        (account,) = accounts.accounts()
        assert not account.signed_in
        assert account.token == ""
        with pytest.raises(Problem) as caught:
            await accounts.enter(account.id)
        assert caught.value.code is Code.SIGNED_OUT
        assert await accounts.resume() is None
        tablet.net.down = False
        work = await sign_in(accounts)
        assert (await work.open_visit(visit.id)).answers["P1"].value == "no"
        assert work.store.counts().pending == 3
        assert len(accounts.accounts()) == 1

    run(story())


def test_accounts_on_one_tablet_never_see_each_others_work(tablet: Tablet) -> None:
    async def story() -> None:
        accounts = await tablet.start()
        anna = await sign_in(accounts)
        await anna.sync.run_once()
        visit = await anna.today.start_visit(ASSIGNMENT)
        await visit.attach("D1", PHOTO, "image/jpeg")
        sha256 = hashlib.sha256(PHOTO).hexdigest()
        ben = await sign_in(accounts, "ben")
        assert ben.store.by("visit") == []
        assert ben.store.counts().pending == 0
        assert await ben.store.blobs.get(sha256) is None
        await ben.store.blobs.put(sha256, PHOTO)
        await ben.store.blobs.delete(sha256)
        anna = await accounts.enter(next(a.id for a in accounts.accounts() if a.login == "anna"))
        assert await anna.store.blobs.get(sha256) == PHOTO
        await anna.store.blobs.delete(sha256)
        assert tablet.blobs.files == {}

    run(story())


def test_roles_that_changed_on_the_server_hold_from_the_next_start_on(tablet: Tablet) -> None:
    async def story() -> None:
        accounts = await tablet.start()
        work = await sign_in(accounts)
        assert work.access.roles == {Role.SHOPPER}
        grant = {"person_id": work.account.person_id, "role": "auditor", "scope_kind": "company"}
        tablet.server.put(change("role_grant", "0193a000-0000-7000-8000-0000000000c1", **grant))
        await work.sync.run_once()
        await accounts.close()
        work = await (await tablet.start()).resume()
        assert work is not None
        assert work.access.roles == {Role.AUDITOR}

    run(story())


def test_settings_and_language_outlive_the_app(tablet: Tablet) -> None:
    async def story() -> None:
        accounts = await tablet.start()
        await accounts.set_language("en")
        await accounts.set_setting("photo_edge", 1600)
        await accounts.close()
        again = await tablet.start()
        assert (again.language, again.setting("photo_edge"), again.setting("none", 3)) == ("en", 1600, 3)

    run(story())


def test_the_rescue_file_holds_ops_drafts_and_photos_without_being_signed_in(tablet: Tablet) -> None:
    async def story() -> None:
        accounts = await tablet.start()
        work = await sign_in(accounts)
        await work.sync.run_once()
        visit = await work.today.start_visit(ASSIGNMENT)
        await visit.answer("F1", value="no", comment="灰尘")
        await visit.attach("F1", PHOTO, "image/jpeg")
        await accounts.sign_out()
        tablet.net.down = True
        (account,) = accounts.accounts()
        archive = zipfile.ZipFile(io.BytesIO(await accounts.rescue(account.id)))
        manifest = json.loads(archive.read("manifest.json"))
        assert (manifest["format"], manifest["login"], manifest["ops"]) == (1, "anna", 4)
        ops = [json.loads(line) for line in archive.read("ops.jsonl").splitlines()]
        assert [op["seq"] for op in ops] == [1, 2, 3, 4]
        assert {op["device_id"] for op in ops} == {manifest["device_id"]}
        assert ops[2]["fields"]["comment"] == "灰尘"
        drafts = [json.loads(line) for line in archive.read("drafts.jsonl").splitlines()]
        assert {d["entity"] for d in drafts} == {"visit", "answer", "attachment"}
        sha256 = hashlib.sha256(PHOTO).hexdigest()
        assert archive.read(f"media/{sha256}") == PHOTO
        assert manifest["media"] == [
            {"sha256": sha256, "size": len(PHOTO), "mime": "image/jpeg", "state": "pending", "present": True}
        ]

    run(story())
