"""Dealers: making, changing and closing them, and who keeps their data up to date."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from shared_models.problems import Code, Place, Problem
from sync_server.audit.recording import By, record
from sync_server.people import repository, service
from sync_server.people.tables import data_maintainer
from sync_server.sync.journal import write_row


def create(session: Session, by: By, values: Mapping[str, Any]) -> str:
    """A new dealer; its id. CONFLICT where the code is taken, NOT_FOUND for an unknown region."""
    if repository.dealer_of_code(session, values["code"]) is not None:
        raise Problem(Code.CONFLICT, {"code": values["code"]}, [Place("code", "taken")])
    if not repository.region_exists(session, values["region_id"]):
        raise Problem(Code.NOT_FOUND, {}, [Place("region_id", "unknown")])
    given = {name: value for name, value in values.items() if value is not None}
    dealer_id = service.create_dealer(session, **given)
    record(
        session, by, "dealer.added", "dealer", dealer_id,
        dealer_id=dealer_id, subject=f"{values['code']} {values['name']}", after=_told(session, given),
    )  # fmt: skip
    return dealer_id


def change(session: Session, by: By, dealer_id: str, values: Mapping[str, Any], *, reason: str = "") -> None:
    """Change a dealer; what is the same writes nothing. Closing and opening again are deeds of their own."""
    before = repository.dealer_row(session, dealer_id)
    if before is None:
        raise Problem(Code.NOT_FOUND)
    fresh = {name: value for name, value in values.items() if before.get(name) != value}
    if not fresh:
        return
    if "region_id" in fresh and not repository.region_exists(session, fresh["region_id"]):
        raise Problem(Code.NOT_FOUND, {}, [Place("region_id", "unknown")])
    write_row(session, "dealer", dealer_id, fresh)
    action = "dealer.changed"
    if "active" in fresh:
        action = "dealer.opened" if fresh["active"] else "dealer.closed"
    record(
        session, by, action, "dealer", dealer_id,
        dealer_id=dealer_id, subject=f"{before['code']} {before['name']}",
        before=_told(session, {name: before[name] for name in fresh}), after=_told(session, fresh),
        facts={"reason": reason} if reason else {},
    )  # fmt: skip


def _told(session: Session, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as people read them: a region by its name."""
    told = dict(values)
    if told.get("region_id"):
        told["region"] = repository.region_name(session, told.pop("region_id"))
    return told


def maintainers(session: Session) -> dict[str, str]:
    """Who keeps each dealer's data: person by dealer."""
    return {row.dealer_id: row.person_id for row in session.execute(select(data_maintainer))}


def set_maintainer(session: Session, by: By, dealer_id: str, person_id: str | None) -> None:
    """Name who keeps a dealer's data (none: nobody). NOT_FOUND where dealer or person is not there."""
    place = repository.dealer_row(session, dealer_id)
    if place is None:
        raise Problem(Code.NOT_FOUND)
    held = maintainers(session).get(dealer_id)
    if held == person_id:
        return
    person = repository.person_row(session, person_id) if person_id else None
    if person_id and (person is None or not person["active"]):
        raise Problem(Code.NOT_FOUND, {}, [Place("person_id", "unknown")])
    old = repository.person_row(session, held) if held else None
    session.execute(delete(data_maintainer).where(data_maintainer.c.dealer_id == dealer_id))
    if person_id:
        session.execute(
            insert(data_maintainer).values(
                dealer_id=dealer_id, person_id=person_id, since=by.at, set_by=by.actor_id or None
            )
        )
    record(
        session, by, "dealer.maintainer", "dealer", dealer_id,
        dealer_id=dealer_id, subject=f"{place['code']} {place['name']}",
        before={"maintainer": old["name"] if old else ""},
        after={"maintainer": person["name"] if person else ""},
    )  # fmt: skip
