"""Clocks of the quality loop: how one stands, for reminder marks."""

from __future__ import annotations

from datetime import datetime

WARN_SHARE = 0.75
"""Share of a clock's time after which it warns."""


def clock_tone(start: datetime | None, due: datetime | None, now: datetime) -> str:
    """How a clock stands: "" (running), "warn" (most of the time is gone) or "late"."""
    if due is None:
        return ""
    if now >= due:
        return "late"
    if start is not None and (now - start) >= (due - start) * WARN_SHARE:
        return "warn"
    return ""
