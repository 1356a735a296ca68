"""Who sees which synced rows: the table of docs/architecture.md as code, one rule per audience.

Every row of the journal names its ``audience`` and its scope keys; a person's access is resolved to a
:class:`Scope` of plain ids. ``readable`` is the only place that compares the two: pull, departures,
digests and every repository's ``readable_by`` go through it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, false, or_, select, true
from sqlalchemy.orm import Session

from shared_models.checklists.tables import Template, TemplateVersion
from shared_models.columns import sql_table
from shared_models.people.access import DESK_ROLES, FIELD_ROLES, Access, Role
from shared_models.people.tables import Dealer, Grant
from shared_models.plans.states import PlanStatus
from shared_models.sync.registry import ENTITIES
from shared_models.visits.tables import Assignment, Visit
from sync_server.sync.runs import IN_RUNS
from sync_server.sync.tables import sync_row


class Audience(StrEnum):
    """Kinds of readers a row may have."""

    ALL = "all"
    CHECKLIST = "checklist"
    DEALER = "dealer"
    PERSON = "person"
    OWN = "own"
    EMPLOYEE = "employee"
    VISIT = "visit"
    PLAN = "plan"
    PLAN_DRAFT = "plan_draft"
    APPEAL = "appeal"
    CALLER = "caller"
    """The person named alone, headquarters not either: customers' numbers."""


_FIXED = {
    "region": Audience.ALL,
    "item": Audience.ALL,
    "template": Audience.ALL,
    "template_version": Audience.CHECKLIST,
    "dealer": Audience.DEALER,
    "person": Audience.PERSON,
    "role_grant": Audience.OWN,
    "reminder": Audience.OWN,
    "employee": Audience.EMPLOYEE,
    "assignment": Audience.VISIT,
    "focus": Audience.VISIT,
    "visit": Audience.VISIT,
    "appeal": Audience.APPEAL,
    "call_task": Audience.CALLER,
}
WITHOUT_KEYS = frozenset(ENTITIES) - _FIXED.keys() - {"plan"}
"""Entities whose rows take the scope keys of their aggregate's root."""
_OUTSIDE = FIELD_ROLES | {Role.CALLER}
"""Who works for dealers without a desk: they see all names and places, and desks see them."""
_AT_THE_DEALER = {PlanStatus.PUBLISHED.value, PlanStatus.CLOSED.value}


@dataclass(frozen=True)
class Keys:
    """Scope keys of a row."""

    audience: str
    dealer_id: str | None = None
    person_id: str | None = None


def root_keys(entity: str, row_id: str, values: Mapping[str, Any]) -> Keys | None:
    """Scope keys of a row that has its own; None for a row that takes those of its aggregate's root."""
    if entity == "plan":
        seen = values["status"] in _AT_THE_DEALER
        return Keys(Audience.PLAN if seen else Audience.PLAN_DRAFT, values["dealer_id"])
    audience = _FIXED.get(entity)
    if audience is None:
        return None
    match entity:
        case "dealer":
            return Keys(audience, row_id)
        case "person":
            return Keys(audience, values["home_dealer_id"], row_id)
        case "role_grant" | "reminder":
            return Keys(audience, None, values["person_id"])
        case "employee" | "appeal":
            return Keys(audience, values["dealer_id"])
        case "assignment" | "focus" | "visit" | "call_task":
            return Keys(audience, values["dealer_id"], values["person_id"])
        case _:
            return Keys(audience)


