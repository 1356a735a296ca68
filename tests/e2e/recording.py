"""Recording a whole visit through the screens: every question that the answers before it bring up."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from random import Random

from playwright.sync_api import FilePayload

from shared_models.checklists import AnswerValue, QuestionKind, TemplateDocument, shown_questions
from shared_models.visits import EVENTS
from sync_server.demo.pictures import showroom_photo
from tests.e2e.pages import TestDrive, Visit


def photo(seed: int) -> FilePayload:
    """A photo file as a camera leaves it; another seed, another picture."""
    return {"name": f"IMG_{seed:04}.jpg", "mimeType": "image/jpeg", "buffer": showroom_photo(Random(seed))}


def record(
    visit: Visit,
    document: TemplateDocument,
    choices: Mapping[str, str],
    photos: int,
    before: Collection[str] = (),
) -> list[str]:
    """Answer every question shown: as ``choices`` say, else the first good answer; photos on the first ones.

    The codes of all that were answered, in order. After each answer the screen must count as we do: a touch
    that went elsewhere, or an answer that was lost, is told where it happened. ``before``: codes of questions
    that have an answer already.
    """
    answers: dict[str, AnswerValue] = {}
    answered: list[str] = []
    taken = 0
    for section in document.sections:
        visit.section(section.code)
        for question in section.questions:
            if question not in shown_questions(document, answers):
                continue
            if question.kind is not QuestionKind.PHOTO:
                answers[question.code] = visit.answer(question, choices.get(question.code))
            if question.kind is QuestionKind.PHOTO or taken < photos:
                visit.photograph(question.code, photo(taken))
                taken += 1
            answered.append(question.code)
            visit.counts(len({*before, *answered}), len(shown_questions(document, answers)), question.code)
    visit.all_saved()
    return answered


def drive(log: TestDrive) -> None:
    """Stamp every event of a test drive, and fill in what is known of it."""
    for event in EVENTS:
        log.stamp(event)
    log.write("drive-car_model", "众泰 T600 2.0T 旗舰型")
    log.press("drive-licence_checked-yes")
    log.press("drive-consultant_drove_first-yes")
    log.write("drive-impressions", "急加速有力，过减速带偏硬")
