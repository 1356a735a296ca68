"""From a row of a survey file to a clean response, or to the list of what is wrong with it.

Pure: the known dealers and today's date are passed in. A row is looked at as a whole, so that everything
wrong with it is listed at once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Literal

from shared_models.imports.mapping import (
    AnswerWords,
    CheckLevel,
    DayColumn,
    ExecutionColumn,
    RatingColumn,
    SurveyMapping,
)
from shared_models.imports.wire import RowFinding, RowReason
from shared_models.surveys import Disposition, is_phone, mask_name, mask_numbers, mask_phone, mask_plate
from sync_server.imports.cells import (
    Cell,
    ImpossibleDay,
    Labelled,
    UnreadableDay,
    day_of,
    number_of,
    text_of,
    words_of,
)

AnswerState = Literal["executed", "not", "na", "unobserved", "blank", "rated"]
_LONGEST_KEY = 200
_SHOWN = 60  # characters of a value that a finding shows


@dataclass(frozen=True)
class KnownDealer:
    """What cleaning needs of a dealer."""

    id: str
    code: str
    name: str


class Dealers:
    """The network's dealers by code and by (possibly cut off) name."""

    def __init__(self, dealers: Iterable[KnownDealer]) -> None:
        self._all = list(dealers)
        self._by_code = {dealer.code.upper(): dealer for dealer in self._all}

    def by_code(self, code: str) -> KnownDealer | None:
        """The dealer of a code, however it was typed."""
        return self._by_code.get(code.upper())

    def by_name(self, name: str) -> list[KnownDealer]:
        """Dealers whose name is this or begins with it (survey houses cut names off)."""
        exact = [dealer for dealer in self._all if text_of(dealer.name) == name]
        bare = name.rstrip(".…")
        return exact or [d for d in self._all if len(bare) >= 4 and text_of(d.name).startswith(bare)]


@dataclass(frozen=True)
class CleanAnswer:
    """One execution answer or rating of a response."""

    code: str
    kind: Literal["execution", "rating"]
    state: AnswerState
    """A rating is never ``executed``: it is ``rated`` with a ``value``, ``unobserved`` or ``blank``."""
    value: str = ""
    item: str | None = None


@dataclass(frozen=True)
class CleanResponse:
    """One respondent's row, checked."""

    key: str
    dealer_id: str
    day: date
    disposition: Disposition
    wave: str = ""
    attempt: int | None = None
    seconds: int | None = None
    agent: str = ""
    employee: str = ""
    customer: str = ""
    phone: str = ""
    plate: str = ""
    model: str = ""
    event_day: date | None = None
    verbatim: str = ""
    complaint: str = ""
    answers: tuple[CleanAnswer, ...] = ()

    @cached_property
    def content_sha256(self) -> str:
        """Fingerprint of all that the row says: equal content, equal text."""
        content = [
            self.dealer_id,
            self.day.isoformat(),
            self.disposition.value,
            self.wave,
            self.attempt,
            self.seconds,
            self.agent,
            self.employee,
            self.customer,
            self.phone,
            self.plate,
            self.model,
            self.event_day.isoformat() if self.event_day else "",
            self.verbatim,
            self.complaint,
            [[a.code, a.kind, a.state, a.value, a.item] for a in self.answers],
        ]
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class CleanRow:
    """What became of one row: a response, or None with the findings that say why; or a row to skip."""

    number: int
    response: CleanResponse | None = None
    findings: list[RowFinding] = field(default_factory=list[RowFinding])
    skipped: bool = False


@dataclass
class _Look:
    """One row being looked at, with what was found so far."""

    cells: Sequence[Cell]
    places: dict[str, int]
    private: dict[str, str]
    number: int
    findings: list[RowFinding] = field(default_factory=list[RowFinding])

    def cell(self, column: str | None) -> Cell:
        if column is None:
            return None
        place = self.places[column]
        return self.cells[place] if place < len(self.cells) else None

    def text(self, column: str | None) -> str:
        return text_of(self.cell(column))

    def find(self, column: str, reason: RowReason, level: CheckLevel = CheckLevel.REJECT) -> None:
        shown = shown_value(self.text(column), self.private.get(column, ""))
        self.findings.append(
            RowFinding(row=self.number, column=column, reason=reason, value=shown, level=level)
        )


