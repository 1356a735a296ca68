"""The column mapping of a survey house: what each column of its files means.

A mapping is a saved, named, editable document: YAML in ``assets/mappings`` for the houses that come with the
program, JSON in the database, the same on the wire. It is checked as a whole when it is read; the program
holds no knowledge of any house's columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared_models.building import LATER
from shared_models.checklists.document import Bilingual, Code
from shared_models.checklists.stages import Source
from shared_models.surveys.outcomes import Disposition

MappingName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Column = Annotated[str, Field(min_length=1, max_length=200)]
"""A column's heading as it stands in any of the header rows (blanks at the ends do not matter)."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=LATER)


def _each_once(words: list[str], where: str) -> None:
    seen: set[str] = set()
    for word in words:
        if word in seen:
            raise ValueError(f"{where}: {word} stands twice")
        seen.add(word)


class FileKind(StrEnum):
    """File formats that can be read."""

    CSV = "csv"
    XLSX = "xlsx"
    SAV = "sav"


class DateForm(StrEnum):
    """Forms in which a file may write a day."""

    ISO = "iso"  # 2026-10-21
    SLASHES = "slashes"  # 2026/10/21
    CHINESE = "chinese"  # 2026年10月21日
    EXCEL = "excel"  # a real date cell, or its serial number
    MONTH = "month"  # 202610 or 2026-10: stands for the first day of the month


class House(_Part):
    """The survey house (or the own call centre) that delivers the files."""

    code: MappingName
    name: Bilingual


class SkippedRows(_Part):
    """Rows that are no data, such as totals: those whose column holds one of these words."""

    column: Column
    values: tuple[str, ...] = Field(min_length=1)


class FileLayout(_Part):
    """How the file is laid out."""

    format: FileKind
    encoding: Literal["auto", "utf-8", "gb18030", "utf-16"] = "auto"
    """CSV only; auto: by byte-order mark, then UTF-8 if the whole file is, else GB18030."""
    delimiter: Literal[",", ";", "\t"] = ","
    sheet: str | None = None
    """XLSX only; none: the first sheet."""
    title_rows: int = Field(default=0, ge=0, le=50)
    """Rows above the headings (a merged title)."""
    header_rows: int = Field(default=1, ge=1, le=5)
    skip_rows: tuple[SkippedRows, ...] = ()


class DealerColumns(_Part):
    """Where the dealer stands: its code, and its name to find it by where the code is blank."""

    code: Column | None = None
    name: Column | None = None

    @model_validator(mode="after")
    def _something(self) -> DealerColumns:
        if self.code is None and self.name is None:
            raise ValueError("the dealer needs a code or a name column")
        return self


class DayColumn(_Part):
    """A column that holds a day, the forms it may be written in, and the days that are possible."""

    column: Column
    forms: tuple[DateForm, ...] = Field(default=(DateForm.ISO,), min_length=1)
    not_before: date | None = None
    not_after: date | None = None
    """A day after today is impossible in any case."""

    @model_validator(mode="after")
    def _order(self) -> DayColumn:
        if self.not_before and self.not_after and self.not_before > self.not_after:
            raise ValueError(f"{self.column}: not_before lies after not_after")
        return self


class OutcomeColumn(_Part):
    """The column of the call's outcome and the words for each disposition."""

    column: Column
    words: dict[Disposition, tuple[str, ...]] = Field(min_length=1)

    @model_validator(mode="after")
    def _once(self) -> OutcomeColumn:
        _each_once([word for words in self.words.values() for word in words], self.column)
        return self


class AnswerWords(_Part):
    """Words (or codes, or SPSS value labels) for each state of an execution answer."""

    executed: tuple[str, ...] = ()
    not_executed: tuple[str, ...] = ()
    not_applicable: tuple[str, ...] = ()
    not_observed: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _once(self) -> AnswerWords:
        _each_once(
            [*self.executed, *self.not_executed, *self.not_applicable, *self.not_observed], "answer words"
        )
        return self


