"""Tables of a workbook: typed cells, a frozen head with filters, widths that fit, real charts."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from openpyxl import Workbook
from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.formatting.rule import ColorScaleRule
from openpyxl.styles import Alignment, Font, NamedStyle, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

Kind = Literal["text", "number", "percent", "points", "day"]
Value = str | int | float | Decimal | date | None
_FORMATS: dict[Kind, str] = {
    "text": "@",
    "number": "#,##0.##",
    "percent": '0.0"%"',
    "points": "+0.0;-0.0;0.0",
    "day": "yyyy-mm-dd",
}
_HEAD = PatternFill("solid", fgColor="1D4F7C")
_HEAD_FONT = Font(bold=True, color="FFFFFF")
LOW, MIDDLE, HIGH = "D55E00", "F7F7F7", "0072B2"
"""Orange to blue (Okabe and Ito 2008): told apart with every kind of colour blindness."""


@dataclass(frozen=True)
class Column:
    """A column: its heading, what its cells hold, and its width in characters."""

    heading: str
    kind: Kind = "text"
    width: float = 14


class Book:
    """A workbook that is filled sheet by sheet."""

    def __init__(self, title: str, subject: str) -> None:
        self._book = Workbook()
        self._book.remove(self._book.active)  # type: ignore[arg-type]
        self._book.properties.title = title
        self._book.properties.subject = subject
        self._book.properties.creator = "Revisit"
        for kind, shown in _FORMATS.items():  # a style by name costs a cell a fifth of what setting it does
            look = Alignment(wrap_text=kind == "text", vertical="top")
            self._book.add_named_style(NamedStyle(_style(kind), number_format=shown, alignment=look))

    def facts(self, name: str, rows: Sequence[tuple[str, Value, Kind]]) -> None:
        """A sheet of names with their values."""
        sheet = self._sheet(name)
        for place, (label, value, kind) in enumerate(rows, 1):
            sheet.cell(place, 1, label).font = Font(bold=True)
            put(sheet, place, 2, value, kind)
        sheet.column_dimensions["A"].width = 28
        sheet.column_dimensions["B"].width = 44

    def table(self, name: str, columns: Sequence[Column], rows: Sequence[Sequence[Value]]) -> Worksheet:
        """A sheet with a head that stays in sight and filters; one row per line."""
        sheet = self._sheet(name)
        for place, column in enumerate(columns, 1):
            cell = sheet.cell(1, place, column.heading)
            cell.font, cell.fill = _HEAD_FONT, _HEAD
            cell.alignment = Alignment(wrap_text=True, vertical="center")
            sheet.column_dimensions[get_column_letter(place)].width = column.width
        for line, row in enumerate(rows, 2):
            for place, (column, value) in enumerate(zip(columns, row, strict=True), 1):
                put(sheet, line, place, value, column.kind)
        sheet.freeze_panes = "B2"
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{len(rows) + 1}"
        sheet.print_title_rows = "1:1"
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]
        return sheet

    def _sheet(self, name: str) -> Worksheet:
        sheet = self._book.create_sheet(name[:31])
        sheet.sheet_view.showGridLines = False
        return sheet

    def bytes(self) -> bytes:
        """The file."""
        out = io.BytesIO()
        self._book.save(out)
        self._book.close()
        return out.getvalue()


def _style(kind: Kind) -> str:
    return f"Revisit {kind}"


def put(sheet: Worksheet, row: int, column: int, value: Value, kind: Kind) -> None:
    """A cell of its kind; nothing where there is no value, so that figures stay figures."""
    if value is None or value == "":
        return
    if kind == "day" and isinstance(value, str):
        value = date.fromisoformat(value)
    cell = sheet.cell(row, column, value)
    if isinstance(value, str):
        cell.data_type = "s"  # text, never a formula, however it begins
    cell.style = _style(kind)


def line_chart(sheet: Worksheet, title: str, *, first: int, last: int, rows: Sequence[int], at: str) -> None:
    """Lines over the columns ``first`` to ``last``, one per row; the head is the axis, column 1 the names."""
    chart = LineChart()
    chart.title, chart.height, chart.width = title, 9, 20
    chart.y_axis.scaling.min, chart.y_axis.scaling.max = 0, 100
    chart.y_axis.delete = chart.x_axis.delete = False
    for row in rows:
        chart.add_data(
            Reference(sheet, min_col=first - 1, max_col=last, min_row=row),
            titles_from_data=True,
            from_rows=True,
        )
    chart.set_categories(Reference(sheet, min_col=first, max_col=last, min_row=1))
    sheet.add_chart(chart, at)


def bar_chart(sheet: Worksheet, title: str, *, names: int, values: int, count: int, at: str) -> None:
    """Bars of a column, named by another one."""
    chart = BarChart()
    chart.type, chart.title, chart.legend = "bar", title, None
    chart.height, chart.width = max(7, 0.55 * count + 3), 18
    chart.y_axis.scaling.min, chart.y_axis.scaling.max = 0, 100
    chart.x_axis.scaling.orientation = "maxMin"
    chart.y_axis.delete = chart.x_axis.delete = False
    chart.gapWidth = 40
    chart.add_data(Reference(sheet, min_col=values, min_row=1, max_row=count + 1), titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=names, min_row=2, max_row=count + 1))
    sheet.add_chart(chart, at)


def heat(sheet: Worksheet, area: str) -> None:
    """Colours by value, orange through white to blue."""
    rule = ColorScaleRule(
        start_type="num", start_value=50, start_color=LOW,
        mid_type="num", mid_value=80, mid_color=MIDDLE,
        end_type="num", end_value=100, end_color=HIGH,
    )  # fmt: skip
    sheet.conditional_formatting.add(area, rule)


def instant(value: datetime) -> str:
    """An instant to the minute, as text: workbooks know no time zones."""
    return value.strftime("%Y-%m-%d %H:%M")


__all__ = ["Book", "Column", "Kind", "Value", "bar_chart", "heat", "instant", "line_chart", "put"]
