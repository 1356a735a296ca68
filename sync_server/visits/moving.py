"""A draft goes over to a newer version of its checklist: what the server asks of it."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import select

from shared_models.checklists.tables import TemplateVersion
from shared_models.columns import sql_table
from shared_models.problems import Code, Place, Problem
from shared_models.visits.moving import plan_move
from sync_server.checklists.service import document_of
from sync_server.sync.handler import WriteContext
from sync_server.sync.journal import Values

_version = sql_table(TemplateVersion)


def moved(ctx: WriteContext, row: Values, fields: Values) -> Values:
    """The columns of a move: ``template_version_id`` and ``moves`` with one more line.

    The device has taken the answers back that have no place in the new version, in ops before this one, and
    says in the line what they were; INVALID_FIELD where an answer without a place still stands, where the
    history is another one, or where the version is not a newer published one of the same checklist.
    """
    wanted = str(fields.get("template_version_id") or "")
    if not _newer(ctx, row["template_version_id"], wanted):
        raise _invalid("visit.template_version_id", "no newer published version of this checklist")
    given = fields.get("moves")
    lines = cast("list[Any]", given) if isinstance(given, list) else []
    known: list[Any] = row["moves"] or []
    if lines[:-1] != known or not lines or not _fits(lines[-1], row["template_version_id"], wanted):
        raise _invalid("visit.moves", "one more line than before")
    old = document_of(ctx.session, row["template_version_id"])
    new = document_of(ctx.session, wanted)
    left = plan_move(old, new, ctx.rows_in("answer", row["id"])).dropped
    if left:
        raise Problem(
            Code.INVALID_FIELD,
            {"field": "visit.template_version_id"},
            [Place(f"answer.{one.question}", one.reason) for one in left],
        )
    return {"template_version_id": wanted, "moves": lines}


def _newer(ctx: WriteContext, old: str, new: str) -> bool:
    rows = ctx.session.execute(
        select(_version.c.id, _version.c.template_id, _version.c.number, _version.c.status).where(
            _version.c.id.in_([old, new])
        )
    )
    found = {row.id: row for row in rows}
    if old not in found or new not in found:
        return False
    before, after = found[old], found[new]
    same = before.template_id == after.template_id and after.status == "published"
    return bool(same and after.number > before.number)


def _fits(line: Any, old: str, new: str) -> bool:
    if not isinstance(line, dict):
        return False
    values = cast("dict[str, Any]", line)
    dropped = values.get("dropped")
    return values.get("from") == old and values.get("to") == new and isinstance(dropped, list)


def _invalid(place: str, reason: str) -> Problem:
    return Problem(Code.INVALID_FIELD, {"field": place}, [Place(place, reason)])
