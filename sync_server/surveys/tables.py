"""Tables of surveys and telephone work. They stay on the server: what leaves it goes through the masks of
``shared_models.surveys.privacy``."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlmodel import Field, Index, SQLModel, UniqueConstraint

from shared_models.columns import Instant, Json
from shared_models.ids import new_id


class Customer(SQLModel, table=True):
    """A customer of a dealer."""

    __table_args__ = (UniqueConstraint("dealer_id", "name", "phone"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    dealer_id: str = Field(foreign_key="dealer.id", index=True)
    name: str
    phone: str = Field(default="", index=True, max_length=32)
    """In full here, masked wherever it leaves."""
    sex: str = Field(default="", max_length=8)
    occupation: str = ""
    since: date | None = None


class Vehicle(SQLModel, table=True):
    """A customer's car. Plate and VIN are unique while known."""

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    plate: str | None = Field(default=None, unique=True, max_length=16)
    vin: str | None = Field(default=None, unique=True, max_length=17)
    model: str = ""
    dealer_id: str = Field(foreign_key="dealer.id", index=True)
    """The dealer that sold or looks after it."""
    customer_id: str | None = Field(default=None, foreign_key="customer.id", index=True)
    delivered_on: date | None = None


class SurveyHouse(SQLModel, table=True):
    """Who asks: an outside survey house, or the own call centre."""

    __tablename__ = "survey_house"  # pyright: ignore[reportAssignmentType]

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    code: str = Field(unique=True, max_length=40)
    name: str
    name_en: str


class Response(SQLModel, table=True):
    """One respondent as called: an interview, or how the call failed."""

    __table_args__ = (
        UniqueConstraint("house_id", "survey", "external_key"),
        Index("ix_response_dealer_month", "dealer_id", "month", "source"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    house_id: str = Field(foreign_key="survey_house.id", index=True)
    survey: str = Field(max_length=40)
    """Name of the mapping (imports) or code of the questionnaire (own calls)."""
    external_key: str = Field(max_length=200)
    """What the house knows the record by; own calls: the id of the call task."""
    source: str = Field(max_length=12)
    area: str = Field(default="sales", max_length=8)
    dealer_id: str = Field(foreign_key="dealer.id")
    customer_id: str | None = Field(default=None, foreign_key="customer.id", index=True)
    vehicle_id: str | None = Field(default=None, foreign_key="vehicle.id", index=True)
    call_task_id: str | None = Field(default=None, foreign_key="call_task.id", index=True)
    day: date
    """Business day of the call; the first of the month where a survey gives only the month."""
    month: str = Field(max_length=7)
    wave: str = Field(default="", max_length=40)
    disposition: str = Field(max_length=16)
    attempt: int | None = None
    seconds: int | None = None
    agent: str = ""
    employee: str = ""
    """The dealer's employee as the house names them."""
    event_day: date | None = None
    verbatim: str = ""
    complaint: str = ""
    revision: int = 0
    content_sha256: str = Field(max_length=64)
    batch_id: str | None = Field(default=None, foreign_key="import_batch.id", index=True)
    """The import that brought its present content."""
    row_number: int | None = None


class ResponseAnswer(SQLModel, table=True):
    """One answer of a response: an execution (did it happen?) or a rating; the two are never mixed."""

    __tablename__ = "response_answer"  # pyright: ignore[reportAssignmentType]

    response_id: str = Field(foreign_key="response.id", primary_key=True, max_length=36)
    code: str = Field(primary_key=True, max_length=40)
    kind: str = Field(max_length=10)
    """execution or rating."""
    state: str = Field(max_length=10)
    """executed, not, na, unobserved; rated or unobserved. Blank answers have no row."""
    value: str = Field(default="", max_length=200)
    """As the file has it."""
    item_code: str | None = Field(default=None, max_length=40)


class ResponseRevision(SQLModel, table=True):
    """What a response said before a later file changed it."""

    __tablename__ = "response_revision"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (UniqueConstraint("response_id", "revision"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    response_id: str = Field(foreign_key="response.id", index=True)
    revision: int
    content: dict[str, Any] = Field(sa_type=Json)
    """The columns and answers as they stood."""
    batch_id: str | None = Field(default=None, max_length=36)
    replaced_at: datetime = Field(sa_type=Instant)


class SurveyQuestion(SQLModel, table=True):
    """The wording of a survey's questions, for the evidence behind a figure."""

    __tablename__ = "survey_question"  # pyright: ignore[reportAssignmentType]

    survey: str = Field(primary_key=True, max_length=40)
    code: str = Field(primary_key=True, max_length=40)
    text: str
    text_en: str
    kind: str = Field(max_length=10)
    item_code: str | None = Field(default=None, max_length=40)
    minimum: int | None = None
    maximum: int | None = None
