"""What needs somebody today, counted: from this device, and weak items from the server's newest month."""

from __future__ import annotations

from dataclasses import dataclass

from field_app.desk.needs import Need, figure_needs, local_needs
from field_app.insight.workflow import Fetched
from field_app.people.workflow import Workspace
from shared_models.insight import WeakItems
from shared_models.people.access import DESK_ROLES
from shared_models.plans import TO_DO
from shared_models.reports import Freshness


@dataclass(frozen=True)
class Overview:
    """Counts of the start page; None where they do not concern the person's roles."""

    to_review: int | None
    returned: int | None
    weak: Fetched[WeakItems] | None
    """None for owners, and while the server was never reached."""
    weak_wanted: bool
    own_open: int
    own_overdue: int
    to_verify: int
    plans_running: int
    plans_overdue: int
    plans_without_verdict: int
    drafts: int | None
    needs: tuple[Need, ...]
    """What needs the person today, the most urgent first."""
    complete: bool = True
    """False while the figures that may add to the needs are still being read."""


async def load_overview(
    work: Workspace,
    weak: Fetched[WeakItems] | None,
    freshness: Fetched[Freshness] | None = None,
    *,
    complete: bool = True,
) -> Overview:
    """Count; ``weak`` and ``freshness`` are what is known of weak items and of the age of the data."""
    desk = work.access.has(*DESK_ROLES)
    actions = await work.actions.load()
    plans = await work.plans.load()
    running = [plan for plan in plans.lines if plan.status == "published"]
    return Overview(
        to_review=len(await work.review.load("submitted")) if desk else None,
        returned=len(await work.review.load("returned")) if desk else None,
        weak=weak,
        weak_wanted=desk,
        own_open=sum(one.status in TO_DO for one in actions.own.lines),
        own_overdue=sum(
            one.status in TO_DO and one.days_left is not None and one.days_left < 0
            for one in actions.own.lines
        ),
        to_verify=sum(one.status == "done" for one in actions.supervised.lines),
        plans_running=len(running),
        plans_overdue=sum(plan.overdue > 0 for plan in running),
        plans_without_verdict=sum(
            plan.actions > 0 and plan.verified == plan.actions and not all(plan.verdicts) for plan in running
        ),
        drafts=sum(plan.status == "draft" for plan in plans.lines) if desk else None,
        needs=(
            *local_needs(work.store, work.access),
            *figure_needs(weak.value.items if weak else (), freshness.value.dealers if freshness else ()),
        ),
        complete=complete,
    )
