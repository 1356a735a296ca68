"""Tables of an improvement plan: plan, its weak items, causes, actions, their progress and requests.

A plan is one aggregate; every row of it carries ``plan_id``.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlmodel import Field, UniqueConstraint

from shared_models.columns import Instant, Json, Row


class Plan(Row, table=True):
    """An improvement plan of one dealer."""

    number: str = Field(default="", max_length=24)
    """Human number such as ``A1001-2026-11-01``, given by the server when the plan is published."""
    dealer_id: str = Field(foreign_key="dealer.id", index=True)
    title: str = ""
    status: str = Field(default="draft", max_length=12, index=True)
    trigger_month: str = Field(default="", max_length=7)
    """Month (YYYY-MM) whose figures led to the plan; it is kept out of the later baseline."""
    author_id: str | None = Field(default=None, foreign_key="person.id")
    created_at: datetime | None = Field(default=None, sa_type=Instant)
    published_at: datetime | None = Field(default=None, sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    summary: str = ""
    approval_note: str = ""
    """What headquarters said when they approved the plan or sent it back."""
    # written by the server only
    approved_by: str | None = Field(default=None, foreign_key="person.id")
    approved_at: datetime | None = Field(default=None, sa_type=Instant)


class PlanItem(Row, table=True):
    """A weak item taken into a plan, with the finding as it stood that day."""

    __tablename__ = "plan_item"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (UniqueConstraint("plan_id", "item_id"),)

    plan_id: str = Field(foreign_key="plan.id", index=True)
    item_id: str = Field(foreign_key="item.id", index=True)
    finding: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    """Copy of the weak item as insight gave it: months, rates, intervals, n, reasons, target, data cut."""
    verdict: str = Field(default="", max_length=16)
    """Written by the server: "", not_enough_data, improved, not_improved, worse."""
    evaluation: dict[str, Any] | None = Field(default=None, sa_type=Json)
    """Written by the server: the before/after figures behind the verdict."""


class Cause(Row, table=True):
    """Why an item is weak: one of nine categories, a known cause or free text, with its evidence."""

    plan_id: str = Field(foreign_key="plan.id", index=True)
    plan_item_id: str = Field(foreign_key="plan_item.id", index=True)
    category: str = Field(max_length=24)
    code: str = Field(default="", max_length=40)
    text: str = ""
    evidence: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    """References: kind (answer, response, complaint, photo), id, label; none of them names a shopper."""


class Action(Row, table=True):
    """A measure of a plan with its owner, supervisor and time nodes."""

    plan_id: str = Field(foreign_key="plan.id", index=True)
    plan_item_id: str | None = Field(default=None, foreign_key="plan_item.id", index=True)
    measure: str = ""
    method: str = Field(default="process", max_length=12)
    """training, drill, briefing, process, facility, staffing."""
    owner_id: str | None = Field(default=None, foreign_key="person.id", index=True)
    supervisor_id: str | None = Field(default=None, foreign_key="person.id", index=True)
    starts_on: date | None = None
    due_on: date | None = None
    status: str = Field(default="open", max_length=12, index=True)
    position: int = 0


class ActionProgress(Row, table=True):
    """One entry in the progress log of an action; entries are only added."""

    __tablename__ = "action_progress"  # pyright: ignore[reportAssignmentType]

    plan_id: str = Field(foreign_key="plan.id", index=True)
    action_id: str = Field(foreign_key="action.id", index=True)
    author_id: str | None = Field(default=None, foreign_key="person.id")
    at: datetime | None = Field(default=None, sa_type=Instant)
    percent: int = 0
    text: str = ""
    attendees: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    """Who took part in a training, drill or briefing: name, employee_id if the dealer lists the person."""


class ActionRequest(Row, table=True):
    """What an owner asks about an action: an objection to it, or more time; kept with its decision."""

    __tablename__ = "action_request"  # pyright: ignore[reportAssignmentType]

    plan_id: str = Field(foreign_key="plan.id", index=True)
    action_id: str = Field(foreign_key="action.id", index=True)
    kind: str = Field(max_length=12)
    """objection, extension."""
    author_id: str | None = Field(default=None, foreign_key="person.id")
    at: datetime | None = Field(default=None, sa_type=Instant)
    reason: str = ""
    due_before: date | None = None
    """extension: the deadline when it was asked for; the server writes the one that it knows."""
    due_wanted: date | None = None
    status: str = Field(default="open", max_length=12, index=True)
    """open, granted, refused, withdrawn."""
    due_granted: date | None = None
    """extension, once granted: the new deadline, which is the action's from then on."""
    decided_by: str | None = Field(default=None, foreign_key="person.id")
    decided_at: datetime | None = Field(default=None, sa_type=Instant)
    decision: str = ""
    """What was said to it."""