@dataclass(frozen=True)
class Scope:
    """A person's access, resolved to ids."""

    person_id: str
    everything: bool = False
    field: bool = False
    desk_dealers: frozenset[str] = frozenset()
    own_dealers: frozenset[str] = frozenset()
    persons: frozenset[str] = frozenset()
    """People without a home dealer whom the person may see (managers, shoppers of the region)."""
    checklists: frozenset[str] = frozenset()
    """Template versions of own assignments and visits, and the newest published ones."""

    @property
    def dealers(self) -> frozenset[str]:
        """All dealers of the person's desk or own."""
        return self.desk_dealers | self.own_dealers

    def to_text(self) -> str:
        """Canonical JSON."""
        data = {k: sorted(v) if isinstance(v, frozenset) else v for k, v in self.__dict__.items()}
        return json.dumps(data, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> Scope:
        """The scope of its canonical JSON."""
        data: dict[str, Any] = json.loads(text)
        return cls(**{k: frozenset(v) if isinstance(v, list) else v for k, v in data.items()})  # type: ignore[arg-type]

    @property
    def fingerprint(self) -> str:
        """Short hash: equal scopes have equal fingerprints."""
        return hashlib.sha256(self.to_text().encode()).hexdigest()[:24]


@lru_cache(maxsize=512)
def readable(scope: Scope, keys: FromClause) -> ColumnElement[bool]:
    """Whether a row with these keys (columns audience, row_id, dealer_id, person_id) may be read.

    Kept per scope: a device asks for the same one several times a run, in several statements.
    """
    audience, dealer = keys.c.audience, keys.c.dealer_id
    # never NULL: the rule is also asked the other way round, for rows that have left the scope
    mine = and_(keys.c.person_id.is_not(None), keys.c.person_id == scope.person_id)
    if scope.everything:
        return or_(audience != Audience.CALLER, mine)
    placed = dealer.is_not(None)
    desk = and_(placed, dealer.in_(sorted(scope.desk_dealers))) if scope.desk_dealers else false()
    near = and_(placed, dealer.in_(sorted(scope.dealers))) if scope.dealers else false()
    known = keys.c.row_id.in_(sorted(scope.persons)) if scope.persons else false()
    versions = true() if scope.desk_dealers else keys.c.row_id.in_(sorted(scope.checklists))
    return or_(
        audience == Audience.ALL,
        and_(audience == Audience.CHECKLIST, versions),
        and_(audience == Audience.DEALER, true() if scope.field else near),
        and_(audience == Audience.PERSON, or_(mine, near, known)),
        and_(audience.in_((Audience.OWN, Audience.CALLER)), mine),
        and_(audience == Audience.EMPLOYEE, near),
        and_(audience == Audience.VISIT, or_(mine, desk)),
        and_(audience == Audience.PLAN, near),
        and_(audience == Audience.APPEAL, near),
        and_(audience == Audience.PLAN_DRAFT, desk),
    )


def readable_by(entity: str, scope: Scope) -> Select[Any]:
    """The living rows of an entity that this scope may read: what every repository starts from."""
    spec = ENTITIES[entity]
    table = sql_table(spec.table)
    # parts whose lines may lie in runs are under the keys of their root, whose line stands by itself
    row_id, name = (table.c.id, entity)
    if entity in IN_RUNS:
        row_id, name = table.c[spec.aggregate_field], spec.parents[0][1]
    return (
        select(table)
        .join(sync_row, and_(sync_row.c.row_id == row_id, sync_row.c.entity == name))
        .where(sync_row.c.deleted.is_(False), readable(scope, sync_row))
    )


def resolve(session: Session, access: Access) -> Scope:
    """The scope of an access as the network stands now."""
    if access.whole_company(*DESK_ROLES):
        return Scope(access.person_id, everything=True, field=access.has(*_OUTSIDE))
    dealer = sql_table(Dealer)
    places = {
        row.id: row.region_id
        for row in session.execute(select(dealer.c.id, dealer.c.region_id))
        if access.reaches(DESK_ROLES | {Role.OWNER}, dealer_id=row.id, region_id=row.region_id)
    }
    desk = frozenset(d for d, r in places.items() if access.reaches(DESK_ROLES, dealer_id=d, region_id=r))
    own = frozenset(d for d, r in places.items() if access.reaches({Role.OWNER}, dealer_id=d, region_id=r))
    field = access.has(*_OUTSIDE)
    persons: set[str] = set()
    if desk:
        persons |= _granted(session, DESK_ROLES | _OUTSIDE, desk, {places[d] for d in desk})
    if own:
        persons |= _granted(session, {Role.MANAGER}, own, {places[d] for d in own}, company=False)
    return Scope(
        access.person_id,
        field=field,
        desk_dealers=desk,
        own_dealers=own,
        persons=frozenset(persons),
        checklists=frozenset() if desk else _checklists(session, access.person_id),
    )


def _granted(
    session: Session, roles: set[Role] | frozenset[Role], dealers: frozenset[str], regions: set[str], *,
    company: bool = True,
) -> set[str]:  # fmt: skip
    grant = sql_table(Grant)
    found = session.execute(
        select(grant.c.person_id, grant.c.scope_kind, grant.c.scope_id).where(
            grant.c.role.in_([role.value for role in roles])
        )
    )
    return {
        person
        for person, kind, place in found
        if (kind == "company" and company)
        or (kind == "region" and place in regions)
        or (kind == "dealer" and place in dealers)
    }


def _checklists(session: Session, person_id: str) -> frozenset[str]:
    """Template versions that a person without a desk needs."""
    version, template = sql_table(TemplateVersion), sql_table(Template)
    assignment, visit = sql_table(Assignment), sql_table(Visit)
    newest: dict[str, tuple[int, str]] = {}
    published = session.execute(
        select(version.c.template_id, version.c.number, version.c.id)
        .join(template, template.c.id == version.c.template_id)
        .where(version.c.status == "published", template.c.retired.is_(False))
    )
    for template_id, number, version_id in published:
        newest[template_id] = max(newest.get(template_id, (0, "")), (number, version_id))
    used: set[str] = set()
    for table in (assignment, visit):
        used |= set(
            session.scalars(
                select(table.c.template_version_id).where(table.c.person_id == person_id).distinct()
            )
        )
    return frozenset({version_id for _, version_id in newest.values()} | used)
