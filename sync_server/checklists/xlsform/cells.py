"""A workbook as rows of text with the address of every cell."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from shared_models.problems import Code, Place, Problem, Reason

MAX_BYTES = 5_000_000
MAX_ROWS = 5_000
"""Rows of a sheet that are read; no checklist is longer."""
MAX_UNPACKED = 100_000_000
"""Bytes that the packed sheets may unfold to: a small file cannot fill the memory."""
_BROKEN = (
    zipfile.BadZipFile, zlib.error, EOFError, InvalidFileException, ParseError,
    KeyError, IndexError, TypeError, ValueError, OSError,
)  # fmt: skip
"""What openpyxl raises for a damaged workbook: a sheet is read only when its rows are."""


@dataclass(frozen=True)
class Finding:
    """Something that a checklist cannot say as the workbook does (or the other way round)."""

    at: str
    """Cell, such as ``survey!C7``; the code of a question on the way out."""
    what: str
    """Word of the catalogue: ``checklists.xlsform.<what>``."""
    value: str = ""


@dataclass
class Row:
    """A row of a sheet: text by header."""

    sheet: str
    number: int
    cells: dict[str, str]
    columns: dict[str, str]
    """Column letter by header."""

    def get(self, header: str) -> str:
        """The cell's text, "" for an empty one."""
        return self.cells.get(header, "")

    def at(self, header: str = "") -> str:
        """Address of the cell under a header (of the row where the sheet has no such column)."""
        return f"{self.sheet}!{self.columns.get(header, 'A')}{self.number}"


@dataclass
class Sheet:
    """A sheet with its headers in lower case."""

    name: str
    headers: dict[str, str] = field(default_factory=dict[str, str])
    """Column letter by header."""
    rows: list[Row] = field(default_factory=list[Row])
    faults: list[Place] = field(default_factory=list[Place])
    """What is wrong with its cells themselves: a column twice, a formula that failed."""


def read_sheets(data: bytes) -> dict[str, Sheet]:
    """All sheets by name in lower case; FILE_UNREADABLE for what is no workbook."""
    if len(data) > MAX_BYTES:
        raise Problem(Code.TOO_LARGE, {"limit": MAX_BYTES})
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(one.file_size for one in packed.infolist()) > MAX_UNPACKED:
                raise Problem(Code.TOO_LARGE, {"limit": MAX_UNPACKED})
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        try:
            return {sheet.title.strip().lower(): _sheet(sheet.title, sheet.iter_rows(values_only=True))
                    for sheet in book.worksheets}  # fmt: skip
        finally:
            book.close()
    except _BROKEN:
        reason = Reason("problems.reason.no_workbook")
        raise Problem(Code.FILE_UNREADABLE, {"file": "XLSForm", "reason": reason}) from None


def _sheet(title: str, lines: Iterable[tuple[Any, ...]]) -> Sheet:
    sheet = Sheet(title.strip().lower())
    names: list[str] = []
    for number, line in enumerate(lines, start=1):
        if number > MAX_ROWS:
            raise Problem(Code.TOO_LARGE, {"limit": MAX_ROWS})
        texts = [_text(cell) for cell in line]
        if not any(texts):
            continue
        if not sheet.headers:
            for place, header in enumerate(texts, start=1):
                if header and _header(header) in sheet.headers:
                    sheet.faults.append(Place(f"{sheet.name}!{get_column_letter(place)}1", f"{header} twice"))
                elif header:
                    sheet.headers[_header(header)] = get_column_letter(place)
            names = [_header(text) if text else "" for text in texts]
            continue
        sheet.faults += [
            Place(f"{sheet.name}!{get_column_letter(place)}{number}", f"error value {text}")
            for place, text in enumerate(texts, start=1)
            if text in _ERRORS
        ]
        cells = {name: text for name, text in zip(names, texts, strict=False) if name and text}
        sheet.rows.append(Row(sheet.name, number, cells, sheet.headers))
    return sheet


_ERRORS = frozenset({"#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!"})
"""What a spreadsheet writes where its formula failed."""

_ALIASES = {
    "caption": "label",
    "relevance": "relevant",
    "bind::relevant": "relevant",
    "bind::required": "required",
    "bind::constraint": "constraint",
    "bind::calculate": "calculation",
    "calculate": "calculation",
    "read_only": "readonly",
    "bind::readonly": "readonly",
    "list name": "list_name",
    "value": "name",
    "constraint_message": "constraint_message",
    "bind::jr:constraintmsg": "constraint_message",
    "noapperrorstring": "constraint_message",
    "control::appearance": "appearance",
    "image": "media::image",
    "audio": "media::audio",
    "video": "media::video",
    "repeat_count": "repeat_count",
    "jr:count": "repeat_count",
    "required message": "required_message",
}


def _header(text: str) -> str:
    """A header as pyxform reads it: lower case, ``:`` and ``::`` alike, known aliases resolved."""
    bare = re.sub(r"\s*:{1,2}\s*", "::", re.sub(r"\s+", " ", text.strip().lower()))
    bare = bare.replace("::jr::", "::jr:")
    first, _, rest = bare.partition("::")
    if bare in _ALIASES:
        return _ALIASES[bare]
    if rest and first in {"caption", "noapperrorstring"}:
        return f"{_ALIASES[first]}::{rest}"
    return "list_name" if bare == "list_name" else bare.replace(" ", "_") if not rest else bare


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


class Faults:
    """Everything that is wrong with a workbook, told at once."""

    def __init__(self) -> None:
        self.places: list[Place] = []

    def add(self, at: str, reason: str) -> None:
        """A fault in a cell."""
        self.places.append(Place(at, reason))

    def raise_if_any(self) -> None:
        """CHECKLIST_INVALID naming every fault."""
        if self.places:
            raise Problem(Code.CHECKLIST_INVALID, {"count": len(self.places)}, self.places)
