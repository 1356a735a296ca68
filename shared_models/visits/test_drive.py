"""The timeline of a test drive: which stamps there are, the minutes between them and their order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

EVENTS: tuple[str, ...] = (
    "greeted",
    "offered",
    "papers",
    "car_check",
    "consultant_drives",
    "change_over",
    "customer_drives",
    "back",
    "debrief",
)
"""Stamps in the order in which they should come; names in the catalogue ``visits.drive.event.<name>``."""


@dataclass(frozen=True)
class Timeline:
    """Minutes (rounded down) computed from the stamps; None where a stamp is missing."""

    consultant_minutes: int | None
    customer_minutes: int | None
    drive_minutes: int | None
    whole_minutes: int | None
    out_of_order: tuple[str, ...]
    """Events stamped before an earlier one of the list."""


def timeline(stamps: Mapping[str, datetime]) -> Timeline:
    """Minutes and order checks of the stamps present (event name -> instant)."""

    def minutes(start: str, *ends: str) -> int | None:
        end = next((stamps[name] for name in ends if name in stamps), None)
        if start not in stamps or end is None or end < stamps[start]:
            return None
        return int((end - stamps[start]).total_seconds() // 60)

    wrong: list[str] = []
    latest: datetime | None = None
    for name in EVENTS:
        at = stamps.get(name)
        if at is None:
            continue
        if latest is not None and at < latest:
            wrong.append(name)
        latest = at if latest is None else max(latest, at)
    start = "consultant_drives" if "consultant_drives" in stamps else "customer_drives"
    return Timeline(
        consultant_minutes=minutes("consultant_drives", "change_over", "customer_drives", "back"),
        customer_minutes=minutes("customer_drives", "back"),
        drive_minutes=minutes(start, "back"),
        whole_minutes=minutes("offered", "debrief", "back"),
        out_of_order=tuple(wrong),
    )
