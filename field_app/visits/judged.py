"""Items that a visit judges: those of running plans, as the server told the visitor or a desk knows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from field_app.store import Store
from shared_models.plans.states import PlanStatus


def judged_items(store: Store, visit: Mapping[str, Any]) -> frozenset[str]:
    """Codes of the items that a visit judges.

    What its assignment was told stays, also once the plan is closed; a visit without assignment, as a desk's
    own observation is, goes by the plans that run on this device.
    """
    given = store.by("focus", assignment_id=visit["assignment_id"]) if visit["assignment_id"] else []
    if given:
        return frozenset(given[0]["items"])
    return planned_items(store, visit["dealer_id"])


def planned_items(store: Store, dealer_id: str) -> frozenset[str]:
    """Codes of the items of the dealer's running plans, as far as this device holds them."""
    plans = store.by("plan", dealer_id=dealer_id, status=PlanStatus.PUBLISHED.value)
    ids = {row["item_id"] for plan in plans for row in store.by("plan_item", plan_id=plan["id"])}
    return frozenset(row["code"] for one in ids if (row := store.row("item", one)) is not None)
