"""Backup and restore: nothing is lost, nothing damaged is taken, nothing present is overwritten unasked."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert

from shared_models.clock import utc_now
from shared_models.messages import words
from shared_models.problems import Code, Problem
from sync_server.cli import app as commands
from sync_server.cli.exits import Exit
from sync_server.cli.language import LANGUAGE
from sync_server.media.tables import media_blob
from sync_server.people import service as people
from sync_server.settings import Settings
from sync_server.store import Database

Captured = pytest.CaptureFixture[str]
PHOTOS = [f"photo {number}".encode() * 1000 for number in range(3)]


def place_of(blobs: Path, data: bytes) -> Path:
    """Where a file lies, by its content."""
    name = hashlib.sha256(data).hexdigest()
    return blobs / name[:2] / name[2:4] / name


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation with a region, three photos with receipts and one unfinished upload."""
    monkeypatch.setenv("REVISIT_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("REVISIT_DATABASE_URL", raising=False)
    made = Settings.from_env()
    database = Database(made.database_url)
    database.migrate()
    with database.write() as session:
        people.create_region(session, code="N", name="北区")
        for photo in PHOTOS:
            file = place_of(made.blob_dir, photo)
            file.parent.mkdir(parents=True)
            file.write_bytes(photo)
            receipt = {"sha256": file.name, "size": len(photo), "mime": "image/jpeg"}
            session.execute(insert(media_blob).values(**receipt, stored_at=utc_now(), person_id="p"))
    database.close()
    (made.blob_dir / "parts").mkdir()
    (made.blob_dir / "parts" / "0193a000-0000-7000-8000-000000000001").write_bytes(b"half")
    return made


def regions(settings: Settings) -> list[str]:
    """Names of the regions in the database file."""
    with closing(sqlite3.connect(settings.data_dir / "revisit.db")) as database:
        return [row[0] for row in database.execute("SELECT name FROM region ORDER BY name")]


def test_a_backup_of_a_running_server_brings_everything_back(
    settings: Settings, tmp_path: Path, capsys: Captured
) -> None:
    file = tmp_path / "backups" / "today.zip"
    running = Database(settings.database_url)
    with running.write() as session:
        people.create_region(session, code="S", name="南区")  # still in the write-ahead log
    assert commands.run(["backup", str(file), "--json"]) == Exit.OK
    running.close()
    assert json.loads(capsys.readouterr().out)["blobs"] == 3
    target = tmp_path / "new"
    assert commands.run(["restore", str(file), "--data", str(target)]) == Exit.OK
    restored = Settings.from_env(target)
    assert regions(restored) == ["北区", "南区"]
    assert all(place_of(restored.blob_dir, photo).read_bytes() == photo for photo in PHOTOS)
    assert not (restored.blob_dir / "parts").exists()
    assert commands.run(["doctor", "--deep", "--data", str(target)]) == Exit.OK
    assert [one.name for one in target.iterdir() if one.name.startswith(".restore")] == []


def test_present_data_is_not_overwritten_unasked_and_kept_when_replaced(
    settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "b.zip"
    assert commands.run(["backup", str(file)]) == Exit.OK
    database = Database(settings.database_url)
    with database.write() as session:
        people.create_region(session, code="S", name="南区")
    database.close()
    assert commands.run(["restore", str(file)]) == Exit.DATA
    assert regions(settings) == ["北区", "南区"]
    assert commands.run(["restore", str(file), "--replace"]) == Exit.OK
    assert regions(settings) == ["北区"]
    aside = list(settings.data_dir.glob("revisit.db.before-restore-*Z"))
    assert len(aside) == 1
    with closing(sqlite3.connect(aside[0])) as old:
        assert old.execute("SELECT count(*) FROM region").fetchone() == (2,)
    assert len(list(settings.data_dir.glob("blobs.before-restore-*"))) == 1


def rewritten(file: Path, **changes: bytes | None) -> Path:
    """The backup with some members changed; None leaves one out."""
    made = file.with_name("changed.zip")
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(made, "w") as target:
        for name in source.namelist():
            content = changes.get(name, source.read(name))
            if content is not None:
                target.writestr(name, content)
    return made


@pytest.mark.parametrize(
    "damage", ["photo", "missing", "manifest", "truncated", "no zip", "escape", "database"]
)
def test_a_damaged_backup_is_refused_and_changes_nothing(
    settings: Settings, tmp_path: Path, damage: str, capsys: Captured
) -> None:
    file = tmp_path / "b.zip"
    assert commands.run(["backup", str(file)]) == Exit.OK
    with zipfile.ZipFile(file) as archive:
        photo = next(name for name in archive.namelist() if name.startswith("blobs/"))
        manifest = json.loads(archive.read("manifest.json"))
    outside = json.dumps({**manifest, "files": [{"path": "blobs/../../evil", "sha256": "0", "size": 1}]})
    match damage:
        case "photo":
            bad = rewritten(file, **{photo: b"another picture"})
        case "missing":
            bad = rewritten(file, **{photo: None})
        case "manifest":
            bad = rewritten(file, **{"manifest.json": b"{}"})
        case "escape":
            bad = rewritten(file, **{"manifest.json": outside.encode()})
        case "database":
            bad = rewritten(file, **{"revisit.db": b"SQLite format 3\x00" + b"?" * 5000})
        case "truncated":
            bad = tmp_path / "cut.zip"
            bad.write_bytes(file.read_bytes()[:-200])
        case _:
            bad = tmp_path / "text.zip"
            bad.write_text("hello")
    target = tmp_path / "new"
    capsys.readouterr()
    assert commands.run(["restore", str(bad), "--data", str(target)]) == Exit.DATA
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert list(target.iterdir()) == []
    assert not (tmp_path / "evil").exists()
    why = {"missing": "missing_part", "truncated": "no_zip", "no zip": "no_zip", "manifest": "damaged_part"}
    if damage in why:
        assert words(LANGUAGE)(f"problems.reason.{why[damage]}") in said


def test_a_backup_that_fails_leaves_no_half_file(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    file = tmp_path / "out" / "b.zip"
    monkeypatch.setattr("sync_server.cli.archive._add", full)
    assert commands.run(["backup", str(file)]) == Exit.ENVIRONMENT
    assert list(file.parent.iterdir()) == []


def test_the_doctor_finds_lost_and_changed_files(settings: Settings, capsys: Captured) -> None:
    assert commands.run(["doctor", "--json"]) == Exit.OK
    changed, lost = (place_of(settings.blob_dir, photo) for photo in PHOTOS[:2])
    changed.write_bytes(b"X" * len(PHOTOS[0]))
    assert commands.run(["doctor"]) == Exit.OK
    assert commands.run(["doctor", "--deep"]) == Exit.DATA
    capsys.readouterr()
    lost.unlink()
    assert commands.run(["doctor", "--json"]) == Exit.DATA
    report = json.loads(capsys.readouterr().out)
    assert report["sound"] is False
    assert [one["check"] for one in report["findings"] if one["state"] == "trouble"] == ["blobs"]
    assert lost.name in next(one["detail"] for one in report["findings"] if one["check"] == "blobs")


@pytest.mark.parametrize("damage", ["pages", "header"])
def test_a_damaged_database_is_a_sentence_and_the_doctor_says_what_to_do(
    settings: Settings, damage: str, capsys: Captured
) -> None:
    file = settings.data_dir / "revisit.db"
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096) if damage == "pages" else b"x" * 9000)
    for aside in ("revisit.db-wal", "revisit.db-shm"):
        (settings.data_dir / aside).unlink(missing_ok=True)
    told = Problem(Code.DATABASE_DAMAGED).title(LANGUAGE)
    assert commands.run(["doctor"]) == Exit.DATA
    assert told in capsys.readouterr().out
    assert commands.run(["audit"]) == Exit.ENVIRONMENT
    assert told in capsys.readouterr().err


def test_the_doctor_changes_nothing(settings: Settings, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    assert commands.run(["doctor", "--data", str(empty)]) == Exit.DATA
    assert list(empty.iterdir()) == []
