"""Visits as the server holds them, written through its journal."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from shared_models.ids import new_id
from sync_server.insight.facts import record_visit
from sync_server.sync.journal import write_row
from tests.server.world import World


def accepted_visit(
    world: World,
    dealer: str,
    answers: dict[str, Any],
    *,
    day: date = date(2026, 10, 14),
    template: str = "sales_visit",
    source: str = "shop",
    person: str = "shopper",
    status: str = "accepted",
    comments: dict[str, str] | None = None,
    photos: dict[str, str] | None = None,
    record: bool = True,
) -> str:
    """A visit with these answers by question code ("na" and "unobserved" are states); its id.

    ``record`` puts it on the item ledger as its acceptance does.
    """
    visit_id = new_id()
    with world.db.write() as session:
        write_row(
            session,
            "visit",
            visit_id,
            {
                "dealer_id": world.dealers[dealer],
                "template_version_id": world.versions[template],
                "person_id": world.people[person],
                "source": source,
                "status": status,
                "visit_date": day,
                "started_at": datetime(day.year, day.month, day.day, 2, tzinfo=UTC),
                "consultant": "李涛",
            },
        )
        for code, value in answers.items():
            state = value if value in ("na", "unobserved", "cleared") else "answered"
            row = {
                "visit_id": visit_id,
                "question": code,
                "state": state,
                "value": value if state == "answered" else None,
                "comment": (comments or {}).get(code, ""),
            }
            write_row(session, "answer", new_id(), row)
        for code, sha256 in (photos or {}).items():
            row = {"visit_id": visit_id, "question": code, "sha256": sha256, "size": 10}
            stored = {"stored_at": datetime(2026, 11, 1, tzinfo=UTC)}
            write_row(session, "attachment", new_id(), row | stored)
        if record:
            record_visit(session, visit_id)
    return visit_id
