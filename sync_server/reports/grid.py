"""A table of text cells with hairlines: its head is repeated on every page, rows stay whole if they can."""

from __future__ import annotations

from collections.abc import Sequence

from reportlab.platypus import Flowable

from sync_server.reports.canvas import ReportCanvas, canvas_of
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
        heights: Sequence[float] | None = None,
    ) -> None:
        """``heights``: of the rows, where they were measured already."""
        super().__init__()
        self.widths, self.rows, self.head = list(widths), [list(row) for row in rows], head
        self.lines, self.tinted, self.pad_x, self.after = lines, tinted, pad_x, after
        self._heights = list(heights) if heights is not None else [self._row_height(row) for row in self.rows]
        self._head_height = self._row_height(head) if head else 0.0

    def getSpaceAfter(self) -> float:  # noqa: N802 - reportlab's name
        """Space below, in points."""
        return self.after

    def _row_height(self, row: Row) -> float:
        heights = [0.0]
        for cell, width in zip(row, self.widths, strict=True):
            heights.append(sum(text.wrap(width - 2 * self.pad_x, 0)[1] for text in cell))
        return max(heights) + 2 * _PAD_Y

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: N803 - reportlab's names
        """The size taken; the width is that of the columns."""
        self.width = sum(self.widths)
        self.height = self._head_height + sum(self._heights)
        return self.width, self.height

    def least_height(self) -> float:
        """What must fit for the table to begin: its head and the first row, or a part of a very tall one."""
        first = self._heights[0] if self._heights else 0.0
        return self._head_height + (first if first < HEIGHT / 2 else _ORPHAN)

    def split(self, aW: float, aH: float) -> list[Flowable]:  # noqa: N803 - reportlab's names
        """Rows that fit and the rest under the same head; a row taller than a page is cut between lines."""
        room = aH - self._head_height
        fitting = 0
        for height in self._heights:
            if height > room:
                break
            room -= height
            fitting += 1
        if fitting == len(self.rows):
            return [self]
        first, rest = self.rows[:fitting], self.rows[fitting:]
        tall, left = self._heights[:fitting], self._heights[fitting:]
        if left[0] > HEIGHT / 2 and room >= _ORPHAN:
            upper, lower = self._cut(rest[0], room)
            if upper is not None:
                first, rest = [*first, upper], [lower, *rest[1:]]
                tall, left = [*tall, self._row_height(upper)], [self._row_height(lower), *left[1:]]
        if not first:
            return []
        return [self._part(first, tall, 0.0), self._part(rest, left, self.after)]

    def _part(self, rows: Sequence[Row], heights: Sequence[float], after: float) -> Grid:
        return Grid(
            self.widths,
            rows,
            head=self.head,
            lines=self.lines,
            tinted=self.tinted,
            pad_x=self.pad_x,
            after=after,
            heights=heights,
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
        canvas = canvas_of(self)
        with canvas.artifact():
            self._draw_lines(canvas)
        y = self.height
        with canvas.part("Table"):
            if self.head:
                self._draw_row(canvas, self.head, y, "TH")
                y -= self._head_height
            for row, height in zip(self.rows, self._heights, strict=True):
                self._draw_row(canvas, row, y, "TD")
                y -= height

    def _draw_lines(self, canvas: ReportCanvas) -> None:
        y = self.height
        canvas.saveState()
        canvas.setFillColor(TINT)
        if self.tinted:
            canvas.rect(0, 0, self.width, self.height, stroke=0, fill=1)
        if self.head:
            canvas.rect(0, y - self._head_height, self.width, self._head_height, stroke=0, fill=1)
            y -= self._head_height
            canvas.setStrokeColor(ACCENT)
            canvas.setLineWidth(0.8)
            canvas.line(0, y, self.width, y)
        if self.lines:
            canvas.setStrokeColor(HAIRLINE)
            canvas.setLineWidth(0.5)
            for height in self._heights:
                y -= height
                canvas.line(0, y, self.width, y)
        canvas.restoreState()

    def _draw_row(self, canvas: ReportCanvas, row: Row, top: float, kind: str) -> None:
        left = self.pad_x
        with canvas.part("TR"):
            for cell, width in zip(row, self.widths, strict=True):
                y = top - _PAD_Y
                with canvas.marked(kind):
                    for text in cell:
                        y -= text.wrap(width - 2 * self.pad_x, 0)[1]
                        text.draw_at(canvas, left, y)
                left += width
