"""How much a person has to do already: open actions of the plans on this device."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import case, func, select

from field_app.store import Store
from field_app.store.tables import SYNCED
from shared_models.plans import BUSY_FROM, SETTLED, TO_DO, PlanStatus


@dataclass(frozen=True)
class Load:
    """What stands open with one person, in published plans that this device knows."""

    open: int = 0
    """Actions to carry out."""
    overdue: int = 0
    watched: int = 0
    """Actions to watch over until they are verified."""

    @property
    def busy(self) -> bool:
        """Whether another action is one more than most can see to."""
        return self.open >= BUSY_FROM


def workload(store: Store, people: Collection[str], today: date) -> dict[str, Load]:
    """By person; counted in the database, because a region has thousands of actions."""
    action, plan = SYNCED["action"].c, SYNCED["plan"].c
    late = case((action.due_on < today, 1), else_=0)
    running = (plan.id == action.plan_id, plan.status == PlanStatus.PUBLISHED.value)
    to_do = action.status.in_(sorted(TO_DO))
    own = select(action.owner_id, func.count(), func.sum(late)).where(*running, to_do)
    watched = select(action.supervisor_id, func.count()).where(
        *running, action.status.not_in(sorted(SETTLED))
    )
    ids = sorted(people)
    with store.read() as connection:
        done = {
            row[0]: (row[1], int(row[2] or 0))
            for row in connection.execute(own.where(action.owner_id.in_(ids)).group_by(action.owner_id))
        }
        seen = {
            row[0]: row[1]
            for row in connection.execute(
                watched.where(action.supervisor_id.in_(ids)).group_by(action.supervisor_id)
            )
        }
    return {one: Load(*done.get(one, (0, 0)), seen.get(one, 0)) for one in ids}
