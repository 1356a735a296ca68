"""Patches of vendored files either match exactly once or stop the build."""

from __future__ import annotations

from pathlib import Path

import flet_web
import pytest

from sync_server.pwa.client import check_replaced, filled
from sync_server.pwa.patches import PATCHES, Patch, patched
from sync_server.pwa.problems import BuildFailed

CLIENT = Path(flet_web.get_package_web_dir())


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.why)
def test_each_patch_fits_the_installed_client(patch: Patch) -> None:
    text = (CLIENT / patch.path).read_text("utf-8")
    assert patch.apply(text) != text


def test_flutters_own_service_worker_is_never_registered() -> None:
    text = patched("flutter_bootstrap.js", (CLIENT / "flutter_bootstrap.js").read_text("utf-8"))
    call = text[text.rindex("_flutter.loader.load(") :]
    assert "serviceWorkerSettings" not in call
    assert "onEntrypointLoaded" in call


@pytest.mark.parametrize("text", ["nothing of the kind", "twice twice"])
def test_a_patch_that_does_not_match_once_stops_the_build(text: str) -> None:
    with pytest.raises(BuildFailed, match="found"):
        Patch("some.js", "twice", "once", "a reason").apply(text)


def test_a_client_with_another_worker_stops_the_build(tmp_path: Path) -> None:
    for name in ("index.html", "python.js", "python-worker.js"):
        (tmp_path / name).write_text("changed upstream", "utf-8")
    with pytest.raises(BuildFailed, match=r"index\.html changed"):
        check_replaced(tmp_path)


def test_a_template_without_a_place_for_a_value_stops_the_build() -> None:
    assert filled("a __X__ b __X__", {"X": "1"}) == "a 1 b 1"
    with pytest.raises(BuildFailed, match="no place for Y"):
        filled("a", {"Y": "1"})