class ExecutionColumn(_Part):
    """A yes/no column: whether the step was executed, and the canonical item it measures (or none)."""

    column: Column
    code: Code
    item: Code | None = None
    text: Bilingual
    words: AnswerWords | None = None
    """None: the mapping's own ``answer_words``."""


class RatingColumn(_Part):
    """A rating. It is kept as a rating and never becomes an execution."""

    column: Column
    code: Code
    item: Code | None = None
    """What the rating is about; ratings do not enter the item's execution rate."""
    text: Bilingual
    minimum: int = 1
    maximum: int = 10
    not_observed: tuple[str, ...] = ()
    """Codes for "don't know" and "refused"; declared user-missing values of SPSS need not be named."""

    @model_validator(mode="after")
    def _order(self) -> RatingColumn:
        if self.minimum >= self.maximum:
            raise ValueError(f"{self.column}: minimum must be below maximum")
        return self


class CheckLevel(StrEnum):
    """What a failed check does to its row."""

    REJECT = "reject"  # the row is listed and not loaded
    NOTE = "note"  # the row is loaded and listed as a note


class SurveyMapping(_Part):
    """The whole mapping."""

    name: MappingName
    title: Bilingual
    house: House
    source: Source
    area: Literal["sales", "service"] = "sales"
    file: FileLayout
    key: tuple[Column, ...] = Field(min_length=1, max_length=5)
    """Columns that together name the respondent's record for good: the same in every later file."""
    dealer: DealerColumns
    day: DayColumn
    outcome: OutcomeColumn | None = None
    """None: every row is a completed interview."""
    wave: Column | None = None
    attempt: Column | None = None
    seconds: Column | None = None
    agent: Column | None = None
    employee: Column | None = None
    customer: Column | None = None
    phone: Column | None = None
    plate: Column | None = None
    model: Column | None = None
    event_day: DayColumn | None = None
    """Day of the purchase, delivery or service the interview is about."""
    verbatim: Column | None = None
    complaint: Column | None = None
    answer_words: AnswerWords = AnswerWords()
    execution: tuple[ExecutionColumn, ...] = ()
    ratings: tuple[RatingColumn, ...] = ()
    phone_check: CheckLevel = CheckLevel.NOTE
    """What a telephone number that cannot be one does to its row."""

    @model_validator(mode="after")
    def _whole(self) -> SurveyMapping:
        _each_once([column.code for column in (*self.execution, *self.ratings)], "question codes")
        _each_once([column.column for column in (*self.execution, *self.ratings)], "question columns")
        if not self.execution and not self.ratings:
            raise ValueError("a mapping needs at least one execution or rating column")
        for column in self.execution:
            words = column.words or self.answer_words
            if not words.executed or not words.not_executed:
                raise ValueError(f"{column.column}: no words for executed and not executed")
        return self

    def columns(self) -> Iterator[str]:
        """All columns that the file must have."""
        single = (self.wave, self.attempt, self.seconds, self.agent, self.employee, self.customer)
        named = (*single, self.phone, self.plate, self.model, self.verbatim, self.complaint)
        parts = (self.day, self.outcome, self.event_day, *self.execution, *self.ratings)
        seen = dict.fromkeys(self.key)
        seen |= dict.fromkeys(column for column in (self.dealer.code, self.dealer.name) if column)
        seen |= dict.fromkeys(column for column in named if column)
        seen |= dict.fromkeys(part.column for part in parts if part)
        seen |= dict.fromkeys(rows.column for rows in self.file.skip_rows)
        yield from seen

    def private_columns(self) -> frozenset[str]:
        """Columns whose values are masked wherever they are shown."""
        return frozenset(column for column in (self.customer, self.phone, self.plate) if column)

    def items(self) -> Iterator[str]:
        """Codes of all canonical items that the mapping names."""
        yield from dict.fromkeys(c.item for c in (*self.execution, *self.ratings) if c.item)

    def to_json(self) -> dict[str, Any]:
        """The mapping as plain JSON data (defaults left out)."""
        return self.model_dump(mode="json", exclude_defaults=True)
