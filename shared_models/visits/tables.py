"""Tables of a visit: assignment, visit, answers, attachments, test drive, review notes, corrections.

A visit is one aggregate: its answers, attachments, test drive, notes and corrections carry ``visit_id`` and
are held back and digested together; what the visitor recorded is sealed.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Field, UniqueConstraint

from shared_models.columns import ExactDecimal, Instant, Json, Row


class Assignment(Row, table=True):
    """A planned visit: who goes where, with which checklist, in which days, under which story."""

    dealer_id: str = Field(foreign_key="dealer.id", index=True)
    template_version_id: str = Field(foreign_key="template_version.id")
    person_id: str = Field(foreign_key="person.id", index=True)
    window_start: date
    window_end: date
    scenario: str = ""
    scenario_en: str = ""
    purchase_profile: str = ""
    purchase_profile_en: str = ""
    announced: bool = False
    status: str = Field(default="planned", max_length=12)
    decline_reason: str = ""
    """Why the person named does not go; in their own words."""
    # written by the server only
    call_id: str = Field(default="", max_length=36)
    """The task of a telephone call (shared_models.calls.tables.CallTask), "" for a visit."""


class Focus(Row, table=True):
    """Items on which a planned visit is to bring more than a tick; written by the server alone.

    They are the items of the dealer's running plans, which this visit will judge. The row names no plan: a
    covert visitor reads of it only that some answers want a sentence or a photo.
    """

    assignment_id: str = Field(foreign_key="assignment.id", unique=True)
    dealer_id: str = Field(foreign_key="dealer.id", index=True)
    person_id: str = Field(foreign_key="person.id")
    items: list[str] = Field(default_factory=list, sa_type=Json)
    """Codes of items, in order."""


class Visit(Row, table=True):
    """One visit to a dealer. A draft keeps the template version it began with; a submitted one is sealed."""

    assignment_id: str | None = Field(default=None, foreign_key="assignment.id", index=True)
    dealer_id: str = Field(foreign_key="dealer.id", index=True)
    template_version_id: str = Field(foreign_key="template_version.id")
    person_id: str = Field(foreign_key="person.id", index=True)
    source: str = Field(max_length=12)
    status: str = Field(default="draft", max_length=12, index=True)
    visit_date: date | None = None
    """The business day of the visit, in the dealer's time."""
    started_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    submitted_at: datetime | None = Field(default=None, sa_type=Instant)
    zone: str = ""
    """IANA zone the instants were made in."""
    start_place: dict[str, Any] | None = Field(default=None, sa_type=Json)
    """latitude, longitude (degrees), accuracy_m."""
    end_place: dict[str, Any] | None = Field(default=None, sa_type=Json)
    consultant: str = ""
    """The consultant's name as the visitor learned it."""
    note: str = ""
    score: Decimal | None = Field(default=None, sa_type=ExactDecimal)
    """Total in percent, computed at submission; the server recomputes it and both must agree."""
    revision: int = 0
    moves: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    """Moves of the draft to newer versions of its checklist, with the answers each one dropped
    (shared_models.visits.moving); nothing that was recorded is lost by one."""
    manifest: dict[str, Any] | None = Field(default=None, sa_type=Json)
    """Sealed list of all answers and attachment hashes (shared_models.visits.manifest)."""
    # written by the server only
    evidence_complete: bool = False
    reviewed_by: str | None = Field(default=None, foreign_key="person.id")
    reviewed_at: datetime | None = Field(default=None, sa_type=Instant)
    review_note: str = ""
    reply_due_at: datetime | None = Field(default=None, sa_type=Instant)
    """Until when a returned visit is to be sent again."""
    final_score: Decimal | None = Field(default=None, sa_type=ExactDecimal)
    """Total in percent with all corrections; none while there is no correction. ``score`` stays."""


class Answer(Row, table=True):
    """The answer to one question of a visit."""

    __table_args__ = (UniqueConstraint("visit_id", "question", "repeat"),)

    visit_id: str = Field(foreign_key="visit.id")
    """Has no index of its own: the uniqueness begins with it."""
    question: str = Field(max_length=40)
    repeat: int = 0
    state: str = Field(default="answered", max_length=10)
    """answered, na (not applicable), unobserved (not seen, don't know), cleared (taken back)."""
    value: Any = Field(default=None, sa_type=Json, nullable=True)
    comment: str = ""
    answered_at: datetime | None = Field(default=None, sa_type=Instant)


