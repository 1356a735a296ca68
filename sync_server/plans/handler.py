"""Who may change which row of a plan, and to what: the checks behind every op on a plan's rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared_models.checklists.stages import CAUSE_CATEGORIES
from shared_models.people.access import DESK_ROLES, Role
from shared_models.plans import (
    ACTION_TRANSITIONS,
    METHODS,
    PLAN_TRANSITIONS,
    ActionStatus,
    PlanStatus,
    judged,
)
from shared_models.problems import Code, Place, Problem
from shared_models.sync.wire import Op, OpKind
from sync_server.insight.service import evaluate_plan
from sync_server.plans import focus, policy, repository, service
from sync_server.plans.requests import ActionRequestHandler
from sync_server.sync.handler import Handler, WriteContext
from sync_server.sync.journal import Values

_EVIDENCE = ("kind", "id", "label")
"""All that evidence may say: nothing in it leads to a shopper."""
_MOST_ATTENDEES = 500
_OPEN = frozenset({PlanStatus.DRAFT.value, PlanStatus.PUBLISHED.value})


def _reach(ctx: WriteContext, dealer_id: object, roles: frozenset[Role]) -> None:
    """NOT_ALLOWED for a person without such a role at all, OUT_OF_SCOPE for one who holds it elsewhere."""
    if not ctx.access.has(*roles):
        raise Problem(Code.NOT_ALLOWED)
    if not ctx.reaches(dealer_id, *roles):
        raise Problem(Code.OUT_OF_SCOPE)


def _refuse_state(status: str, action: str) -> Problem:
    return Problem(Code.TRANSITION_NOT_ALLOWED, {"status": status, "action": action})


def _invalid(field: str, reason: str) -> Problem:
    return Problem(Code.INVALID_FIELD, {"field": field}, [Place(field, reason)])


class PlanHandler(Handler):
    """Plans: written by those with a desk over the dealer, published when complete, numbered here."""

    def authorise(self, ctx: WriteContext, op: Op, row: Values | None, values: Values) -> None:
        """Desks over the dealer; a closed or withdrawn plan is not touched any more."""
        _reach(ctx, (row or values)["dealer_id"], DESK_ROLES)
        if row is None or op.kind is OpKind.TRANSITION:
            return
        changeable = {PlanStatus.DRAFT.value} if op.kind is OpKind.DELETE else _OPEN
        if row["status"] not in changeable:
            raise _refuse_state(row["status"], op.kind.value)

    def check(self, ctx: WriteContext, op: Op, row: Values | None, values: Values) -> Values:
        """A new plan is its author's."""
        if row is None:
            return {**values, "author_id": ctx.person_id, "created_at": values["created_at"] or ctx.now}
        return values

    def transition(self, ctx: WriteContext, row: Values, action: str, fields: Values) -> Values:
        """publish, withdraw, close: closed by the verdicts of the newest figures, never by a tick alone."""
        known = PLAN_TRANSITIONS.get((row["status"], action))
        if known is None:
            raise _refuse_state(row["status"], action)
        status, roles = known
        _reach(ctx, row["dealer_id"], roles)
        values: Values = {"status": str(status)}
        match action:
            case "publish":
                ctx.settle()
                values |= service.publication(ctx.session, row, ctx.now)
                if policy.needs_approval(ctx.session) and not ctx.reaches(row["dealer_id"], Role.HQ):
                    values = {"status": PlanStatus.SUBMITTED.value}
            case "approve":
                ctx.settle()
                values |= service.publication(ctx.session, row, ctx.now)
                values |= {"approved_by": ctx.person_id, "approved_at": ctx.now, **_note(fields)}
            case "send_back":
                values |= _note(fields)
                if not values["approval_note"]:
                    raise _invalid("plan.approval_note", "missing")
            case "close":
                ctx.settle()
                found = evaluate_plan(ctx.session, row["id"], now=lambda: ctx.now)
                if not judged(one.verdict.value for one in found.values()):
                    raise Problem(Code.PLAN_NOT_JUDGED)
                values["closed_at"] = ctx.now
            case _:
                pass
        return values

    def after(self, ctx: WriteContext, row: Values, action: str, before: Values) -> None:
        """The visits still to be made learn which items a plan that begins or ends asks about."""
        if row["status"] in {PlanStatus.PUBLISHED.value, PlanStatus.CLOSED.value}:
            for change in focus.changes(ctx.session, row["dealer_id"]):
                ctx.change("focus", change.row_id, change.values)

    def already(self, ctx: WriteContext, row: Values, action: str) -> bool:
        """A second tap, or the same step from another device."""
        if action == "publish" and row["status"] == PlanStatus.SUBMITTED:
            return True
        return row["status"] in {
            status for (_, step), (status, _) in PLAN_TRANSITIONS.items() if step == action
        }


