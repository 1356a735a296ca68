"""Times at which a customer may ask to be called again."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from field_app.store import Context

_USUAL = (time(10), time(12, 30), time(15), time(19))


def again_choices(context: Context) -> list[datetime]:
    """The next six usual times of the device's clock, as instants."""
    local = context.local(context.now())
    found: list[datetime] = []
    for days in range(3):
        day = local.date() + timedelta(days=days)
        for at in _USUAL:
            moment = datetime.combine(day, at)
            if moment > local + timedelta(minutes=30):
                found.append(_instant(context, moment))
    return found[:6]


def read_time(context: Context, written: str) -> datetime | None:
    """An own time as ``YYYY-MM-DD HH:MM`` of the device's clock; None where it cannot be read."""
    try:
        return _instant(context, datetime.fromisoformat(written.strip()).replace(tzinfo=None))
    except ValueError:
        return None


def _instant(context: Context, local: datetime) -> datetime:
    """The instant at which the device's clock reads so."""
    guess = local.replace(tzinfo=UTC)
    return guess - timedelta(minutes=context.offset(guess))
