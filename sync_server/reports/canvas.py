"""The canvas of a report: text without detours, page x of y in one pass, contents tagged for reading.

reportlab's own text object formats every number and every state again; a report has a thousand short lines
and a region two hundred reports, so a line is one string here.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from reportlab import rl_config
from reportlab.pdfbase.pdfdoc import PDFPage
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

from sync_server.reports.fonts import font, width_of
from sync_server.reports.look import Style
from sync_server.reports.structure import Structure

rl_config.useA85 = 0  # streams as bytes: a fifth smaller, and reportlab encodes to text in pure Python
PageWords = Callable[[int, int], str]
"""What a page says of its number and of the number of pages."""


class ReportCanvas(Canvas):
    """What reports are drawn on."""

    _code: list[str]
    _doc: Any  # reportlab's own: operators of the page so far, and the document

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._structure = Structure()
        self._inside = False
        self._later: dict[str, tuple[float, float, Style]] = {}
        self._of_pages: PageWords = lambda page, pages: f"{page} / {pages}"

    def line_of_text(self, x: float, y: float, line: str, style: Style) -> None:
        """One line with its baseline at ``y``; bold is the outline stroked in the same colour.

        A blank ends it, so that who hears the lines of a cell does not hear one word.
        """
        self._code.append(self._line(x, y, f"{line} ", style))

    def _line(self, x: float, y: float, line: str, style: Style) -> str:
        face, document = font(), self._doc
        shown = " ".join(
            f"{face.getSubsetInternalName(subset, document)} {style.size:g} Tf <{codes.hex()}> Tj"
            for subset, codes in face.splitString(line, document)
        )
        return f"q BT {style.operators} 1 0 0 1 {x:.2f} {y:.2f} Tm {shown} ET Q"

    def page_words(self, right: float, y: float, style: Style, words: PageWords) -> None:
        """A line that ends at ``right`` and can be written only when the last page is known.

        ``words`` gives it from page and pages; it must be the same for all pages of a document.
        """
        token = f"%page{self.getPageNumber()}%"
        self._code.append(token)
        self._later[token] = (right, y, style)
        self._of_pages = words

    @contextmanager
    def marked(self, kind: str, *, language: str = "", words: str = "") -> Generator[None]:
        """Contents that are read: a paragraph, a heading, a cell, a picture with ``words`` in its place.

        What is drawn inside other marked contents belongs to those.
        """
        if self._inside:
            yield
            return
        self._inside = True
        self._code.append(f"/{kind} <</MCID {self._structure.mark(kind, language, words)}>> BDC")
        yield
        self._code.append("EMC")
        self._inside = False

    @contextmanager
    def artifact(self) -> Generator[None]:
        """Lines, grounds and what runs along every page: nothing that is read aloud."""
        if self._inside:
            yield
            return
        self._inside = True
        self._code.append("/Artifact BMC")
        yield
        self._code.append("EMC")
        self._inside = False

    @contextmanager
    def part(self, kind: str) -> Generator[None]:
        """A group of marked contents: a table, a row."""
        self._structure.begin(kind)
        yield
        self._structure.end()

    def showPage(self) -> None:  # noqa: N802 - reportlab's name
        """The page is complete."""
        super().showPage()
        self._structure.turn()

    def save(self) -> None:
        """Write the number of pages onto each of them, and the structure; then the file."""
        if len(self._code):
            self.showPage()
        pages: list[PDFPage] = [
            self._doc.idToObject[f"Page{number + 1}"] for number in range(len(self._doc.Pages.pages))
        ]
        for number, page in enumerate(pages, 1):
            token = f"%page{number}%"
            if token in self._later:
                right, y, style = self._later[token]
                words = self._of_pages(number, len(pages))
                line = self._line(right - width_of(words, style.size), y, words, style)
                page.stream = page.stream.replace(token, line)
        self._structure.write(self._doc, pages)
        super().save()


def canvas_of(drawn: Flowable) -> ReportCanvas:
    """The canvas under something that is being drawn."""
    canvas = drawn.canv
    assert isinstance(canvas, ReportCanvas)
    return canvas
