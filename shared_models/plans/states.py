"""States of plans and actions, who may move them, and the check before publication."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from shared_models.people.access import Role
from shared_models.problems import Code, Place

METHODS: tuple[str, ...] = ("training", "drill", "briefing", "process", "facility", "staffing")
"""How a measure is carried out; names in the catalogue ``plans.method.<name>``."""


class PlanStatus(StrEnum):
    """A plan is written, published to the dealer, and closed by its verdict.

    Where headquarters approve plans, a published one waits as submitted until they have.
    """

    DRAFT = "draft"
    SUBMITTED = "submitted"
    PUBLISHED = "published"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class ActionStatus(StrEnum):
    """An action is open, taken on, being carried out, reported done by its owner, verified by its supervisor.

    It is dropped when its owner's objection is granted.
    """

    OPEN = "open"
    ACCEPTED = "accepted"
    RUNNING = "running"
    DONE = "done"
    VERIFIED = "verified"
    DROPPED = "dropped"


TO_DO = frozenset({ActionStatus.OPEN.value, ActionStatus.ACCEPTED.value, ActionStatus.RUNNING.value})
"""States in which the action waits for its owner: only these can be overdue."""
SETTLED = frozenset({ActionStatus.VERIFIED.value, ActionStatus.DROPPED.value})
"""States in which nobody waits for anything any more."""


_DESK = frozenset({Role.MANAGER, Role.HQ})
_HQ = frozenset({Role.HQ})

PLAN_TRANSITIONS: dict[tuple[str, str], tuple[str, frozenset[Role]]] = {
    (PlanStatus.DRAFT, "publish"): (PlanStatus.PUBLISHED, _DESK),
    (PlanStatus.DRAFT, "withdraw"): (PlanStatus.WITHDRAWN, _DESK),
    (PlanStatus.SUBMITTED, "approve"): (PlanStatus.PUBLISHED, _HQ),
    (PlanStatus.SUBMITTED, "send_back"): (PlanStatus.DRAFT, _HQ),
    (PlanStatus.SUBMITTED, "withdraw"): (PlanStatus.WITHDRAWN, _DESK),
    (PlanStatus.PUBLISHED, "withdraw"): (PlanStatus.WITHDRAWN, _DESK),
    (PlanStatus.PUBLISHED, "close"): (PlanStatus.CLOSED, _DESK),
}
"""(state, action) -> (next state, roles that may do it).

The server turns "publish" by a manager into submitted where headquarters approve plans, and refuses "close"
until every item has a verdict that rests on data.
"""

ACTION_TRANSITIONS: dict[tuple[str, str], tuple[str, str]] = {
    (ActionStatus.OPEN, "accept"): (ActionStatus.ACCEPTED, "owner"),
    (ActionStatus.OPEN, "start"): (ActionStatus.RUNNING, "owner"),
    (ActionStatus.ACCEPTED, "start"): (ActionStatus.RUNNING, "owner"),
    (ActionStatus.ACCEPTED, "finish"): (ActionStatus.DONE, "owner"),
    (ActionStatus.OPEN, "finish"): (ActionStatus.DONE, "owner"),
    (ActionStatus.RUNNING, "finish"): (ActionStatus.DONE, "owner"),
    (ActionStatus.DONE, "verify"): (ActionStatus.VERIFIED, "supervisor"),
    (ActionStatus.DONE, "send_back"): (ActionStatus.RUNNING, "supervisor"),
}
"""(state, action) -> (next state, which person of the action may do it: its owner or its supervisor)."""


def publication_gaps(
    plan: Mapping[str, Any],
    items: Iterable[Mapping[str, Any]],
    causes: Iterable[Mapping[str, Any]],
    actions: Iterable[Mapping[str, Any]],
) -> list[Place]:
    """What a plan lacks before it may be published: rows as plain mappings, gaps as (row id, problem).

    Every weak item needs a cause and an action; every action a measure, an owner, a supervisor who is
    somebody else, and a deadline that is not before its start.
    """
    gaps: list[Place] = []
    items, causes, actions = list(items), list(causes), list(actions)
    if not str(plan.get("title") or "").strip():
        gaps.append(Place(f"plan.{plan['id']}", "title"))
    if not items:
        gaps.append(Place(f"plan.{plan['id']}", "items"))
    for item in items:
        where = f"plan_item.{item['id']}"
        if not any(cause["plan_item_id"] == item["id"] for cause in causes):
            gaps.append(Place(where, "cause"))
        if not any(action["plan_item_id"] in {item["id"], None} for action in actions):
            gaps.append(Place(where, "action"))
    for action in actions:
        where = f"action.{action['id']}"
        needed = ("measure", "owner_id", "supervisor_id", "due_on")
        gaps += [Place(where, name) for name in needed if not str(action.get(name) or "").strip()]
        if action.get("owner_id") and action.get("owner_id") == action.get("supervisor_id"):
            gaps.append(Place(where, Code.SUPERVISOR_IS_OWNER.value))
        starts, due = action.get("starts_on"), action.get("due_on")
        if starts and due and due < starts:
            gaps.append(Place(where, "due_before_start"))
    return gaps
