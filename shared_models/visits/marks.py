"""Marks drawn on a photo (圈点): kept as strokes beside the picture, whose bytes never change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

Stroke = list[list[float]]
"""Points (x, y) in shares 0..1 of the picture's width and height."""
MOST_STROKES, MOST_POINTS = 60, 2000
WIDTH = 0.006
"""Width of a stroke in shares of the picture's longer edge."""


def are_marks(value: Any) -> bool:
    """Whether this can stand as the marks of a photo."""
    if not isinstance(value, list):
        return False
    strokes = cast(list[Any], value)
    if len(strokes) > MOST_STROKES:
        return False
    points = [point for stroke in strokes if isinstance(stroke, list) for point in cast(list[Any], stroke)]
    return (
        all(isinstance(stroke, list) and stroke for stroke in strokes)
        and len(points) <= MOST_POINTS
        and all(_is_point(point) for point in points)
    )


def _is_point(point: Any) -> bool:
    if not isinstance(point, list) or len(cast(list[Any], point)) != 2:
        return False
    return all(
        isinstance(one, int | float) and not isinstance(one, bool) and 0 <= one <= 1
        for one in cast(list[Any], point)
    )


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a JPEG in pixels (frame header, ISO 10918-1, B.2.2); None for another file."""
    if data[:2] != b"\xff\xd8":
        return None
    at = 2
    while at + 9 < len(data):
        if data[at] != 0xFF:
            return None
        marker, size = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = (int.from_bytes(data[at + n : at + n + 2], "big") for n in (5, 7))
            return width, height
        at += 2 + size
    return None


def on_pixels(strokes: Sequence[Stroke], width: float, height: float) -> list[list[tuple[float, float]]]:
    """Strokes on a picture of that size."""
    return [[(x * width, y * height) for x, y in stroke] for stroke in strokes]
