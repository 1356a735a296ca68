"""The page of a report: A4, running header and footer with page x of y, metadata, outline."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate

from sync_server.reports.fonts import FONT, break_lines, font, width_of
from sync_server.reports.look import ACCENT, BOTTOM, HAIRLINE, HEIGHT, MARGIN, PAGE, RUNNING, WIDTH
from sync_server.reports.text import draw_line


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


def build(story: Callable[[], Sequence[Flowable]], running: Running) -> bytes:
    """The PDF. It is laid out twice, because the number of pages stands on each of them."""
    font()
    _, pages = _layout(story(), running, 0)
    data, again = _layout(story(), running, pages)
    if again != pages:
        raise RuntimeError(f"the layout changed between passes: {pages} then {again} pages")
    return data


def _layout(story: Sequence[Flowable], running: Running, pages: int) -> tuple[bytes, int]:
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
    count = 0

    def furnish(canvas: Canvas, template: BaseDocTemplate) -> None:
        nonlocal count
        count = canvas.getPageNumber()
        _furnish(canvas, running, count, pages)

    document.addPageTemplates([PageTemplate("page", [frame], onPage=furnish)])
    document.build(list(story))
    return buffer.getvalue(), count


def _furnish(canvas: Canvas, running: Running, page: int, pages: int) -> None:
    canvas.saveState()
    top, foot, right = PAGE[1] - 15 * 72 / 25.4, 13 * 72 / 25.4, PAGE[0] - MARGIN
    canvas.setLineWidth(0.5)
    canvas.setStrokeColor(HAIRLINE)
    canvas.line(MARGIN, top - 6, right, top - 6)
    canvas.line(MARGIN, foot + 12, right, foot + 12)
    canvas.setFillColor(ACCENT)
    canvas.rect(MARGIN, top - 6.9, 36, 1.8, stroke=0, fill=1)
    half = WIDTH / 2 - 10
    _side(canvas, top, running.head_left, running.head_right, half)
    _side(canvas, foot, running.foot_left, running.page_words(page, pages), half)
    if page == 1:
        canvas.showOutline()
    canvas.restoreState()


def _side(canvas: Canvas, y: float, left: str, right: str, half: float) -> None:
    left, right = _fitted(left, half), _fitted(right, half)
    draw_line(canvas, MARGIN, y, left, RUNNING)
    draw_line(canvas, PAGE[0] - MARGIN - width_of(right, RUNNING.size), y, right, RUNNING)


def _fitted(line: str, width: float) -> str:
    lines = break_lines(line.replace("\n", " "), width - 8, RUNNING.size)
    return lines[0] + ("…" if len(lines) > 1 else "")
