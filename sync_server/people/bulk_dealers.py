"""Bulk import of dealers: what each row would change, and doing it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared_models.people.admin_wire import BulkRow, RowState
from sync_server.audit.recording import By
from sync_server.people import dealers, repository
from sync_server.people.bulk_columns import COLUMNS, degrees, text_cell, yes_or_no
from sync_server.people.bulk_reading import Line, SheetFile

_TEXTS = ("code", "name", "name_en", "city", "city_en", "address")


@dataclass
class Change:
    """A row that can be taken: as shown, and the deed."""

    shown: BulkRow
    act: Callable[[Session, By], None]


def compare(session: Session, file: SheetFile) -> tuple[list[Change], list[str]]:
    """Rows that can be taken, and codes of dealers that the file does not name.

    What is wrong with the other rows stands in their lines.
    """
    dealer, region = repository.dealer, repository.region
    held = {row["code"]: dict(row) for row in session.execute(select(dealer)).mappings()}
    regions = region_ids(session)
    region_codes = {row.id: row.code for row in session.execute(select(region.c.id, region.c.code))}
    keepers = dealers.maintainers(session)
    logins = repository.persons_of_logins(session)
    by_person = {person: login for login, person in logins.items()}
    seen: dict[str, int] = {}
    changes: list[Change] = []
    for line in file.lines:
        values = _values(line, regions, logins)
        code = line.text("code")
        if code in seen:
            line.refuse("code", "twice")
        seen.setdefault(code, line.row)
        if line.problems:
            continue
        keeper = values.pop("maintainer_id", None)
        before = held.get(code)
        shown_before = _shown(before, region_codes)
        after = _shown({**(before or {}), **values}, region_codes)
        pairs = {name: (shown_before.get(name, ""), text) for name, text in after.items()}
        difference = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
        if line.has("maintainer") and keeper is not None:
            old = keepers.get(before["id"], "") if before else ""
            if old != keeper:
                difference["maintainer"] = (by_person.get(old, ""), by_person.get(keeper, ""))
        state = RowState.NEW if before is None else RowState.CHANGED if difference else RowState.SAME
        shown = BulkRow(row=line.row, key=code, name=values["name"], state=state, changes=difference)
        changes.append(Change(shown, partial(_write, before=before, values=values, keeper=keeper)))
    return changes, sorted(code for code, row in held.items() if code not in seen and row["active"])


def region_ids(session: Session) -> dict[str, str]:
    """Ids of regions by code and by both names, in lower case."""
    found: dict[str, str] = {}
    rows = session.execute(select(repository.region)).mappings().all()
    for row in rows:
        found |= {row["name"].casefold(): row["id"], row["name_en"].casefold(): row["id"]}
    found |= {row["code"].casefold(): row["id"] for row in rows}
    found.pop("", None)
    return found


def dealer_ids(session: Session) -> dict[str, str]:
    """Ids of dealers by code, in lower case."""
    query = select(repository.dealer.c.code, repository.dealer.c.id)
    return {row.code.casefold(): row.id for row in session.execute(query)}


def _values(line: Line, regions: dict[str, str], logins: dict[str, str]) -> dict[str, Any]:
    """The dealer's columns as the row gives them; columns that the file has not are left alone."""
    values: dict[str, Any] = {}
    for column in COLUMNS["dealers"]:
        if column.name in _TEXTS and (line.has(column.name) or column.needed):
            values[column.name] = line.take(column.name, partial(text_cell, column))
    region = line.text("region").casefold()
    if not region:
        line.refuse("region", "missing")
    elif region not in regions:
        line.refuse("region", "region")
    else:
        values["region_id"] = regions[region]
    for name, limit in (("latitude", 90.0), ("longitude", 180.0)):
        if line.has(name):
            values[name] = line.take(name, partial(degrees, limit=limit))
    if (values.get("latitude") is None) != (values.get("longitude") is None) and not line.problems:
        line.refuse("latitude" if values.get("latitude") is None else "longitude", "both_degrees")
    if line.has("open"):
        values["active"] = line.take("open", yes_or_no)
    login = line.text("maintainer").casefold()
    if login and login not in logins:
        line.refuse("maintainer", "login_unknown")
    elif line.has("maintainer"):
        values["maintainer_id"] = logins.get(login, "")
    return values


def _shown(values: dict[str, Any] | None, region_codes: dict[str, str]) -> dict[str, str]:
    if values is None:
        return {}
    named = {"region_id": "region", "active": "open"}
    told: dict[str, str] = {}
    for name, value in values.items():
        if name not in {"id", "version"} and value not in (None, ""):
            text = region_codes.get(value, str(value)) if name == "region_id" else str(value)
            told[named.get(name, name)] = {"True": "✓", "False": "✗"}.get(text, text)
    for name in ("name_en", "city", "city_en", "address", "latitude", "longitude"):
        if name in values:
            told.setdefault(name, "")
    return told


def _write(
    session: Session, by: By, *, before: dict[str, Any] | None, values: dict[str, Any], keeper: str | None
) -> None:
    if before is None:
        dealer_id = dealers.create(session, by, values)
    else:
        dealer_id = before["id"]
        dealers.change(session, by, dealer_id, {k: v for k, v in values.items() if k != "code"})
    if keeper is not None:
        dealers.set_maintainer(session, by, dealer_id, keeper or None)
