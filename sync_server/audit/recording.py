"""Writing down what was done, in the transaction that does it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from shared_models.ids import new_id
from sync_server.audit.tables import audit_entry

_SECRET = ("password", "secret", "token", "hash", "code_plain", "smtp", "url_with_key")
_LONGEST = 400
"""Characters of one value that are kept."""


@dataclass(frozen=True)
class By:
    """Who does it, how and when. ``actor_id`` is empty for the command line and for jobs."""

    actor_id: str
    at: datetime
    via: str = "app"


def line(
    by: By,
    action: str,
    entity: str,
    row_id: str = "",
    *,
    dealer_id: str | None = None,
    subject: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """An entry as its table takes it; ``after``: the fields that were set, ``before``: the row until then.

    Raises ValueError for a field that names a secret: that never stands in the trail.
    """
    changes = {
        name: [_plain((before or {}).get(name)), _plain(value)]
        for name, value in (after or {}).items()
        if name != "version" and _plain((before or {}).get(name)) != _plain(value)
    }
    told = {name: _plain(value) for name, value in (facts or {}).items()}
    for name in (*changes, *told):
        if any(part in name for part in _SECRET):
            raise ValueError(f"{name} may not stand in the audit trail")
    detail = {"changes": changes, "facts": told}
    values = [value for pair in changes.values() for value in pair if value] + list(told.values())
    words = " ".join([subject, *map(str, values)])
    return {
        "id": new_id(),
        "at": by.at,
        "actor_id": by.actor_id or None,
        "via": by.via,
        "action": action,
        "entity": entity,
        "row_id": row_id,
        "dealer_id": dealer_id,
        "subject": subject[:160],
        "detail": detail,
        "words": words.casefold(),
    }


def record(session: Session, by: By, action: str, entity: str, row_id: str = "", **more: Any) -> None:
    """Add an entry (``more`` as :func:`line` takes it)."""
    session.execute(audit_entry.insert().values(line(by, action, entity, row_id, **more)))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, str):
        return value[:_LONGEST]
    if value is None or isinstance(value, bool | int | float):
        return value
    return json.loads(json.dumps(value, ensure_ascii=False, default=str))
