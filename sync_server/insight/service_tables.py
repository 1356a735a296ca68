"""Tables of the network for a scope and months."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from shared_models.checklists.stages import Source
from shared_models.insight.wire_engine import NetworkTable
from shared_models.messages import LANGUAGES, words
from sync_server.insight import repository, service
from sync_server.insight.calendar import months_up_to
from sync_server.insight.tables_all import NETWORK_ONLY, TABLES
from sync_server.insight.tables_network import Asked
from sync_server.people.scope import Scope


def table(
    session: Session,
    scope: Scope,
    name: str,
    chosen: service.Filter,
    *,
    survey: str | None,
    month: str | None,
    count: int,
    today: date,
    source: Source | None = None,
) -> NetworkTable:
    """The table ``name`` (a key of TABLES) of ``count`` months up to ``month`` (none: the newest closed)."""
    dealers = None if name in NETWORK_ONLY else service.dealer_ids(session, scope, chosen)
    if month is None:
        known = [row.month for row in repository.months_by_source(session, scope, dealers)]
        month = service.default_month(known, today)
    months = months_up_to(month, count) if month else ()
    said = explained(name)
    if not months:
        return NetworkTable(name=name, months=(), columns=(), rows=(), explained=said)
    found = TABLES[name](session, Asked(scope, months, dealers, chosen.item_id, survey, source))
    narrowed = {
        key: value
        for key, value in (("dealer_id", chosen.dealer_id), ("region_id", chosen.region_id))
        if value is not None and dealers is not None
    }
    return NetworkTable(
        name=name,
        months=months,
        columns=found.columns,
        rows=found.rows,
        explained=said,
        behind=tuple(tuple(narrowed | one for one in line) for line in found.behind),
        funnel=found.funnel,
    )


def explained(name: str) -> dict[str, tuple[str, str]]:
    """By language: what a table says, and what it cannot say."""
    found: dict[str, tuple[str, str]] = {}
    for language in LANGUAGES:
        t = words(language)
        found[language] = (t(f"insight.table.{name}.says"), t(f"insight.table.{name}.cannot"))
    return found
