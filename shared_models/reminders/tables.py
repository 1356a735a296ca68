"""The table of reminders: written by the server alone, read by the person reminded."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Field, UniqueConstraint

from shared_models.columns import Instant, Row


class Reminder(Row, table=True):
    """Somebody is told that something is late; it goes when that is done or has more time."""

    __table_args__ = (UniqueConstraint("subject_id", "due_on", "step", "person_id"),)

    person_id: str = Field(foreign_key="person.id", index=True)
    dealer_id: str = Field(foreign_key="dealer.id")
    kind: str = Field(default="action", max_length=12)
    """What is late: an action, the reply to a returned visit, the decision of an appeal (Kind)."""
    subject_id: str = Field(default="", max_length=36)
    """Id of the action, visit or appeal."""
    plan_id: str | None = Field(default=None, foreign_key="plan.id")
    """Of an action."""
    action_id: str | None = Field(default=None, foreign_key="action.id", index=True)
    step: str = Field(max_length=12)
    """Why this person: owner, supervisor, manager, hq; of a reply visitor and reviewer."""
    due_on: date
    """The deadline that was missed."""
    days_late: int
    """Days past the deadline when the reminder was written."""
    created_at: datetime = Field(sa_type=Instant)
