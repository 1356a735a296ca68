"""SQL of reports that no other slice has: newest observations, dealers with their region, accepted visits."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared_models.checklists.tables import Item, Template, TemplateVersion
from shared_models.columns import sql_table
from shared_models.people.tables import Dealer, Region
from shared_models.visits.states import VisitStatus
from shared_models.visits.tables import Visit
from sync_server.insight import repository as insight
from sync_server.insight.tables import Observation
from sync_server.people.scope import Scope

Line = dict[str, Any]
_dealer, _region, _item = sql_table(Dealer), sql_table(Region), sql_table(Item)
_visit, _version, _template = sql_table(Visit), sql_table(TemplateVersion), sql_table(Template)
_observation = sql_table(Observation)


def dealers(session: Session, scope: Scope, chosen: Collection[str] | None) -> list[Line]:
    """Active dealers of the scope with their region's names, by code."""
    query = (
        select(_dealer, _region.c.name.label("region"), _region.c.name_en.label("region_en"))
        .join(_region, _region.c.id == _dealer.c.region_id)
        .where(_dealer.c.active.is_(True))
        .order_by(_dealer.c.code)
    )
    allowed = (
        chosen if scope.everything else (scope.dealers if chosen is None else scope.dealers & set(chosen))
    )
    if allowed is not None:
        query = query.where(_dealer.c.id.in_(sorted(allowed)))
    return [dict(row) for row in session.execute(query).mappings()]


def region(session: Session, region_id: str) -> Line | None:
    """A region."""
    row = session.execute(select(_region).where(_region.c.id == region_id)).mappings().first()
    return dict(row) if row else None


def dealer_of_code(session: Session, code: str) -> str | None:
    """The id of a dealer by its code."""
    return session.execute(select(_dealer.c.id).where(_dealer.c.code == code)).scalars().first()


def items(session: Session) -> list[Line]:
    """Items of the ledger, by code."""
    return [dict(row) for row in session.execute(select(_item).order_by(_item.c.code)).mappings()]


def newest_days(session: Session, scope: Scope) -> dict[str, date]:
    """Business day of the newest observation per dealer."""
    query = (
        select(_observation.c.dealer_id, func.max(_observation.c.day).label("newest"))
        .where(insight.as_of(None), insight.readable_by(scope))
        .group_by(_observation.c.dealer_id)
    )
    return {row.dealer_id: row.newest for row in session.execute(query)}


def accepted_visits(session: Session, dealer_ids: Collection[str], first: date, last: date) -> list[Line]:
    """Accepted visits of these dealers in these days; their visitor is not read."""
    query = (
        select(
            _visit.c.id,
            _visit.c.dealer_id,
            _visit.c.visit_date,
            _visit.c.source,
            _visit.c.score,
            _visit.c.final_score,
            _template.c.title,
            _template.c.title_en,
        )
        .join(_version, _version.c.id == _visit.c.template_version_id)
        .join(_template, _template.c.id == _version.c.template_id)
        .where(
            _visit.c.dealer_id.in_(sorted(dealer_ids)),
            _visit.c.status == VisitStatus.ACCEPTED.value,
            _visit.c.visit_date >= first,
            _visit.c.visit_date <= last,
        )
        .order_by(_visit.c.visit_date, _visit.c.id)
    )
    return [dict(row) for row in session.execute(query).mappings()]


def published_documents(session: Session) -> list[dict[str, Any]]:
    """The newest published version of every checklist that is not retired."""
    query = (
        select(_version.c.template_id, _version.c.document)
        .join(_template, _template.c.id == _version.c.template_id)
        .where(_version.c.status == "published", _template.c.retired.is_(False))
        .order_by(_version.c.template_id, _version.c.number)
    )
    newest = {row.template_id: row.document for row in session.execute(query)}
    return list(newest.values())
