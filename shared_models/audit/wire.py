"""Messages of the audit trail."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from shared_models.building import LATER


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=LATER)


class AuditEntry(_Message):
    """One thing that was done. ``at`` is ISO 8601 UTC; names are those of today, ``subject`` that of then."""

    id: str
    at: str
    actor: str = ""
    """Who did it; "" for the command line, a job, or somebody whose name the reader may not see."""
    actor_id: str = ""
    via: str
    """app, device, cli, server."""
    action: str
    """Code of the deed, ``audit.action.<code>`` in the catalogues."""
    entity: str
    row_id: str = ""
    dealer_id: str = ""
    dealer: str = ""
    """Code and name of the dealer."""
    dealer_en: str = ""
    subject: str = ""
    changes: dict[str, tuple[Any, Any]] = Field(default_factory=dict[str, tuple[Any, Any]])
    """Field -> before and after."""
    facts: dict[str, Any] = Field(default_factory=dict[str, Any])


class AuditPage(_Message):
    """Entries of the reader's scope, newest first; ``total`` counts all that fit the question."""

    entries: tuple[AuditEntry, ...]
    total: int
    actions: tuple[str, ...] = ()
    """Codes that occur in the reader's scope, for a filter."""
