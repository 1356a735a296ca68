"""Objections and requests for more time: who asks, who decides, and what a decision changes."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from shared_models.columns import sql_table
from shared_models.people.access import DESK_ROLES, Role
from shared_models.plans import (
    DECIDER,
    ActionRequest,
    ActionStatus,
    PlanStatus,
    RequestKind,
    RequestStatus,
    already_decided,
    may_ask,
    next_request_status,
)
from shared_models.problems import Code, Place, Problem
from shared_models.sync.wire import Op, OpKind
from sync_server.sync.handler import Handler, WriteContext
from sync_server.sync.journal import Values

_request = sql_table(ActionRequest)


def _invalid(column: str, reason: str) -> Problem:
    name = f"action_request.{column}"
    return Problem(Code.INVALID_FIELD, {"field": name}, [Place(name, reason)])


class ActionRequestHandler(Handler):
    """Asked by the action's owner, decided once, never changed otherwise."""

    def authorise(self, ctx: WriteContext, op: Op, row: Values | None, values: Values) -> None:
        """Asking is for the owner of an action of a published plan; see transition for deciding."""
        whole = row or values
        plan = ctx.need("plan", whole["plan_id"])
        if not ctx.reaches(plan["dealer_id"], *DESK_ROLES, Role.OWNER):
            raise Problem(Code.OUT_OF_SCOPE if ctx.access.has(*DESK_ROLES, Role.OWNER) else Code.NOT_ALLOWED)
        if op.kind is OpKind.TRANSITION or (row is not None and op.kind is OpKind.CREATE):
            return
        if op.kind is not OpKind.CREATE:
            raise Problem(Code.NOT_ALLOWED)
        if plan["status"] != PlanStatus.PUBLISHED:
            raise Problem(Code.TRANSITION_NOT_ALLOWED, {"status": plan["status"], "action": "ask"})
        action = ctx.need("action", values["action_id"])
        if action["plan_id"] != plan["id"]:
            raise _invalid("action_id", "plan")
        if action["owner_id"] != ctx.person_id:
            raise Problem(Code.NOT_ALLOWED)

    def check(self, ctx: WriteContext, op: Op, row: Values | None, values: Values) -> Values:
        """A reason is given; more time means later than now; one open request of a kind at a time."""
        if row is not None:
            return values
        if values["kind"] not in set(RequestKind):
            raise _invalid("kind", str(values["kind"]))
        kind = RequestKind(values["kind"])
        if not values["reason"].strip():
            raise _invalid("reason", "missing")
        action = ctx.need("action", values["action_id"])
        ctx.settle()
        if not may_ask(action["status"], _open_kinds(ctx, action["id"]), kind):
            raise Problem(Code.TRANSITION_NOT_ALLOWED, {"status": action["status"], "action": kind.value})
        asked = {"author_id": ctx.person_id, "at": values["at"] or ctx.now}
        if kind is RequestKind.OBJECTION:
            return {**values, **asked, "due_before": None, "due_wanted": None}
        wanted = _later(values["due_wanted"], action["due_on"], "due_wanted")
        return {**values, **asked, "due_before": action["due_on"], "due_wanted": wanted}

    def already(self, ctx: WriteContext, row: Values, action: str) -> bool:
        """A second tap."""
        return already_decided(row["status"], action)

    def transition(self, ctx: WriteContext, row: Values, action: str, fields: Values) -> Values:
        """grant, refuse (with what is said to it); withdraw by the author."""
        status = next_request_status(row["status"], action)
        if action == "withdraw":
            if row["author_id"] != ctx.person_id:
                raise Problem(Code.NOT_ALLOWED)
            return {"status": status.value}
        self._need_decider(ctx, row)
        said = str(fields.get("decision") or "").strip()
        if action == "refuse" and not said:
            raise _invalid("decision", "missing")
        values: Values = {
            "status": status.value,
            "decided_by": ctx.person_id,
            "decided_at": ctx.now,
            "decision": said,
        }
        if status is RequestStatus.GRANTED and row["kind"] == RequestKind.EXTENSION:
            granted = fields.get("due_granted") or row["due_wanted"]
            values["due_granted"] = _later(granted, row["due_before"], "due_granted")
        return values

    def _need_decider(self, ctx: WriteContext, row: Values) -> None:
        """Never the one who asks; an extension the supervisor, an objection a desk over the dealer."""
        action = ctx.need("action", row["action_id"])
        plan = ctx.need("plan", row["plan_id"])
        if DECIDER[RequestKind(row["kind"])] == "supervisor":
            may = action["supervisor_id"] == ctx.person_id
        else:
            may = ctx.reaches(plan["dealer_id"], *DESK_ROLES)
        if not may or ctx.person_id in {row["author_id"], action["owner_id"]}:
            raise Problem(Code.NOT_ALLOWED)

    def after(self, ctx: WriteContext, row: Values, action: str, before: Values) -> None:
        """A granted extension moves the deadline; a granted objection drops the action."""
        if action != "grant":
            return
        if row["kind"] == RequestKind.EXTENSION:
            ctx.change("action", row["action_id"], {"due_on": row["due_granted"]})
        else:
            ctx.change("action", row["action_id"], {"status": ActionStatus.DROPPED.value})


def _open_kinds(ctx: WriteContext, action_id: str) -> frozenset[str]:
    query = select(_request.c.kind).where(
        _request.c.action_id == action_id, _request.c.status == RequestStatus.OPEN.value
    )
    return frozenset(ctx.session.execute(query).scalars())


def _later(wanted: date | None, than: date | None, column: str) -> date:
    """More time ends later than the time there was."""
    if wanted is None or (than is not None and wanted <= than):
        raise _invalid(column, "later")
    return wanted
