"""What a visit judges: an open mark for announced visits, a wish for words for covert ones."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest

from field_app.store import RowWrite, Store
from field_app.sync.pull import take_page
from field_app.visits.judged import judged_items, planned_items
from field_app.visits.workflow import VisitSession
from field_app.visits.workflow_planning import Planning
from shared_models.people import Access
from shared_models.problems import Code, Problem
from shared_models.sync.wire import OpKind
from shared_models.visits.states import VisitStatus
from tests.factories.device import make_store
from tests.factories.network import ASSIGNMENT, DEALER, ITEM, PERSON, VERSION, change, page, seed

VISIT = "0193a000-0000-7000-8000-0000000000f2"
FOCUS = change(
    "focus", "0193a000-0000-7000-8000-0000000000f3",
    assignment_id=ASSIGNMENT, dealer_id=DEALER, person_id=PERSON, items=["tidy"],
)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = make_store(tmp_path / "a.db")
    seed(made, FOCUS)
    return made


def begin(store: Store, source: str) -> VisitSession:
    values = {
        "assignment_id": ASSIGNMENT, "dealer_id": DEALER, "template_version_id": VERSION,
        "person_id": PERSON, "source": source,
    }  # fmt: skip
    store.apply([RowWrite("visit", VISIT, VISIT, values, OpKind.CREATE)])
    return asyncio.run(VisitSession.open(store, VISIT))


def lacking(session: VisitSession) -> list[tuple[str, str]]:
    return [(one.question, one.kind) for one in session.completeness.missing_evidence if one.kind == "words"]


def test_a_covert_visitor_is_asked_for_words_on_a_judged_item_whatever_the_answer(store: Store) -> None:
    session = begin(store, "shop")
    assert session.judged == {"tidy"}
    assert lacking(session) == []
    for value in ("yes", "no"):
        asyncio.run(session.answer("F1", "answered", value))
        assert lacking(session) == [("F1", "words")]
    with pytest.raises(Problem) as caught:
        asyncio.run(session.submit(None))
    assert caught.value.code in {Code.ANSWERS_MISSING, Code.EVIDENCE_MISSING}
    asyncio.run(session.comment("F1", "He asked twice."))
    assert lacking(session) == []


def test_an_announced_visit_is_marked_and_asked_for_nothing_more(store: Store) -> None:
    session = begin(store, "audit")
    asyncio.run(session.answer("F1", "answered", "yes"))
    assert (session.judged, lacking(session)) == ({"tidy"}, [])
    assert session.visit["status"] == VisitStatus.DRAFT


def test_a_desk_goes_by_the_plans_that_run(store: Store) -> None:
    plan, line = "0193a000-0000-7000-8000-000000000100", "0193a000-0000-7000-8000-000000000101"
    own = {"assignment_id": None, "dealer_id": DEALER}
    draft = {"dealer_id": DEALER, "title": "P", "author_id": PERSON}
    rows = (
        change("plan", plan, **draft, status="draft"),
        change("plan_item", line, plan_id=plan, item_id=ITEM),
    )
    take_page(store, page(*rows), "")
    assert judged_items(store, own) == frozenset()
    take_page(store, page(change("plan", plan, 2, **draft, status="published")), "")
    assert judged_items(store, own) == planned_items(store, DEALER) == {"tidy"}
    planning = Planning(store, SimpleNamespace(), Access.of(PERSON, []))  # type: ignore[arg-type]
    assert [one.en for one in planning.judged(DEALER)] == ["Tidy"]
