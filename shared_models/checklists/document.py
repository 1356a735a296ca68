"""The template document: what a published template version holds, word for word.

The same document is YAML in ``assets/checklists``, JSON in ``template_version.document`` and on the wire.
A document is checked as a whole when it is read; after publication it never changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared_models.building import LATER
from shared_models.checklists.formula import Formula, FormulaFault
from shared_models.checklists.logic import Condition
from shared_models.checklists.stages import Rater, Source, Stage

Code = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=40)]


Key = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*(~[1-9][0-9]?)?$", max_length=40)]
"""A code; of a laid-out checklist with the number of its instance (shared_models.checklists.repeats)."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=LATER)


class Bilingual(_Part):
    """A text in both languages; neither may be empty."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def text(self, language: str) -> str:
        """The text for a language tag such as ``zh_CN`` or ``en``."""
        return self.zh if language.startswith("zh") else self.en


class QuestionKind(StrEnum):
    """Answer kinds (the JSON value an answer of each kind holds is given in brackets)."""

    YES_NO = "yes_no"  # "yes" | "no"
    YES_NO_NA = "yes_no_na"  # "yes" | "no", or the answer's state is "na"
    SCALE = "scale"  # integer within minimum..maximum
    SINGLE = "single"  # choice code
    MULTIPLE = "multiple"  # list of choice codes
    NUMBER = "number"  # number within minimum..maximum, in `unit`
    DURATION = "duration"  # whole seconds
    DATE = "date"  # "2026-11-03"
    TIME = "time"  # "14:05"
    DATETIME = "datetime"  # ISO 8601 with offset
    TEXT = "text"  # string
    PHOTO = "photo"  # the answer's attachments carry it; value is their count
    AUDIO = "audio"  # as photo
    SIGNATURE = "signature"  # {"name": str, "strokes": [[[x, y], ...], ...], "width": w, "height": h}
    LOCATION = "location"  # {"latitude": deg, "longitude": deg, "accuracy_m": metres}
    BARCODE = "barcode"  # string


SCORED_KINDS = frozenset(
    {
        QuestionKind.YES_NO,
        QuestionKind.YES_NO_NA,
        QuestionKind.SCALE,
        QuestionKind.SINGLE,
        QuestionKind.MULTIPLE,
        QuestionKind.NUMBER,
        QuestionKind.DURATION,
    }
)
"""Kinds that can carry a score; the others document the visit."""


COMPUTED_KINDS = frozenset(
    {
        QuestionKind.NUMBER,
        QuestionKind.DURATION,
        QuestionKind.YES_NO,
        QuestionKind.YES_NO_NA,
        QuestionKind.SINGLE,
        QuestionKind.TEXT,
    }
)
"""Kinds whose value a formula can give."""
MOST_REPEATS = 50
"""A section is asked at most so many times."""
LONGEST_REPEATED = 36
"""Letters of a code in a repeating section: its instances carry a number behind it."""


class Choice(_Part):
    """One option; ``score`` is the share of the question's weight it earns (0..1, none: not scored)."""

    code: Code
    text: Bilingual
    score: Decimal | None = Field(default=None, ge=0, le=1)


class ScoreBand(_Part):
    """Numbers (or seconds) from ``at_least`` up to the next band earn ``score`` (0..1)."""

    at_least: Decimal
    score: Decimal = Field(ge=0, le=1)


class Evidence(_Part):
    """Evidence rule: so many photos (or recordings) when the answer is of this outcome."""

    when: Literal["always", "no", "yes", "low"] = "no"
    """``no``: the answer earns nothing; ``low``: it earns less than half; ``yes``: it earns something."""
    kind: Literal["photo", "audio"] = "photo"
    count: int = Field(default=1, ge=1, le=20)


class Repeat(_Part):
    """A section asked once per thing of its kind: per consultant met, per car looked at."""

    label: Bilingual
    """What one of them is called ("consultant"); the visitor may name each."""
    minimum: int = Field(default=1, ge=0, le=MOST_REPEATS)
    maximum: int = Field(default=10, ge=1, le=MOST_REPEATS)
    count: Code | None = None
    """Given: the number question before it whose answer says how many there are (never more than
    ``maximum``; ``minimum`` while it is not answered); nobody adds or takes out one then."""
    person: bool = False
    """Whether each is an employee of the dealer: what is seen in an instance is then known of its name."""

    @model_validator(mode="after")
    def _in_order(self) -> Repeat:
        if self.minimum > self.maximum:
            raise ValueError("repeat: minimum must not exceed maximum")
        return self


