"""The report that an inspector hands over on the spot: drawn on this device, also without network.

In the browser its libraries come after ``Platform.load_paper``. Covert visits have no such paper: it names
who was there. It is the record as it was sent; what a review changes later is in the server's reports.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from html import escape as _escaped
from itertools import pairwise
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Image, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table

from field_app.review.widgets.answer_text import answer_text, answer_tone
from field_app.shell.ui import Ui
from field_app.visits.workflow_reading import VisitReading
from shared_models.checklists import Question, QuestionKind
from shared_models.checklists.repeats import row_key
from shared_models.messages import messages_dir

FONT = "RevisitPaper"
PHOTO = 52 * mm
"""Width of a photo; three stand side by side."""
_INK, _MUTED, _LINE, _BAD, _ACCENT = (
    HexColor(code) for code in ("#17212A", "#4F5D69", "#D5DCE2", "#B3261E", "#1D4E6F")
)


def escape(words: str) -> str:
    """Words as a paragraph's markup."""
    return _escaped(words, quote=False)


def _style(size: float, colour: Any = _INK, before: float = 0) -> ParagraphStyle:
    return ParagraphStyle(
        f"s{size}{colour}{before}", fontName=FONT, fontSize=size, leading=size * 1.45, textColor=colour,
        wordWrap="CJK", spaceBefore=before,
    )  # fmt: skip


class Signature(Flowable):
    """The strokes as they were drawn, in their own proportions."""

    def __init__(self, value: Mapping[str, Any], width: float = 60 * mm) -> None:
        super().__init__()
        self._strokes: list[list[list[float]]] = list(value.get("strokes") or [])
        wide, high = float(value.get("width") or 1), float(value.get("height") or 1)
        self._scale = width / wide
        self.width, self.height = width, high * self._scale

    def draw(self) -> None:
        """Each stroke as one line; y grows downwards on the pad."""
        canvas: Canvas = self.canv
        canvas.setStrokeColor(_INK)
        canvas.setLineWidth(1.2)
        for stroke in self._strokes:
            points = [(x * self._scale, self.height - y * self._scale) for x, y, *_ in stroke]
            for (x1, y1), (x2, y2) in pairwise(points):
                canvas.line(x1, y1, x2, y2)


def visit_paper(ui: Ui, session: VisitReading, photos: Mapping[str, bytes], inspector: str) -> bytes:
    """The report as PDF; ``photos``: the bytes by hash of those that are on this device."""
    _register()
    t, language = ui.t, ui.language
    small, body = _style(9, _MUTED), _style(10)
    visit = session.visit
    day = visit["visit_date"].isoformat() if visit["visit_date"] else ""
    dealer = f"{session.dealer.code}  {session.dealer.name.text(language)}"
    story: list[Flowable] = [
        Paragraph(escape(t("visits.paper.title")), _style(9, _ACCENT)),
        Paragraph(escape(dealer), _style(18)),
        Paragraph(escape(session.document.title.text(language)), _style(11)),
        Paragraph(escape(t("visits.paper.who", day=day, inspector=inspector)), small),
        Spacer(0, 4 * mm),
        _scores(ui, session, body),
    ]
    failed = [q for q in _asked(session) if answer_tone(q, session.answers.get(q.code)) == "bad"]
    story.append(Paragraph(escape(t("visits.paper.failed", count=len(failed))), _style(13, _INK, 12)))
    story += [_finding(ui, session, q, photos) for q in failed]
    for section in session.document.sections:
        asked = [q for q in section.questions if q.code in set(session.shown)]
        if asked:
            story.append(Paragraph(escape(section.title.text(language)), _style(13, _INK, 12)))
            story += [_answer(ui, session, q) for q in asked]
    story += [Spacer(0, 6 * mm), Paragraph(escape(t("visits.paper.preliminary")), small)]
    buffer = io.BytesIO()
    made = SimpleDocTemplate(
        buffer, pagesize=A4, leftMargin=18 * mm, rightMargin=18 * mm, topMargin=16 * mm, bottomMargin=18 * mm,
        title=f"{t('visits.paper.title')} {dealer} {day}", author=t("shell.product"),
    )  # fmt: skip

    def foot(canvas: Canvas, _document: object) -> None:
        canvas.setFont(FONT, 8)
        canvas.setFillColor(_MUTED)
        canvas.drawString(18 * mm, 10 * mm, f"{dealer} · {day}")
        canvas.drawRightString(A4[0] - 18 * mm, 10 * mm, str(canvas.getPageNumber()))

    made.build(story, onFirstPage=foot, onLaterPages=foot)
    return buffer.getvalue()


