"""One cell of a survey file: as text, as number, as day."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from shared_models.imports.mapping import DateForm

Cell = Any
"""None, str, int, float, bool, datetime, date, or :class:`Labelled`."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A coded value with its SPSS value label, or one that the file declares as missing."""

    value: str | float | int | None
    label: str = ""
    missing: bool = False


class UnreadableDay(ValueError):
    """The cell holds none of the mapping's date forms."""


class ImpossibleDay(ValueError):
    """The cell has the shape of a date, but there is no such day."""


_TIME = r"(?:[ T]?\d{1,2}:\d{2}(?::\d{2})?)?"  # a time of day after it does no harm
_SHAPES: dict[DateForm, re.Pattern[str]] = {
    DateForm.ISO: re.compile(rf"(\d{{4}})-(\d{{1,2}})-(\d{{1,2}}){_TIME}"),
    DateForm.SLASHES: re.compile(rf"(\d{{4}})/(\d{{1,2}})/(\d{{1,2}}){_TIME}"),
    DateForm.CHINESE: re.compile(rf"(\d{{4}})年(\d{{1,2}})月(\d{{1,2}})日{_TIME}"),
    DateForm.MONTH: re.compile(r"(\d{4})[-/年]?(\d{2})月?()"),
}
_SERIAL = re.compile(r"\d{1,6}(?:\.\d+)?")
_EPOCH_1900 = date(1899, 12, 30)
_FIRST_SERIAL = (
    61  # 1 March 1900: earlier serials are off by Excel's leap-year error, and no survey is so old
)


def text_of(cell: Cell) -> str:
    """The cell as text: blanks at the ends gone, full-width characters made plain, 1.0 written as 1."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        text = cell.replace("\x00", "")  # a byte that no database takes
        return text.strip() if text.isascii() else unicodedata.normalize("NFKC", text).strip()
    if isinstance(cell, Labelled):
        return text_of(cell.value)
    if isinstance(cell, float):
        if cell != cell:  # NaN is how SPSS system-missing arrives
            return ""
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        midnight = (cell.hour, cell.minute, cell.second) == (0, 0, 0)
        return cell.date().isoformat() if midnight else cell.isoformat(" ", "seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)


def words_of(cell: Cell) -> tuple[str, ...]:
    """The words under which a coded answer may be looked up: its label first, then the value itself."""
    text = text_of(cell)
    if isinstance(cell, Labelled) and cell.label:
        return (cell.label.strip(), text)
    return (text,)


def number_of(cell: Cell) -> Decimal | None:
    """The cell as exact number; None for a blank; ValueError for anything else."""
    text = text_of(cell)
    if not text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(text) from None
    if not number.is_finite():
        raise ValueError(text)
    return number


def day_of(cell: Cell, forms: tuple[DateForm, ...]) -> date | None:
    """The day in a cell; None for a blank.

    Raises UnreadableDay where the cell has none of the forms, ImpossibleDay where there is no such day.
    """
    if isinstance(cell, Labelled):
        cell = cell.value
    if isinstance(cell, datetime):
        cell = cell.date()
    if isinstance(cell, date):
        if DateForm.EXCEL in forms or DateForm.ISO in forms:
            return cell
        raise UnreadableDay(cell.isoformat())
    text = text_of(cell)
    if not text:
        return None
    for form in forms:
        shape = _SHAPES.get(form)
        found = shape.fullmatch(text) if shape else None
        if found:
            year, month, day = found.groups()
            try:
                return date(int(year), int(month), int(day or 1))
            except ValueError:
                raise ImpossibleDay(text) from None
    if DateForm.EXCEL in forms and _SERIAL.fullmatch(text):
        serial = int(Decimal(text))
        if serial < _FIRST_SERIAL:
            raise ImpossibleDay(text)
        return _EPOCH_1900 + timedelta(days=serial)
    raise UnreadableDay(text)
