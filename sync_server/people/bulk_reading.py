"""Reading a workbook or CSV of dealers or people: rows with their number, cells by column."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from shared_models.imports.mapping import FileKind, FileLayout
from shared_models.people.admin_wire import RowProblem, Sheet
from shared_models.problems import Code, Place, Problem
from sync_server.imports.cells import Cell, text_of
from sync_server.people.bulk_columns import COLUMNS, CellProblem, Column, fold

MOST_ROWS = 20_000
"""Rows of one file; a network has some thousand dealers."""
T = TypeVar("T")


@dataclass
class Line:
    """A row of the file, and what is wrong with it so far."""

    row: int
    cells: dict[str, Cell]
    headings: dict[str, str]
    problems: list[RowProblem] = field(default_factory=list[RowProblem])

    def text(self, column: str) -> str:
        """The cell's text, "" for a blank or a column that the file has not."""
        return text_of(self.cells.get(column))

    def has(self, column: str) -> bool:
        """Whether the file has the column."""
        return column in self.headings

    def take(self, column: str, read: Callable[[Cell], T]) -> T | None:
        """The cell read; a cell that cannot be is noted and gives none."""
        try:
            return read(self.cells.get(column))
        except CellProblem as problem:
            self.refuse(column, str(problem))
            return None

    def refuse(self, column: str, reason: str) -> None:
        """Note why the row cannot be taken."""
        heading = self.headings.get(column, column)
        self.problems.append(
            RowProblem(row=self.row, column=heading, reason=reason, value=self.text(column)[:80])
        )


@dataclass(frozen=True)
class SheetFile:
    """A file as it was read."""

    sheet: Sheet
    name: str
    sha256: str
    encoding: str
    lines: list[Line]


def read_sheet(path: Path, name: str, sheet: Sheet) -> SheetFile:
    """The rows of a file; blank ones are left out.

    FILE_UNREADABLE for a file that is neither XLSX nor CSV, COLUMN_MISSING naming every needed column that no
    heading answers to, TOO_LARGE for more rows than a network has.
    """
    with path.open("rb") as file:
        head = file.read(4)
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    # by content, not by name: a workbook is a zip
    layout = FileLayout(format=FileKind.XLSX if head == b"PK\x03\x04" else FileKind.CSV)
    columns = COLUMNS[sheet]
    lines: list[Line] = []
    from sync_server.imports.readers import open_table  # three libraries, kept once a file was read

    with open_table(path, layout) as table:
        places = _places(columns, table.headings)
        headings = {name: table.headings[at][0] for name, at in places.items()}
        for row, cells in table.rows:
            found = {name: cells[at] for name, at in places.items() if at < len(cells)}
            if not any(text_of(cell) for cell in found.values()):
                continue
            if len(lines) >= MOST_ROWS:
                raise Problem(Code.TOO_LARGE, {"most": MOST_ROWS})
            lines.append(Line(row, found, headings))
        encoding = table.encoding
    return SheetFile(sheet, name, sha256, encoding, lines)


def _places(columns: tuple[Column, ...], headings: tuple[tuple[str, ...], ...]) -> dict[str, int]:
    found: dict[str, int] = {}
    twice: list[Place] = []
    for column in columns:
        at = [i for i, texts in enumerate(headings) if any(fold(text) in column.headings for text in texts)]
        if len(at) == 1:
            found[column.name] = at[0]
        elif len(at) > 1:
            twice.append(Place(f"{column.zh} / {column.en}", "column_twice"))
    missing = [
        Place(f"{column.zh} / {column.en}", "column_missing")
        for column in columns
        if column.needed and column.name not in found and not any(column.zh in p.at for p in twice)
    ]
    wrong = twice + missing
    if wrong:
        raise Problem(Code.COLUMN_MISSING, {"columns": "、".join(place.at for place in wrong)}, wrong)
    return found
