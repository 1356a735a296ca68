"""What lists show of assignments and visits: plain values, read from the local rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from field_app.store import Store
from field_app.store.outbox import UNCONFIRMED
from field_app.store.tables import SYNCED, media_file, outbox_op
from shared_models.checklists import AnswerValue, Bilingual, Source, TemplateDocument, evaluated
from shared_models.checklists.repeats import row_key
from shared_models.visits import clock_tone, score_visit
from shared_models.visits.places import distance_km

Place = Mapping[str, float]
"""latitude, longitude in degrees, accuracy_m in metres."""


@dataclass(frozen=True)
class DealerView:
    """A dealer as lists name it; ``distance_km`` is None while no position is known."""

    id: str
    code: str
    name: Bilingual
    city: Bilingual | None
    address: str
    latitude: float | None
    longitude: float | None
    distance_km: float | None = None


@dataclass(frozen=True)
class AssignmentCard:
    """A planned visit."""

    id: str
    dealer: DealerView
    title: Bilingual
    source: Source
    window_start: date
    window_end: date
    days_left: int
    """Days until the window closes, 0 on the last day, negative when it is over."""
    open_now: bool
    scenario: Bilingual | None
    purchase_profile: Bilingual | None
    announced: bool
    status: str


@dataclass(frozen=True)
class VisitCard:
    """A visit in a list. ``percent`` is the sealed score, or the running one of a draft."""

    id: str
    dealer: DealerView
    title: Bilingual
    source: Source
    status: str
    visit_date: date | None
    started_at: datetime | None
    submitted_at: datetime | None
    percent: Decimal | None
    answered: int
    shown: int
    revision: int
    review_note: str
    open_notes: int
    """Reviewer's questions without a reply."""
    reply_due_at: datetime | None
    """Until when a returned visit is to be sent again."""
    reply_clock: str
    """How that clock stands: "", warn or late."""
    evidence_complete: bool
    pending: int
    """Changes of this visit that the server has not confirmed."""
    pending_files: int
    """Its files without a receipt."""
    held: bool
    """Whether a refused change holds it back."""


def bilingual(zh: str, en: str) -> Bilingual | None:
    """A bilingual text of two columns, the one standing in for a missing other; None if both are empty."""
    return Bilingual(zh=zh or en, en=en or zh) if zh or en else None


def dealer_view(store: Store, dealer_id: str, here: Place | None = None) -> DealerView:
    """The dealer of that id; one that is not on this device is shown by its id."""
    row = store.row("dealer", dealer_id)
    if row is None:
        name = Bilingual(zh=dealer_id, en=dealer_id)
        return DealerView(dealer_id, "", name, None, "", None, None)
    return DealerView(
        id=dealer_id,
        code=row["code"],
        name=bilingual(row["name"], row["name_en"]) or Bilingual(zh=row["code"], en=row["code"]),
        city=bilingual(row["city"], row["city_en"]),
        address=row["address"],
        latitude=row["latitude"],
        longitude=row["longitude"],
        distance_km=distance_km(here, row["latitude"], row["longitude"]),
    )


class Documents:
    """Template documents by version id, read and checked once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read: dict[str, TemplateDocument] = {}

    def get(self, version_id: str) -> TemplateDocument | None:
        """The document, or None while the version has not been pulled."""
        if version_id not in self._read:
            row = self._store.row("template_version", version_id)
            if row is None:
                return None
            self._read[version_id] = TemplateDocument.model_validate(row["document"])
        return self._read[version_id]


def answer_values(rows: Iterable[Mapping[str, Any]]) -> dict[str, AnswerValue]:
    """Answers by key as logic and scoring read them; cleared ones are none."""
    return {
        row_key(row): AnswerValue(row["state"], row["value"]) for row in rows if row["state"] != "cleared"
    }


def assignment_card(
    store: Store, documents: Documents, row: Mapping[str, Any], today: date, here: Place | None
) -> AssignmentCard | None:
    """The card of an assignment; None while its checklist has not been pulled."""
    document = documents.get(row["template_version_id"])
    if document is None:
        return None
    return AssignmentCard(
        id=row["id"],
        dealer=dealer_view(store, row["dealer_id"], here),
        title=document.title,
        source=document.source,
        window_start=row["window_start"],
        window_end=row["window_end"],
        days_left=(row["window_end"] - today).days,
        open_now=row["window_start"] <= today <= row["window_end"],
        scenario=bilingual(row["scenario"], row["scenario_en"]),
        purchase_profile=bilingual(row["purchase_profile"], row["purchase_profile_en"]),
        announced=row["announced"],
        status=row["status"],
    )


def visit_card(
    store: Store, documents: Documents, row: Mapping[str, Any], here: Place | None = None
) -> VisitCard | None:
    """The card of a visit; None while its checklist has not been pulled."""
    document = documents.get(row["template_version_id"])
    if document is None:
        return None
    answers = answer_values(store.by("answer", visit_id=row["id"]))
    score = score_visit(*evaluated(document, answers))
    sealed = row["status"] not in ("draft", "returned")
    pending, held, files = _unsent(store, row["id"])
    notes = store.by("review_note", visit_id=row["id"])
    return VisitCard(
        id=row["id"],
        dealer=dealer_view(store, row["dealer_id"], here),
        title=document.title,
        source=document.source,
        status=row["status"],
        visit_date=row["visit_date"],
        started_at=row["started_at"],
        submitted_at=row["submitted_at"],
        percent=_sealed_score(row) if sealed else score.percent,
        answered=score.answered,
        shown=score.shown,
        revision=row["revision"],
        review_note=row["review_note"],
        open_notes=sum(not note["reply"] for note in notes),
        reply_due_at=row["reply_due_at"],
        reply_clock=clock_tone(row["reviewed_at"], row["reply_due_at"], store.context.now()),
        evidence_complete=row["evidence_complete"],
        pending=pending,
        pending_files=files,
        held=held,
    )


def _sealed_score(row: Mapping[str, Any]) -> Decimal | None:
    """The score that counts: after corrections where there are any."""
    return row["score"] if row["final_score"] is None else row["final_score"]


def _unsent(store: Store, visit_id: str) -> tuple[int, bool, int]:
    attachment = SYNCED["attachment"]
    with store.read() as connection:
        states = connection.execute(
            select(outbox_op.c.state, func.count())
            .where(outbox_op.c.aggregate_id == visit_id, outbox_op.c.state.in_(UNCONFIRMED))
            .group_by(outbox_op.c.state)
        ).all()
        files = connection.execute(
            select(func.count(func.distinct(attachment.c.sha256)))
            .select_from(attachment.join(media_file, media_file.c.sha256 == attachment.c.sha256))
            .where(
                attachment.c.visit_id == visit_id,
                attachment.c.removed.is_(False),
                media_file.c.stored_at == "",
            )
        ).scalar_one()
    by_state = {row[0]: row[1] for row in states}
    return sum(by_state.values()), bool(by_state.keys() - {"pending", "waiting"}), files
