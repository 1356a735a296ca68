"""Readers of survey files: CSV, XLSX, SPSS. Each yields numbered rows and holds only a few in memory."""

from __future__ import annotations

import codecs
import csv
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from xml.etree.ElementTree import ParseError

import openpyxl
import pyreadstat
from openpyxl.utils.exceptions import InvalidFileException
from pyreadstat import PyreadstatError, ReadstatError

from shared_models.imports.mapping import FileKind, FileLayout
from shared_models.problems import Code, Place, Problem, Reason
from sync_server.imports.cells import Cell, Labelled, text_of

_CHUNK = 1 << 16
_CASES = 5_000
_MOST_UNPACKED = 2 << 30  # a workbook that unpacks to more is no survey


@dataclass(frozen=True)
class Table:
    """A file opened for reading: its headings, and its rows with their number in the file."""

    headings: tuple[tuple[str, ...], ...]
    """Per column the texts of its header rows, blanks left out."""
    rows: Iterator[tuple[int, list[Cell]]]
    encoding: str
    expected: int | None = None
    """Rows to come, where the file tells."""

    def places(self, columns: list[str]) -> dict[str, int]:
        """Index of each named column; COLUMN_MISSING lists those that no heading (or two) answers to."""
        found: dict[str, list[int]] = {}
        for index, texts in enumerate(self.headings):
            for text in dict.fromkeys(texts):
                found.setdefault(text, []).append(index)
        wanted = {column: found.get(text_of(column), []) for column in columns}
        wrong = [
            Place(column, "column_twice" if places else "column_missing")
            for column, places in wanted.items()
            if len(places) != 1
        ]
        if wrong:
            raise Problem(Code.COLUMN_MISSING, {"columns": "、".join(place.at for place in wrong)}, wrong)
        return {column: places[0] for column, places in wanted.items()}


@contextmanager
def open_table(path: Path, layout: FileLayout) -> Generator[Table]:
    """The file as a table; FILE_UNREADABLE where it is not what the mapping says."""
    opener = {FileKind.CSV: _csv, FileKind.XLSX: _xlsx, FileKind.SAV: _sav}[layout.format]
    try:
        with opener(path, layout) as table:
            yield table
    except (
        UnicodeError,
        csv.Error,
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        InvalidFileException,
        ParseError,
        PyreadstatError,
        ReadstatError,
    ) as error:
        raise unreadable(path, layout, _reason(path, layout, error)) from error


_BROKEN = {
    FileKind.CSV: Reason("problems.reason.no_csv"),
    FileKind.XLSX: Reason("problems.reason.no_workbook"),
    FileKind.SAV: Reason("problems.reason.no_spss"),
}


def _reason(path: Path, layout: FileLayout, error: Exception) -> Reason:
    if not isinstance(error, UnicodeError) or layout.format is not FileKind.CSV:
        return _BROKEN[layout.format]
    encoding = "UTF-8, GB18030" if layout.encoding == "auto" else layout.encoding.upper()
    line = _line_of_another_encoding(path, "gb18030" if layout.encoding == "auto" else layout.encoding)
    if line is None:
        return Reason("problems.reason.encoding", {"encoding": encoding})
    return Reason("problems.reason.encoding_line", {"line": line, "encoding": encoding})


def _line_of_another_encoding(path: Path, encoding: str) -> int | None:
    """The first line whose bytes are not in this encoding; None where lines do not end with one byte."""
    if "16" in encoding or "32" in encoding:
        return None
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode(encoding)
            except UnicodeError:
                return number
    return None


def unreadable(path: Path, layout: FileLayout, reason: Reason) -> Problem:
    """The problem of a file that cannot be read as its mapping says."""
    return Problem(Code.FILE_UNREADABLE, {"file": path.name, "format": layout.format.value, "reason": reason})


