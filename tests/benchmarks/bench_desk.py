"""Lists of 10,000 actions in 1,250 plans on a device: opening, filtering, a page of cards, the start page.

The baseline is one whole card per action, which is what a list without windows would read. After that the
same lists in the PWA (desk_in_browser), as long as ``--native`` does not leave that out.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from field_app.desk.needs import local_needs
from field_app.plans.workflow import MyActions, Plans
from field_app.plans.workflow_cards import action_card
from field_app.plans.workload import workload
from field_app.store import Store
from field_app.store.rows import whole
from field_app.store.tables import SYNCED
from shared_models.people import Access, GrantView, Role, ScopeKind
from tests.benchmarks import desk_in_browser
from tests.factories.device import make_store
from tests.factories.network import DEALER, ITEM, seed

PLANS, EACH = 1250, 8
ME = "0193a000-0000-7000-8000-0000000000b2"
TODAY = date(2026, 11, 20)
SAMPLE = 200
"""So many whole cards are read for the baseline, which is then scaled up."""
STATES = ("open", "accepted", "running", "done", "verified")


def fill(store: Store) -> None:
    """A region's plans; the person supervises all actions."""
    plans: list[dict[str, Any]] = []
    items: list[dict[str, Any]] = []
    actions: list[dict[str, Any]] = []
    for place in range(PLANS):
        plan, item = f"plan-{place:05}", f"item-{place:05}"
        given = {
            "id": plan,
            "dealer_id": DEALER,
            "title": f"方案 {place}",
            "status": "published",
            "version": 2,
        }
        plans.append(whole("plan", given))
        items.append(whole("plan_item", {"id": item, "plan_id": plan, "item_id": ITEM, "version": 1}))
        for at in range(EACH):
            number = place * EACH + at
            actions.append(
                whole(
                    "action",
                    {
                        "id": f"action-{number:06}", "plan_id": plan, "plan_item_id": item, "version": 1,
                        "measure": f"措施 {number}", "owner_id": f"owner-{number % 60}", "supervisor_id": ME,
                        "due_on": TODAY + timedelta(days=number % 90 - 10), "position": at,
                        "status": STATES[number % len(STATES)],
                    },
                )
            )  # fmt: skip
    with store.write() as connection:
        for name, rows in (("plan", plans), ("plan_item", items), ("action", actions)):
            connection.execute(insert(SYNCED[name]), rows)


async def _free() -> int | None:
    return None


def timed(work: Callable[[], object], times: int = 5) -> float:
    """The median in milliseconds."""
    taken: list[float] = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begin) * 1000)
    return sorted(taken)[times // 2]


def main() -> None:
    """Print one line per thing that a person does."""
    with tempfile.TemporaryDirectory() as folder:
        store = make_store(Path(folder) / "account.db")
        seed(store)
        fill(store)
        access = Access.of(ME, [GrantView(Role.MANAGER, ScopeKind.COMPANY)])
        mine, plans = MyActions(store, access, _free), Plans(store, access)
        rows = store.rows("action")[:SAMPLE]
        whole_cards = timed(lambda: [action_card(store, row, TODAY) for row in rows], 3)
        baseline = whole_cards * PLANS * EACH / SAMPLE
        lines = (
            ("baseline: a whole card of each of 10,000 actions", baseline),
            ("open the list of 10,000 actions", timed(lambda: asyncio.run(mine.load()))),
            ("its first 20 cards", timed(lambda: asyncio.run(mine.load()).supervised[:20])),
            ("open the list of 1,250 plans", timed(lambda: asyncio.run(plans.overview()))),
            ("its first 20 cards", timed(lambda: asyncio.run(plans.load())[:20])),
            ("filter it to those with overdue actions, 20 cards",
             timed(lambda: asyncio.run(plans.overview()).of("overdue")[:20])),
            ("what needs me today", timed(lambda: local_needs(store, access))),
            ("who is overloaded, of 60 people", timed(
                lambda: workload(store, [f"owner-{n}" for n in range(60)], TODAY))),
        )  # fmt: skip
        for name, took in lines:
            print(f"{name:52} {took:10.1f} ms  {took / baseline:8.4f} of the baseline")
    if "--native" not in sys.argv[1:]:
        desk_in_browser.main()


if __name__ == "__main__":
    main()
