"""Tables of complaints. They stay on the server."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from shared_models.columns import Instant
from shared_models.ids import new_id


class Complaint(SQLModel, table=True):
    """A customer's complaint with its clocks: contact within 2 hours, progress within 3 days."""

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    number: str = Field(default="", max_length=24, index=True)
    dealer_id: str = Field(foreign_key="dealer.id", index=True)
    customer_id: str | None = Field(default=None, foreign_key="customer.id", index=True)
    vehicle_id: str | None = Field(default=None, foreign_key="vehicle.id")
    response_id: str | None = Field(default=None, foreign_key="response.id", unique=True)
    """The interview in which it was voiced."""
    item_id: str | None = Field(default=None, foreign_key="item.id", index=True)
    stage: str = Field(default="", max_length=24)
    channel: str = Field(max_length=16)
    """callback, telephone, counter, online, letter, maker."""
    category: str = Field(default="", max_length=24)
    content: str
    employee: str = ""
    status: str = Field(default="received", max_length=16, index=True)
    """received, contacted, offered, with_maker, closed."""
    received_at: datetime = Field(sa_type=Instant, index=True)
    received_precision: str = Field(default="instant", max_length=8)
    """instant, or day where only the business day is known: then the two-hour clock cannot be judged."""
    contacted_at: datetime | None = Field(default=None, sa_type=Instant)
    feedback_at: datetime | None = Field(default=None, sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    handler_id: str | None = Field(default=None, foreign_key="person.id", index=True)
    """First person asked stays responsible 第一人负责制."""
    progress: str = ""
    open_reason: str = ""
    reaction: str = ""
    result: str = Field(default="", max_length=12)
    """satisfied, reserved, not."""
    cause: str = ""


class ComplaintStep(SQLModel, table=True):
    """One step taken on a complaint; steps are only added."""

    __tablename__ = "complaint_step"  # pyright: ignore[reportAssignmentType]

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    complaint_id: str = Field(foreign_key="complaint.id", index=True)
    kind: str = Field(max_length=16)
    """contact, offer, answer, maker, note, escalation, close."""
    at: datetime = Field(sa_type=Instant)
    person_id: str | None = Field(default=None, foreign_key="person.id")
    text: str = ""
