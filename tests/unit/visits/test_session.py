"""Recording a visit on the device, seen from the screen's side."""

from __future__ import annotations

import asyncio
import hashlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from field_app.store import Store
from field_app.store.tables import outbox_op
from field_app.sync.pull import take_page
from field_app.visits.workflow import History, Review, Today, VisitSession
from field_app.visits.workflow_state import Change
from shared_models.checklists import QuestionKind
from shared_models.people import Access, GrantView, Role, ScopeKind
from shared_models.problems import Code, Problem
from shared_models.sync.codec import encode_row
from shared_models.visits import verify_manifest
from tests.factories.device import Clock, MemoryBlobs, make_store
from tests.factories.network import ASSIGNMENT, PERSON, change, page, seed

PHOTO = b"\xff\xd8 a photo"
MANAGER = Access.of("m", [GrantView(Role.MANAGER, ScopeKind.COMPANY)])


class Desk:
    """A device with one person's day."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = Clock()
        self.blobs = MemoryBlobs()
        self.free: int | None = None
        self.store = make_store(path, clock=self.clock, blobs=self.blobs)
        seed(self.store)
        self.today = Today(self.store, PERSON, self._free)

    async def _free(self) -> int | None:
        return self.free

    def start(self) -> VisitSession:
        return asyncio.run(self.today.start_visit(ASSIGNMENT))

    def reopen(self, visit_id: str) -> VisitSession:
        store = make_store(self.path, clock=self.clock, seed=9, blobs=self.blobs)
        return asyncio.run(VisitSession.open(store, visit_id))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "account.db")


def do(*steps: Any) -> Any:
    """Run coroutines one after the other; the last one's result."""

    async def run() -> Any:
        result = None
        for step in steps:
            result = await step
        return result

    return asyncio.run(run())


def kinds(store: Store) -> list[tuple[str, str]]:
    with store.read() as connection:
        return [
            (op.entity, op.kind) for op in connection.execute(select(outbox_op).order_by(outbox_op.c.seq))
        ]


def complete(visit: VisitSession) -> None:
    do(visit.answer("F1", "na"), visit.answer("F2", value="yes"), visit.answer("P1", value="yes"))


def test_today_lists_planned_visits_with_distance_and_days_left(desk: Desk) -> None:
    view = do(desk.today.load({"latitude": 39.9, "longitude": 116.5, "accuracy_m": 10}))
    (card,) = view.assignments
    assert (card.days_left, card.open_now, card.title.zh) == (7, True, "Short visit（中）")
    assert card.dealer.distance_km == pytest.approx(8.53, abs=0.01)
    assert do(desk.today.load()).assignments[0].dealer.distance_km == card.dealer.distance_km


def test_starting_makes_a_draft_and_moves_the_assignment(desk: Desk) -> None:
    visit = desk.start()
    assert kinds(desk.store) == [("assignment", "transition"), ("visit", "create")]
    view = do(desk.today.load())
    assert view.assignments == ()
    assert [card.id for card in view.drafts] == [visit.id]
    assert desk.start().id == visit.id


def test_every_answer_is_there_after_a_restart(desk: Desk) -> None:
    visit = desk.start()
    do(
        visit.answer("F1", value="no", comment="dusty"),
        visit.answer("P1", value="no"),
        visit.answer("P2", value="no time"),
        visit.drive_set("car_model", "X1"),
        visit.drive_stamp("greeted"),
        visit.set_visit("consultant", "Li"),
        visit.clear("P2"),
    )
    again = desk.reopen(visit.id)
    assert again.answers == visit.answers
    assert set(again.answers) == {"F1", "P1"}
    assert again.comments == {"F1": "dusty"}
    assert again.drive["car_model"] == "X1"
    assert again.stamps == visit.stamps
    assert again.visit["consultant"] == "Li"
    assert again.score == visit.score


def test_a_tap_tells_exactly_what_changed(desk: Desk) -> None:
    visit = desk.start()
    heard: list[Change] = []
    visit.subscribe(heard.append)
    do(visit.answer("P1", value="no"))
    shown, saved = heard
    assert shown.questions == {"P1"}
    assert shown.sections == {"presentation"}
    assert shown.appeared == {"P2"}
    assert (shown.score, shown.saved, saved.saved) == (True, False, True)
    heard.clear()
    do(visit.answer("P1", value="yes"))
    assert heard[0].disappeared == {"P2"}


