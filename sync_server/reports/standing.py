"""Where a scope stands and what changed against another month."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from shared_models.insight.wire import RateCell
from shared_models.people.access import Access
from shared_models.problems import Code, Problem
from shared_models.reports import Change, ItemChange, Overall, Standing
from sync_server.insight import results
from sync_server.insight import service as insight
from sync_server.insight.rates import rounded_percent
from sync_server.insight.statistics import newcombe_difference
from sync_server.reports.figures import MONTHS, items_seen, overall

NAMED = 3
"""So many items that fell, and as many that rose, are named."""
_SURE = 0.99


def standing(
    session: Session,
    access: Access,
    *,
    today: date,
    month: str | None = None,
    region_id: str | None = None,
    compare: str | None = None,
) -> Standing:
    """All dealers of the scope (or of a region) pooled.

    Raises OUT_OF_SCOPE for a region outside the scope, NOT_FOUND where nothing has been observed yet.
    """
    scope = insight.scope_of(session, access)
    chosen = insight.Filter(region_id=region_id)
    known = insight.months(session, scope, chosen, today)
    month = month or known.default_month
    if not month:
        raise Problem(Code.NOT_FOUND, {"what": "month"})
    rates = insight.rates(session, scope, chosen, month=month, count=MONTHS)
    compared = compare or (rates.months[-2] if len(rates.months) > 1 else "")
    cells = [cell for cell in rates.cells if cell.source is None]
    if compared and compared not in rates.months:
        then = insight.rates(session, scope, chosen, month=compared, count=1)
        cells += [cell for cell in then.cells if cell.source is None]
    now = {cell.item_id: cell for cell in cells if cell.month == month}
    before = {cell.item_id: cell for cell in cells if cell.month == compared}
    target = rounded_percent(results.parameters_in_force(session).target)
    items = items_seen(session, now.keys() & before.keys(), target, month)
    changes = [ItemChange(item=item, change=_of_cells(before[item.id], now[item.id])) for item in items]
    return Standing(
        region_id=region_id,
        month=month,
        compared=compared,
        months=tuple(one.month for one in known.months),
        trend=tuple(overall((cell for cell in cells if cell.month == one), one) for one in rates.months),
        change=_of_overall(overall(before.values(), compared), overall(now.values(), month)),
        fell=_moved(changes, down=True),
        rose=_moved(changes, down=False),
    )


def _of_overall(before: Overall, after: Overall) -> Change:
    if before.small or after.small:
        return Change(before=before.rate, after=after.rate, difference=None, low=None, high=None)
    return _change(before.executed, before.applicable, after.executed, after.applicable, 0.95)


def _of_cells(before: RateCell, after: RateCell) -> Change:
    if before.small or after.small:
        return Change(before=before.rate, after=after.rate, difference=None, low=None, high=None)
    return _change(before.executed, before.applicable, after.executed, after.applicable, _SURE)


def _change(was: float, of: float, now: float, of_now: float, confidence: float) -> Change:
    """Percentage points between two months."""
    found = newcombe_difference(now, of_now, was, of, confidence)
    if math.isnan(found.estimate):
        return Change(before=None, after=None, difference=None, low=None, high=None)
    return Change(
        before=rounded_percent(was / of),
        after=rounded_percent(now / of_now),
        difference=rounded_percent(found.estimate),
        low=rounded_percent(found.low),
        high=rounded_percent(found.high),
    )


def _moved(changes: Sequence[ItemChange], *, down: bool) -> tuple[ItemChange, ...]:
    def sure(one: ItemChange) -> bool:
        low, high = one.change.low, one.change.high
        return low is not None and high is not None and (high < 0 if down else low > 0)

    found = sorted(filter(sure, changes), key=lambda one: one.change.difference or 0.0, reverse=not down)
    return tuple(found[:NAMED])