def _register() -> None:
    if FONT not in pdfmetrics.getRegisteredFontNames():
        path = messages_dir().parent / "fonts" / "NotoSansSC-Regular.ttf"
        pdfmetrics.registerFont(TTFont(FONT, str(path)))


def _asked(session: VisitReading) -> list[Question]:
    shown = set(session.shown)
    return [q for q in session.document.questions() if q.code in shown]


def _scores(ui: Ui, session: VisitReading, body: ParagraphStyle) -> Table:
    titles = {section.code: section.title.text(ui.language) for section in session.document.sections}
    rows: list[list[Any]] = [
        [Paragraph(escape(titles.get(one.code, one.code)), body), _percent(one.percent)]
        for one in session.score.sections
        if one.percent is not None
    ]
    rows.insert(0, [Paragraph(escape(ui.t("visits.paper.total")), body), _percent(session.score.percent)])
    style = [
        ("FONT", (0, 0), (-1, -1), FONT, 10),
        ("ALIGN", (1, 0), (1, -1), "RIGHT"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
        ("TEXTCOLOR", (1, 0), (1, 0), _ACCENT),
    ]
    return Table(rows, colWidths=[140 * mm, 30 * mm], style=style, hAlign="LEFT")


def _percent(value: Any) -> str:
    return "–" if value is None else f"{value:.1f}"


def _finding(ui: Ui, session: VisitReading, question: Question, photos: Mapping[str, bytes]) -> Flowable:
    """What failed, what was said of it, and its photos; before and after say so."""
    rows = _lines(ui, session, question)
    taken = [
        row for row in session.attachments
        if row_key(row) == question.code and row["kind"] == "photo" and row["sha256"] in photos
    ]  # fmt: skip
    cells: list[list[Flowable]] = []
    for row in taken:
        image = ImageReader(io.BytesIO(photos[row["sha256"]]))
        wide, high = image.getSize()
        words = ui.t(f"visits.media.{row['label']}") if row["label"] in ("before", "after") else ""
        picture = Image(io.BytesIO(photos[row["sha256"]]), PHOTO, PHOTO * high / wide)
        cells.append([picture, Paragraph(escape(words), _style(8, _MUTED))])
    for at in range(0, len(cells), 3):
        line: list[Any] = [*cells[at : at + 3]]
        rows.append(Table([line], colWidths=[PHOTO + 4 * mm] * len(line), hAlign="LEFT"))
    return KeepTogether(rows)


def _answer(ui: Ui, session: VisitReading, question: Question) -> Flowable:
    return KeepTogether(_lines(ui, session, question))


def _lines(ui: Ui, session: VisitReading, question: Question) -> list[Flowable]:
    """The question, its answer, what was said of it, and a signature as it was drawn."""
    answer = session.answers.get(question.code)
    bad = answer_tone(question, answer) == "bad"
    rows: list[Flowable] = [
        Paragraph(escape(f"{question.code}  {question.text.text(ui.language)}"), _style(9, _MUTED, 4)),
        Paragraph(escape(answer_text(ui, question, answer)), _style(10, _BAD if bad else _INK)),
    ]
    said = session.comments.get(question.code)
    if said:
        rows.append(Paragraph(escape(said), _style(9)))
    signed = question.kind is QuestionKind.SIGNATURE and answer is not None and isinstance(answer.value, dict)
    if signed and answer is not None:
        rows.append(Signature(answer.value))
    return rows
