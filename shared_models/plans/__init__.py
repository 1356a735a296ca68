"""Improvement plans: tables, states and what a plan needs before it can be published."""

from shared_models.plans.states import (
    ACTION_TRANSITIONS,
    METHODS,
    PLAN_TRANSITIONS,
    ActionStatus,
    PlanStatus,
    publication_gaps,
)
from shared_models.plans.tables import Action, ActionProgress, Cause, Plan, PlanItem

__all__ = [
    "ACTION_TRANSITIONS",
    "METHODS",
    "PLAN_TRANSITIONS",
    "Action",
    "ActionProgress",
    "ActionStatus",
    "Cause",
    "Plan",
    "PlanItem",
    "PlanStatus",
    "publication_gaps",
]
