"""Improvement plans: tables, states and what a plan needs before it can be published."""

from shared_models.plans.requests import (
    ATTENDED,
    DECIDER,
    PHOTO_KINDS,
    RequestKind,
    RequestStatus,
    already_decided,
    evidence_missing,
    may_ask,
    next_request_status,
)
from shared_models.plans.states import (
    ACTION_TRANSITIONS,
    METHODS,
    PLAN_TRANSITIONS,
    SETTLED,
    TO_DO,
    ActionStatus,
    PlanStatus,
    publication_gaps,
)
from shared_models.plans.tables import Action, ActionProgress, ActionRequest, Cause, Plan, PlanItem

__all__ = [
    "ACTION_TRANSITIONS",
    "ATTENDED",
    "DECIDER",
    "METHODS",
    "PHOTO_KINDS",
    "PLAN_TRANSITIONS",
    "SETTLED",
    "TO_DO",
    "Action",
    "ActionProgress",
    "ActionRequest",
    "ActionStatus",
    "Cause",
    "Plan",
    "PlanItem",
    "PlanStatus",
    "RequestKind",
    "RequestStatus",
    "already_decided",
    "evidence_missing",
    "may_ask",
    "next_request_status",
    "publication_gaps",
]
