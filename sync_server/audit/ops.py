"""What devices do, in the trail: every transition, and the making of what others have to decide on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync_server.audit.recording import By, line

MADE = frozenset({"plan", "appeal", "action_request", "correction"})
"""Entities whose making is written down; answers and photos are the visit's own record."""
_NAMES = ("title", "number", "measure", "question", "kind")
_REASONS = ("review_note", "approval_note", "decision", "decision_note", "decline_reason", "reason")
"""Columns in which somebody says why."""


def made(by: By, entity: str, row: Mapping[str, Any], dealer_id: str | None) -> dict[str, Any]:
    """The entry of a row that was made."""
    return _line(by, f"{entity}.made", entity, row, dealer_id, None)


def moved(
    by: By, entity: str, action: str, row: Mapping[str, Any], before: Mapping[str, Any], dealer_id: str | None
) -> dict[str, Any]:
    """The entry of a transition."""
    return _line(by, f"{entity}.{action}", entity, row, dealer_id, before)


def _line(
    by: By,
    action: str,
    entity: str,
    row: Mapping[str, Any],
    dealer_id: str | None,
    before: Mapping[str, Any] | None,
) -> dict[str, Any]:
    facts = {name: row[name] for name in _REASONS if row.get(name) and (before or {}).get(name) != row[name]}
    after = None if before is None else {"status": row.get("status")}
    subject = " · ".join(str(row[name]) for name in _NAMES if row.get(name))
    return line(
        by,
        action,
        entity,
        row["id"],
        dealer_id=dealer_id,
        subject=subject,
        before=before,
        after=after,
        facts=facts,
    )
