"""A backup of either kind of database comes back in either kind, whole, and its numbers go on from there."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from httpx import ASGITransport
from sqlalchemy import insert, select

from field_app.store import Store
from field_app.sync import Api, SyncEngine
from field_app.visits.workflow import Today
from shared_models.clock import to_text, utc_now
from shared_models.ids import new_id
from sync_server.app import create_app
from sync_server.cli import app as commands
from sync_server.cli.exits import Exit
from sync_server.people import service as people
from sync_server.settings import Settings
from sync_server.store import Database
from sync_server.store.metadata import all_tables
from sync_server.sync.journal import load_rows
from sync_server.sync.tables import sync_stream
from tests.factories.device import Clock, make_store
from tests.server.world import World, empty_database

PHOTO = b"a photo" * 1000
NAME = hashlib.sha256(PHOTO).hexdigest()


def everything(database: Database) -> dict[str, list[str]]:
    """All rows by table, in one order."""
    with database.read() as session:
        return {
            table.name: sorted(repr(tuple(row)) for row in session.execute(select(table)))
            for table in all_tables().sorted_tables
        }


def first_contact(database: Database, person_id: str) -> int:
    """A device is seen for the first time; the number that the database gives it."""
    now = to_text(utc_now())
    values = {"device_id": new_id(), "epoch": new_id(), "person_id": person_id, "client": "test"}
    with database.write() as session:
        session.execute(
            insert(sync_stream).values(**values, skew_ms=0, first_at=now, last_at=now, last_seq=0)
        )
        return session.scalars(select(sync_stream.c.id).where(sync_stream.c.epoch == values["epoch"])).one()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database for the restore."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'elsewhere' / 'revisit.db'}"
    return empty_database(request.getfixturevalue("postgres"))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs a command on a database and a data folder."""

    def run(url: Any, data: Path, *arguments: str) -> int:
        monkeypatch.setenv(
            "REVISIT_DATABASE_URL", url if isinstance(url, str) else url.render_as_string(False)
        )
        return commands.run([*arguments, "--data", str(data), "--json"])

    return run


def test_a_backup_of_either_database_is_restored_into_either(
    world: World, elsewhere: str, tmp_path: Path, run: Callable[..., int]
) -> None:
    data, target = world.settings.data_dir, tmp_path / "elsewhere"
    file = world.settings.blob_dir / NAME[:2] / NAME[2:4] / NAME
    file.parent.mkdir(parents=True)
    file.write_bytes(PHOTO)
    first_contact(world.db, world.people["shopper"])
    newest = first_contact(world.db, world.people["shopper"])
    backup = tmp_path / "backup.zip"
    assert run(world.db.url, data, "backup", str(backup)) == Exit.OK

    assert run(elsewhere, target, "restore", str(backup)) == Exit.OK

    restored = Database(elsewhere)
    before, after = everything(world.db), everything(restored)
    assert before.pop("sync_epoch") != after.pop("sync_epoch")
    assert after == before
    assert (target / "blobs" / NAME[:2] / NAME[2:4] / NAME).read_bytes() == PHOTO
    assert first_contact(restored, world.people["shopper"]) == newest + 1
    restored.close()


@pytest.mark.postgres
def test_a_restore_into_postgresql_replaces_accounts_only_when_told_to(
    postgres: str, tmp_path: Path, run: Callable[..., int], world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    backup, target = tmp_path / "backup.zip", empty_database(postgres)
    assert run(world.db.url, world.settings.data_dir, "backup", str(backup)) == Exit.OK
    database = Database(target)
    database.migrate()
    with database.write() as session:
        people.create_person(session, name="某人")
    capsys.readouterr()
    assert run(target, tmp_path / "kept", "restore", str(backup)) == Exit.ENVIRONMENT
    assert "--replace" in capsys.readouterr().err
    assert len(everything(database)["person"]) == 1
    assert run(target, tmp_path / "kept", "restore", str(backup), "--replace") == Exit.OK
    before, after = everything(world.db), everything(database)
    assert before.pop("sync_epoch") != after.pop("sync_epoch")
    assert after == before
    database.close()


async def plenty() -> int | None:
    """Free space: not known."""
    return None


def device_of(world: World, login: str, store: Store) -> SyncEngine:
    """A tablet of a person."""
    api = Api("http://server", ASGITransport(app=world.app), token=world.token(login), language="en")
    return SyncEngine(store, api, world.people[login])


def test_devices_bring_back_what_a_restored_server_has_lost(
    world: World, elsewhere: str, tmp_path: Path, run: Callable[..., int]
) -> None:
    data, target, backup = world.settings.data_dir, tmp_path / "elsewhere", tmp_path / "backup.zip"
    given = world.assign("shopper", "N01", "showroom_observation")
    store = make_store(tmp_path / "tablet.db", clock=Clock(utc_now()))
    tablet = device_of(world, "shopper", store)

    async def record() -> str:
        assert (await tablet.run_once()).complete
        assert run(world.db.url, data, "backup", str(backup)) == Exit.OK
        visit = await Today(store, world.people["shopper"], plenty).start_visit(given)
        await visit.set_visit("note", "after the backup")
        await visit.attach("", PHOTO, "image/jpeg")
        report = await tablet.run_once()
        assert (report.complete, report.files_sent, tablet.status.pending_records) == (True, 1, 0)
        return visit.id

    visit_id = asyncio.run(record())
    assert run(elsewhere, target, "restore", str(backup)) == Exit.OK
    settings = Settings(target, elsewhere, target / "blobs")
    app = create_app(settings)
    again = World(app, settings, app.state.db, people=world.people, tokens=world.tokens)
    tablet = device_of(again, "shopper", store)
    first = asyncio.run(tablet.run_once())
    second = asyncio.run(tablet.run_once())

    assert (first.problem, first.files_sent, second.problem, second.repaired) == (None, 1, None, 0)
    with again.db.read() as session:
        row = load_rows(session, "visit", [visit_id])[visit_id]
    assert row["note"] == "after the backup"
    assert app.state.blobs.has(NAME)
    assert (tablet.status.pending_records, tablet.status.pending_files) == (0, 0)
    assert store.row("visit", visit_id) == row
    again.close()
