"""Templates of plans: causes and measures for items of the ledger, without people, dealer and dates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from shared_models.building import LATER
from shared_models.plans.states import METHODS

TITLE_LENGTH = 120
BUSY_FROM = 6
"""So many open actions of one person, and a plan says so beside the name. A rule of thumb: more than one a
week over the usual month and a half of a measure."""


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=LATER)


class TemplateCause(_Wire):
    """A cause under one of the nine categories; evidence belongs to a dealer and is not kept."""

    category: str = Field(max_length=24)
    code: str = Field(default="", max_length=40)
    text: str = Field(default="", max_length=2000)


class TemplateMeasure(_Wire):
    """A measure with its method and its days, counted from the day on which the plan begins."""

    measure: str = Field(max_length=2000)
    method: str = Field(max_length=12)
    starts_after: int | None = Field(default=None, ge=0, le=3650)
    due_after: int | None = Field(default=None, ge=0, le=3650)


class TemplatePart(_Wire):
    """What is done about one item; ``item_code`` "" for measures of the whole plan."""

    item_code: str = Field(default="", max_length=60)
    causes: tuple[TemplateCause, ...] = Field(default=(), max_length=50)
    measures: tuple[TemplateMeasure, ...] = Field(default=(), max_length=50)


class TemplateContent(_Wire):
    """What a template holds."""

    summary: str = Field(default="", max_length=4000)
    parts: tuple[TemplatePart, ...] = Field(default=(), max_length=50)


class NewTemplate(_Wire):
    """Body of POST /plans/templates."""

    title: str = Field(min_length=1, max_length=TITLE_LENGTH)
    content: TemplateContent


class PlanTemplate(NewTemplate):
    """A stored template."""

    id: str
    author: str
    """Name of who saved it."""
    shared: bool
    """Saved by headquarters: every desk sees it. A manager's own is seen by that manager and headquarters."""
    may_remove: bool
    created_at: str
    """ISO 8601 UTC."""


def begins_on(actions: Iterable[Mapping[str, Any]]) -> date | None:
    """The day on which a plan begins: the first day of any of its measures."""
    return min((one["starts_on"] for one in actions if one.get("starts_on")), default=None)


def content_of(
    plan: Mapping[str, Any],
    items: Iterable[Mapping[str, Any]],
    causes: Iterable[Mapping[str, Any]],
    actions: Iterable[Mapping[str, Any]],
    codes: Mapping[str, str],
) -> TemplateContent:
    """The template of a plan's rows; ``codes``: item codes by item id. Empty measures are left out."""
    causes, actions = list(causes), list(actions)
    begins = begins_on(actions)

    def measures(plan_item_id: str | None) -> tuple[TemplateMeasure, ...]:
        return tuple(
            TemplateMeasure(
                measure=str(one["measure"]).strip(),
                method=one["method"] if one["method"] in METHODS else METHODS[0],
                starts_after=days_after(begins, one.get("starts_on")),
                due_after=days_after(begins, one.get("due_on")),
            )
            for one in actions
            if one["plan_item_id"] == plan_item_id and str(one["measure"]).strip()
        )

    parts = [
        TemplatePart(
            item_code=codes.get(item["item_id"], ""),
            causes=tuple(
                TemplateCause(category=one["category"], code=one["code"], text=one["text"])
                for one in causes
                if one["plan_item_id"] == item["id"]
            ),
            measures=measures(item["id"]),
        )
        for item in items
        if item["item_id"] in codes
    ]
    whole = measures(None)
    if whole:
        parts.append(TemplatePart(measures=whole))
    return TemplateContent(summary=str(plan.get("summary") or ""), parts=tuple(parts))


def days_after(begins: date | None, day: date | None) -> int | None:
    """Days from the plan's first day; None where one of the two is not known, 0 for a day before it."""
    return None if begins is None or day is None else max(0, (day - begins).days)


def day_after(begins: date, days: int | None) -> date | None:
    """The day so many days after the plan's first one."""
    return None if days is None else begins + timedelta(days=days)
