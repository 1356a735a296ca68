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


async def keep_photo(ui: Ui, live: LiveVisit, code: str, file: Chosen) -> None:
    """Keep a photo for a question ("" for the whole visit); returns when it is durable."""
    original = hashlib.sha256(file.data).hexdigest()
    await live.attach(code, await smaller(ui, file), "image/jpeg", "photo", original_sha256=original)


async def smaller(ui: Ui, file: Chosen) -> bytes:
    """A chosen photo scaled down as JPEG; FILE_UNREADABLE for what is no picture."""
    try:
        return await ui.app.platform.shrink_photo(file.data, longest_edge=LONGEST_EDGE, quality=QUALITY)
    except ValueError:
        raise Problem(
            Code.FILE_UNREADABLE, {"file": file.name, "reason": ui.t("visits.media.no_picture")}
        ) from None