class Question(_Part):
    """One question of a checklist; it measures at most one canonical item."""

    code: Key
    kind: QuestionKind
    text: Bilingual
    guidance: Bilingual | None = None
    stage: Stage
    item: Code | None = None
    rater: Rater | None = None
    weight: Decimal = Field(default=Decimal(1), ge=0, le=100)
    critical: bool = False
    critical_cap: Decimal = Field(default=Decimal(0), ge=0, le=100)
    """Highest score (percent) of the section when this critical question earns nothing."""
    evidence: Evidence | None = None
    show_when: Condition | None = None
    required: bool = True
    choices: tuple[Choice, ...] = ()
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    low_label: Bilingual | None = None
    high_label: Bilingual | None = None
    unit: Bilingual | None = None
    score_bands: tuple[ScoreBand, ...] = ()
    calculation: str | None = None
    """Formula that gives the value (shared_models.checklists.formula); nobody answers such a question."""
    carry_over: bool = False
    """Whether the answer of the visitor's last visit to the same dealer is offered; a tap takes it over."""

    @cached_property
    def scored(self) -> bool:
        """Whether an answer to this question can earn a score."""
        if self.weight == 0 or self.kind not in SCORED_KINDS:
            return False
        if self.kind in {QuestionKind.SINGLE, QuestionKind.MULTIPLE}:
            return any(choice.score is not None for choice in self.choices)
        if self.kind in {QuestionKind.NUMBER, QuestionKind.DURATION}:
            return bool(self.score_bands)
        return True

    @cached_property
    def formula(self) -> Formula | None:
        """The formula of a computed question, read."""
        return Formula.read(self.calculation) if self.calculation is not None else None

    @model_validator(mode="after")
    def _consistent(self) -> Question:
        where = f"question {self.code}"
        if self.calculation is not None:
            if self.kind not in COMPUTED_KINDS:
                raise ValueError(f"{where}: a {self.kind} question cannot be computed")
            try:
                Formula.read(self.calculation)
            except FormulaFault as fault:
                raise ValueError(f"{where}: calculation not understood at {fault}") from None
        if self.kind in {QuestionKind.SINGLE, QuestionKind.MULTIPLE}:
            codes = [choice.code for choice in self.choices]
            if len(codes) < 2 or len(set(codes)) != len(codes):
                raise ValueError(f"{where}: needs at least two choices with different codes")
        elif self.choices:
            raise ValueError(f"{where}: a {self.kind} question has no choices")
        if self.kind is QuestionKind.SCALE and (self.minimum is None or self.maximum is None):
            raise ValueError(f"{where}: a scale needs minimum and maximum")
        if self.minimum is not None and self.maximum is not None and self.minimum >= self.maximum:
            raise ValueError(f"{where}: minimum must be below maximum")
        if list(self.score_bands) != sorted(self.score_bands, key=lambda band: band.at_least):
            raise ValueError(f"{where}: score bands must rise")
        if self.critical and not self.scored:
            raise ValueError(f"{where}: only a scored question can be critical")
        return self


class Section(_Part):
    """A part of the checklist that is scored on its own; ``weight`` is its share in the total."""

    code: Code
    title: Bilingual
    intro: Bilingual | None = None
    stage: Stage
    weight: Decimal = Field(default=Decimal(1), ge=0, le=100)
    repeat: Repeat | None = None
    """Given: the section is asked once per instance (shared_models.checklists.repeats)."""
    questions: tuple[Question, ...] = Field(min_length=1)


class TemplateDocument(_Part):
    """A whole checklist in both languages."""

    code: Code
    title: Bilingual
    description: Bilingual
    source: Source
    """Source that accepted visits of this template feed: shop, inspection or audit."""
    test_drive_log: bool = False
    """Whether the visit carries the test-drive log (times, car, who drove) beside the questions."""
    minimum_minutes: int | None = Field(default=None, ge=0)
    sections: tuple[Section, ...] = Field(min_length=1)

    def questions(self) -> Iterator[Question]:
        """All questions in order."""
        for section in self.sections:
            yield from section.questions

    def question(self, code: str) -> Question:
        """The question of that code; KeyError if there is none."""
        for question in self.questions():
            if question.code == code:
                return question
        raise KeyError(code)

    def to_json(self) -> dict[str, Any]:
        """The document as plain JSON data (short: defaults are left out)."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)

    @model_validator(mode="after")
    def _whole(self) -> TemplateDocument:
        sections: set[str] = set()
        earlier: set[str] = set()
        for section in self.sections:
            if section.code in sections:
                raise ValueError(f"section {section.code} stands twice")
            sections.add(section.code)
            for question in section.questions:
                if "~" in question.code:
                    raise ValueError(f"question {question.code}: a code has no ~")
                if question.code in earlier:
                    raise ValueError(f"question {question.code} stands twice")
                formula = question.formula
                for rule, reads in (
                    ("show_when", question.show_when.questions() if question.show_when else ()),
                    ("calculation", formula.names if formula else ()),
                ):
                    for read in reads:
                        if read not in earlier:
                            raise ValueError(
                                f"question {question.code}: {rule} reads {read}, not asked before it"
                            )
                earlier.add(question.code)
        for section in self.sections:
            if section.repeat is not None:
                _can_repeat(section, earlier)
        _counts(self.sections)
        return self


def _counts(sections: Sequence[Section]) -> None:
    """How many there are is said by a number that everybody is asked for, once, before."""
    numbers: set[str] = set()
    for section in sections:
        count = section.repeat.count if section.repeat is not None else None
        if count is not None and count not in numbers:
            raise ValueError(f"section {section.code}: {count} is no number that is always asked before it")
        if section.repeat is None:
            numbers |= {question.code for question in section.questions if counts(question)}


def counts(question: Question) -> bool:
    """Whether the answer of a question outside repeating sections can say how often a later one is asked."""
    return question.kind is QuestionKind.NUMBER and question.calculation is None and not question.show_when


def _can_repeat(section: Section, questions: set[str]) -> None:
    """Instances are kept as answers to the section's own code, numbered behind it."""
    if section.code in questions:
        raise ValueError(f"section {section.code} repeats and has the code of a question")
    for code in (section.code, *(question.code for question in section.questions)):
        if len(code) > LONGEST_REPEATED:
            raise ValueError(f"{code}: codes in a repeating section have at most {LONGEST_REPEATED} letters")
