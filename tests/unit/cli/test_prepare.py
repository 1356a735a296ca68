"""scripts/prepare on a disk that is nearly full."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[3]


def executable(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def prepare(folder: Path, kind: str, free_mb: int) -> subprocess.CompletedProcess[str]:
    """In a checkout whose Python only notes that it was called, on a disk with so much room."""
    for name in ("scripts/prepare", "pyproject.toml", "requirements/build.txt", "requirements/dev.txt"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(TOP / name, folder / name)
    executable(folder / ".venv/bin/python", f"echo called >> {folder}/called")
    executable(folder / "bin/df", f"echo 'Filesystem'; echo 'disk 9999 1 {free_mb} 99% /'")
    return subprocess.run(
        ["bash", "scripts/prepare", kind],
        cwd=folder,
        env={**os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("kind", ["run", "dev"])
def test_what_has_no_room_is_refused_before_anything_is_installed(tmp_path: Path, kind: str) -> None:
    told = prepare(tmp_path, kind, 300)
    assert told.returncode == 3
    assert "only 300 MB are free" in told.stderr
    assert not (tmp_path / "called").exists()


@pytest.mark.parametrize(("kind", "then"), [("run", "run"), ("dev", "dev"), ("dev", "run")])
def test_an_environment_that_is_there_needs_no_room(tmp_path: Path, kind: str, then: str) -> None:
    assert prepare(tmp_path, kind, 5000).returncode == 0
    assert len((tmp_path / "called").read_text(encoding="utf-8").splitlines()) == 2
    told = prepare(tmp_path, then, 3)
    assert (told.returncode, told.stderr) == (0, "")
    assert len((tmp_path / "called").read_text(encoding="utf-8").splitlines()) == 2
