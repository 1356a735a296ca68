"""The page of a report: A4, running header and footer with page x of y, metadata, outline."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate

from sync_server.reports.canvas import ReportCanvas
from sync_server.reports.fonts import FONT, break_lines, font, width_of
from sync_server.reports.look import ACCENT, BOTTOM, HAIRLINE, HEIGHT, MARGIN, PAGE, RUNNING, WIDTH


@dataclass(frozen=True)
class Running:
    """What stands on every page. ``page_words`` gives "page x of y"."""

    head_left: str
    head_right: str
    foot_left: str
    page_words: Callable[[int, int], str]
    title: str
    author: str
    subject: str
    language: str


def build(story: Sequence[Flowable], running: Running) -> bytes:
    """The PDF, tagged for screen readers."""
    font()
    buffer = io.BytesIO()
    document = BaseDocTemplate(
        buffer,
        pagesize=PAGE,
        title=running.title,
        author=running.author,
        subject=running.subject,
        creator="Revisit",
        lang=running.language,
        initialFontName=FONT,  # else every page would name a Helvetica that is not embedded
        initialFontSize=9.5,
        displayDocTitle=True,
    )
    frame = Frame(MARGIN, BOTTOM, WIDTH, HEIGHT, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0)

    def furnish(canvas: Canvas, template: BaseDocTemplate) -> None:
        assert isinstance(canvas, ReportCanvas)
        with canvas.artifact():
            _furnish(canvas, running)

    document.addPageTemplates([PageTemplate("page", [frame], onPage=furnish)])
    document.build(list(story), canvasmaker=ReportCanvas)
    return buffer.getvalue()


def _furnish(canvas: ReportCanvas, running: Running) -> None:
    canvas.saveState()
    top, foot, right = PAGE[1] - 15 * 72 / 25.4, 13 * 72 / 25.4, PAGE[0] - MARGIN
    canvas.setLineWidth(0.5)
    canvas.setStrokeColor(HAIRLINE)
    canvas.line(MARGIN, top - 6, right, top - 6)
    canvas.line(MARGIN, foot + 12, right, foot + 12)
    canvas.setFillColor(ACCENT)
    canvas.rect(MARGIN, top - 6.9, 36, 1.8, stroke=0, fill=1)
    half = WIDTH / 2 - 10
    head = _fitted(running.head_right, half)
    canvas.line_of_text(MARGIN, top, _fitted(running.head_left, half), RUNNING)
    canvas.line_of_text(right - width_of(head, RUNNING.size), top, head, RUNNING)
    canvas.line_of_text(MARGIN, foot, _fitted(running.foot_left, half), RUNNING)
    canvas.page_words(
        right, foot, RUNNING, lambda page, pages: _fitted(running.page_words(page, pages), half)
    )
    if canvas.getPageNumber() == 1:
        canvas.showOutline()
    canvas.restoreState()


def _fitted(line: str, width: float) -> str:
    lines = break_lines(line.replace("\n", " "), width - 8, RUNNING.size)
    return lines[0] + ("…" if len(lines) > 1 else "")
