"""The device's settings decide how a photo is scaled down."""

from __future__ import annotations

import asyncio
from typing import Any

from field_app.shell.picking import Chosen
from field_app.visits.photos import smaller
from tests.unit.ui_desk.drawing import make_ui


class _Device:
    """Settings of a device and a platform that notes how it was asked."""

    def __init__(self, **kept: int) -> None:
        self.kept = kept
        self.asked: list[tuple[int, int]] = []
        self.accounts = self.platform = self

    def setting(self, key: str, default: Any = None) -> Any:
        return self.kept.get(key, default)

    async def shrink_photo(self, data: bytes, *, longest_edge: int, quality: int) -> bytes:
        self.asked.append((longest_edge, quality))
        return data


def scaled(**kept: int) -> tuple[int, int]:
    device = _Device(**kept)
    asyncio.run(smaller(make_ui(app=device), Chosen("p.jpg", "image/jpeg", b"x")))
    return device.asked[0]


def test_a_photo_is_scaled_as_the_device_is_set() -> None:
    assert scaled() == (1600, 82)
    assert scaled(photo_edge=2560, photo_quality=90) == (2560, 90)
