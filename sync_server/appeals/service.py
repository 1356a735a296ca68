"""A dealer's view of its accepted visits: the redacted projection, and photos without their own data."""

from __future__ import annotations

import hashlib
import io
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy.orm import Session

from shared_models.appeals.states import window_end
from shared_models.appeals.wire import Result, ResultAnswer, ResultCard, Results, ResultSection
from shared_models.checklists.document import Bilingual, Question, QuestionKind
from shared_models.checklists.logic import AnswerValue, shown_questions
from shared_models.checklists.repeats import row_key
from shared_models.checklists.stages import Source
from shared_models.people.access import DESK_ROLES, Access, Role
from shared_models.problems import Code, Problem
from shared_models.surveys import mask_numbers
from shared_models.visits.marks import WIDTH, Stroke, on_pixels
from shared_models.visits.scoring import VisitScore, question_fraction, score_visit
from sync_server.appeals import repository
from sync_server.appeals.repository import Line
from sync_server.media.blobs import Blobs
from sync_server.people.scope import resolve
from sync_server.visits import repository as visits
from sync_server.visits.service import Counting, counting

_TELLING = frozenset({QuestionKind.AUDIO, QuestionKind.SIGNATURE, QuestionKind.LOCATION, QuestionKind.TIME,
                      QuestionKind.DATETIME, QuestionKind.BARCODE})  # fmt: skip
"""Kinds of answers that would tell who the shopper was, or when exactly: they are not shown at all."""
MARK = (229, 57, 53)
"""Colour of what was drawn on a photo."""
PHOTO_EDGE, PHOTO_QUALITY = 1600, 85
"""Longest edge in pixels and JPEG quality of a photo as the dealer sees it."""


def results(session: Session, access: Access, limit: int, offset: int) -> Results:
    """Accepted visits of the dealers that this access reaches as dealer or desk."""
    rows, total = repository.accepted(session, _dealers(session, access), limit, offset)
    cards = tuple(_card(session, row, counting(session, row)) for row in rows)
    return Results(results=cards, total=total)


def result(session: Session, access: Access, visit_id: str) -> Result:
    """One accepted visit; NOT_FOUND outside the dealers of this access."""
    row = _visit(session, access, visit_id)
    found = counting(session, row)
    document = found.document
    shown = {question.code for question in shown_questions(document, found.now)}
    visitor = repository.name_of(session, row["person_id"])
    comments = _comments(session, row, visitor)
    photos: dict[str, list[str]] = defaultdict(list)
    for photo in repository.photos(session, visit_id):
        photos[row_key(photo)].append(_shown_as(photo["id"]))
    score = score_visit(document, found.now)
    percents = {section.code: section.percent for section in score.sections}
    sections: list[ResultSection] = []
    for section in document.sections:
        answers = tuple(
            _answer(question, found, visitor, comments.get(question.code, ""), tuple(photos[question.code]))
            for question in section.questions
            if question.code in shown and question.kind not in _TELLING
        )
        if answers:
            told = section.model_copy(update={"title": _masked(section.title, visitor)})
            sections.append(ResultSection.of(told, percents[section.code], answers))
    card = _card(session, row, found)
    return Result(**dict(card), sections=tuple(sections), critical_failures=score.critical_failures)


def photo(session: Session, access: Access, blobs: Blobs, visit_id: str, photo_id: str) -> bytes:
    """A photo as JPEG without place, time or device in it; NOT_FOUND where there is none to be seen."""
    row = _visit(session, access, visit_id)
    found = next(
        (one for one in repository.photos(session, row["id"]) if _shown_as(one["id"]) == photo_id), None
    )
    if found is None or not blobs.has(found["sha256"]):
        raise Problem(Code.NOT_FOUND, {"what": "photo"})
    data = b"".join(blobs.read(found["sha256"], 0, blobs.size(found["sha256"])))
    return bare_jpeg(data, found["marks"])


