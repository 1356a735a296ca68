"""The record that an inspector hands over, drawn on the device: what it says, shows and leaves out."""

from __future__ import annotations

import asyncio
import io

import pytest
from PIL import Image
from pypdf import PdfReader

from field_app.checklists.rehearsal import rehearse
from field_app.visits.live import LiveVisit
from field_app.visits.paper.record import visit_paper
from shared_models.checklists import QuestionKind
from shared_models.messages import words
from sync_server.checklists.builtin import load_templates
from tests.factories.device import make_context
from tests.unit.ui_desk.drawing import make_ui

INSPECTION = next(one for one in load_templates() if one.code == "service_inspection")
FAILED = next(q for q in INSPECTION.questions() if q.kind.value.startswith("yes_no"))
SIGNED = next(q for q in INSPECTION.questions() if q.kind is QuestionKind.SIGNATURE)
REMARKS = next(q for q in INSPECTION.questions() if q.code == "SJ02")


def photo(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (320, 240), colour).save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def live() -> LiveVisit:
    """An inspection with one failure mended on the spot, the dealer's words and signature."""
    made = rehearse(INSPECTION, make_context(), ("北一店", "North One"))

    async def record() -> None:
        await made.put(FAILED.code, "answered", "no")
        await made.comment(FAILED.code, "灯箱不亮，已当场修复 <5 分钟>")
        for colour, label in (("black", "before"), ("white", "after")):
            await made.attach(FAILED.code, photo(colour), "image/jpeg", "photo")
            newest = made.attachments(FAILED.code)[-1]
            await made.label(FAILED.code, newest["id"], label)
        await made.put(REMARKS.code, "answered", "同意整改")
        strokes = [[[10.0, 10.0], [60.0, 40.0]], [[60.0, 10.0], [10.0, 40.0]]]
        signature = {"name": "李店长", "strokes": strokes, "width": 100, "height": 50}
        await made.put(SIGNED.code, "answered", signature)

    asyncio.run(record())
    return made


def drawn(live: LiveVisit, language: str) -> PdfReader:
    async def photos() -> dict[str, bytes]:
        rows = live.session.attachments
        held = {row["sha256"]: await live.session.blob(row["id"]) for row in rows}
        return {name: data for name, data in held.items() if data is not None}

    return PdfReader(
        io.BytesIO(visit_paper(make_ui(language), live.session, asyncio.run(photos()), "王督导"))
    )


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_the_record_names_place_failure_remarks_and_signer(live: LiveVisit, language: str) -> None:
    paper = drawn(live, language)
    said = "".join("".join(page.extract_text().split()) for page in paper.pages)
    place = "北一店" if language == "zh_CN" else "NorthOne"
    for expected in (place, "王督导", "灯箱不亮，已当场修复<5分钟>", "同意整改", "李店长", FAILED.code):
        assert expected in said, expected
    total = f"{live.session.score.percent:.1f}"
    assert total in said


def test_photos_before_and_after_stand_in_it_once_each(live: LiveVisit) -> None:
    paper = drawn(live, "en")
    assert sum(len(page.images) for page in paper.pages) == 2
    lines = [one for page in paper.pages for one in page.extract_text().splitlines()]
    t = words("en")
    at = lines.index(t("visits.media.before"))
    assert lines[at + 1] == t("visits.media.after")


def test_a_photo_that_is_not_on_the_device_leaves_a_readable_record(live: LiveVisit) -> None:
    paper = PdfReader(io.BytesIO(visit_paper(make_ui("en"), live.session, {}, "W")))
    assert all(not page.images for page in paper.pages)
    assert FAILED.code in paper.pages[0].extract_text()
