"""Company settings and calendar in the database; what the environment says is the default."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from shared_models.company.wire import CalendarDay, Escalation
from shared_models.company.workdays import Calendar, DayKind, deadline
from shared_models.problems import Code, Place, Problem
from shared_models.reminders import Ladder
from sync_server.audit.recording import By, record
from sync_server.company.tables import calendar_day, company_setting

ESCALATION = "escalation"
ZONE = ZoneInfo("Asia/Shanghai")
"""Where the company's days begin and end."""


def setting(session: Session, name: str) -> Any:
    """A setting as plain data; None where nobody has made it."""
    query = select(company_setting.c.value).where(company_setting.c.name == name)
    return session.execute(query).scalar_one_or_none()


def put_setting(
    session: Session, by: By, name: str, value: Mapping[str, Any], before: Mapping[str, Any]
) -> None:
    """Make a setting; the trail tells what it was."""
    if value == before:
        return
    session.execute(delete(company_setting).where(company_setting.c.name == name))
    values = {"name": name, "value": dict(value), "changed_by": by.actor_id or None, "changed_at": by.at}
    session.execute(insert(company_setting).values(**values))
    record(session, by, f"rules.{name}", "rules", subject="", before=before, after=value)


def escalation(session: Session, default: Ladder) -> Escalation:
    """The ladder in force."""
    held = setting(session, ESCALATION)
    return Escalation.model_validate(held) if held is not None else Escalation(days=default.days)


def put_escalation(session: Session, by: By, wanted: Escalation, default: Ladder) -> None:
    """Set the ladder; INVALID_REQUEST unless its days rise from 1 on."""
    try:
        Ladder(wanted.days)
    except ValueError as error:
        raise Problem(Code.INVALID_REQUEST, {}, [Place("days", str(error))]) from None
    before = escalation(session, default).model_dump(mode="json")
    put_setting(session, by, ESCALATION, wanted.model_dump(mode="json"), before)


def calendar(session: Session) -> Calendar:
    """The calendar as the rules read it."""
    return Calendar({row.day: DayKind(row.kind) for row in session.execute(select(calendar_day))})


def due_after(session: Session, now: datetime, window: timedelta) -> datetime:
    """The end of a time of whole days from now; of working days where the company counts them."""
    held = setting(session, ESCALATION)
    counted = calendar(session) if held is not None and held.get("working_days") else None
    return deadline(now, window.days, counted, ZONE)


def calendar_days(session: Session, year: int) -> list[CalendarDay]:
    """Special days of a year, in order."""
    query = select(calendar_day).where(
        calendar_day.c.day >= date(year, 1, 1), calendar_day.c.day <= date(year, 12, 31)
    )
    return [
        CalendarDay.model_validate(dict(row)) for row in session.execute(query.order_by("day")).mappings()
    ]


def put_day(session: Session, by: By, day: CalendarDay) -> None:
    """Enter a special day, or change it."""
    session.execute(delete(calendar_day).where(calendar_day.c.day == day.day))
    session.execute(insert(calendar_day).values(day=day.day, kind=day.kind.value, name=day.name))
    facts = {"day": day.day, "kind": day.kind.value}
    record(session, by, "rules.day_set", "rules", subject=day.name, facts=facts)


def drop_day(session: Session, by: By, day: date) -> None:
    """The day is again what its weekday says; NOT_FOUND where it was."""
    gone = session.execute(delete(calendar_day).where(calendar_day.c.day == day))
    if not gone.rowcount:  # type: ignore[attr-defined]
        raise Problem(Code.NOT_FOUND)
    record(session, by, "rules.day_dropped", "rules", facts={"day": day})