def test_saved_is_not_told_before_the_change_is_durable(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    visit = desk.start()
    order: list[str] = []

    async def durable() -> None:
        order.append("durable")

    monkeypatch.setattr(desk.store, "durable", durable)
    visit.subscribe(lambda change: order.append("saved" if change.saved else "shown"))
    do(visit.answer("F2", value="yes"))
    assert order == ["shown", "durable", "saved"]


def test_a_photo_is_kept_by_its_hash_and_counts_as_evidence(desk: Desk) -> None:
    visit = desk.start()
    do(visit.answer("F1", value="no"))
    assert [m.question for m in visit.completeness.missing_evidence] == ["F1"]
    photo = do(visit.attach("F1", PHOTO, "image/jpeg"))
    sha256 = hashlib.sha256(PHOTO).hexdigest()
    assert visit.completeness.missing_evidence == ()
    assert desk.blobs.files == {sha256: PHOTO}
    assert do(visit.blob(photo)) == PHOTO
    assert desk.store.counts().files == 1
    do(visit.remove_attachment(photo))
    assert visit.attachments == []
    assert [m.question for m in visit.completeness.missing_evidence] == ["F1"]


def test_the_answer_of_a_photo_question_is_the_number_of_its_photos(desk: Desk) -> None:
    visit = desk.start()
    first = do(visit.attach("D1", PHOTO, "image/jpeg"))
    do(visit.attach("D1", PHOTO + b"2", "image/jpeg"))
    assert visit.answers["D1"].value == 2
    do(visit.remove_attachment(first))
    assert visit.answers["D1"].value == 1


def test_below_the_free_space_floor_photos_are_refused_and_answers_taken(desk: Desk) -> None:
    visit = desk.start()
    desk.free = 50 * 2**20
    with pytest.raises(Problem) as caught:
        do(visit.attach("F1", PHOTO, "image/jpeg"))
    assert caught.value.code is Code.STORAGE_FULL
    assert desk.blobs.files == {}
    do(visit.answer("F2", value="yes"))
    assert visit.answers["F2"].value == "yes"


def test_an_answer_that_does_not_fit_its_question_is_refused(desk: Desk) -> None:
    visit = desk.start()
    for code, value in (("F2", "maybe"), ("P3", 9), ("P3", True), ("P3", 2.5), ("P2", 4)):
        with pytest.raises(Problem) as caught:
            do(visit.answer(code, value=value))
        assert caught.value.code is Code.INVALID_FIELD
    assert visit.answers == {}


def test_an_incomplete_visit_cannot_be_submitted(desk: Desk) -> None:
    visit = desk.start()
    with pytest.raises(Problem) as caught:
        do(visit.submit())
    assert caught.value.code is Code.ANSWERS_MISSING
    assert [place.at for place in caught.value.places] == ["F1", "F2", "P1"]
    complete(visit)
    do(visit.answer("F1", value="no"))
    with pytest.raises(Problem) as caught:
        do(visit.submit())
    assert caught.value.code is Code.EVIDENCE_MISSING


def test_a_submitted_visit_is_sealed_with_manifest_and_score(desk: Desk) -> None:
    visit = desk.start()
    complete(visit)
    do(visit.attach("", PHOTO, "image/jpeg"), visit.drive_set("plate", "京A12345"))
    do(visit.submit({"latitude": 39.9, "longitude": 116.4, "accuracy_m": 5}))
    row = desk.store.row("visit", visit.id)
    assert row is not None
    assert (row["status"], row["score"]) == ("submitted", Decimal(100))
    sealed = [
        (name, r["id"], encode_row(name, r))
        for name in ("answer", "test_drive", "test_drive_event")
        for r in desk.store.by(name, visit_id=visit.id)
    ]
    media = [{"id": a["id"], **encode_row("attachment", a)} for a in visit.attachments]
    verify_manifest(row["manifest"], sealed, media)
    assert len(row["manifest"]["rows"]) == 4
    with pytest.raises(Problem) as caught:
        do(visit.answer("F2", value="no"))
    assert caught.value.code is Code.VISIT_SEALED
    assert kinds(desk.store)[-2:] == [("visit", "transition"), ("assignment", "transition")]
    with desk.store.read() as connection:
        submit = connection.execute(
            select(outbox_op).where(outbox_op.c.entity == "visit", outbox_op.c.kind == "transition")
        ).one()
    assert submit.fields["action"] == "submit"
    assert submit.fields["score"] == "100.000000"
    assert "status" not in submit.fields


def test_a_corrected_stamp_keeps_the_first_one(desk: Desk) -> None:
    visit = desk.start()
    first = desk.clock.at
    do(visit.drive_stamp("offered"))
    desk.clock.forward(minutes=3)
    do(visit.drive_stamp("offered", desk.clock.at, reason="tapped too early"))
    row = desk.store.by("test_drive_event", visit_id=visit.id)[0]
    assert (row["first_at"], row["at"]) == (first, desk.clock.at)
    assert visit.corrections == {"offered": "tapped too early"}


def test_history_shows_what_of_a_visit_is_still_to_be_sent(desk: Desk) -> None:
    visit = desk.start()
    complete(visit)
    do(visit.attach("", PHOTO, "image/jpeg"), visit.submit())
    (card,) = do(History(desk.store, PERSON).load())
    assert (card.status, card.percent, card.pending_files, card.held) == ("submitted", Decimal(100), 1, False)
    assert card.pending == 6


def test_a_returned_visit_is_answered_and_submitted_as_a_new_revision(desk: Desk) -> None:
    visit_id = "0193a000-0000-7000-8000-0000000000aa"
    fields = {
        "assignment_id": ASSIGNMENT,
        "dealer_id": desk.store.by("dealer")[0]["id"],
        "template_version_id": desk.store.by("template_version")[0]["id"],
        "person_id": PERSON,
        "source": "shop",
        "status": "returned",
        "review_note": "one question",
    }
    ask = change(
        "review_note", "0193a000-0000-7000-8000-0000000000ac", visit_id=visit_id, question="P1", text="?"
    )
    take_page(desk.store, page(change("visit", visit_id, 4, **fields), ask, cursor="2"), "1")
    (card,) = do(desk.today.load()).returned
    assert (card.open_notes, card.review_note) == (1, "one question")
    visit = do(desk.today.open(visit_id))
    complete(visit)
    do(visit.reply(ask.row_id, "shown twice"), visit.submit())
    row = desk.store.row("visit", visit_id)
    assert row is not None
    assert (row["status"], row["revision"]) == ("submitted", 1)
    assert do(History(desk.store, PERSON).load())[0].open_notes == 0


def test_a_reviewer_returns_a_visit_with_a_question_per_answer(desk: Desk) -> None:
    visit = desk.start()
    complete(visit)
    do(visit.submit())
    review = Review(desk.store, MANAGER)
    (card,) = do(review.load())
    session = do(review.open(card.id))
    assert not session.editable
    do(session.send_back({"P1": "Which car?", "F2": " "}, "please explain"))
    assert [(n["question"], n["text"]) for n in session.notes] == [("P1", "Which car?")]
    assert session.visit["status"] == "returned"
    assert kinds(desk.store)[-2:] == [("review_note", "create"), ("visit", "transition")]
    assert do(review.load()) == ()


def test_news_of_an_open_visit_from_the_server_reaches_its_screen(desk: Desk) -> None:
    visit = desk.start()
    complete(visit)
    heard: list[Change] = []
    visit.subscribe(heard.append)
    answer = {"visit_id": visit.id, "question": "P3", "state": "answered", "value": 5}
    arrival = take_page(
        desk.store, page(change("answer", "0193a000-0000-7000-8000-0000000000ad", **answer), cursor="2"), "1"
    )
    desk.store.tell(arrival)
    assert visit.answers["P3"].value == 5
    assert len(heard) == 1
    assert "P3" in heard[0].questions


def test_an_answer_after_its_first_was_set_aside_is_recorded_anew(desk: Desk) -> None:
    visit = desk.start()
    code = next(q.code for q in visit.document.sections[0].questions if q.kind is QuestionKind.YES_NO)
    do(visit.answer(code, value="yes"))
    with desk.store.write() as connection:
        connection.execute(update(outbox_op).values(state="applied"))
        connection.execute(update(outbox_op).where(outbox_op.c.entity == "answer").values(state="rejected"))
    do(desk.store.set_aside(visit.id), visit.answer(code, value="no"))
    assert [row["value"] for row in desk.store.by("answer", visit_id=visit.id)] == ["no"]
