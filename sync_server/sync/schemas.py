"""Messages of sync that only people's screens use: history, refused ops, re-queueing."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class LostValue(BaseModel):
    """A value that lost against a concurrent change of the same field."""

    field: str
    value: Any
    clock: str
    op_id: str
    at: str


class HeldOp(BaseModel):
    """A refused op with its problem, whole as it came."""

    op_id: str
    person_id: str
    aggregate_id: str
    outcome: str
    problem: dict[str, Any]
    received_at: str
    op: dict[str, Any]


class Requeue(BaseModel):
    """Ops to judge anew, in this order."""

    op_ids: list[str] = Field(min_length=1, max_length=500)
