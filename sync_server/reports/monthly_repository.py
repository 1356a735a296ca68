"""SQL of monthly reports: schedule, files, who may read which, who has been told."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import Session

from shared_models.columns import sql_table
from shared_models.people.access import DESK_ROLES, Access, GrantView, Role, ScopeKind
from shared_models.people.tables import Dealer, Grant, Region
from shared_models.reports import ReportSchedule
from sync_server.reports.tables import report_file, report_notice, report_schedule

Line = dict[str, Any]
_dealer, _region, _grant = sql_table(Dealer), sql_table(Region), sql_table(Grant)
_f, _s = report_file.c, report_schedule.c
READERS = DESK_ROLES | {Role.OWNER}


def schedule(session: Session) -> ReportSchedule:
    """What is set; nothing is made where nobody has set anything."""
    row = session.execute(select(_s.enabled, _s.day, _s.language)).mappings().first()
    return ReportSchedule.model_validate(dict(row)) if row else ReportSchedule()


def set_schedule(session: Session, given: ReportSchedule, *, by: str | None, now: datetime) -> None:
    """Set it for all months to come."""
    values = {**given.model_dump(), "changed_by": by, "changed_at": now}
    done = session.execute(report_schedule.update().where(_s.id == 1).values(**values))
    if not done.rowcount:  # type: ignore[attr-defined]
        session.execute(report_schedule.insert().values(id=1, **values))


def regions(session: Session) -> list[str]:
    """Ids of all regions, by code."""
    return list(session.scalars(select(_region.c.id).order_by(_region.c.code)))


def keys(session: Session, month: str) -> set[tuple[str, str, str]]:
    """(kind, place, format) of the files of a month."""
    rows = session.execute(select(_f.kind, _f.place_id, _f.format).where(_f.month == month))
    return {(row.kind, row.place_id, row.format) for row in rows}


def add_file(session: Session, values: Line) -> None:
    """Note a file whose bytes are in the blob store."""
    session.execute(report_file.insert().values(**values))


def _places(session: Session, access: Access) -> tuple[set[str], set[str]]:
    """Regions and dealers whose reports a person reads: a region's only with a desk over all of it."""
    dealers = {row.id: row.region_id for row in session.execute(select(_dealer.c.id, _dealer.c.region_id))}
    mine = {d for d, r in dealers.items() if access.reaches(READERS, dealer_id=d, region_id=r)}
    whole = {
        one for one in regions(session) if access.reaches(DESK_ROLES, dealer_id="", region_id=one)
    }  # fmt: skip
    return whole, mine


def readable_by(session: Session, access: Access) -> ColumnElement[bool]:
    """Files that a person may read."""
    if access.whole_company(*DESK_ROLES):
        return true()
    regions_of, dealers_of = _places(session, access)
    return or_(
        and_(_f.kind == "region", _f.place_id.in_(sorted(regions_of))),
        and_(_f.kind == "scorecard", _f.place_id.in_(sorted(dealers_of))),
    )


def files(session: Session, access: Access) -> list[Line]:
    """Files that a person may read with the names of their places, the newest month first."""
    query = (
        select(
            report_file,
            _dealer.c.code,
            _dealer.c.name.label("dealer_name"),
            _dealer.c.name_en.label("dealer_name_en"),
            _region.c.code.label("region_code"),
            _region.c.name.label("region_name"),
            _region.c.name_en.label("region_name_en"),
        )
        .outerjoin(_dealer, and_(_f.kind == "scorecard", _dealer.c.id == _f.place_id))
        .outerjoin(_region, and_(_f.kind == "region", _region.c.id == _f.place_id))
        .where(readable_by(session, access))
        .order_by(_f.month.desc(), _f.kind, _region.c.code, _dealer.c.code, _f.format)
    )
    return [dict(row) for row in session.execute(query).mappings()]


def file(session: Session, access: Access, file_id: str) -> Line | None:
    """One file that a person may read."""
    query = select(report_file).where(_f.id == file_id, readable_by(session, access))
    row = session.execute(query).mappings().first()
    return dict(row) if row else None


def counts(session: Session, month: str) -> dict[str, int]:
    """How many files of a month each person with a desk or a dealer may read."""
    grants: dict[str, list[GrantView]] = defaultdict(list)
    wanted = [role.value for role in READERS]
    rows = session.execute(
        select(_grant.c.person_id, _grant.c.role, _grant.c.scope_kind, _grant.c.scope_id).where(
            _grant.c.role.in_(wanted)
        )
    )
    for person, role, kind, place in rows:
        grants[person].append(GrantView(Role(role), ScopeKind(kind), place))
    found: dict[str, int] = {}
    for person, held in grants.items():
        where = readable_by(session, Access.of(person, held))
        found[person] = len(session.scalars(select(_f.id).where(_f.month == month, where)).all())
    return {person: count for person, count in found.items() if count}


def told(session: Session, month: str, person_id: str) -> bool:
    """Whether the person has been told of the month's reports."""
    n = report_notice.c
    return session.scalar(select(n.month).where(n.month == month, n.person_id == person_id)) is not None


def mark_told(session: Session, month: str, person_id: str, now: datetime) -> None:
    """Note that the person is told."""
    session.execute(report_notice.insert().values(month=month, person_id=person_id, queued_at=now))
