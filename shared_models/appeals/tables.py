"""The table of appeals: a dealer disputes one answer of an accepted visit."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Field

from shared_models.columns import ExactDecimal, Instant, Json, Row


class Appeal(Row, table=True):
    """One disputed answer, from filing to decision. Nothing in it leads to the shopper."""

    visit_id: str = Field(foreign_key="visit.id", index=True)
    dealer_id: str = Field(foreign_key="dealer.id", index=True)
    question: str = Field(max_length=40)
    repeat: int = 0
    text: str
    """Why the dealer holds the answer wrong."""
    status: str = Field(default="filed", max_length=12, index=True)
    new_state: str = Field(default="", max_length=10)
    """State and value of the answer as an upheld appeal sets them."""
    new_value: Any = Field(default=None, sa_type=Json, nullable=True)
    decision_note: str = ""
    # written by the server only
    author_id: str | None = Field(default=None, foreign_key="person.id")
    filed_at: datetime | None = Field(default=None, sa_type=Instant)
    due_at: datetime | None = Field(default=None, sa_type=Instant)
    """Until when it is to be decided."""
    visit_date: date | None = None
    wording: str = ""
    """The disputed question, so that the appeal can be read where its visit is not."""
    wording_en: str = ""
    old_state: str = Field(default="", max_length=10)
    """State and value of the answer when it was disputed."""
    old_value: Any = Field(default=None, sa_type=Json, nullable=True)
    decided_by: str | None = Field(default=None, foreign_key="person.id")
    decided_at: datetime | None = Field(default=None, sa_type=Instant)
    score_before: Decimal | None = Field(default=None, sa_type=ExactDecimal)
    score_after: Decimal | None = Field(default=None, sa_type=ExactDecimal)
    """Total of the visit in percent before and after the decision."""
