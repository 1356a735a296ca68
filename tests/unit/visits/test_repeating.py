"""Recording several cars: instances come, get names, go and come back; nothing is lost."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from field_app.sync.pull import take_page
from field_app.visits.workflow import ReviewSession, VisitSession
from shared_models.people import Access, GrantView, Role, ScopeKind
from shared_models.problems import Code, Problem
from shared_models.sync.codec import encode_row
from shared_models.visits import verify_manifest
from tests.factories.device import MemoryBlobs, make_store
from tests.factories.network import VERSION, assignment, change, page
from tests.factories.repeating import document
from tests.unit.visits.test_session import PHOTO, Desk, do

NEXT = "0193a000-0000-7000-8000-000000000016"


class CarDesk(Desk):
    """A device whose planned visit asks about several cars."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.cursor = "1"
        self.publish(document(), 2)

    def publish(self, plain: dict[str, Any], version: int) -> None:
        """The checklist as the server has it now."""
        row = dict(self.store.row("template_version", VERSION) or {})
        fields = {**encode_row("template_version", row), "document": plain}
        newer = page(change("template_version", VERSION, version, **fields), cursor=str(7 + version))
        take_page(self.store, newer, self.cursor)
        self.cursor = newer.cursor


@pytest.fixture
def desk(tmp_path: Path) -> CarDesk:
    return CarDesk(tmp_path / "account.db")


def titles(visit: VisitSession) -> list[str]:
    return [section.title.en for section in visit.document.sections]


def test_a_car_is_added_named_and_answered_apart_from_the_first(desk: CarDesk) -> None:
    visit = desk.start()
    key = do(visit.repeats.add("car"))
    do(visit.repeats.rename(key, " Blue "), visit.answer("C1", value="yes"), visit.answer("C1~1", value="no"))
    do(visit.answer("C2~1", value="no time", comment="said so"))
    again = desk.reopen(visit.id)
    assert titles(again) == ["general", "Car 1", "Car 2 · Blue", "total"]
    assert {code: answer.value for code, answer in again.answers.items() if code.startswith("C")} == {
        "C1": "yes",
        "C1~1": "no",
        "C2~1": "no time",
    }
    assert again.comments == {"C2~1": "said so"}


def test_a_car_taken_out_comes_back_whole_with_undo(desk: CarDesk) -> None:
    visit = desk.start()
    key = do(visit.repeats.add("car", "Blue"))
    do(visit.answer("C1~1", value="no"), visit.attach("C1~1", PHOTO, "image/jpeg"))
    before = visit.score
    do(visit.repeats.remove(key))
    assert titles(visit) == ["general", "Car 1", "total"]
    assert "C1~1" not in visit.shown
    assert do(visit.undo()) == (key,)
    assert titles(desk.reopen(visit.id)) == ["general", "Car 1", "Car 2 · Blue", "total"]
    assert (visit.score, visit.answers["C1~1"].value) == (before, "no")
    assert visit.completeness.missing_evidence == ()
    do(visit.remove_attachment(visit.attachments[0]["id"]))
    assert [one.question for one in visit.completeness.missing_evidence] == ["C1~1"]


def test_a_new_car_never_gets_the_answers_of_one_taken_out(desk: CarDesk) -> None:
    visit = desk.start()
    do(visit.repeats.add("car"), visit.answer("C1~1", value="no"), visit.repeats.remove("car~1"))
    key = do(visit.repeats.add("car"))
    assert key == "car~2"
    assert "C1~2" not in visit.answers


def test_there_are_never_more_or_fewer_cars_than_the_checklist_says(desk: CarDesk) -> None:
    visit = desk.start()
    with pytest.raises(Problem) as few:
        do(visit.repeats.remove("car"))
    do(visit.repeats.add("car"), visit.repeats.add("car"))
    assert not visit.repeats.can_add("car")
    with pytest.raises(Problem) as many:
        do(visit.repeats.add("car"))
    assert (few.value.code, many.value.code) == (Code.INVALID_FIELD, Code.INVALID_FIELD)
    do(visit.repeats.remove("car"))
    assert visit.repeats.instances("car") == ("car~1", "car~2")


def test_what_is_computed_cannot_be_answered_and_follows_a_tap(desk: CarDesk) -> None:
    visit = desk.start()
    heard: list[frozenset[str]] = []
    visit.subscribe(lambda change: heard.append(change.questions))
    do(visit.answer("C3", value=100))
    assert {"C3", "C4", "T1"} == heard[0]
    assert visit.answers["T1"].value == 113
    with pytest.raises(Problem) as caught:
        do(visit.answer("T1", value=1))
    assert caught.value.code is Code.INVALID_FIELD
    assert "C4" not in visit.open_questions("car")


def test_a_visit_with_several_cars_is_sealed_with_all_of_them(desk: CarDesk) -> None:
    visit = desk.start()
    do(visit.answer("G1", value="yes"), visit.repeats.add("car"), visit.answer("C1", value="yes"))
    with pytest.raises(Problem) as caught:
        do(visit.submit())
    assert [place.at for place in caught.value.places] == ["C1~1"]
    do(visit.answer("C1~1", "na"), visit.submit())
    store = make_store(desk.path, clock=desk.clock, seed=7, blobs=MemoryBlobs())
    rows = store.by("answer", visit_id=visit.id)
    assert {(row["question"], row["repeat"]) for row in rows} == {("G1", 0), ("car", 1), ("C1", 0), ("C1", 1)}
    with pytest.raises(Problem):
        verify_manifest(visit.visit["manifest"], [], [])
    assert visit.visit["score"] == 100


def test_an_answer_of_the_last_visit_is_offered_and_counts_only_once_it_is_taken_over(desk: CarDesk) -> None:
    plain = document()
    plain["sections"][0]["questions"][0]["carry_over"] = True
    desk.publish(plain, 3)
    first = desk.start()
    assert first.carrying.offered(first.document.question("G1")) is None
    do(first.answer("G1", value="no"), first.answer("C1", value="yes"), first.submit())
    take_page(desk.store, page(assignment(NEXT), cursor="20"), desk.cursor)
    second = do(desk.today.start_visit(NEXT))
    offered = second.carrying.offered(second.document.question("G1"))
    assert offered is not None
    assert offered.value == "no"
    assert "G1" not in second.answers
    assert second.completeness.unanswered == ("G1", "C1")
    assert second.carrying.offered(second.document.question("C1")) is None
    do(second.answer("G1", value=offered.value))
    assert second.completeness.unanswered == ("C1",)


def test_a_reviewer_sees_which_answers_say_the_same_as_at_the_last_visit(desk: CarDesk) -> None:
    plain = document()
    plain["sections"][0]["questions"][0]["carry_over"] = True
    desk.publish(plain, 3)
    first = desk.start()
    do(first.answer("G1", value="no"), first.answer("C1", value="yes"), first.submit())
    take_page(desk.store, page(assignment(NEXT), cursor="20"), desk.cursor)
    second = do(desk.today.start_visit(NEXT))
    do(second.answer("G1", value="no"), second.answer("C1", value="yes"), second.submit())

    def unchanged(visit_id: str, code: str) -> date | None:
        access = Access.of("m", [GrantView(Role.MANAGER, ScopeKind.COMPANY, "")])
        review = ReviewSession(desk.store, visit_id, access)
        found = review.carrying.unchanged(review.document.question(code), review.answers.get(code))
        review.close()
        return found

    assert unchanged(second.id, "G1") == first.visit["visit_date"]
    assert unchanged(second.id, "C1") is None  # a question that offers nothing
    assert unchanged(first.id, "G1") is None  # nothing came before it
