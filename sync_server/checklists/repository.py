"""SQL of checklists: the item ledger and template versions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from shared_models.checklists.tables import Item, Template, TemplateVersion
from shared_models.columns import sql_table
from sync_server.people.scope import Scope, readable_by

item = sql_table(Item)
template = sql_table(Template)
version = sql_table(TemplateVersion)


def readable_versions(scope: Scope) -> Select[Any]:
    """Template versions that this scope may see."""
    return readable_by("template_version", scope)


def item_ids(session: Session) -> dict[str, str]:
    """Item ids by code."""
    rows = session.execute(select(item.c.code, item.c.id))
    return {row.code: row.id for row in rows}


def template_ids(session: Session) -> dict[str, str]:
    """Template ids by code."""
    rows = session.execute(select(template.c.code, template.c.id))
    return {row.code: row.id for row in rows}


def newest_versions(session: Session) -> dict[str, tuple[str, int, str]]:
    """Newest published version by template code: (version id, number, sha256 of the document)."""
    newest = (
        select(version.c.template_id, func.max(version.c.number).label("number"))
        .where(version.c.status == "published")
        .group_by(version.c.template_id)
        .subquery()
    )
    rows = session.execute(
        select(template.c.code, version.c.id, version.c.number, version.c.sha256)
        .join(newest, (newest.c.template_id == version.c.template_id) & (newest.c.number == version.c.number))
        .join(template, template.c.id == version.c.template_id)
    )
    return {code: (version_id, number, sha256) for code, version_id, number, sha256 in rows}


def document_json(session: Session, version_id: str) -> dict[str, Any] | None:
    """The document of a template version as plain JSON data."""
    return session.execute(select(version.c.document).where(version.c.id == version_id)).scalar_one_or_none()
