"""A block of text on a page: breaks into lines, splits between lines over pages, carries a bookmark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.platypus import Flowable

from sync_server.reports.canvas import ReportCanvas, canvas_of
from sync_server.reports.fonts import break_lines, width_of
from sync_server.reports.look import Style


@dataclass(frozen=True)
class Mark:
    """A bookmark: its key, the words in the outline and the level there (0 is the top)."""

    key: str
    words: str
    level: int


class Text(Flowable):
    """Text in one style. ``lines`` given means the text is already broken for its width."""

    def __init__(
        self,
        text: str,
        style: Style,
        *,
        mark: Mark | None = None,
        lines: Sequence[str] | None = None,
    ) -> None:
        super().__init__()
        self.text = text
        self.style = style
        self.mark = mark
        self.lines: list[str] = list(lines) if lines is not None else []
        self._broken_for = -1.0 if lines is None else 0.0

    def getSpaceAfter(self) -> float:  # noqa: N802 - reportlab's name
        """Space below, in points."""
        return self.style.after

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: N803 - reportlab's names
        """Break into lines for that width; the size taken."""
        if self._broken_for not in (0.0, aW):
            self.lines = break_lines(self.text, aW, self.style.size)
            self._broken_for = aW
        self.width, self.height = aW, len(self.lines) * self.style.leading
        return aW, self.height

    def split(self, aW: float, aH: float) -> list[Flowable]:  # noqa: N803 - reportlab's names
        """Two blocks, the first of them fitting; none where not even two lines fit."""
        self.wrap(aW, aH)
        fitting = int(aH // self.style.leading)
        if fitting >= len(self.lines):
            return [self]
        if fitting < 1:
            return []
        first = Text("", self.style.but(after=0.0), mark=self.mark, lines=self.lines[:fitting])
        return [first, Text("", self.style, lines=self.lines[fitting:])]

    def draw(self) -> None:
        """Draw the lines, first at the top."""
        self.draw_at(canvas_of(self), 0, 0)

    def draw_at(self, canvas: ReportCanvas, left: float, bottom: float) -> None:
        """The same without a system of coordinates of its own; inside a cell it belongs to the cell."""
        style, mark = self.style, self.mark
        if mark:
            canvas.bookmarkHorizontal(mark.key, left, bottom + self.height + 8)
            canvas.addOutlineEntry(mark.words, mark.key, mark.level, closed=False)
        with canvas.marked(f"H{mark.level + 1}" if mark else "P"):
            middle = (style.leading + style.size * 0.72) / 2
            for index, line in enumerate(self.lines):
                free = self.width - width_of(line, style.size) if style.align != "left" else 0.0
                x = left + (free / 2 if style.align == "center" else free)
                canvas.line_of_text(x, bottom + self.height - index * style.leading - middle, line, style)