def _shown_as(photo_id: str) -> str:
    """A photo's name for the dealer: an id tells the millisecond when it was given, this tells nothing."""
    return hashlib.sha256(photo_id.encode()).hexdigest()[:32]


def bare_jpeg(data: bytes, marks: Sequence[Stroke] = ()) -> bytes:
    """The picture alone: upright, with what was drawn on it, no EXIF; NOT_FOUND for what is none."""
    from PIL import Image, ImageDraw, ImageOps, UnidentifiedImageError  # kept only once a photo was shown

    try:
        with Image.open(io.BytesIO(data)) as opened:
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except (UnidentifiedImageError, OSError):
        raise Problem(Code.NOT_FOUND, {"what": "photo"}) from None
    upright.thumbnail((PHOTO_EDGE, PHOTO_EDGE))
    pixels = Image.new("RGB", upright.size)
    pixels.paste(upright)
    pen = ImageDraw.Draw(pixels)
    for line in on_pixels(marks, *pixels.size):
        pen.line(line, fill=MARK, width=max(3, round(WIDTH * max(pixels.size))), joint="curve")
    out = io.BytesIO()
    pixels.save(out, "JPEG", quality=PHOTO_QUALITY)
    return out.getvalue()


def _dealers(session: Session, access: Access) -> list[str]:
    if not access.has(*DESK_ROLES, Role.OWNER):
        raise Problem(Code.NOT_ALLOWED)
    scope = resolve(session, access)
    return repository.all_dealers(session) if scope.everything else sorted(scope.dealers)


def _visit(session: Session, access: Access, visit_id: str) -> Line:
    row = repository.accepted_visit(session, _dealers(session, access), visit_id)
    if row is None:
        raise Problem(Code.NOT_FOUND, {"what": "visit"})
    return row


def _comments(session: Session, row: Line, visitor: str) -> dict[str, str]:
    """What the visitor wrote beside the answers."""
    return {
        row_key(answer): _unnamed(answer["comment"], visitor)
        for answer in visits.rows_of(session, "answer", row["id"])
        if answer["comment"]
    }


def _unnamed(words: str, visitor: str) -> str:
    """Words that the visitor wrote, without the own name and telephone numbers."""
    return mask_numbers(words.replace(visitor, "**") if visitor else words)


def _masked(title: Bilingual, visitor: str) -> Bilingual:
    """The title of a section, which may hold the name that the visitor gave a car or a consultant."""
    return Bilingual(zh=_unnamed(title.zh, visitor), en=_unnamed(title.en, visitor))


def _answer(
    question: Question, found: Counting, visitor: str, comment: str, photos: tuple[str, ...]
) -> ResultAnswer:
    now, recorded = found.now.get(question.code), found.recorded.get(question.code)
    changed = now != recorded
    return ResultAnswer(
        question=question,
        state=now.state if now else "",
        value=_shown(question, now, visitor),
        recorded_state=recorded.state if recorded and changed else "",
        recorded_value=_shown(question, recorded, visitor) if changed else None,
        comment=comment,
        photos=photos,
    )


def _shown(question: Question, answer: AnswerValue | None, visitor: str) -> object:
    value = answer.value if answer else None
    return (
        _unnamed(value, visitor) if question.kind is QuestionKind.TEXT and isinstance(value, str) else value
    )


def _card(session: Session, row: Line, found: Counting) -> ResultCard:
    document = found.document
    score: VisitScore = score_visit(document, found.now)
    failed = sum(
        1
        for question in shown_questions(document, found.now)
        if question_fraction(question, found.now.get(question.code)) == 0
    )
    return ResultCard(
        visit_id=row["id"],
        dealer_id=row["dealer_id"],
        day=row["visit_date"],
        source=Source(row["source"]),
        title=document.title,
        score=score.percent,
        first_score=row["score"],
        appeal_until=window_end(row["reviewed_at"]),
        failed=failed,
    )
