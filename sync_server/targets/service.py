"""Setting targets by place and month, and which one holds where.

The most specific target holds: a dealer's before its region's, that before the company's; of one place, one
for fewer months before one for more, and the newest of two alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from shared_models.checklists.tables import Item
from shared_models.clock import to_text
from shared_models.columns import sql_table
from shared_models.ids import new_id
from shared_models.people.tables import Dealer, Person, Region
from shared_models.problems import Code, Place, Problem
from shared_models.targets import ItemTargets, NewTarget, PlaceKind, TargetRule
from sync_server.audit.recording import By, record
from sync_server.sync.journal import write_row
from sync_server.targets.tables import item_target

_t = item_target.c
_item, _dealer, _region, _person = (sql_table(one) for one in (Item, Dealer, Region, Person))
_PLACES = {PlaceKind.REGION: _region, PlaceKind.DEALER: _dealer}
_RANK = {kind.value: rank for rank, kind in enumerate(PlaceKind)}
_EVER = 10_000
"""More months than any rule with both ends has."""


@dataclass(frozen=True)
class InForce:
    """Targets of a month as fractions."""

    items: Mapping[str, float]
    """By item id; items that are not named have the network's default."""
    local: Mapping[str, Mapping[str, float]] = field(default_factory=dict[str, Mapping[str, float]])
    """By item id and dealer id, where a region or a dealer has its own."""

    def at(self, item_id: str, dealer_id: str) -> float | None:
        """The target of an item at a dealer; None: the network's default."""
        return self.local.get(item_id, {}).get(dealer_id, self.items.get(item_id))


def targets_in_force(session: Session, month: str) -> InForce:
    """What holds in a month (YYYY-MM)."""
    base = session.execute(select(_item.c.id, _item.c.target).where(_item.c.target.is_not(None)))
    items = {row.id: float(row.target) / 100 for row in base}
    rules = sorted((row for row in _live(session) if _covers(row, month)), key=_weight)
    if not rules:
        return InForce(items)
    regions: dict[str, list[str]] = {}
    if any(row.place_kind == PlaceKind.REGION for row in rules):
        for row in session.execute(select(_dealer.c.id, _dealer.c.region_id).order_by(_dealer.c.id)):
            regions.setdefault(row.region_id, []).append(row.id)
    local: dict[str, dict[str, float]] = {}
    for row in rules:
        value = float(row.target) / 100
        match row.place_kind:
            case PlaceKind.COMPANY:
                items[row.item_id] = value
            case PlaceKind.REGION:
                found = dict.fromkeys(regions.get(row.place_id, ()), value)
                local.setdefault(row.item_id, {}).update(found)
            case _:
                local.setdefault(row.item_id, {})[row.place_id] = value
    return InForce(items, local)


def _live(session: Session) -> list[Any]:
    return list(session.execute(select(item_target).where(_t.ended_at.is_(None)).order_by(_t.id)))


def _covers(row: Any, month: str) -> bool:
    return row.month_from <= month and (not row.month_to or month <= row.month_to)


def _weight(row: Any) -> tuple[int, int, str]:
    """Least specific first."""
    length = _EVER + (not row.month_from) + (not row.month_to)
    if row.month_from and row.month_to:
        length = _number(row.month_to) - _number(row.month_from)
    return _RANK[row.place_kind], -length, to_text(row.set_at)


def _number(month: str) -> int:
    year, number = month.split("-")
    return 12 * int(year) + int(number)


def put(session: Session, by: By, wanted: NewTarget) -> bool:
    """Set a target, or withdraw it; whether that changed anything.

    NOT_FOUND for an unknown item or place. The trail tells what it was.
    """
    item = session.execute(select(_item).where(_item.c.id == wanted.item_id)).mappings().first()
    if item is None:
        raise Problem(Code.NOT_FOUND, {}, [Place("item_id", "unknown")])
    place = _place(session, wanted)
    value = None if wanted.target is None else Decimal(str(wanted.target))
    subject = " · ".join(
        part
        for part in (item["name"], place.get("name", ""), f"{wanted.month_from}–{wanted.month_to}".strip("–"))
        if part
    )
    before = current(session, wanted)
    if before == value:
        return False
    if _is_base(wanted):
        write_row(session, "item", wanted.item_id, {"target": value})
    else:
        _replace(session, by, wanted, value)
    dealer_id = wanted.place_id if wanted.place_kind is PlaceKind.DEALER else None
    record(
        session,
        by,
        "targets.set" if value is not None else "targets.withdrawn",
        "targets",
        wanted.item_id,
        dealer_id=dealer_id,
        subject=subject,
        before={"target": before},
        after={"target": value},
    )
    return True


