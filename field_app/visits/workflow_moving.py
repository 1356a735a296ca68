"""A draft goes over to a newer version of its checklist: seen first, then in one transaction, offline too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from field_app.store import RowWrite, Store
from shared_models.checklists import TemplateDocument
from shared_models.clock import to_text
from shared_models.problems import Code, Problem
from shared_models.sync.wire import OpKind
from shared_models.visits.moving import Move, entry, plan_move
from shared_models.visits.states import VisitStatus

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Newer:
    """What moving a draft to the newest version on this device would do."""

    version_id: str
    number: int
    number_now: int
    move: Move
    old: TemplateDocument
    new: TemplateDocument


def newer(store: Store, visit_id: str) -> Newer | None:
    """None where there is no newer version here, or where the visit is no draft any more."""
    visit = store.row("visit", visit_id)
    if visit is None or visit["status"] != VisitStatus.DRAFT.value:
        return None
    now = store.row("template_version", visit["template_version_id"])
    if now is None:
        return None
    versions = store.by("template_version", template_id=now["template_id"], status="published")
    newest = max(versions, key=lambda row: row["number"], default=now)
    if newest["number"] <= now["number"]:
        return None
    old = TemplateDocument.model_validate(now["document"])
    new = TemplateDocument.model_validate(newest["document"])
    move = plan_move(old, new, store.by("answer", visit_id=visit_id))
    return Newer(newest["id"], newest["number"], now["number"], move, old, new)


async def move(store: Store, visit_id: str, wanted: Newer) -> None:
    """Move the draft; durable on return. CONFLICT where something has changed since ``wanted`` was seen."""
    if newer(store, visit_id) != wanted:
        raise Problem(Code.CONFLICT)
    visit = store.row("visit", visit_id)
    assert visit is not None
    rows = {(row["question"], row["repeat"]): row for row in store.by("answer", visit_id=visit_id)}
    old = visit["template_version_id"]
    at = store.context.instant()
    line = entry(rows.values(), wanted.move, old, wanted.version_id, to_text(at))
    back = {"state": "cleared", "value": None, "answered_at": at}
    writes = [
        RowWrite("answer", rows[one.question, one.repeat]["id"], visit_id, back, template_version=old)
        for one in wanted.move.dropped
    ]
    values = {"template_version_id": wanted.version_id, "moves": [*visit["moves"], line]}
    writes.append(
        RowWrite(
            "visit", visit_id, visit_id, values, OpKind.TRANSITION, "move", template_version=wanted.version_id
        )
    )
    store.apply(writes)
    await store.durable()
