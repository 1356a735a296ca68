"""What needs somebody today, counted: from this device, and weak items from the server's newest month."""

from __future__ import annotations

from dataclasses import dataclass

from field_app.desk.needs import Need, figure_needs, local_needs
from field_app.insight.workflow import Fetched
from field_app.people.workflow import Workspace
from shared_models.insight import WeakItems
from shared_models.people.access import DESK_ROLES
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
    actions = await work.actions.counts()
    plans = await work.plans.overview()
    return Overview(
        to_review=len(await work.review.load("submitted")) if desk else None,
        returned=len(await work.review.load("returned")) if desk else None,
        weak=weak,
        weak_wanted=desk,
        own_open=actions.own_open,
        own_overdue=actions.own_overdue,
        to_verify=actions.to_verify,
        plans_running=plans.count("published"),
        plans_overdue=plans.count("overdue"),
        plans_without_verdict=plans.without_verdict(),
        drafts=plans.count("draft") if desk else None,
        needs=(
            *local_needs(work.store, work.access),
            *figure_needs(weak.value.items if weak else (), freshness.value.dealers if freshness else ()),
        ),
        complete=complete,
    )
