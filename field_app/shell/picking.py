"""Choosing files: photos from the camera or the album, recordings, survey files.

One picker serves the whole page. The browser opens its dialog within the tap itself (iOS refuses it
otherwise), so a button carries the request as its ``action`` and the result comes by event.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import flet as ft

if TYPE_CHECKING:
    from field_app.shell.ui import Ui

FileKind = Literal["photo", "audio", "any"]
_TYPES = {
    "photo": ft.FilePickerFileType.IMAGE,
    "audio": ft.FilePickerFileType.AUDIO,
    "any": ft.FilePickerFileType.ANY,
}


@dataclass(frozen=True)
class Chosen:
    """A file somebody chose."""

    name: str
    mime: str
    data: bytes


Taker = Callable[[list[Chosen]], Awaitable[object]]


class Picking:
    """The page's one file picker and who waits for its result."""

    def __init__(self) -> None:
        self._picker = ft.FilePicker()
        self._waiting: tuple[Ui, Taker] | None = None
        self._picker.on_result = self._chosen

    def button_parts(self, ui: Ui, kind: FileKind, take: Taker, *, several: bool = True) -> dict[str, object]:
        """``on_click`` and ``action`` of a button that lets the person choose files for ``take``."""

        async def remember(_event: object = None) -> None:
            self._waiting = (ui, take)

        action = ft.PickFiles(
            self._picker,
            file_type=_TYPES[kind],
            allow_multiple=several,
            with_data=True,
            compression_quality=0,
        )
        return {"on_click": remember, "action": action}

    async def _chosen(self, event: ft.FilePickerResultEvent) -> None:
        if self._waiting is None or not event.files:
            return
        ui, take = self._waiting
        await ui.attempt(take, [_read(file) for file in event.files])


def _read(file: ft.FilePickerFile) -> Chosen:
    data = file.bytes if file.bytes is not None else Path(file.path or "").read_bytes()
    mime = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return Chosen(file.name, mime, data)
