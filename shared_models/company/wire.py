"""Messages of company rules: escalation, calendar, retention, webhooks."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from shared_models.building import LATER
from shared_models.company.workdays import DayKind


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=LATER)


class Escalation(_Message):
    """Days past a deadline after which owner, supervisor, manager and headquarters are told."""

    days: tuple[int, int, int, int]
    working_days: bool = False
    """Whether only working days count."""


class CalendarDay(_Message):
    """A day that is not what its weekday says."""

    day: date
    kind: DayKind
    name: str = Field(default="", max_length=60)


class RetentionRules(_Message):
    """Days for which things are kept; none: without end. The shortest that may be chosen is 90."""

    photo_days: int | None = Field(default=None, ge=90, le=36_500)
    audio_days: int | None = Field(default=None, ge=90, le=36_500)
    number_days: int | None = Field(default=None, ge=90, le=36_500)
    """Customers' telephone numbers, after the last call or complaint."""
    automatic: bool = False
    """Whether what is due goes every night by itself; else when somebody says so."""


class RetentionCounts(_Message):
    """What a run removes, or would."""

    photos: int = 0
    routes: int = 0
    recordings: int = 0
    bytes: int = 0
    numbers: int = 0

    @property
    def anything(self) -> bool:
        """Whether there is something to remove."""
        return bool(self.photos or self.routes or self.recordings or self.numbers)


class RetentionRun(_Message):
    """A run that removed something (``at`` ISO 8601 UTC; ``by`` "" for the command line or the job)."""

    at: str
    by: str = ""
    counts: RetentionCounts


class RetentionState(_Message):
    """The rules, what they would remove now, and the last runs."""

    rules: RetentionRules
    due: RetentionCounts
    runs: tuple[RetentionRun, ...] = ()
    looked_at: str = ""
    """When the job last ran (ISO 8601 UTC), also where it found nothing; "" for never."""
    next_at: str = ""
    """When it runs next; "" where it does not."""


class NewWebhook(_Message):
    """An address to be told of events."""

    url: str = Field(max_length=300, pattern=r"^https?://[^\s/@]+(/\S*)?$")
    note: str = Field(default="", max_length=120)


class Webhook(_Message):
    """An endpoint with how its last deliveries went (instants ISO 8601 UTC); never its secret."""

    id: str
    url: str
    note: str = ""
    active: bool = True
    last_sent_at: str | None = None
    last_failed_at: str | None = None
    last_error: str = ""


class WebhookMade(Webhook):
    """A fresh endpoint with its secret, told this once."""

    secret: str
