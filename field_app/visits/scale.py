"""The scale of a sketch of places. No Flet."""

from __future__ import annotations

STEPS_M = (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 50_000, 100_000, 500_000)
"""Lengths that the scale may show."""


def scale_step(half: float) -> int:
    """The length that the scale shows: the longest that takes at most a third of the sketch, whose half width
    is ``half`` metres."""
    return max([one for one in STEPS_M if one <= half * 2 / 3], default=STEPS_M[0])
