"""A block of text on a page: breaks into lines, splits between lines over pages, carries a bookmark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

from sync_server.reports.fonts import FONT, break_lines, font, width_of
from sync_server.reports.look import Style


@dataclass(frozen=True)
class Mark:
    """A bookmark: its key, the words in the outline and the level there (0 is the top)."""

    key: str
    words: str
    level: int


def draw_line(canvas: Canvas, x: float, y: float, line: str, style: Style) -> None:
    """One line of text with its baseline at ``y``; bold is the outline stroked in the same colour."""
    font()
    canvas.saveState()
    text = canvas.beginText(x, y)
    text.setFont(FONT, style.size)
    text.setFillColor(style.colour)
    if style.bold:
        canvas.setStrokeColor(style.colour)
        canvas.setLineWidth(style.size * 0.032)
        text.setTextRenderMode(2)
    text.textOut(line)
    canvas.drawText(text)
    canvas.restoreState()


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
        canvas: Canvas = self.canv
        style = self.style
        if self.mark:
            canvas.bookmarkHorizontal(self.mark.key, 0, self.height + 8)
            canvas.addOutlineEntry(self.mark.words, self.mark.key, self.mark.level, closed=False)
        for index, line in enumerate(self.lines):
            free = self.width - width_of(line, style.size)
            x = {"left": 0.0, "right": free, "center": free / 2}[style.align]
            top = self.height - index * style.leading
            draw_line(canvas, x, top - (style.leading + style.size * 0.72) / 2, line, style)
