"""SQL of checklists: the item ledger and template versions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select, true
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


def newest_versions(session: Session, *, offered: bool = False) -> dict[str, tuple[str, int, str]]:
    """Newest published version by template code: (version id, number, sha256 of the document).

    ``offered`` leaves out retired templates.
    """
    newest = (
        select(version.c.template_id, func.max(version.c.number).label("number"))
        .where(version.c.status == "published")
        .group_by(version.c.template_id)
        .subquery()
    )
    wanted = template.c.retired.is_(False) if offered else true()
    rows = session.execute(
        select(template.c.code, version.c.id, version.c.number, version.c.sha256)
        .where(wanted)
        .join(newest, (newest.c.template_id == version.c.template_id) & (newest.c.number == version.c.number))
        .join(template, template.c.id == version.c.template_id)
    )
    return {code: (version_id, number, sha256) for code, version_id, number, sha256 in rows}


def document_json(session: Session, version_id: str) -> dict[str, Any] | None:
    """The document of a template version as plain JSON data."""
    return session.execute(select(version.c.document).where(version.c.id == version_id)).scalar_one_or_none()


def version_numbered(session: Session, template_id: str, number: int) -> str | None:
    """Id of the version of that number (0: the draft)."""
    return session.execute(
        select(version.c.id).where(version.c.template_id == template_id, version.c.number == number)
    ).scalar_one_or_none()


def highest_number(session: Session, template_id: str) -> int:
    """The number of the last published version; 0 before the first."""
    found = session.execute(select(func.max(version.c.number)).where(version.c.template_id == template_id))
    return found.scalar_one_or_none() or 0


def version_lines(session: Session, code: str | None) -> list[dict[str, Any]]:
    """Versions with their template, drafts first, then the newest ones."""
    query = (
        select(
            version.c.id, template.c.code, version.c.number, version.c.status, template.c.title,
            template.c.title_en, template.c.source, template.c.retired, version.c.published_at,
            version.c.sha256,
        )
        .join(template, template.c.id == version.c.template_id)
        .order_by(template.c.code, version.c.status != "draft", version.c.number.desc())
    )  # fmt: skip
    if code is not None:
        query = query.where(template.c.code == code)
    return [dict(row) for row in session.execute(query).mappings()]
