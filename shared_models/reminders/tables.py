"""The table of reminders: written by the server alone, read by the person reminded."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Field, UniqueConstraint

from shared_models.columns import Instant, Row


class Reminder(Row, table=True):
    """Somebody is told that an action is overdue; it goes when the action is done or has more time."""

    __table_args__ = (UniqueConstraint("action_id", "due_on", "step", "person_id"),)

    person_id: str = Field(foreign_key="person.id", index=True)
    dealer_id: str = Field(foreign_key="dealer.id")
    plan_id: str = Field(foreign_key="plan.id")
    action_id: str = Field(foreign_key="action.id", index=True)
    step: str = Field(max_length=12)
    """Why this person: owner, supervisor, manager, hq."""
    due_on: date
    """The deadline that was missed."""
    days_late: int
    """Days past the deadline when the reminder was written."""
    created_at: datetime = Field(sa_type=Instant)
