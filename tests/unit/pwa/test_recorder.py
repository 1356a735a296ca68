"""The window's recorder: a recording is handed over however it ended, and the microphone is given back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sync_server.pwa.node import run_node

RECORDER = Path(__file__).resolve().parents[3] / "assets" / "pwa" / "recorder.mjs"


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return json.loads(run_node(Path(__file__).with_name("recorder_check.mjs"), RECORDER))


@pytest.mark.parametrize("end", ["stopped", "limit", "lost", "hidden"])
def test_all_that_was_recorded_is_handed_over(told: dict[str, Any], end: str) -> None:
    kept = {"began": "recording", "said": "one,two", "mime": "audio/webm", "why": end, "open": False}
    assert told[end] == kept


def test_what_is_discarded_is_handed_to_nobody(told: dict[str, Any]) -> None:
    assert (told["discarded"]["said"], told["discarded"]["open"]) == ("", False)


def test_a_second_recording_waits_for_the_end_of_the_first(told: dict[str, Any]) -> None:
    assert told["second"] == "busy"


def test_a_wish_taken_back_before_permission_leaves_the_microphone_closed(told: dict[str, Any]) -> None:
    assert told["takenBack"] == {"began": "failed", "open": False}


def test_a_refusal_is_told_from_a_missing_and_from_a_taken_microphone(told: dict[str, Any]) -> None:
    assert told["NotAllowedError"] == "refused"
    assert told["NotFoundError"] == "none"
    assert told["NotReadableError"] == "failed"


def test_a_window_without_microphones_says_so_before_anybody_asks(told: dict[str, Any]) -> None:
    assert told["able"] is True
    assert told["withoutMicrophones"] is False
