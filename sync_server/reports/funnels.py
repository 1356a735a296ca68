"""Who differs from the whole by more than chance: the funnels of a region, as its summary draws them."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from shared_models.insight.wire_engine import NetworkTable
from shared_models.people.access import Access
from sync_server.insight import service as insight
from sync_server.insight.service_tables import table

NAMES = ("dealers", "people", "technicians")
MONTHS = 3
"""So many months are taken together, the report's own the last; the screen takes as many."""
_FEWEST = 2


def funnels(
    session: Session, access: Access, *, today: date, month: str, region_id: str | None
) -> tuple[NetworkTable, ...]:
    """Dealers, advisers and technicians compared, as GET /insight/tables gives them; those with nobody to
    compare are left out. Raises as `figures.collect`."""
    scope = insight.scope_of(session, access)
    chosen = insight.Filter(region_id=region_id)
    found = (
        table(session, scope, name, chosen, survey=None, month=month, count=MONTHS, today=today)
        for name in NAMES
    )
    return tuple(one for one in found if one.funnel is not None and len(one.rows) >= _FEWEST)
