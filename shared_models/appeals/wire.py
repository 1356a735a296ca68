"""A dealer's view of its accepted visits: what an appeal needs, and nothing that tells who the shopper was.

Left out on purpose: the person, positions and times of day, the device, recordings (a voice is known at the
dealer), signatures, the visitor's note, the test drive's log, and photos' own data.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict

from shared_models.building import LATER
from shared_models.checklists.document import Bilingual, Question, Section
from shared_models.checklists.stages import Source


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=LATER)


class ResultCard(_Part):
    """An accepted visit in the dealer's list."""

    visit_id: str
    dealer_id: str
    day: date | None
    source: Source
    title: Bilingual
    score: Decimal | None
    """Total in percent as it counts now, with what appeals have changed."""
    first_score: Decimal | None
    """Total as it was accepted."""
    appeal_until: datetime | None
    failed: int
    """Answers that earn nothing."""


class Results(_Part):
    """Accepted visits of the caller's dealers, the newest first."""

    results: tuple[ResultCard, ...]
    total: int


class ResultAnswer(_Part):
    """An answer as it counts, and as it was recorded where that differs."""

    question: Question
    state: str
    """answered, na, unobserved or "" for none."""
    value: Any = None
    recorded_state: str = ""
    """"" where the recorded answer counts."""
    recorded_value: Any = None
    comment: str = ""
    photos: tuple[str, ...] = ()
    """Ids to be asked for below ``/appeals/results/{visit_id}/photos``."""


class ResultSection(_Part):
    """A section with its score in percent."""

    code: str
    title: Bilingual
    percent: Decimal | None
    answers: tuple[ResultAnswer, ...]

    @classmethod
    def of(
        cls, section: Section, percent: Decimal | None, answers: tuple[ResultAnswer, ...]
    ) -> ResultSection:
        """The section of a checklist with these answers."""
        return cls(code=section.code, title=section.title, percent=percent, answers=answers)


class Result(ResultCard):
    """One accepted visit, answer by answer."""

    sections: tuple[ResultSection, ...]
    critical_failures: tuple[str, ...]
