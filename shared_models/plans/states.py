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
    """A plan is written, published to the dealer, and closed by its verdict."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class ActionStatus(StrEnum):
    """An action is open, being carried out, reported done by its owner, and verified by its supervisor."""

    OPEN = "open"
    RUNNING = "running"
    DONE = "done"
    VERIFIED = "verified"


_DESK = frozenset({Role.MANAGER, Role.HQ})
_OWNER = frozenset({Role.OWNER})

PLAN_TRANSITIONS: dict[tuple[str, str], tuple[str, frozenset[Role]]] = {
    (PlanStatus.DRAFT, "publish"): (PlanStatus.PUBLISHED, _DESK),
    (PlanStatus.DRAFT, "withdraw"): (PlanStatus.WITHDRAWN, _DESK),
    (PlanStatus.PUBLISHED, "withdraw"): (PlanStatus.WITHDRAWN, _DESK),
    (PlanStatus.PUBLISHED, "close"): (PlanStatus.CLOSED, _DESK),
}
"""(state, action) -> (next state, roles that may do it)."""

ACTION_TRANSITIONS: dict[tuple[str, str], tuple[str, str]] = {
    (ActionStatus.OPEN, "start"): (ActionStatus.RUNNING, "owner"),
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
