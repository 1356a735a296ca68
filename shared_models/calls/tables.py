"""Tables of telephone work that reach the caller's device.

A call is an assignment of a checklist whose source is ``callback`` (``assignment.call_id`` names its task);
the interview is a visit. What else belongs to a call stands here.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Field, UniqueConstraint

from shared_models.columns import Instant, Row


class CallTask(Row, table=True):
    """Whom to call and why; written by the server alone, read by the caller it names and nobody else.

    The number stands in full while the call is open, for the caller has to dial it; with the end of the
    task number and name give way to their masks, on the server as on the device.
    """

    __tablename__ = "call_task"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (UniqueConstraint("customer_id", "vehicle_id", "reason", "event_day"),)

    dealer_id: str = Field(foreign_key="dealer.id", index=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    customer_id: str = Field(index=True, max_length=36)
    vehicle_id: str = Field(default="", max_length=36)
    """The server's rows of customer and car; devices hold none."""
    name: str
    phone: str = Field(max_length=32)
    plate: str = Field(default="", max_length=17)
    """Number plate, else VIN of the car."""
    model: str = ""
    employee: str = ""
    """The dealer's sales or service adviser."""
    reason: str = Field(max_length=16)
    """See shared_models.calls.rules.Reason."""
    event_day: date
    """Business day of the delivery or of the service."""
    status: str = Field(default="open", max_length=12, index=True)
    """open, done, given_up, cancelled."""


class CallAttempt(Row, table=True):
    """A call that ended without a whole interview; the interview itself is the visit of the assignment."""

    __tablename__ = "call_attempt"  # pyright: ignore[reportAssignmentType]

    assignment_id: str = Field(foreign_key="assignment.id", index=True)
    person_id: str = Field(foreign_key="person.id")
    at: datetime = Field(sa_type=Instant)
    day_part: str = Field(max_length=12)
    """See shared_models.calls.rules.DayPart; where the caller was."""
    disposition: str = Field(max_length=16)
    """See shared_models.surveys.Disposition; never ``completed``."""
    call_again_at: datetime | None = Field(default=None, sa_type=Instant)
    """The time the customer asked for, with ``call_later``."""
    note: str = ""