def _note(fields: Values) -> Values:
    return {"approval_note": str(fields.get("approval_note") or "").strip()}


class _PartHandler(Handler):
    """Rows below a plan that its writers change: weak items, causes, actions."""

    entity = ""

    def authorise(self, ctx: WriteContext, op: Op, row: Values | None, values: Values) -> None:
        """Desks over the plan's dealer while the plan is open; nothing is deleted after publication."""
        plan = ctx.need("plan", (row or values)["plan_id"])
        _reach(ctx, plan["dealer_id"], DESK_ROLES)
        changeable = {PlanStatus.DRAFT.value} if op.kind is OpKind.DELETE else _OPEN
        if plan["status"] not in changeable:
            raise _refuse_state(plan["status"], op.kind.value)

    def _same_plan(self, ctx: WriteContext, values: Values) -> None:
        """A weak item that a row names belongs to the row's plan."""
        item = values["plan_item_id"]
        if item and ctx.need("plan_item", item)["plan_id"] != values["plan_id"]:
            raise _invalid(f"{self.entity}.plan_item_id", "plan")


class PlanItemHandler(_PartHandler):
    """Weak items of a plan: each item of the ledger once."""

    entity = "plan_item"

    def check(self, ctx: WriteContext, op: Op, row: Values | None, values: Values) -> Values:
        """CONFLICT where the plan takes the item up already."""
        if row is None:
            ctx.settle()
            other = repository.row_of_item(ctx.session, values["plan_id"], values["item_id"])
            if other is not None:
                raise Problem(Code.CONFLICT, {}, [Place(f"plan_item.{other}", "item_id")])
        if not isinstance(values.get("finding", {}), dict):
            raise _invalid("plan_item.finding", "object")
        return values


class CauseHandler(_PartHandler):
    """Causes under one of the nine categories."""

    entity = "cause"

    def check(self, ctx: WriteContext, op: Op, row: Values | None, values: Values) -> Values:
        """Category and evidence as they may be."""
        self._same_plan(ctx, {**(row or {}), **values})
        category = {**(row or {}), **values}["category"]
        if category not in {str(known) for known in CAUSE_CATEGORIES}:
            raise _invalid("cause.category", str(category))
        if "evidence" in values:
            values = {**values, "evidence": _evidence(values["evidence"])}
        return values


def _evidence(given: Any) -> list[dict[str, str]]:
    """Evidence reduced to kind, id and label."""
    if not isinstance(given, list):
        raise _invalid("cause.evidence", "list")
    kept: list[dict[str, str]] = []
    for one in given:  # type: ignore[reportUnknownVariableType]
        if not isinstance(one, dict) or not all(isinstance(one.get(k, ""), str) for k in _EVIDENCE):
            raise _invalid("cause.evidence", "kind, id, label")
        kept.append({k: one[k] for k in _EVIDENCE if k in one})
    return kept


