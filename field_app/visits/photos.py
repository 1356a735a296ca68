"""A chosen photo on its way into a visit: scaled down, its original's hash kept."""

from __future__ import annotations

import hashlib

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


async def keep_photo(ui: Ui, live: LiveVisit, code: str, file: Chosen) -> None:
    """Keep a photo for a question ("" for the whole visit); returns when it is durable."""
    original = hashlib.sha256(file.data).hexdigest()
    await live.attach(code, await smaller(ui, file), "image/jpeg", "photo", original_sha256=original)


async def smaller(ui: Ui, file: Chosen) -> bytes:
    """A chosen photo scaled down as JPEG, as this device is set; FILE_UNREADABLE for what is no picture."""
    edge, quality = (ui.app.accounts.setting(*one) for one in (EDGE_SETTING, QUALITY_SETTING))
    try:
        return await ui.app.platform.shrink_photo(file.data, longest_edge=edge, quality=quality)
    except ValueError:
        raise Problem(
            Code.FILE_UNREADABLE, {"file": file.name, "reason": ui.t("visits.media.no_picture")}
        ) from None
