"""Webhook endpoints: made with a secret that is told once, switched off, removed; how deliveries went."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from shared_models.clock import to_text
from shared_models.company.wire import NewWebhook, Webhook, WebhookMade
from shared_models.ids import new_id
from shared_models.problems import Code, Place, Problem
from sync_server.audit.recording import By, record
from sync_server.webhooks.tables import webhook_endpoint

_w = webhook_endpoint.c


def _shown(row: Any) -> Webhook:
    return Webhook(
        id=row.id,
        url=row.url,
        note=row.note,
        active=row.active,
        last_sent_at=to_text(row.last_sent_at) if row.last_sent_at else None,
        last_failed_at=to_text(row.last_failed_at) if row.last_failed_at else None,
        last_error=row.last_error,
    )


def endpoints(session: Session) -> list[Webhook]:
    """All endpoints, by address; never their secrets."""
    return [_shown(row) for row in session.execute(select(webhook_endpoint).order_by(_w.url))]


def add(session: Session, by: By, wanted: NewWebhook) -> WebhookMade:
    """A new endpoint; CONFLICT where the address is there already."""
    if session.execute(select(_w.id).where(_w.url == wanted.url)).first() is not None:
        raise Problem(Code.CONFLICT, {}, [Place("url", "taken")])
    made = WebhookMade(id=new_id(), url=wanted.url, note=wanted.note, secret=secrets.token_hex(24))
    session.execute(
        insert(webhook_endpoint).values(
            id=made.id,
            url=made.url,
            secret=made.secret,
            note=made.note,
            active=True,
            created_by=by.actor_id or None,
            created_at=by.at,
            last_sent_at=None,
            last_failed_at=None,
            last_error="",
        )
    )
    record(session, by, "webhook.added", "webhook", made.id, subject=made.url)
    return made


def switch(session: Session, by: By, endpoint_id: str, active: bool) -> None:
    """Switch an endpoint on or off."""
    row = _need(session, endpoint_id)
    session.execute(update(webhook_endpoint).where(_w.id == endpoint_id).values(active=active))
    record(
        session, by, "webhook.changed", "webhook", endpoint_id,
        subject=row.url, before={"active": row.active}, after={"active": active},
    )  # fmt: skip


def remove(session: Session, by: By, endpoint_id: str) -> None:
    """Remove an endpoint; what waits for it is given up."""
    row = _need(session, endpoint_id)
    session.execute(delete(webhook_endpoint).where(_w.id == endpoint_id))
    record(session, by, "webhook.removed", "webhook", endpoint_id, subject=row.url)


def _need(session: Session, endpoint_id: str) -> Any:
    row = session.execute(select(webhook_endpoint).where(_w.id == endpoint_id)).first()
    if row is None:
        raise Problem(Code.NOT_FOUND)
    return row


def active_urls(session: Session) -> list[str]:
    """Addresses that are told of events."""
    return list(session.scalars(select(_w.url).where(_w.active.is_(True)).order_by(_w.url)))


def secrets_by_url(session: Session) -> dict[str, str]:
    """What each address's events are signed with."""
    return {row.url: row.secret for row in session.execute(select(_w.url, _w.secret))}


def note_delivery(session: Session, url: str, at: datetime, error: str) -> None:
    """Write down how a delivery went."""
    values = {"last_failed_at": at, "last_error": error[:300]} if error else {"last_sent_at": at}
    session.execute(update(webhook_endpoint).where(_w.url == url).values(**values))
