"""How this company handles plans: whether headquarters approve them before a dealer sees them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from sync_server.audit.recording import By, record
from sync_server.plans.tables import plan_policy


def needs_approval(session: Session) -> bool:
    """Whether a manager's plan waits for headquarters."""
    return bool(session.execute(select(plan_policy.c.needs_approval)).scalar_one_or_none())


def set_needs_approval(session: Session, wanted: bool, *, by: str | None, now: datetime) -> None:
    """Decide it; plans that wait already go on waiting."""
    before, after = {"needs_approval": needs_approval(session)}, {"needs_approval": wanted}
    record(session, By(by or "", now), "rules.approval", "rules", before=before, after=after)
    values = {"needs_approval": wanted, "changed_by": by, "changed_at": now}
    done = session.execute(plan_policy.update().where(plan_policy.c.id == 1).values(**values))
    if not done.rowcount:  # type: ignore[attr-defined]
        session.execute(plan_policy.insert().values(id=1, **values))
