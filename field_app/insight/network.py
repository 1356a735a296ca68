"""The dealers that figures can be narrowed to, and a weak item found again by its address."""

from __future__ import annotations

from field_app.insight.workflow import Fetched, Insight
from field_app.store import Store
from field_app.sync.api import Unreachable
from field_app.visits.workflow_cards import DealerView, dealer_view
from shared_models.insight import WeakItem, WeakItems
from shared_models.problems import Code, Problem


def dealers(store: Store) -> tuple[DealerView, ...]:
    """Active dealers on this device, by code."""
    rows = sorted(store.by("dealer", active=True), key=lambda row: row["code"])
    return tuple(dealer_view(store, row["id"]) for row in rows)


async def weak_item(
    insight: Insight, month: str, dealer_id: str, item_id: str, *, kept_first: bool = False
) -> Fetched[WeakItem]:
    """One weak item: from the dealer's own list, or offline from the copy of the whole list.

    NOT_FOUND where the item is not weak (any more) in that month.
    """
    lists: list[dict[str, str]] = [{"dealer_id": dealer_id}, {}]
    unreachable: Unreachable | None = None
    for query in lists:
        try:
            got = await insight.weak_items(month, kept_first=kept_first, **query)
        except Unreachable as problem:
            unreachable = problem
            continue
        found = _find(got.value, dealer_id, item_id)
        if found is not None:
            return Fetched(found, got.fetched_at, got.live)
        if got.live:
            break
    if unreachable is not None:
        raise unreachable
    raise Problem(Code.NOT_FOUND, {"what": "weak_item"})


def _find(items: WeakItems, dealer_id: str, item_id: str) -> WeakItem | None:
    return next((one for one in items.items if (one.dealer_id, one.item_id) == (dealer_id, item_id)), None)
