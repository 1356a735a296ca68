"""A person's planned visits as calendar events."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from shared_models.messages import words
from shared_models.visits.calendar import Event, to_icalendar
from sync_server.checklists.service import document_of
from sync_server.people import repository as people
from sync_server.visits import repository


def agenda(session: Session, person_id: str, language: str, now: datetime) -> str:
    """The iCalendar file of what a person is to visit, in a language."""
    t = words(language)
    events: list[Event] = []
    for row in repository.assignments_of(session, person_id):
        dealer = people.dealer_row(session, row["dealer_id"]) or {}
        document = document_of(session, row["template_version_id"])
        name = dealer.get("name" if t.is_chinese else "name_en") or dealer.get("name") or ""
        events.append(
            Event(
                id=row["id"],
                title=f"{name} · {document.title.text(language)}",
                first=row["window_start"],
                last=row["window_end"],
                place=str(dealer.get("address") or ""),
                text=row["scenario"] if t.is_chinese else row["scenario_en"] or row["scenario"],
            )
        )
    return to_icalendar(events, now, name=t("visits.calendar.name"))