class ActionHandler(_PartHandler):
    """Measures: written at a desk, carried out by their owner, verified by their supervisor."""

    entity = "action"

    def authorise(self, ctx: WriteContext, op: Op, row: Values | None, values: Values) -> None:
        """Writing is for desks; moving on is for owner and supervisor (see transition)."""
        if op.kind is OpKind.TRANSITION and row is not None:
            plan = ctx.need("plan", row["plan_id"])
            _reach(ctx, plan["dealer_id"], DESK_ROLES | {Role.OWNER})
            if plan["status"] != PlanStatus.PUBLISHED:
                raise _refuse_state(plan["status"], "action")
            return
        super().authorise(ctx, op, row, values)

    def check(self, ctx: WriteContext, op: Op, row: Values | None, values: Values) -> Values:
        """People of the dealer or its managers; in a published plan never the same person twice."""
        whole = {**(row or {}), **values}
        self._same_plan(ctx, whole)
        if whole["method"] not in METHODS:
            raise _invalid("action.method", str(whole["method"]))
        plan = ctx.need("plan", whole["plan_id"])
        if values.get("owner_id") or values.get("supervisor_id"):
            service.refuse_strangers(ctx.session, plan["dealer_id"], [whole])
        if plan["status"] == PlanStatus.PUBLISHED:
            _refuse_gaps(whole)
        return values

    def already(self, ctx: WriteContext, row: Values, action: str) -> bool:
        """A second tap, or the same step from another tablet."""
        if action == "accept":  # whoever has begun has accepted
            return row["status"] not in {ActionStatus.OPEN.value, ActionStatus.DROPPED.value}
        return any(
            step == action and row["status"] == status
            for (_, step), (status, _) in ACTION_TRANSITIONS.items()
        )

    def transition(self, ctx: WriteContext, row: Values, action: str, fields: Values) -> Values:
        """accept, start, finish (owner); verify, send_back (supervisor)."""
        known = ACTION_TRANSITIONS.get((row["status"], action))
        if known is None:
            raise _refuse_state(row["status"], action)
        status, who = known
        if row[f"{who}_id"] != ctx.person_id or row["owner_id"] == row["supervisor_id"]:
            raise Problem(Code.NOT_ALLOWED)
        return {"status": str(status)}


def _refuse_gaps(action: Mapping[str, Any]) -> None:
    """In a published plan every measure stays complete."""
    if action.get("owner_id") and action.get("owner_id") == action.get("supervisor_id"):
        raise Problem(Code.SUPERVISOR_IS_OWNER)
    gaps = service.gaps_of_action(action)
    if gaps:
        raise Problem(Code.PLAN_INCOMPLETE, {"count": len(gaps)}, gaps)


class ActionProgressHandler(Handler):
    """The progress log: entries are added by owner, supervisor or desk, and never changed."""

    def authorise(self, ctx: WriteContext, op: Op, row: Values | None, values: Values) -> None:
        """The action's own people, or a desk over the dealer."""
        if op.kind is not OpKind.CREATE:
            raise Problem(Code.NOT_ALLOWED)
        if row is not None:
            return  # the same entry once more; its columns are fixed
        plan = ctx.need("plan", values["plan_id"])
        if plan["status"] != PlanStatus.PUBLISHED:
            raise _refuse_state(plan["status"], op.kind.value)
        action = ctx.need("action", values["action_id"])
        if action["plan_id"] != plan["id"]:
            raise _invalid("action_progress.action_id", "plan")
        mine = ctx.person_id in {action["owner_id"], action["supervisor_id"]}
        _reach(ctx, plan["dealer_id"], DESK_ROLES | {Role.OWNER} if mine else DESK_ROLES)

    def check(self, ctx: WriteContext, op: Op, row: Values | None, values: Values) -> Values:
        """The writer is the author; progress is 0 to 100 percent."""
        if row is not None:
            return values
        if not 0 <= values["percent"] <= 100:
            raise _invalid("action_progress.percent", "0..100")
        return {
            **values,
            "attendees": _attendees(values["attendees"]),
            "author_id": ctx.person_id,
            "at": values["at"] or ctx.now,
        }


def _attendees(given: Any) -> list[dict[str, str]]:
    """A list of names, with the employee where the dealer's list has one."""
    if not isinstance(given, list) or len(given) > _MOST_ATTENDEES:  # type: ignore[reportUnknownArgumentType]
        raise _invalid("action_progress.attendees", f"list of at most {_MOST_ATTENDEES}")
    kept: list[dict[str, str]] = []
    for one in given:  # type: ignore[reportUnknownVariableType]
        name = one.get("name") if isinstance(one, dict) else None  # type: ignore[reportUnknownVariableType, reportUnknownMemberType]
        if not isinstance(name, str) or not name.strip():
            raise _invalid("action_progress.attendees", "name")
        employee = one.get("employee_id")  # type: ignore[reportUnknownVariableType, reportUnknownMemberType]
        kept.append({"name": name.strip()} | ({"employee_id": employee} if isinstance(employee, str) else {}))
    return kept


HANDLERS: dict[str, Handler] = {
    "plan": PlanHandler(),
    "plan_item": PlanItemHandler(),
    "cause": CauseHandler(),
    "action": ActionHandler(),
    "action_progress": ActionProgressHandler(),
    "action_request": ActionRequestHandler(),
}
"""By entity, for sync_server.sync.handlers."""
