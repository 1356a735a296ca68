"""What pushes cost PostgreSQL: rows are found by index whatever the tables' size, ops are packed quickly."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from sync_server.cli.bench_load import push_in_process
from sync_server.cli.bench_world import BenchWorld, make_world, record_visits
from sync_server.settings import Settings
from tests.server.world import empty_database

_READ_WHOLE = text(
    "SELECT coalesce(sum(seq_scan), 0) FROM pg_stat_user_tables WHERE relname IN"
    " ('answer', 'assignment', 'sync_op', 'sync_op_run', 'sync_row', 'sync_row_run', 'visit')"
)


def _read_whole(world: BenchWorld) -> int:
    """How often pushes have read one of their tables from end to end."""
    with world.db.write(by_key=True) as session:
        session.execute(text("SELECT pg_stat_force_next_flush()"))
    with world.db.read() as session:
        return int(session.execute(_READ_WHOLE).scalar_one())


@pytest.mark.postgres
def test_pushes_find_rows_by_index_while_the_tables_are_still_small(postgres: str, tmp_path: Path) -> None:
    """A plan that was made for an empty table would be kept while it grows. Ops are stored as lz4."""
    world = make_world(Settings(tmp_path, empty_database(postgres), tmp_path / "blobs"))
    bodies = record_visits(world, 8)
    before = _read_whole(world)
    push_in_process(world, bodies, 1)
    assert _read_whole(world) == before
    with world.db.read() as session:
        offered = text("SELECT enumvals FROM pg_settings WHERE name = 'default_toast_compression'")
        packed = session.execute(text("SELECT DISTINCT pg_column_compression(body) FROM sync_op_run"))
        wanted = "lz4" if "lz4" in session.execute(offered).scalar_one() else "pglz"
        assert packed.scalars().all() == [wanted]
    world.db.close()
