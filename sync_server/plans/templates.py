"""Templates of plans: who may use, keep and remove which."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select, true
from sqlalchemy.orm import Session

from shared_models.checklists.stages import CAUSE_CATEGORIES
from shared_models.clock import to_text
from shared_models.columns import sql_table
from shared_models.ids import new_id
from shared_models.people.access import DESK_ROLES, Access, Role
from shared_models.people.tables import Person
from shared_models.plans import METHODS, NewTemplate, PlanTemplate
from shared_models.problems import Code, Place, Problem
from sync_server.plans.tables import plan_template

_person = sql_table(Person)
_t = plan_template.c


def readable_by(access: Access) -> Select[Any]:
    """Templates that a desk may use: headquarters' and its own; headquarters see all.

    A manager's words may speak of a dealer, so other managers do not read them.
    """
    mine = or_(_t.shared.is_(True), _t.author_id == access.person_id)
    return (
        select(plan_template, _person.c.name.label("author"))
        .outerjoin(_person, _person.c.id == _t.author_id)
        .where(true() if access.has(Role.HQ) else mine)
    )


def listed(session: Session, access: Access) -> list[PlanTemplate]:
    """By title; NOT_ALLOWED without a desk."""
    _need_desk(access)
    rows = session.execute(readable_by(access).order_by(_t.title, _t.created_at)).mappings()
    return [_shown(dict(row), access) for row in rows]


def save(session: Session, access: Access, given: NewTemplate, *, now: datetime) -> PlanTemplate:
    """Keep a template; INVALID_FIELD for methods and categories that there are not, or an empty one."""
    _need_desk(access)
    if not given.title.strip():
        raise Problem(Code.INVALID_FIELD, {"field": "title"}, [Place("title", "missing")])
    if not any(part.measures or part.causes for part in given.content.parts):
        raise Problem(Code.INVALID_FIELD, {"field": "content"}, [Place("content", "missing")])
    for part in given.content.parts:
        for measure in part.measures:
            if measure.method not in METHODS:
                raise Problem(Code.INVALID_FIELD, {"field": "method"}, [Place("method", measure.method)])
        for cause in part.causes:
            if cause.category not in {str(one) for one in CAUSE_CATEGORIES}:
                raise Problem(Code.INVALID_FIELD, {"field": "category"}, [Place("category", cause.category)])
    values = {
        "id": new_id(),
        "title": given.title.strip(),
        "content": given.content.model_dump(mode="json"),
        "author_id": access.person_id,
        "shared": access.whole_company(Role.HQ),
        "created_at": now,
    }
    session.execute(plan_template.insert().values(**values))
    row = session.execute(readable_by(access).where(_t.id == values["id"])).mappings().one()
    return _shown(dict(row), access)


def remove(session: Session, access: Access, template_id: str) -> None:
    """NOT_FOUND where the caller may not see it, NOT_ALLOWED where it is somebody else's."""
    _need_desk(access)
    row = session.execute(readable_by(access).where(_t.id == template_id)).mappings().first()
    if row is None:
        raise Problem(Code.NOT_FOUND, {"what": "plan_template"})
    if not _may_remove(dict(row), access):
        raise Problem(Code.NOT_ALLOWED)
    session.execute(plan_template.delete().where(_t.id == template_id))


def _need_desk(access: Access) -> None:
    if not access.has(*DESK_ROLES):
        raise Problem(Code.NOT_ALLOWED)


def _may_remove(row: dict[str, Any], access: Access) -> bool:
    return row["author_id"] == access.person_id or access.whole_company(Role.HQ)


def _shown(row: dict[str, Any], access: Access) -> PlanTemplate:
    return PlanTemplate(
        id=row["id"],
        title=row["title"],
        content=row["content"],
        author=row["author"] or "",
        shared=row["shared"],
        may_remove=_may_remove(row, access),
        created_at=to_text(row["created_at"]),
    )
