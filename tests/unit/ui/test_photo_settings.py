"""The device's settings decide how a photo is scaled down."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from field_app.shell.picking import Chosen
from field_app.visits.photos import is_heic, smaller, stamp_words
from shared_models.problems import Problem
from tests.unit.ui_desk.drawing import make_ui


class _Device:
    """Settings of a device and a platform that notes how it was asked."""

    def __init__(self, **kept: int) -> None:
        self.kept = kept
        self.asked: list[tuple[int, int]] = []
        self.accounts = self.platform = self

    def setting(self, key: str, default: Any = None) -> Any:
        return self.kept.get(key, default)

    async def shrink_photo(self, data: bytes, *, longest_edge: int, quality: int, stamp: str) -> bytes:
        self.asked.append((longest_edge, quality))
        if data == b"x":
            return data
        raise ValueError("no picture")


def scaled(**kept: int) -> tuple[int, int]:
    device = _Device(**kept)
    asyncio.run(smaller(make_ui(app=device), Chosen("p.jpg", "image/jpeg", b"x")))
    return device.asked[0]


def test_a_photo_is_scaled_as_the_device_is_set() -> None:
    assert scaled() == (1600, 82)
    assert scaled(photo_edge=2560, photo_quality=90) == (2560, 90)


def test_a_photo_in_apples_format_is_refused_with_what_to_do_where_it_cannot_be_opened() -> None:
    heic = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"
    ui = make_ui(app=_Device())
    reasons: list[str] = []
    for data in (heic, b"something else"):
        with pytest.raises(Problem) as caught:
            asyncio.run(smaller(ui, Chosen("p", "image/heic", data)))
        reasons.append(str(caught.value.values["reason"]))
    assert is_heic(heic)
    assert "JPEG" in reasons[0]
    assert "JPEG" not in reasons[1]


def test_a_stamp_says_time_dealer_and_where_the_visit_began() -> None:
    at = datetime(2026, 11, 3, 10, 0, tzinfo=timezone(timedelta(hours=8)))
    place = {"latitude": 39.9, "longitude": 116.4, "accuracy_m": 10}
    assert stamp_words(at, "A1001", place) == "2026-11-03 10:00 +0800 | A1001 | 39.90000, 116.40000"
    assert stamp_words(at, "北一", None) == "2026-11-03 10:00 +0800 | ??"
