"""How a call ends: the task is closed, the number masked, the outcome counted with the houses'."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared_models.calls import is_over
from shared_models.calls.rules import FINAL, Reason
from shared_models.checklists.stages import Source
from shared_models.columns import sql_table
from shared_models.ids import new_id
from shared_models.problems import Code, Problem
from shared_models.surveys import Disposition, mask_name, mask_phone, mask_plate
from sync_server.checklists.service import document_of
from sync_server.people.terms import today_of
from sync_server.surveys.tables import Response, SurveyHouse
from sync_server.sync.handler import WriteContext
from sync_server.sync.journal import Values

OWN_HOUSE = "own"
"""Code of the own call centre among the survey houses."""
_house, _response = sql_table(SurveyHouse), sql_table(Response)


def need_over(ctx: WriteContext, assignment: Values) -> None:
    """TRANSITION_NOT_ALLOWED unless the attempts at a call say that it is over."""
    if not assignment["call_id"] or not is_over(ctx.rows_in("call_attempt", assignment["id"])):
        raise Problem(Code.TRANSITION_NOT_ALLOWED, {"status": assignment["status"], "action": "give_up"})


def end_call(ctx: WriteContext, assignment: Values, *, interviewed: bool) -> None:
    """Close the task of a call. ``interviewed``: its questionnaire has been sent.

    An interview that the customer broke off counts as such, whatever was answered until then; a call that a
    desk cancelled before anybody was reached counts as nothing.
    """
    task = ctx.need("call_task", assignment["call_id"])
    attempts = ctx.rows_in("call_attempt", assignment["id"])
    over = is_over(attempts)
    if interviewed:
        status = "done"
        outcome = Disposition.BROKEN_OFF.value if over else Disposition.COMPLETED.value
    else:
        status = "given_up" if over else "cancelled"
        said = [one["disposition"] for one in attempts if one["disposition"] in FINAL]
        outcome = [*said, Disposition.UNREACHABLE.value][0] if over else ""
    masked = {name: mask(task[name]) for name, mask in _MASKS.items()}
    ctx.change("call_task", task["id"], {"status": status, **masked})
    if outcome:
        made = len(attempts) + (outcome == Disposition.COMPLETED)
        line = _response_of(ctx, assignment, task, outcome, made)
        ctx.add(_response, line)


_MASKS = {"name": mask_name, "phone": mask_phone, "plate": mask_plate}


def own_house(session: Session) -> str:
    """The id of the own call centre among the survey houses, made where it is missing."""
    found = session.scalar(select(_house.c.id).where(_house.c.code == OWN_HOUSE))
    if found is None:
        found = new_id()
        session.execute(
            _house.insert().values(id=found, code=OWN_HOUSE, name="客服回访", name_en="Own call centre")
        )
    return found


def _response_of(
    ctx: WriteContext, assignment: Values, task: Values, outcome: str, attempt: int
) -> dict[str, Any]:
    day = today_of(ctx.now)
    agent = ctx.find("person", assignment["person_id"])
    content = f"{task['id']}:{outcome}:{attempt}:{day}"
    return {
        "id": new_id(),
        "house_id": own_house(ctx.session),
        "survey": document_of(ctx.session, assignment["template_version_id"]).code,
        "external_key": task["id"],
        "source": Source.CALLBACK.value,
        "area": "service" if task["reason"] == Reason.SERVICE else "sales",
        "dealer_id": assignment["dealer_id"],
        "customer_id": task["customer_id"],
        "vehicle_id": task["vehicle_id"] or None,
        "call_task_id": task["id"],
        "day": day,
        "month": f"{day:%Y-%m}",
        "wave": task["reason"],
        "disposition": outcome,
        "attempt": attempt,
        "seconds": None,
        "agent": agent["name"] if agent else "",
        "employee": task["employee"],
        "event_day": task["event_day"],
        "verbatim": "",
        "complaint": "",
        "revision": 0,
        "content_sha256": hashlib.sha256(content.encode()).hexdigest(),
        "batch_id": None,
        "row_number": None,
    }
