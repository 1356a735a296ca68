"""Bulk import of deliveries and services: which calls each row would plan, and planning them."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

from sqlalchemy.orm import Session

from shared_models.people.admin_wire import BulkRow, RowProblem, RowState
from shared_models.surveys import is_phone, mask_name, mask_phone
from sync_server.audit.recording import By
from sync_server.calls.planning import Event, callers, callers_at, plan_calls, planned, waves_left
from sync_server.people.bulk_columns import COLUMNS, day_cell, text_cell
from sync_server.people.bulk_dealers import Change, dealer_ids
from sync_server.people.bulk_reading import Line, SheetFile
from sync_server.people.terms import today_of

KINDS = {
    "交车": "delivery",
    "新车交付": "delivery",
    "delivery": "delivery",
    "维修": "service",
    "保养": "service",
    "售后": "service",
    "service": "service",
}
"""Kind of the event by its word in files."""
_TEXTS = ("name", "plate", "vin", "model", "employee")


def compare(session: Session, file: SheetFile, today: date) -> list[Change]:
    """Rows that can be taken; what is wrong with the others stands in their lines, numbers masked."""
    dealers, people = dealer_ids(session), callers(session)
    possible: dict[str, bool] = {}
    seen: set[Event] = set()
    changes: list[Change] = []
    for line in file.lines:
        event = _event(line, dealers, today)
        if event is None:
            continue
        if event in seen:
            line.refuse("name", "twice")
            continue
        seen.add(event)
        if event.dealer_id not in possible:
            possible[event.dealer_id] = bool(callers_at(session, event.dealer_id, people))
        if not possible[event.dealer_id]:
            line.refuse("dealer", "no_caller")
            continue
        left, known = waves_left(event, today), planned(session, event)
        if not left and not known:
            line.refuse("day", "past")
            continue
        new = [wave for wave in left if wave.reason not in known]
        state = RowState.SAME if not new else RowState.CHANGED if known else RowState.NEW
        changes.append(
            Change(
                BulkRow(
                    row=line.row,
                    key=line.text("dealer"),
                    name=f"{mask_name(event.name)} {mask_phone(event.phone)}",
                    state=state,
                    changes={"calls": ("", "、".join(f"{wave.first:%m-%d}" for wave in new))} if new else {},
                ),
                partial(_plan, event),
            )
        )
    return changes


def _plan(event: Event, session: Session, by: By) -> None:
    plan_calls(session, event, today_of(by.at))


def _event(line: Line, dealers: dict[str, str], today: date) -> Event | None:
    code = line.text("dealer")
    if not code:
        line.refuse("dealer", "missing")
    elif code.casefold() not in dealers:
        line.refuse("dealer", "dealer")
    kind = KINDS.get(line.text("kind").casefold(), "")
    if not kind:
        line.refuse("kind", "kind" if line.text("kind") else "missing")
    day = line.take("day", day_cell)
    if day is None and not any(one.column == line.headings.get("day") for one in line.problems):
        line.refuse("day", "missing")
    elif day is not None and day > today + timedelta(days=1):
        line.refuse("day", "future")
    columns = {column.name: column for column in COLUMNS["calls"]}
    texts = {name: line.take(name, partial(text_cell, columns[name])) or "" for name in _TEXTS}
    phone = line.text("phone")
    if not is_phone(phone):
        # what stands in the cell may be a number after all
        reason = "phone" if phone else "missing"
        heading = line.headings["phone"]
        line.problems.append(RowProblem(row=line.row, column=heading, reason=reason, value=mask_phone(phone)))
    if line.problems or day is None:
        return None
    return Event(
        dealers[code.casefold()], kind, day, texts["name"], phone, texts["plate"], texts["vin"].upper(),
        texts["model"], texts["employee"],
    )  # fmt: skip
