"""Who may report attempts at a call, and what an attempt has to hold."""

from __future__ import annotations

from shared_models.calls import attempt_fault
from shared_models.people.access import Role
from shared_models.problems import Code, Place, Problem
from shared_models.surveys import mask_numbers
from shared_models.sync.wire import Op, OpKind
from sync_server.sync.handler import Handler, WriteContext
from sync_server.sync.journal import Values

OPEN = ("planned", "started")


class AttemptHandler(Handler):
    """Reported by the caller whose call it is, while it is open; never changed."""

    looks_by_context = True

    def authorise(self, ctx: WriteContext, op: Op, row: Values | None, values: Values) -> None:
        """See the class."""
        if row is not None or op.kind is not OpKind.CREATE:
            raise Problem(Code.NOT_ALLOWED)
        given = ctx.need("assignment", values["assignment_id"])
        if given["person_id"] != ctx.person_id or values["person_id"] != ctx.person_id:
            raise Problem(Code.OUT_OF_SCOPE)
        if not ctx.reaches(given["dealer_id"], Role.CALLER):
            raise Problem(Code.OUT_OF_SCOPE)

    def check(self, ctx: WriteContext, op: Op, row: Values | None, values: Values) -> Values:
        """Of a call that is open, within the rule of three day-parts."""
        given = ctx.need("assignment", values["assignment_id"])
        if not given["call_id"] or given["status"] not in OPEN:
            raise Problem(Code.TRANSITION_NOT_ALLOWED, {"status": given["status"], "action": "attempt"})
        fault = attempt_fault(ctx.rows_in("call_attempt", given["id"]), values)
        if fault is not None:
            field = f"call_attempt.{fault}"
            raise Problem(Code.INVALID_FIELD, {"field": field}, [Place(field, str(values[fault]))])
        return {**values, "note": mask_numbers(values["note"])}


HANDLERS: dict[str, Handler] = {"call_attempt": AttemptHandler()}
"""Handlers of this slice by entity."""
