"""Headings of a report and the rule under its title."""

from __future__ import annotations

from reportlab.lib.colors import Color
from reportlab.platypus import CondPageBreak, Flowable, Spacer

from sync_server.reports.canvas import canvas_of
from sync_server.reports.lexicon import Lines, stack
from sync_server.reports.look import CHAPTER, SECOND, SECTION
from sync_server.reports.text import Mark


def chapter(lines: Lines, key: str, *, room: float = 150) -> list[Flowable]:
    """A chapter's heading with its bookmark, on a new page where less than ``room`` points are left."""
    mark = Mark(key, "  ".join(lines), 0)
    heading = stack(lines, CHAPTER, SECOND.but(size=9.5), mark)
    return [CondPageBreak(room), Spacer(0, 20), *heading, Spacer(0, 6)]


def section(lines: Lines, key: str, *, room: float) -> list[Flowable]:
    """A heading within a chapter, kept with ``room`` points of what follows; second in the outline."""
    mark = Mark(key, "  ".join(lines), 1)
    heading = stack(("  ".join(lines),), SECTION, mark=mark)
    return [CondPageBreak(room + 34), Spacer(0, 12), *heading, Spacer(0, 4)]


class Rule(Flowable):
    """A short horizontal bar."""

    def __init__(self, width: float, thickness: float, colour: Color) -> None:
        super().__init__()
        self.width, self.height, self.colour = width, thickness, colour

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: N803 - reportlab's names
        """The fixed size."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw the bar."""
        canvas = canvas_of(self)
        with canvas.artifact():
            canvas.setFillColor(self.colour)
            canvas.rect(0, 0, self.width, self.height, stroke=0, fill=1)
