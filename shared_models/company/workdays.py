"""Working days: Monday to Friday, but for holidays and for weekend days that are worked (调休). Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum

_SATURDAY = 5


class DayKind(StrEnum):
    """How a day differs from what its weekday says."""

    HOLIDAY = "holiday"
    WORKDAY = "workday"


@dataclass(frozen=True)
class Calendar:
    """A company's days that are not what their weekday says."""

    days: dict[date, DayKind] = field(default_factory=dict[date, DayKind])

    def works(self, day: date) -> bool:
        """Whether work is done on that day."""
        kind = self.days.get(day)
        if kind is not None:
            return kind is DayKind.WORKDAY
        return day.weekday() < _SATURDAY


def days_late(due: date, today: date, calendar: Calendar | None) -> int:
    """Days since a deadline; with a calendar only working days count. 0 up to the deadline itself."""
    gone = (today - due).days
    if gone <= 0 or calendar is None:
        return max(gone, 0)
    return sum(calendar.works(due + timedelta(days=one)) for one in range(1, gone + 1))


def deadline(begin: datetime, days: int, calendar: Calendar | None, zone: tzinfo) -> datetime:
    """The same time of day so many days later; with a calendar only working days of that zone count."""
    if calendar is None:
        return begin + timedelta(days=days)
    local = begin.astimezone(zone)
    left, end = days, local
    while left > 0:
        end += timedelta(days=1)
        left -= calendar.works(end.date())
    return end.astimezone(begin.tzinfo)