def detect_encoding(path: Path) -> str:
    """The encoding of a text file: by byte-order mark, UTF-8 if all of it decodes, GB18030 if that does.

    UnicodeDecodeError where it is neither.
    """
    with path.open("rb") as file:
        head = file.read(4)
        if head.startswith(codecs.BOM_UTF8):
            return "utf-8-sig"
        if head[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
            return "utf-16"
    if _decodes(path, "utf-8"):
        return "utf-8"
    _decodes(path, "gb18030", complain=True)
    return "gb18030"


def _decodes(path: Path, encoding: str, *, complain: bool = False) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    with path.open("rb") as file:
        try:
            while part := file.read(_CHUNK):
                decoder.decode(part)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            if complain:
                raise
            return False
    return True


def _headings(rows: list[list[Cell]]) -> tuple[tuple[str, ...], ...]:
    width = max((len(row) for row in rows), default=0)
    columns = [[text_of(row[i]) for row in rows if i < len(row)] for i in range(width)]
    return tuple(tuple(text for text in texts if text) for texts in columns)


def _take(rows: Iterator[tuple[int, list[Cell]]], count: int) -> list[list[Cell]]:
    return [cells for _, (_, cells) in zip(range(count), rows, strict=False)]


@contextmanager
def _csv(path: Path, layout: FileLayout) -> Generator[Table]:
    encoding = detect_encoding(path) if layout.encoding == "auto" else layout.encoding
    if encoding == "utf-8":
        encoding = "utf-8-sig"  # takes a byte-order mark or none
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=layout.delimiter, strict=True)
        rows = ((number, cast("list[Cell]", cells)) for number, cells in enumerate(reader, start=1))
        _take(rows, layout.title_rows)
        headings = _headings(_take(rows, layout.header_rows))
        yield Table(headings, rows, "utf-8" if encoding == "utf-8-sig" else encoding)


@contextmanager
def _xlsx(path: Path, layout: FileLayout) -> Generator[Table]:
    with zipfile.ZipFile(path) as archive:
        if sum(member.file_size for member in archive.infolist()) > _MOST_UNPACKED:
            raise unreadable(path, layout, Reason("problems.reason.too_large_unpacked"))
    with path.open("rb") as file:
        try:
            workbook = openpyxl.load_workbook(file, read_only=True, data_only=True)
        except (KeyError, ValueError) as error:  # a zip that is no workbook, or one with broken parts
            raise unreadable(path, layout, _BROKEN[FileKind.XLSX]) from error
        try:
            if layout.sheet is not None and layout.sheet not in workbook.sheetnames:
                raise unreadable(path, layout, Reason("problems.reason.no_sheet", {"sheet": layout.sheet}))
            sheet = workbook[layout.sheet] if layout.sheet else workbook.worksheets[0]
            # files written by others often state a wrong size
            sheet.reset_dimensions()  # type: ignore[union-attr]
            values = cast("Iterator[tuple[Any, ...]]", sheet.iter_rows(values_only=True))
            rows = ((number, list(cells)) for number, cells in enumerate(values, start=1))
            _take(rows, layout.title_rows)
            headings = _headings(_take(rows, layout.header_rows))
            yield Table(headings, rows, "xlsx")
        finally:
            workbook.close()


@contextmanager
def _sav(path: Path, layout: FileLayout) -> Generator[Table]:
    del layout  # an SPSS file describes itself
    _, meta = pyreadstat.read_sav(path, metadataonly=True, user_missing=True, output_format="dict")
    names = meta.column_names
    labels = meta.column_names_to_labels
    headings = tuple(tuple(t for t in (name, text_of(labels.get(name))) if t) for name in names)
    yield Table(headings, _cases(path, names, meta), str(meta.file_encoding or ""), meta.number_rows)


def _cases(path: Path, names: list[str], meta: Any) -> Iterator[tuple[int, list[Cell]]]:
    value_labels = cast("dict[str, dict[Any, str]]", meta.variable_value_labels)
    ranges = cast("dict[str, list[dict[str, Any]]]", meta.missing_ranges)
    offset = 0
    while True:
        columns, _ = pyreadstat.read_sav(
            path, row_offset=offset, row_limit=_CASES, user_missing=True, output_format="dict"
        )
        cases = list(zip(*(columns[name] for name in names), strict=True))
        for number, case in enumerate(cases, start=offset + 1):
            cells = [
                _coded(value, value_labels.get(name), ranges.get(name))
                for name, value in zip(names, case, strict=True)
            ]
            yield number, cells
        offset += len(cases)
        if len(cases) < _CASES:
            return


def _coded(value: Any, labels: dict[Any, str] | None, missing: list[dict[str, Any]] | None) -> Cell:
    """A value with its label and whether the file declares it missing; plain where neither holds."""
    if value is None or (isinstance(value, float) and value != value):  # NaN
        return None
    label = labels.get(value, "") if labels else ""
    gone = any(one["lo"] <= value <= one["hi"] for one in missing or () if _comparable(one, value))
    return Labelled(value, label, gone) if label or gone else value


def _comparable(bounds: dict[str, Any], value: Any) -> bool:
    return isinstance(bounds["lo"], str) == isinstance(value, str)
