"""Server and tablet as real processes, killed by SIGKILL; python -m tests.sync.killing plays many rounds."""

from __future__ import annotations

from pathlib import Path

from tests.sync.killing import loop


def test_what_was_shown_as_saved_survives_the_kill_of_tablet_and_server(tmp_path: Path) -> None:
    answers, kills = loop(tmp_path, rounds=3)
    assert answers
    assert kills >= 3
