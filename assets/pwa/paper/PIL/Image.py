# ruff: noqa: N999  the name that reportlab imports
"""What reportlab asks of ``PIL.Image``, for JPEG alone."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any, BinaryIO

VERSION = "0"
_MODES = {1: "L", 3: "RGB", 4: "CMYK"}
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers that begin a frame (ITU T.81, table B.1); the others in the range are tables and extensions."""
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers without a segment behind them."""


class Image:
    """A JPEG by its header; its pixels are never decoded."""

    format = "JPEG"

    def __init__(self, fp: BinaryIO, mode: str, size: tuple[int, int]) -> None:
        self.fp = fp
        self.mode = mode
        self.size = size
        self.info: dict[str, Any] = {}
        self.palette = None

    def load(self) -> None:
        """Nothing is decoded."""

    def tobytes(self) -> bytes:
        """The file: reportlab makes the picture's name in the PDF of it."""
        self.fp.seek(0)
        return self.fp.read()

    def convert(self, mode: str) -> Image:
        """Colours cannot be changed without decoding."""
        if mode != self.mode:
            raise OSError(f"cannot make {mode} of {self.mode}")
        return self


def open(fp: Any, *_: object, **__: object) -> Image:
    """Read the header. OSError: not a JPEG."""
    file: BinaryIO = io.BytesIO(Path(fp).read_bytes()) if isinstance(fp, str | Path) else fp
    file.seek(0)
    data = file.read()
    file.seek(0)
    mode, size = _header(data)
    return Image(file, mode, size)


def _header(data: bytes) -> tuple[str, tuple[int, int]]:
    if data[:2] != b"\xff\xd8":
        raise OSError("not a JPEG")
    at = 2
    try:
        while True:
            if data[at] != 0xFF:
                raise OSError("a damaged JPEG")
            while data[at] == 0xFF:
                at += 1
            marker = data[at]
            at += 1
            if marker in _ALONE:
                continue
            if marker in _FRAMES:
                high, wide, colours = struct.unpack(">HHB", data[at + 3 : at + 8])
                return _MODES[colours], (wide, high)
            at += struct.unpack(">H", data[at : at + 2])[0]
    except (IndexError, KeyError, struct.error) as fault:
        raise OSError("a damaged JPEG") from fault
