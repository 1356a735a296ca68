"""Planned visits as an iCalendar file (RFC 5545), for the calendar that a person already uses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

MIME = "text/calendar"
_LIMIT = 75
"""Octets of a content line before it is folded (RFC 5545, 3.1)."""


@dataclass(frozen=True)
class Event:
    """A planned visit as a calendar shows it: whole days, from the first to the last of its window."""

    id: str
    title: str
    first: date
    last: date
    place: str = ""
    text: str = ""
    cancelled: bool = False


def to_icalendar(events: Iterable[Event], now: datetime, *, name: str) -> str:
    """The file's text, lines ended by CRLF and folded at 75 octets. ``name``: the calendar's."""
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Revisit//Visits//EN", "CALSCALE:GREGORIAN",
             "METHOD:PUBLISH", f"X-WR-CALNAME:{_escaped(name)}"]  # fmt: skip
    for event in events:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{event.id}@revisit",
            f"DTSTAMP:{stamp}",
            f"DTSTART;VALUE=DATE:{event.first:%Y%m%d}",
            f"DTEND;VALUE=DATE:{event.last + timedelta(days=1):%Y%m%d}",  # the end is not part of it
            f"SUMMARY:{_escaped(event.title)}",
        ]
        if event.place:
            lines.append(f"LOCATION:{_escaped(event.place)}")
        if event.text:
            lines.append(f"DESCRIPTION:{_escaped(event.text)}")
        lines += [
            f"STATUS:{'CANCELLED' if event.cancelled else 'CONFIRMED'}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(_folded(line) + "\r\n" for line in lines)


def _escaped(text: str) -> str:
    for sign in ("\\", ";", ","):
        text = text.replace(sign, "\\" + sign)
    return text.replace("\r\n", "\\n").replace("\n", "\\n")


def _folded(line: str) -> str:
    """Long lines in pieces that begin with a space; a character is never cut."""
    parts: list[str] = []
    piece, size = "", 0
    for sign in line:
        width = len(sign.encode())
        if size + width > _LIMIT:
            parts.append(piece)
            piece, size = " ", 1
        piece += sign
        size += width
    return "\r\n".join([*parts, piece])
