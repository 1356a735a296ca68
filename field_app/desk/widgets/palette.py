"""Colours of figures that everybody can tell apart: orange through white to blue, in five steps.

Okabe & Ito (2008), Color Universal Design. The figure itself always stands beside or inside the colour.
"""

from __future__ import annotations

STEPS: tuple[tuple[float, str, str], ...] = (
    (70.0, "#B84A00", "#FFFFFF"),
    (80.0, "#F3B27A", "#1B2733"),
    (85.0, "#F7F7F7", "#1B2733"),
    (92.0, "#9CC7E4", "#1B2733"),
    (100.1, "#0072B2", "#FFFFFF"),
)
"""Below so many percent: ground, and an ink with at least 4.5 : 1 on it."""


def shade(rate: float) -> tuple[str, str]:
    """Ground and ink for a rate in percent."""
    return next((ground, ink) for below, ground, ink in STEPS if rate < below)
