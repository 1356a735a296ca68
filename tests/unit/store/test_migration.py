"""Old local databases: brought to the newest schema with every pending change kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from alembic import op
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Engine, String, select, text

from field_app.store import RowWrite
from field_app.store import migrate as migrations
from field_app.store.migrate import ACCOUNT_REVISIONS, DEVICE_REVISIONS, ensure_schema
from field_app.store.tables import ACCOUNT, DEVICE, outbox_op
from shared_models.problems import Code, Problem
from tests.factories.device import FileStore, make_store
from tests.factories.network import seed

VISIT = "0193a000-0000-7000-8000-0000000000aa"
SCHEMAS = Path(__file__).with_name("schemas")


def old_database(path: Path, name: str) -> Engine:
    """A database as the build of that revision left it, with a visit, its ops and a file pending."""
    engine = FileStore(path).engine
    with engine.begin() as connection:
        for statement in (SCHEMAS / f"{name}.sql").read_text("utf-8").split(";\n"):
            if statement.strip():
                connection.exec_driver_sql(statement)
    return engine


@pytest.mark.parametrize("name", ACCOUNT_REVISIONS)
def test_a_database_of_every_earlier_schema_opens_with_its_pending_ops(tmp_path: Path, name: str) -> None:
    path = tmp_path / "account.db"
    engine = old_database(path, name)
    with engine.connect() as connection:
        before = connection.execute(text("SELECT op_id, seq, fields FROM outbox_op ORDER BY seq")).fetchall()
    assert len(before) == 3
    engine.dispose()
    store = make_store(path)
    with store.read() as connection:
        after = connection.execute(text("SELECT op_id, seq, fields FROM outbox_op ORDER BY seq")).fetchall()
        differences = compare_metadata(
            MigrationContext.configure(
                connection, opts={"include_name": lambda name, kind, _p: name != "alembic_version"}
            ),
            ACCOUNT,
        )
    assert after == before
    assert differences == []
    assert store.counts().files == 1
    store.apply([RowWrite("visit", VISIT, VISIT, {"note": "after the update"})])
    with store.read() as connection:
        assert connection.execute(select(outbox_op.c.seq)).scalars().all()[-1] >= before[-1].seq


def test_a_step_runs_once_and_keeps_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "account.db"
    store = make_store(path)
    seed(store)
    store.apply([RowWrite("visit", VISIT, VISIT, {"note": "x"})])
    runs: list[str] = []

    class Step(ModuleType):
        @staticmethod
        def upgrade() -> None:
            runs.append("once")
            with op.batch_alter_table("media_file") as batch:
                batch.add_column(Column("folder", String, nullable=False, server_default="new"))

    name = "field_app.store.versions.account_9999"
    monkeypatch.setitem(sys.modules, name, Step(name))
    engine = FileStore(path).engine
    for _ in range(2):
        ensure_schema(engine, ACCOUNT, (*ACCOUNT_REVISIONS, "account_9999"))
    assert runs == ["once"]
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM outbox_op")).scalar_one() == 1
        columns = [row[1] for row in connection.execute(text("PRAGMA table_info(media_file)"))]
    assert "folder" in columns


def test_a_step_that_fails_leaves_the_old_database_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "account.db"
    make_store(path)

    class Step(ModuleType):
        @staticmethod
        def upgrade() -> None:
            op.execute("DROP TABLE media_file")
            raise RuntimeError("no")

    name = "field_app.store.versions.account_9999"
    monkeypatch.setitem(sys.modules, name, Step(name))
    engine = FileStore(path).engine
    with pytest.raises(RuntimeError):
        ensure_schema(engine, ACCOUNT, (*ACCOUNT_REVISIONS, "account_9999"))
    engine.dispose()
    assert make_store(path).counts().files == 0


def test_a_database_of_a_newer_build_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "account.db"
    store = make_store(path)
    with store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'account_7777'"))
    with pytest.raises(Problem) as caught:
        make_store(path)
    assert caught.value.code is Code.DATABASE_TOO_NEW


def test_a_fresh_database_is_stamped_with_the_newest_revision(tmp_path: Path) -> None:
    engine = FileStore(tmp_path / "device.db").engine
    ensure_schema(engine, DEVICE, DEVICE_REVISIONS)
    with engine.connect() as connection:
        assert (
            connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
            == DEVICE_REVISIONS[-1]
        )


def test_every_revision_is_an_alembic_script_that_follows_the_one_before() -> None:
    for chain in (ACCOUNT_REVISIONS, DEVICE_REVISIONS):
        before = None
        for name in chain:
            script = migrations.importlib.import_module(f"field_app.store.versions.{name}")
            assert (script.revision, script.down_revision) == (name, before)
            before = name


def test_opening_a_current_database_does_not_import_alembic(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom pathlib import Path\nfrom tests.factories.device import make_store\n"
        f"path = Path({str(tmp_path / 'account.db')!r})\nmake_store(path); make_store(path)\n"
        "sys.exit(any(name.split('.')[0] == 'alembic' for name in sys.modules))"
    )
    top = Path(__file__).resolve().parents[3]
    assert subprocess.run([sys.executable, "-c", program], cwd=top, check=False).returncode == 0
