"""Copying a plan to other dealers: each gets a draft of its own, with its own findings, people and days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from field_app.plans.workflow_cards import item_name
from field_app.plans.workflow_draft import PlanDraft, plan_item_write
from field_app.store import RowWrite, Store
from field_app.visits.workflow_cards import DealerView, dealer_view
from shared_models.checklists import Bilingual
from shared_models.insight import WeakItem
from shared_models.plans import begins_on, publication_gaps
from shared_models.sync.wire import OpKind


@dataclass(frozen=True)
class Target:
    """A dealer that a plan can be copied to."""

    dealer: DealerView
    weak: tuple[WeakItem, ...]
    """The plan's items that are weak there too, with that dealer's own findings."""
    left_out: tuple[Bilingual, ...]
    """The plan's items that are not weak there: a plan needs a finding, so they are not copied."""


@dataclass(frozen=True)
class People:
    """Who carries out and who watches over all measures of a copy; None: to be chosen in the draft."""

    owner_id: str | None = None
    supervisor_id: str | None = None


@dataclass(frozen=True)
class Copied:
    """What came of one dealer's copy."""

    plan_id: str
    dealer: DealerView
    measures: int
    left_out: tuple[Bilingual, ...]
    gaps: tuple[str, ...]
    """What is still to be chosen before publication: reasons as publication_gaps gives them."""


def targets(store: Store, source: PlanDraft, weak: Iterable[WeakItem]) -> list[Target]:
    """Other dealers at which at least one of the plan's items is weak, those with the most of them first."""
    wanted = [row["item_id"] for row in source.items]
    by_dealer: dict[str, dict[str, WeakItem]] = {}
    for one in weak:
        if one.item_id in wanted and one.dealer_id != source.plan["dealer_id"]:
            by_dealer.setdefault(one.dealer_id, {})[one.item_id] = one
    found = [
        Target(
            dealer_view(store, dealer_id),
            tuple(there[item] for item in wanted if item in there),
            tuple(item_name(store, item, short=True) for item in wanted if item not in there),
        )
        for dealer_id, there in by_dealer.items()
    ]
    return sorted(found, key=lambda one: (-len(one.weak), one.dealer.code))


def copy_writes(
    store: Store, source: PlanDraft, target: Target, people: People, begins: date, title: str, author: str
) -> tuple[str, list[RowWrite]]:
    """The id and the rows of one dealer's draft; every day is shifted as the plan's first day is.

    Evidence stays behind: it belongs to the dealer of the first plan.
    """
    context = store.context
    plan_id = context.new_id()
    first = begins_on(source.actions)
    shift = (begins - first) if first is not None else timedelta(0)
    plan = {
        "dealer_id": target.dealer.id,
        "title": title,
        "summary": source.plan["summary"],
        "trigger_month": max(one.month for one in target.weak),
        "author_id": author,
        "created_at": context.instant(),
    }
    writes = [RowWrite("plan", plan_id, plan_id, plan, OpKind.CREATE)]
    item_rows: dict[str, str] = {}
    for weak in target.weak:
        write = plan_item_write(plan_id, weak, context.new_id())
        item_rows[weak.item_id] = write.row_id
        writes.append(write)
    rows_of = {row["id"]: item_rows.get(row["item_id"]) for row in source.items}
    for cause in source.causes:
        there = rows_of.get(cause["plan_item_id"])
        if there is not None:
            values = {
                "plan_id": plan_id,
                "plan_item_id": there,
                "category": cause["category"],
                "code": cause["code"],
                "text": cause["text"],
                "evidence": [],
            }
            writes.append(RowWrite("cause", context.new_id(), plan_id, values, OpKind.CREATE))
    for action in source.actions:
        there = rows_of.get(action["plan_item_id"]) if action["plan_item_id"] else None
        if action["plan_item_id"] and there is None:
            continue
        values = {
            "plan_id": plan_id,
            "plan_item_id": there,
            "measure": action["measure"],
            "method": action["method"],
            "owner_id": people.owner_id,
            "supervisor_id": people.supervisor_id,
            "starts_on": _shifted(action["starts_on"], shift),
            "due_on": _shifted(action["due_on"], shift),
            "position": action["position"],
        }
        writes.append(RowWrite("action", context.new_id(), plan_id, values, OpKind.CREATE))
    return plan_id, writes


def _shifted(day: date | None, by: timedelta) -> date | None:
    return None if day is None else day + by


async def copy_plan(
    store: Store,
    source: PlanDraft,
    chosen: Sequence[tuple[Target, People]],
    begins: date,
    titles: Mapping[str, str],
    author: str,
) -> list[Copied]:
    """Make all drafts in one transaction; ``titles`` by dealer. What each still needs."""
    writes: list[RowWrite] = []
    made: list[tuple[str, Target]] = []
    for target, people in chosen:
        title = titles[target.dealer.id]
        plan_id, rows = copy_writes(store, source, target, people, begins, title, author)
        writes += rows
        made.append((plan_id, target))
    store.apply(writes)
    await store.durable()
    return [_copied(store, plan_id, target) for plan_id, target in made]


def _copied(store: Store, plan_id: str, target: Target) -> Copied:
    plan: dict[str, Any] = store.row("plan", plan_id) or {"id": plan_id}
    actions = store.by("action", plan_id=plan_id)
    items, causes = store.by("plan_item", plan_id=plan_id), store.by("cause", plan_id=plan_id)
    gaps = publication_gaps(plan, items, causes, actions)
    return Copied(plan_id, target.dealer, len(actions), target.left_out, tuple(gap.reason for gap in gaps))