class Cleaner:
    """Checks the rows of one file against its mapping."""

    def __init__(self, mapping: SurveyMapping, places: dict[str, int], dealers: Dealers, today: date) -> None:
        self._mapping = mapping
        self._places = places
        self._width = max(places.values(), default=0) + 1
        self._dealers = dealers
        self._today = today
        self._private = private_kinds(mapping)
        outcome = mapping.outcome
        self._outcomes = {
            text_of(word): disposition
            for disposition, words in (outcome.words if outcome else {}).items()
            for word in words
        }
        self._words = {c.code: _states(c.words or mapping.answer_words) for c in mapping.execution}
        self._skips = [(rows.column, {text_of(v) for v in rows.values}) for rows in mapping.file.skip_rows]

    def clean(self, number: int, cells: Sequence[Cell], columns: int) -> CleanRow:
        """One row; ``columns`` is how many headings the file has."""
        if all(text_of(cell) == "" for cell in cells):
            return CleanRow(number, skipped=True)
        look = _Look(cells, self._places, self._private, number)
        if any(look.text(column) in words for column, words in self._skips):
            return CleanRow(number, skipped=True)
        mapping = self._mapping
        if any(text_of(cell) for cell in cells[columns:]):
            # a stray delimiter shifts every later cell: nothing in this row can be trusted
            extra = RowFinding(row=number, column="", reason=RowReason.TOO_MANY_CELLS, value=str(len(cells)))
            return CleanRow(number, findings=[extra])
        key = self._key(look)
        dealer = self._dealer(look)
        day = self._day(look, mapping.day, required=True)
        event = self._day(look, mapping.event_day, required=False) if mapping.event_day else None
        if day and event and event > day and mapping.event_day:
            look.find(mapping.event_day.column, RowReason.DATE_BEFORE_EVENT)
        outcome = self._outcome(look)
        answers = [self._execution(look, column) for column in mapping.execution]
        answers += [self._rating(look, column) for column in mapping.ratings]
        phone = look.text(mapping.phone)
        if mapping.phone and phone and not is_phone(phone):
            look.find(mapping.phone, RowReason.PHONE_INVALID, mapping.phone_check)
        attempt, seconds = self._count(look, mapping.attempt), self._count(look, mapping.seconds)
        refused = any(finding.level is CheckLevel.REJECT for finding in look.findings)
        if refused or dealer is None or day is None or outcome is None:
            return CleanRow(number, findings=look.findings)
        response = CleanResponse(
            key=key,
            dealer_id=dealer.id,
            day=day,
            disposition=outcome,
            wave=look.text(mapping.wave)[:40],
            attempt=attempt,
            seconds=seconds,
            agent=look.text(mapping.agent),
            employee=look.text(mapping.employee),
            customer=look.text(mapping.customer),
            phone=phone[:32],
            plate=look.text(mapping.plate).upper()[:16],
            model=look.text(mapping.model),
            event_day=event,
            verbatim=look.text(mapping.verbatim),
            complaint=look.text(mapping.complaint),
            answers=tuple(answers),
        )
        return CleanRow(number, response, look.findings)

    def _key(self, look: _Look) -> str:
        parts = [look.text(column) for column in self._mapping.key]
        for column, part in zip(self._mapping.key, parts, strict=True):
            if not part:
                look.find(column, RowReason.KEY_MISSING)
        dealer = self._mapping.dealer.code
        key = "|".join(
            part.upper() if column == dealer else part
            for column, part in zip(self._mapping.key, parts, strict=True)
        )
        # a key longer than the column that holds it keeps its identity through its hash
        return key if len(key) <= _LONGEST_KEY else key[:100] + hashlib.sha256(key.encode()).hexdigest()

    def _dealer(self, look: _Look) -> KnownDealer | None:
        columns = self._mapping.dealer
        code, name = look.text(columns.code), look.text(columns.name)
        if columns.code and code:
            dealer = self._dealers.by_code(code)
            if dealer is None:
                look.find(columns.code, RowReason.DEALER_UNKNOWN)
            elif columns.name and name and dealer not in self._dealers.by_name(name):
                # a renamed dealer is still that dealer; a typing error in the code would be another one's
                look.find(columns.name, RowReason.DEALER_NAME_DIFFERS, CheckLevel.NOTE)
            return dealer
        where = columns.name or columns.code or ""
        if not name:
            look.find(columns.code or where, RowReason.DEALER_MISSING)
            return None
        found = self._dealers.by_name(name)
        if len(found) == 1:
            return found[0]
        look.find(where, RowReason.DEALER_AMBIGUOUS if found else RowReason.DEALER_UNKNOWN)
        return None

    def _day(self, look: _Look, spec: DayColumn, *, required: bool) -> date | None:
        try:
            day = day_of(look.cell(spec.column), spec.forms)
        except UnreadableDay:
            look.find(spec.column, RowReason.DATE_UNREADABLE)
            return None
        except ImpossibleDay:
            look.find(spec.column, RowReason.DATE_IMPOSSIBLE)
            return None
        if day is None:
            if required:
                look.find(spec.column, RowReason.DATE_MISSING)
        elif day > self._today:
            look.find(spec.column, RowReason.DATE_IN_FUTURE)
        elif (spec.not_before and day < spec.not_before) or (spec.not_after and day > spec.not_after):
            look.find(spec.column, RowReason.DATE_OUTSIDE_WAVE)
        return day

    def _outcome(self, look: _Look) -> Disposition | None:
        spec = self._mapping.outcome
        if spec is None:
            return Disposition.COMPLETED
        outcome = self._outcomes.get(look.text(spec.column))
        if outcome is None:
            look.find(spec.column, RowReason.OUTCOME_UNKNOWN)
        return outcome

    def _execution(self, look: _Look, column: ExecutionColumn) -> CleanAnswer:
        cell = look.cell(column.column)
        state: AnswerState | None = None
        if isinstance(cell, Labelled) and cell.missing:
            state = "unobserved"
        text = text_of(cell)
        words = self._words[column.code]
        for word in words_of(cell):
            # the mapping's own word decides before the file's missing declaration: NA may be declared missing
            if text_of(word) in words:
                state = words[text_of(word)]
                break
        if state is None:
            state = "blank"
            if text:
                look.find(column.column, RowReason.ANSWER_UNKNOWN)
        return CleanAnswer(column.code, "execution", state, text, column.item)

    def _rating(self, look: _Look, column: RatingColumn) -> CleanAnswer:
        cell = look.cell(column.column)
        text = text_of(cell)
        if not text:
            return CleanAnswer(column.code, "rating", "blank", "", column.item)
        if (isinstance(cell, Labelled) and cell.missing) or text in column.not_observed:
            return CleanAnswer(column.code, "rating", "unobserved", text, column.item)
        try:
            number = number_of(cell)
        except ValueError:
            look.find(column.column, RowReason.RATING_UNREADABLE)
            return CleanAnswer(column.code, "rating", "blank", text, column.item)
        if number is None or not column.minimum <= number <= column.maximum:
            look.find(column.column, RowReason.RATING_OUT_OF_RANGE)
        return CleanAnswer(column.code, "rating", "rated", text, column.item)

    def _count(self, look: _Look, column: str | None) -> int | None:
        if column is None:
            return None
        try:
            number = number_of(look.cell(column))
        except ValueError:
            number = None
            bad = True
        else:
            bad = number is not None and (number != int(number) or not 0 <= number < 2**31)
        if bad:
            look.find(column, RowReason.NUMBER_UNREADABLE, CheckLevel.NOTE)
            return None
        return None if number is None else int(number)


def private_kinds(mapping: SurveyMapping) -> dict[str, str]:
    """Which columns hold a name, a telephone number or a plate."""
    kinds = {mapping.customer: "name", mapping.phone: "phone", mapping.plate: "plate"}
    return {column: kind for column, kind in kinds.items() if column}


def shown_value(value: str, kind: str) -> str:
    """A value as a finding may show it: private ones masked, long ones cut."""
    masks: dict[str, Any] = {"name": mask_name, "phone": mask_phone, "plate": mask_plate}
    text = masks[kind](value) if kind else mask_numbers(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _states(words: AnswerWords) -> dict[str, AnswerState]:
    states: dict[str, AnswerState] = {}
    groups: tuple[tuple[tuple[str, ...], AnswerState], ...] = (
        (words.executed, "executed"),
        (words.not_executed, "not"),
        (words.not_applicable, "na"),
        (words.not_observed, "unobserved"),
    )
    for group, state in groups:
        for word in group:
            states[text_of(word)] = state
    return states
