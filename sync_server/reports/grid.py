"""A table of text cells with hairlines: its head is repeated on every page, rows stay whole if they can."""

from __future__ import annotations

from collections.abc import Sequence

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

from sync_server.reports.look import ACCENT, HAIRLINE, HEIGHT, TINT
from sync_server.reports.text import Text

Cell = Sequence[Text]
Row = Sequence[Cell]

_PAD_X = 5.0
_PAD_Y = 4.5
_ORPHAN = 40.0
"""Least height of a part of a row that is too tall for any page."""


class Grid(Flowable):
    """Rows of cells, each cell one or more texts under each other; ``widths`` in points."""

    def __init__(
        self,
        widths: Sequence[float],
        rows: Sequence[Row],
        *,
        head: Row | None = None,
        lines: bool = True,
        tinted: bool = False,
        pad_x: float = _PAD_X,
        after: float = 0.0,
    ) -> None:
        super().__init__()
        self.widths, self.rows, self.head = list(widths), [list(row) for row in rows], head
        self.lines, self.tinted, self.pad_x, self.after = lines, tinted, pad_x, after

    def getSpaceAfter(self) -> float:  # noqa: N802 - reportlab's name
        """Space below, in points."""
        return self.after

    def _row_height(self, row: Row) -> float:
        heights = [0.0]
        for cell, width in zip(row, self.widths, strict=True):
            heights.append(sum(text.wrap(width - 2 * self.pad_x, 0)[1] for text in cell))
        return max(heights) + 2 * _PAD_Y

    def _head_height(self) -> float:
        return self._row_height(self.head) if self.head else 0.0

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: N803 - reportlab's names
        """The size taken; the width is that of the columns."""
        self.width = sum(self.widths)
        self.height = self._head_height() + sum(map(self._row_height, self.rows))
        return self.width, self.height

    def least_height(self) -> float:
        """What must fit for the table to begin: its head and the first row, or a part of a very tall one."""
        first = self._row_height(self.rows[0]) if self.rows else 0.0
        return self._head_height() + (first if first < HEIGHT / 2 else _ORPHAN)

    def split(self, aW: float, aH: float) -> list[Flowable]:  # noqa: N803 - reportlab's names
        """Rows that fit and the rest under the same head; a row taller than a page is cut between lines."""
        room = aH - self._head_height()
        fitting = 0
        for row in self.rows:
            height = self._row_height(row)
            if height > room:
                break
            room -= height
            fitting += 1
        if fitting == len(self.rows):
            return [self]
        first, rest = self.rows[:fitting], self.rows[fitting:]
        if self._row_height(rest[0]) > HEIGHT / 2 and room >= _ORPHAN:
            upper, lower = self._cut(rest[0], room)
            if upper is not None:
                first, rest = [*first, upper], [lower, *rest[1:]]
        if not first:
            return []
        return [self._part(first, 0.0), self._part(rest, self.after)]

    def _part(self, rows: Sequence[Row], after: float) -> Grid:
        return Grid(
            self.widths,
            rows,
            head=self.head,
            lines=self.lines,
            tinted=self.tinted,
            pad_x=self.pad_x,
            after=after,
        )

    def _cut(self, row: Row, room: float) -> tuple[list[Cell] | None, list[Cell]]:
        """The part of a row that fits and the part that does not; (None, row) if nothing fits."""
        upper: list[Cell] = []
        lower: list[Cell] = []
        for cell, width in zip(row, self.widths, strict=True):
            above: list[Text] = []
            below: list[Text] = []
            left = room - 2 * _PAD_Y
            for text in cell:
                height = text.wrap(width - 2 * self.pad_x, 0)[1]
                if below:
                    below.append(text)
                elif height <= left:
                    above.append(text)
                    left -= height
                else:
                    parts = [p for p in text.split(width - 2 * self.pad_x, left) if isinstance(p, Text)]
                    above += parts[:1] if parts else []
                    below += parts[1:] if parts else [text]
            upper.append(above)
            lower.append(below)
        if not any(upper):
            return None, list(row)
        return upper, lower

    def draw(self) -> None:
        """Draw head, rows and the hairlines between them."""
        canvas: Canvas = self.canv
        y = self.height
        canvas.saveState()
        if self.tinted:
            canvas.setFillColor(TINT)
            canvas.rect(0, 0, self.width, self.height, stroke=0, fill=1)
        if self.head:
            height = self._head_height()
            canvas.setFillColor(TINT)
            canvas.rect(0, y - height, self.width, height, stroke=0, fill=1)
            self._draw_row(self.head, y, height)
            y -= height
            canvas.setStrokeColor(ACCENT)
            canvas.setLineWidth(0.8)
            canvas.line(0, y, self.width, y)
        canvas.setStrokeColor(HAIRLINE)
        canvas.setLineWidth(0.5)
        for row in self.rows:
            height = self._row_height(row)
            self._draw_row(row, y, height)
            y -= height
            if self.lines:
                canvas.line(0, y, self.width, y)
        canvas.restoreState()

    def _draw_row(self, row: Row, top: float, height: float) -> None:
        x = 0.0
        for cell, width in zip(row, self.widths, strict=True):
            y = top - _PAD_Y
            for text in cell:
                y -= text.wrap(width - 2 * self.pad_x, 0)[1]
                text.drawOn(self.canv, x + self.pad_x, y)
            x += width
