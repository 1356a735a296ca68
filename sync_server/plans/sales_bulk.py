"""Bulk import of sales targets and cars sold: what each row would change, and doing it."""

from __future__ import annotations

from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared_models.people.admin_wire import BulkRow, RowState
from shared_models.plans import SalesFigures
from sync_server.audit.recording import By
from sync_server.people.bulk_columns import cars_cell, month_cell
from sync_server.people.bulk_dealers import Change, dealer_ids
from sync_server.people.bulk_reading import SheetFile
from sync_server.plans import sales
from sync_server.plans.tables import sales_result


def compare(session: Session, file: SheetFile) -> list[Change]:
    """Rows that can be taken, by dealer and month; what is wrong with the others stands in their lines."""
    dealers = dealer_ids(session)
    held = {
        (row.dealer_id, row.month): SalesFigures(target=row.target, achieved=row.achieved)
        for row in session.execute(select(sales_result))
    }
    seen: set[tuple[str, str]] = set()
    changes: list[Change] = []
    for line in file.lines:
        code = line.text("dealer")
        if not code:
            line.refuse("dealer", "missing")
        elif code.casefold() not in dealers:
            line.refuse("dealer", "dealer")
        month = line.take("month", month_cell)
        if month == "":
            line.refuse("month", "missing")
        target, achieved = line.take("target", cars_cell), line.take("achieved", cars_cell)
        if line.problems or month is None or target is None or achieved is None:
            continue
        key = dealers[code.casefold()], month
        if key in seen:
            line.refuse("month", "twice")
            continue
        seen.add(key)
        given, before = SalesFigures(target=target, achieved=achieved), held.get(key)
        pairs = {name: (_text(before, name), _text(given, name)) for name in ("target", "achieved")}
        differing = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
        state = RowState.NEW if before is None else RowState.CHANGED if differing else RowState.SAME
        shown = BulkRow(row=line.row, key=code, name=month, state=state, changes=differing)
        changes.append(Change(shown, partial(_enter, key, given)))
    return changes


def _text(figures: SalesFigures | None, name: str) -> str:
    return "" if figures is None else str(getattr(figures, name))


def _enter(key: tuple[str, str], given: SalesFigures, session: Session, by: By) -> None:
    sales.put(session, *key, given, by=by.actor_id or None, now=by.at)
