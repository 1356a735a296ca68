"""The service worker's file map: own files only, grouped, by content."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sync_server.pwa.service_worker import build_id, content_hash, file_groups, worker_script

SCRIPT = Path(__file__).resolve().parents[3] / "assets" / "pwa" / "sw.js"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for name in (
        "page.js", "page.js.br", "page.js.gz", "main.dart.js", "main.dart.wasm", "index.html", "sw.js",
        "build.json",        "assets/NOTICES", "assets/fonts/blank.ttf", "python/app.zip",
        "python/paper.zip",
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name, "utf-8")
    return tmp_path


def test_every_device_keeps_the_core_and_one_renderer(site: Path) -> None:
    groups = file_groups(site)
    assert set(groups["core"]) == {"/app/page.js", "/app/assets/fonts/blank.ttf", "/app/python/app.zip"}
    assert set(groups["canvaskit"]) == {"/app/main.dart.js"}
    assert set(groups["skwasm"]) == {"/app/main.dart.wasm"}


def test_what_a_snapshot_stands_for_is_kept_only_where_it_fails(site: Path) -> None:
    assert "plain" not in file_groups(site)
    (site / "python" / "snapshot.bin").write_bytes(b"memory")
    groups = file_groups(site)
    assert set(groups["plain"]) == {"/app/python/app.zip"}
    assert "/app/python/snapshot.bin" in groups["core"]
    assert "/app/python/app.zip" not in groups["core"]


def test_what_draws_paper_is_kept_only_where_the_app_asks_for_it(site: Path) -> None:
    groups = file_groups(site)
    assert set(groups["paper"]) == {"/app/python/paper.zip"}
    assert "/app/python/paper.zip" not in groups["core"]


def test_a_changed_file_changes_its_own_hash_and_the_build(site: Path) -> None:
    before = file_groups(site)
    (site / "python" / "app.zip").write_text("newer", "utf-8")
    after = file_groups(site)
    changed = {path for path in before["core"] if before["core"][path] != after["core"][path]}
    assert changed == {"/app/python/app.zip"}
    assert build_id(before, "page") != build_id(after, "page")
    assert build_id(before, "page") == build_id(file_groups(site) | before, "page")


def test_the_script_holds_the_map_with_the_page_under_its_folder(site: Path) -> None:
    script = worker_script(SCRIPT.read_text("utf-8"), "b1", file_groups(site), "<html>")
    found = re.search(r"const GROUPS = (\{.*?\});", script)
    assert found
    assert json.loads(found[1])["core"]["/app/"] == content_hash(b"<html>")
    assert not re.search(r"__[A-Z]+__", script)
    assert '"/api' not in script
