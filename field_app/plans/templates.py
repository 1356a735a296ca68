"""Templates of plans: read with a kept copy for offline, saved and removed online, laid over a draft."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import TypeAdapter

from field_app.insight.workflow import CachedReader, Fetched
from field_app.plans.workflow_draft import PlanDraft
from field_app.store import RowWrite, Store
from field_app.sync import Api
from shared_models.plans import NewTemplate, PlanTemplate, TemplatePart, content_of, day_after
from shared_models.sync.wire import OpKind

_LIST = TypeAdapter(tuple[PlanTemplate, ...])


class PlanTemplates:
    """GET, POST, DELETE /api/v1/plans/templates."""

    def __init__(self, store: Store, api: Api) -> None:
        self._reader = CachedReader(store, api)
        self._store = store
        self._api = api

    async def all(self, *, kept_first: bool = False) -> Fetched[tuple[PlanTemplate, ...]]:
        """Templates that this person may use, by title."""
        got = await self._reader.read("/plans/templates", kept_first=kept_first)
        return Fetched(_LIST.validate_python(got.value), got.fetched_at, got.live)

    async def save(self, draft: PlanDraft, title: str) -> None:
        """Keep the plan's causes and measures under a title; needs the network."""
        ids = {row["item_id"] for row in draft.items}
        codes = {item_id: row["code"] for item_id in ids if (row := self._store.row("item", item_id))}
        content = content_of(draft.plan, draft.items, draft.causes, draft.actions, codes)
        body = NewTemplate(title=title, content=content).model_dump(mode="json")
        await self._api.call("POST", "/plans/templates", body=body)

    async def remove(self, template_id: str) -> None:
        """Remove it; needs the network."""
        await self._api.call("DELETE", f"/plans/templates/{template_id}")


def fits(draft: PlanDraft, template: PlanTemplate, codes: dict[str, str]) -> tuple[TemplatePart, ...]:
    """Parts of a template that this plan can take: those of its items, and those for the whole plan.

    ``codes``: code of the item by plan_item id.
    """
    known = set(codes.values())
    return tuple(part for part in template.content.parts if part.item_code in known or not part.item_code)


def item_codes(store: Store, draft: PlanDraft) -> dict[str, str]:
    """Code of the ledger's item by plan_item id."""
    found = {row["id"]: store.row("item", row["item_id"]) for row in draft.items}
    return {key: row["code"] for key, row in found.items() if row is not None}


def template_writes(store: Store, draft: PlanDraft, template: PlanTemplate, begins: date) -> list[RowWrite]:
    """The rows that a template adds to a draft: causes and measures that the draft does not have yet.

    Measures have no owner and no supervisor; their days are counted from ``begins``.
    """
    codes = item_codes(store, draft)
    place = max((row["position"] for row in draft.actions), default=0)
    writes: list[RowWrite] = []

    def add(entity: str, values: dict[str, Any]) -> None:
        given = {"plan_id": draft.id, **values}
        writes.append(RowWrite(entity, store.context.new_id(), draft.id, given, OpKind.CREATE))

    for part in fits(draft, template, codes):
        item = next((key for key, code in codes.items() if code == part.item_code), None)
        causes = (
            {(row["category"], row["code"], row["text"]) for row in draft.causes_of(item)} if item else ()
        )
        for cause in part.causes:
            if item and (cause.category, cause.code, cause.text) not in causes:
                add("cause", {"plan_item_id": item, **cause.model_dump(), "evidence": []})
        there = {row["measure"].strip() for row in draft.actions_of(item)}
        for measure in part.measures:
            if measure.measure.strip() in there:
                continue
            place += 1
            add(
                "action",
                {
                    "plan_item_id": item,
                    "measure": measure.measure,
                    "method": measure.method,
                    "starts_on": day_after(begins, measure.starts_after),
                    "due_on": day_after(begins, measure.due_after),
                    "position": place,
                },
            )
    return writes
