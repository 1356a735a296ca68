"""Colours, type sizes and measures of printed reports (points). One place, so that reports look alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Literal

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.units import mm

INK = HexColor("#1B2733")
MUTED = HexColor("#5F6B7A")
FAINT = HexColor("#9AA5B1")
HAIRLINE = HexColor("#D3DAE2")
TINT = HexColor("#F3F6F9")
ACCENT = HexColor("#1D4F7C")
GOOD = HexColor("#1C6B45")
WARN = HexColor("#8F5A00")
BAD = HexColor("#A8261C")

MARGIN = 20 * mm
TOP = 25 * mm
BOTTOM = 22 * mm
PAGE = (210 * mm, 297 * mm)
WIDTH = PAGE[0] - 2 * MARGIN
HEIGHT = PAGE[1] - TOP - BOTTOM

Align = Literal["left", "right", "center"]


@dataclass(frozen=True)
class Style:
    """How a text is set. Bold is drawn by stroking the outlines, as the font has one weight."""

    size: float = 9.5
    leading: float = 15.0
    colour: Color = INK
    bold: bool = False
    align: Align = "left"
    after: float = 0.0

    def but(self, **changes: object) -> Style:
        """The same style with some things changed."""
        return _changed(self, tuple(changes.items()))

    @cached_property
    def operators(self) -> str:
        """Colour and weight as PDF operators."""
        red, green, blue = (f"{part:.4g}" for part in self.colour.rgb())
        fill = f"{red} {green} {blue} rg"
        bold = f" {red} {green} {blue} RG {self.size * 0.032:.3f} w 2 Tr"
        return fill + bold if self.bold else fill


@lru_cache(maxsize=512)
def _changed(style: Style, changes: tuple[tuple[str, object], ...]) -> Style:
    return replace(style, **dict(changes))  # type: ignore[arg-type]


BODY = Style()
SECOND = Style(size=8.5, leading=12.5, colour=MUTED)
"""The English beneath the Chinese where both stand."""
OVERLINE = Style(size=10.5, leading=15, colour=ACCENT, bold=True)
TITLE = Style(size=21, leading=29, colour=INK, bold=True)
CHAPTER = Style(size=14, leading=20, colour=ACCENT, bold=True)
SECTION = Style(size=10.5, leading=15, colour=INK, bold=True)
CELL = Style(size=8.8, leading=12.6)
CELL_SMALL = Style(size=7.6, leading=10.4, colour=MUTED)
LABEL = Style(size=7.8, leading=11, colour=MUTED)
HEAD = Style(size=8, leading=11, colour=ACCENT, bold=True)
HEAD_SECOND = Style(size=7.2, leading=9.6, colour=MUTED)
FIGURE = Style(size=19, leading=25, colour=ACCENT, bold=True)
RUNNING = Style(size=7.6, leading=10, colour=MUTED)
