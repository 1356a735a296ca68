"""Somebody else's tables of counts and plans: every cell is read as text and taken for what it says.

A file that cannot be right is refused with its name, the row (as a spreadsheet numbers it) and the reason.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sync_server.insight import frames as pl

MOST = 1_000_000_000
"""No count is larger."""
_CALENDAR = range(190001, 300000)
_SHOWN_COLUMNS = 6
_AGAIN = "_duplicated_"
"""What polars puts behind the name of a column that has the same name as one before it, and a number."""


@dataclass(frozen=True, slots=True)
class Axis:
    """The labels of one axis of the cube, in order, as they stand in the file."""

    labels: tuple[str | int, ...]

    def positions(self, column: pl.Series, file: Path) -> NDArray[np.int64]:
        """Where each value of a column of texts stands; ValueError naming the row of an unknown one."""
        _no_gaps(column, file)
        at = {str(label): i for i, label in enumerate(self.labels)}
        found = np.array([at.get(v, -1) for v in column.to_list()], dtype=np.int64)
        unknown = np.flatnonzero(found < 0)
        if unknown.size:
            row = int(unknown[0])
            raise ValueError(
                f"{file.name} row {row + 2}: {column.name} {column[row]!r} does not occur in the counts"
            )
        return found


@dataclass(frozen=True, slots=True)
class Months:
    """Months counted from year 0 where they are of the calendar, else as they stand in the file.

    `form` is how they are written: "2026-09" as "%Y-%m", "202609" as "%Y%m", plain numbers as "".
    """

    numbers: NDArray[np.int64]
    form: str


def read_table(path: Path) -> pl.DataFrame:
    """A CSV file of texts, packed with gzip or not, whatever its name says; empty lines at its end do not
    count."""
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist")
    if not path.is_file():
        raise ValueError(f"{path.name} is no file")
    try:
        frame = pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        row = _longer_row(path)
        if row:
            raise ValueError(f"{path.name} row {row}: more cells than the header has columns") from error
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(f"{path.name} cannot be read as CSV in UTF-8, plain or gzip: {said}") from error
    names = [name.strip().removeprefix("\ufeff") for name in frame.columns]
    frame.columns = names
    frame = frame.with_columns(pl.all().str.strip_chars()).with_columns(
        pl.when(pl.all() != "").then(pl.all())  # a cell of blanks is an empty one
    )
    filled = frame.select(pl.any_horizontal(pl.all().is_not_null())).to_series().arg_true()
    return frame.head(int(filled[-1]) + 1 if len(filled) else 0)


def _longer_row(path: Path) -> int | None:
    """The first line with more cells than the header; None where there is none or the file is no text."""
    raw = path.read_bytes()
    try:
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8-sig")
        rows = csv.reader(io.StringIO(text, newline=""))
        width = len(next(rows, []))
        return next((place for place, row in enumerate(rows, 2) if len(row) > width), None)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error):
        return None


def column_of(frame: pl.DataFrame, path: Path, names: Sequence[str]) -> pl.Series:
    """The column with one of the names; ValueError where there is none or more than one."""
    found = [name for name in names if name in frame.columns]
    if not found:
        first = [name.split(_AGAIN)[0] for name in frame.columns[:_SHOWN_COLUMNS]]
        shown = ", ".join(first) + (", …" * (frame.width > _SHOWN_COLUMNS))
        hint = "; cells are parted by commas" if frame.width == 1 else ""
        raise ValueError(
            f"{path.name} has no column {' or '.join(names)}: its first line says {shown!r}{hint}"
        )
    if len(found) > 1:
        raise ValueError(f"{path.name} has both {' and '.join(found)}: which one counts?")
    if f"{found[0]}{_AGAIN}0" in frame.columns:
        raise ValueError(f"{path.name} has the column {found[0]} twice: which one counts?")
    return frame[found[0]]


def _no_gaps(column: pl.Series, path: Path) -> None:
    empty = column.is_null().arg_true()
    if len(empty):
        raise ValueError(f"{path.name} row {empty[0] + 2}: {column.name} is empty")


def axis_of(frame: pl.DataFrame, path: Path, name: str) -> tuple[Axis, NDArray[np.int64]]:
    """The labels of a column in order, and where each row stands.

    Labels are numbers, and in the order of numbers, only where all of them are written like numbers: a
    dealer 007 is not dealer 7.
    """
    column = column_of(frame, path, (name,))
    _no_gaps(column, path)
    labels = column.unique()
    whole = labels.cast(pl.Int64, strict=False)
    if (whole.is_not_null() & (whole.cast(pl.String) == labels)).all():
        axis = Axis(tuple(whole.sort().to_list()))
    else:
        axis = Axis(tuple(labels.sort().to_list()))
    return axis, axis.positions(column, path)


def months_of(column: pl.Series, path: Path) -> Months:
    """Months of a column: 2026-09, 202609, or plain numbers; as the first row writes them, all must."""
    _no_gaps(column, path)
    if column[0].lstrip("+-").isdecimal() and column[0].isascii():
        whole = column.cast(pl.Int64, strict=False)
        wrong = whole.is_null().arg_true()
        if not len(wrong):
            numbers = whole.to_numpy().astype(np.int64)
            year, month = numbers // 100, numbers % 100
            calendar = (numbers >= _CALENDAR.start) & (numbers < _CALENDAR.stop)
            if (calendar & (month >= 1) & (month <= 12)).all():
                return Months(year * 12 + month - 1, "%Y%m")
            return Months(numbers, "")
    else:
        parts = column.str.extract_groups(r"^(\d{4})-(0[1-9]|1[0-2])$").struct.unnest()
        wrong = parts.to_series(0).is_null().arg_true()
        if not len(wrong):
            year, month = (parts.to_series(i).cast(pl.Int64).to_numpy() for i in (0, 1))
            return Months(year * 12 + month - 1, "%Y-%m")
    row = int(wrong[0])
    said = "neither a number nor YYYY-MM" if row == 0 else f"written otherwise than {column[0]!r} in row 2"
    raise ValueError(f"{path.name} row {row + 2}: {column.name} {column[row]!r} is {said}")


def counts_of(column: pl.Series, path: Path) -> NDArray[np.int64]:
    """Whole numbers from 0 on; ValueError naming the row of anything else."""
    _no_gaps(column, path)
    values = column.cast(pl.Float64, strict=False)
    known = values.is_not_null() & values.is_not_nan()
    wrong = (~(known & (values >= 0) & (values == values.floor()) & (values <= MOST))).arg_true()
    if len(wrong):
        row = int(wrong[0])
        raise ValueError(
            f"{path.name} row {row + 2}: {column.name} {column[row]!r} is not a count (0 to {MOST:,})"
        )
    return values.cast(pl.Int64).to_numpy()
