"""The embedded Chinese font and the breaking of text into lines.

reportlab's own rule for Chinese cuts Latin words and numbers where they happen to stand; here words, numbers
and percentages stay whole, and punctuation keeps to its side of a line break (GB/T 15834-2011, 5.1).
"""

from __future__ import annotations

from functools import lru_cache

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from sync_server.assets import assets_dir

FONT = "RevisitSans"
_STAND_IN = "〓"  # U+3013, the typesetter's mark for a character that the font lacks

_NOT_FIRST = frozenset("!),.:;?]}%°′″℃·–—…’”、。〃》」』】〕〗！％），．：；？］｝～%‰")
_NOT_LAST = frozenset("([{‘“《「『【〔〖（［｛$¥￥＄#@№")


@lru_cache(maxsize=1)
def font() -> TTFont:
    """The font, read and registered once; only the glyphs used are embedded in a document."""
    loaded = TTFont(FONT, str(assets_dir() / "fonts" / "NotoSansSC-Regular.ttf"))
    pdfmetrics.registerFont(loaded)
    return loaded


@lru_cache(maxsize=8192)
def _advance(character: str) -> float:
    face = font().face
    return face.charWidths.get(ord(character), face.defaultWidth) / 1000


@lru_cache(maxsize=16384)
def _width(text: str) -> float:
    return sum(map(_advance, text))


def width_of(text: str, size: float) -> float:
    """Width of a line in points."""
    return _width(text) * size


def printable(text: str) -> str:
    """The text without control characters, unknown characters marked, tabs as spaces; line feeds stay."""
    known = font().face.charToGlyph
    kept: list[str] = []
    for character in text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "  "):
        if character == "\n" or ord(character) in known:
            kept.append(character)
        elif character.isprintable() and not _joins(character):
            kept.append(_STAND_IN)
    return "".join(kept)


def _joins(character: str) -> bool:
    """Variation selectors and joiners: invisible, their base character stands alone."""
    return 0xFE00 <= ord(character) <= 0xFE0F or 0x200B <= ord(character) <= 0x200F


def _is_wide(character: str) -> bool:
    return character >= "\u2e80"


def _pieces(line: str) -> list[str]:
    """Smallest parts that a line break must not cut."""
    pieces: list[str] = []
    for character in line:
        last = pieces[-1][-1] if pieces else ""
        glued = bool(last) and (
            character in _NOT_FIRST
            or last in _NOT_LAST
            or character == " "
            or (not _is_wide(character) and not _is_wide(last) and last not in " -/")
        )
        if glued:
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def break_lines(text: str, width: float, size: float) -> list[str]:
    """Lines of ``text`` that fit ``width`` points at ``size``; a single part wider than a line is cut."""
    return list(_broken(text, width, size))


@lru_cache(maxsize=16384)
def _broken(text: str, width: float, size: float) -> tuple[str, ...]:
    """Kept, since two hundred reports share most of their words."""
    lines: list[str] = []
    for paragraph in printable(text).split("\n"):
        current, used = "", 0.0
        for piece in _pieces(paragraph):
            length = width_of(piece.rstrip(), size)
            if current and used + length > width:
                lines.append(current.rstrip())
                current, used = "", 0.0
            if length > width:
                *full, piece = _cut(piece, width, size)
                lines += full
            current += piece
            used += width_of(piece, size)
        lines.append(current.rstrip())
    return tuple(lines)


def _cut(piece: str, width: float, size: float) -> list[str]:
    parts, current, used = [], "", 0.0
    for character in piece:
        length = _advance(character) * size
        if current and used + length > width:
            parts.append(current)
            current, used = "", 0.0
        current += character
        used += length
    return [*parts, current]