class Attachment(Row, table=True):
    """A photo, recording or signature that belongs to a visit, to an action's progress or to an appeal.

    The bytes travel apart from the record, by their SHA-256. ``stored_at`` is the server's receipt.
    """

    visit_id: str | None = Field(default=None, foreign_key="visit.id", index=True)
    plan_id: str | None = Field(default=None, foreign_key="plan.id", index=True)
    appeal_id: str | None = Field(default=None, foreign_key="appeal.id", index=True)
    question: str = Field(default="", max_length=40)
    """Question code for a visit, progress row id for a plan, empty for the whole visit."""
    repeat: int = 0
    kind: str = Field(default="photo", max_length=12)
    sha256: str = Field(max_length=64, index=True)
    size: int
    mime: str = Field(default="image/jpeg", max_length=60)
    taken_at: datetime | None = Field(default=None, sa_type=Instant)
    place: dict[str, Any] | None = Field(default=None, sa_type=Json)
    label: str = ""
    """before or after for the two photos of a correction on the spot, else the person's own word."""
    original_sha256: str = Field(default="", max_length=64)
    """Hash of the picture as it came from the camera, before it was scaled down."""
    marks: list[list[list[float]]] = Field(default_factory=list, sa_type=Json)
    """Strokes drawn on a photo (shared_models.visits.marks); the picture itself stays as it was taken."""
    removed: bool = False
    # written by the server only
    stored_at: datetime | None = Field(default=None, sa_type=Instant)


class TestDrive(Row, table=True):
    """The test-drive log of a visit: the car, papers, route, checks, impressions."""

    __tablename__ = "test_drive"  # pyright: ignore[reportAssignmentType]
    __test__ = False  # not a pytest class
    __table_args__ = (UniqueConstraint("visit_id"),)

    visit_id: str = Field(foreign_key="visit.id", index=True)
    offered: str = Field(default="", max_length=12)
    """"", consultant (offered by the consultant), asked (only on request), refused."""
    car_model: str = ""
    plate: str = Field(default="", max_length=16)
    mileage_km: int | None = None
    car_clean: str = Field(default="", max_length=4)
    car_equipped: str = Field(default="", max_length=4)
    fuel_enough: str = Field(default="", max_length=4)
    licence_checked: str = Field(default="", max_length=4)
    agreement_signed: str = Field(default="", max_length=4)
    route_explained: str = Field(default="", max_length=4)
    consultant_drove_first: str = Field(default="", max_length=4)
    safe_change_over: str = Field(default="", max_length=4)
    route: str = ""
    demonstrated: list[str] = Field(default_factory=list, sa_type=Json)
    impressions: str = ""
    debrief: str = ""


class TestDriveEvent(Row, table=True):
    """One stamp of the test drive's timeline; a correction is kept beside the first stamp."""

    __tablename__ = "test_drive_event"  # pyright: ignore[reportAssignmentType]
    __test__ = False
    __table_args__ = (UniqueConstraint("visit_id", "kind"),)

    visit_id: str = Field(foreign_key="visit.id", index=True)
    kind: str = Field(max_length=20)
    """See shared_models.visits.test_drive.EVENTS."""
    at: datetime | None = Field(default=None, sa_type=Instant)
    first_at: datetime | None = Field(default=None, sa_type=Instant)
    """The stamp as first tapped, when it was corrected later."""
    correction_reason: str = ""


class ReviewNote(Row, table=True):
    """A reviewer's question on one answer (or the visit) and the visitor's reply."""

    __tablename__ = "review_note"  # pyright: ignore[reportAssignmentType]

    visit_id: str = Field(foreign_key="visit.id", index=True)
    question: str = Field(default="", max_length=40)
    text: str
    author_id: str | None = Field(default=None, foreign_key="person.id")
    created_at: datetime | None = Field(default=None, sa_type=Instant)
    reply: str = ""
    replied_at: datetime | None = Field(default=None, sa_type=Instant)


class Correction(Row, table=True):
    """An answer read differently after the visit was sealed: by its reviewer, or as an appeal was upheld.

    The sealed answer stays as it was recorded; the newest correction of a question counts
    (shared_models.visits.corrections).
    """

    visit_id: str = Field(foreign_key="visit.id", index=True)
    question: str = Field(max_length=40)
    repeat: int = 0
    state: str = Field(default="answered", max_length=10)
    value: Any = Field(default=None, sa_type=Json, nullable=True)
    revision: int = 0
    """The visit's revision that it corrects; a visit sent again is read as it was sent."""
    reason: str = ""
    author_id: str | None = Field(default=None, foreign_key="person.id")
    made_at: datetime | None = Field(default=None, sa_type=Instant)
    # written by the server only
    before_state: str = Field(default="", max_length=10)
    """What counted before: "" for no answer."""
    before_value: Any = Field(default=None, sa_type=Json, nullable=True)
    score_before: Decimal | None = Field(default=None, sa_type=ExactDecimal)
    score_after: Decimal | None = Field(default=None, sa_type=ExactDecimal)
    appeal_id: str = Field(default="", max_length=36)
    """The appeal that led to it, "" for the reviewer's own."""
