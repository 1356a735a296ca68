"""Bulk import of regions: what each row would change, and doing it."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared_models.people.admin_wire import BulkRow, RowState
from sync_server.audit.recording import By, record
from sync_server.people import repository, service
from sync_server.people.bulk_columns import COLUMNS, text_cell
from sync_server.people.bulk_dealers import Change
from sync_server.people.bulk_reading import SheetFile
from sync_server.sync.journal import write_row


def compare(session: Session, file: SheetFile) -> tuple[list[Change], list[str]]:
    """Rows that can be taken, and codes of regions that the file does not name."""
    held = {row["code"]: dict(row) for row in session.execute(select(repository.region)).mappings()}
    seen: set[str] = set()
    changes: list[Change] = []
    for line in file.lines:
        values = {
            column.name: line.take(column.name, partial(text_cell, column))
            for column in COLUMNS["regions"]
            if column.needed or line.has(column.name)
        }
        code = line.text("code")
        if code in seen:
            line.refuse("code", "twice")
        seen.add(code)
        if line.problems:
            continue
        before = held.get(code)
        pairs = {name: (str((before or {}).get(name, "")), str(text)) for name, text in values.items()}
        differing = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
        state = RowState.NEW if before is None else RowState.CHANGED if differing else RowState.SAME
        shown = BulkRow(row=line.row, key=code, name=str(values["name"]), state=state, changes=differing)
        changes.append(Change(shown, partial(_write, before, values)))
    return changes, sorted(code for code in held if code not in seen)


def _write(before: dict[str, Any] | None, values: dict[str, Any], session: Session, by: By) -> None:
    subject = f"{values['code']} {values['name']}"
    if before is None:
        region_id = service.create_region(session, **{"name_en": "", **values})
        record(session, by, "region.added", "region", region_id, subject=subject)
        return
    write_row(session, "region", before["id"], values)
    record(
        session, by, "region.changed", "region", before["id"], subject=subject, before=before, after=values
    )
