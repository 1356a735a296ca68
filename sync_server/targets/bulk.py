"""Bulk import of targets: what each row would change, and doing it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from pydantic import ValidationError
from sqlalchemy.orm import Session

from shared_models.people.admin_wire import BulkRow, RowState
from shared_models.targets import NewTarget, PlaceKind
from sync_server.audit.recording import By
from sync_server.people.bulk_columns import month_cell, percent_cell
from sync_server.people.bulk_dealers import Change, dealer_ids, region_ids
from sync_server.people.bulk_reading import Line, SheetFile
from sync_server.targets import service


def compare(session: Session, file: SheetFile) -> list[Change]:
    """Rows that can be taken: a blank target withdraws what is set for exactly that place and time."""
    items, regions, dealers = service.item_ids(session), region_ids(session), dealer_ids(session)
    seen: set[tuple[str, ...]] = set()
    changes: list[Change] = []
    for line in file.lines:
        wanted = _wanted(line, items, regions, dealers)
        if wanted is None:
            continue
        key = wanted.item_id, wanted.place_kind.value, wanted.place_id, wanted.month_from, wanted.month_to
        if key in seen:
            line.refuse("item", "twice")
            continue
        seen.add(key)
        before, after = service.current(session, wanted), line.take("target", percent_cell)
        state = RowState.SAME
        if before != after:
            state = RowState.NEW if before is None else RowState.CHANGED
        place = line.text("dealer") or line.text("region")
        months = f"{wanted.month_from}–{wanted.month_to}" if wanted.month_from or wanted.month_to else ""
        shown = BulkRow(
            row=line.row,
            key=line.text("item"),
            name=" ".join(part for part in (place, months) if part),
            state=state,
            changes={} if state is RowState.SAME else {"target": (_text(before), _text(after))},
        )
        changes.append(Change(shown, partial(_set, wanted)))
    return changes


def _text(value: object) -> str:
    return "" if value is None else f"{value}%"


def _set(wanted: NewTarget, session: Session, by: By) -> None:
    service.put(session, by, wanted)


def _wanted(
    line: Line, items: Mapping[str, str], regions: dict[str, str], dealers: dict[str, str]
) -> NewTarget | None:
    item, region, dealer = (line.text(name).casefold() for name in ("item", "region", "dealer"))
    if not item:
        line.refuse("item", "missing")
    elif item not in items:
        line.refuse("item", "item")
    if region and region not in regions:
        line.refuse("region", "region")
    if dealer and dealer not in dealers:
        line.refuse("dealer", "dealer")
    if region and dealer:
        line.refuse("region", "one_place")
    first, last = line.take("month_from", month_cell), line.take("month_to", month_cell)
    target = line.take("target", percent_cell)
    if line.problems:
        return None
    kind = PlaceKind.DEALER if dealer else PlaceKind.REGION if region else PlaceKind.COMPANY
    try:
        return NewTarget(
            item_id=items[item],
            place_kind=kind,
            place_id=dealers[dealer] if dealer else regions[region] if region else "",
            month_from=first or "",
            month_to=last or "",
            target=None if target is None else float(target),
        )
    except ValidationError:
        line.refuse("month_to", "months")
        return None