def _is_base(wanted: NewTarget) -> bool:
    """Whether it is the company's for all months, which stands in the item."""
    return wanted.place_kind is PlaceKind.COMPANY and not wanted.month_from and not wanted.month_to


def current(session: Session, wanted: NewTarget) -> Decimal | None:
    """What is set for exactly this item, place and months."""
    if _is_base(wanted):
        return session.scalar(select(_item.c.target).where(_item.c.id == wanted.item_id))
    return session.scalar(select(_t.target).where(*_same(wanted)))


def _same(wanted: NewTarget) -> tuple[Any, ...]:
    return (
        _t.item_id == wanted.item_id,
        _t.place_kind == wanted.place_kind.value,
        _t.place_id == wanted.place_id,
        _t.month_from == wanted.month_from,
        _t.month_to == wanted.month_to,
        _t.ended_at.is_(None),
    )


def _replace(session: Session, by: By, wanted: NewTarget, value: Decimal | None) -> None:
    ended = {"ended_at": by.at, "ended_by": by.actor_id or None}
    session.execute(update(item_target).where(*_same(wanted)).values(**ended))
    if value is not None:
        row = wanted.model_dump(mode="json") | {"target": value}
        session.execute(
            insert(item_target).values(id=new_id(), **row, set_at=by.at, set_by=by.actor_id or None)
        )


def _place(session: Session, wanted: NewTarget) -> Mapping[str, Any]:
    table = _PLACES.get(wanted.place_kind)
    if table is None:
        return {}
    row = session.execute(select(table).where(table.c.id == wanted.place_id)).mappings().first()
    if row is None:
        raise Problem(Code.NOT_FOUND, {}, [Place("place_id", "unknown")])
    return dict(row)


def listed(session: Session, default: float) -> list[ItemTargets]:
    """Every item with its targets; ``default``: the network's, in percent."""
    names: dict[str | None, Any] = {}
    for table in (_region, _dealer):
        query = select(table.c.id, table.c.code, table.c.name, table.c.name_en)
        names |= {row.id: row for row in session.execute(query)}
    found = session.execute(select(_person.c.id, _person.c.name))
    people: dict[str | None, str] = {row.id: row.name for row in found}
    rules: dict[str, list[TargetRule]] = {}
    for row in sorted(_live(session), key=_weight, reverse=True):
        place = names.get(row.place_id)
        rules.setdefault(row.item_id, []).append(
            TargetRule(
                id=row.id,
                item_id=row.item_id,
                place_kind=PlaceKind(row.place_kind),
                place_id=row.place_id,
                month_from=row.month_from,
                month_to=row.month_to,
                target=float(row.target),
                place_code=place.code if place else "",
                place_name=place.name if place else "",
                place_name_en=place.name_en if place else "",
                set_by=people.get(row.set_by, ""),
                set_at=to_text(row.set_at),
            )
        )
    return [
        ItemTargets(
            item_id=row["id"],
            code=row["code"],
            name=row["name"],
            name_en=row["name_en"],
            target=None if row["target"] is None else float(row["target"]),
            default_target=default,
            rules=tuple(rules.get(row["id"], ())),
        )
        for row in session.execute(select(_item).order_by(_item.c.stage, _item.c.code)).mappings()
    ]


def item_ids(session: Session) -> Mapping[str, str]:
    """Ids of items by code and by both names, in lower case."""
    rows = session.execute(select(_item.c.id, _item.c.code, _item.c.name, _item.c.name_en)).all()
    # a code wins over a name that reads like it
    named = {str(text).strip().casefold(): str(row.id) for row in rows for text in (row.name, row.name_en)}
    return {**named, **{str(row.code).casefold(): str(row.id) for row in rows}}
