"""A chosen photo on its way into a visit: scaled down, its original's hash kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from field_app.shell.picking import Chosen
from field_app.shell.ui import Ui
from field_app.visits.live import LiveVisit
from shared_models.problems import Code, Problem

LONGEST_EDGE = 1600
"""Pixels: a number plate across a showroom stays readable, and a photo stays under half a megabyte."""
QUALITY = 82
EDGES, QUALITIES = (1280, 1600, 2048, 2560), (70, 82, 90)
"""What can be chosen in the settings."""
EDGE_SETTING, QUALITY_SETTING = ("photo_edge", LONGEST_EDGE), ("photo_quality", QUALITY)
"""Names of the device's settings and what counts until they are set."""


STAMP_SETTING = ("photo_stamp", 0)
"""Whether time and place are written into photos (1), or stand beside them only."""
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


async def keep_photo(ui: Ui, live: LiveVisit, code: str, file: Chosen) -> None:
    """Keep a photo for a question ("" for the whole visit); returns when it is durable."""
    original = hashlib.sha256(file.data).hexdigest()
    stamp = ""
    if ui.app.accounts.setting(*STAMP_SETTING):
        session = live.session
        here = session.visit["start_place"]
        stamp = stamp_words(datetime.now().astimezone(), session.dealer.code, here)
    await live.attach(code, await smaller(ui, file, stamp), "image/jpeg", "photo", original_sha256=original)


def stamp_words(at: datetime, dealer: str, place: Mapping[str, Any] | None) -> str:
    """Time, dealer, and where the visit began; plain signs only, which every device can draw."""
    words = [at.strftime("%Y-%m-%d %H:%M %z"), dealer]
    if place:
        words.append(f"{place['latitude']:.5f}, {place['longitude']:.5f}")
    return " | ".join(word.encode("ascii", "replace").decode() for word in words if word)


def is_heic(data: bytes) -> bool:
    """Whether a file is a HEIF picture by its first box (ISO 14496-12, ISO 23008-12)."""
    return data[4:8] == b"ftyp" and data[8:12] in _HEIC


async def smaller(ui: Ui, file: Chosen, stamp: str = "") -> bytes:
    """A chosen photo scaled down as JPEG, as this device is set; FILE_UNREADABLE for what is no picture, or
    one in a format that this device has no decoder for."""
    edge, quality = (ui.app.accounts.setting(*one) for one in (EDGE_SETTING, QUALITY_SETTING))
    try:
        return await ui.app.platform.shrink_photo(file.data, longest_edge=edge, quality=quality, stamp=stamp)
    except ValueError:
        reason = ui.t("visits.media.no_heic" if is_heic(file.data) else "visits.media.no_picture")
        raise Problem(Code.FILE_UNREADABLE, {"file": file.name, "reason": reason}) from None
