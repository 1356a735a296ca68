"""A plan and a review whose database is busy at any statement: what is shown is what is stored."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from field_app.plans.workflow import PlanDraft, Plans
from field_app.store import Store
from field_app.visits.workflow_review import Review, ReviewSession
from shared_models.insight import RateCell, WeakItem, WeakReason
from shared_models.people import Access, GrantView, Role, ScopeKind
from shared_models.problems import Problem
from tests.factories.device import make_store
from tests.factories.network import DEALER, ITEM, PERSON, VERSION, change, seed
from tests.sync.breaking import Fuse, busy

MANAGER = Access.of("manager", [GrantView(Role.MANAGER, ScopeKind.COMPANY)])
VISIT = "0193a000-0000-7000-8000-0000000000f2"
MOST_STATEMENTS = 80


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = make_store(tmp_path / "account.db")
    sent = {
        "assignment_id": None, "dealer_id": DEALER, "template_version_id": VERSION, "person_id": PERSON,
        "source": "shop", "status": "submitted", "evidence_complete": True,
    }  # fmt: skip
    answer = {"visit_id": VISIT, "question": "F2", "state": "answered", "value": "yes"}
    seed(made, change("visit", VISIT, **sent), change("answer", VISIT.replace("f2", "f3"), **answer))
    return made


@pytest.fixture
def fuse(store: Store) -> Fuse:
    made = Fuse()
    event.listen(store.engine, "before_cursor_execute", lambda *_given: made.step())
    return made


def locked() -> BaseException:
    return OperationalError("", {}, busy())


def weak() -> WeakItem:
    merged = RateCell(
        item_id=ITEM, item_code="tidy", month="2026-10", executed=40, applicable=50, not_applicable=0,
        not_observed=0, rate=80.0, low=66.96, high=88.76, small=False,
    )  # fmt: skip
    return WeakItem(
        dealer_id=DEALER, dealer_code="N01", dealer_name="北一店", dealer_name_en="North One", item_id=ITEM,
        item_code="tidy", item_name="整洁", item_name_en="Tidy", item_short="整洁", item_short_en="Tidy",
        stage="facilities", month="2026-10", target=85.0, merged=merged, by_source=(), trend=(),
        reasons=(WeakReason(kind="low_rate", rate=80.0, target=85.0),), priority=5.0, data_cut=7,
    )  # fmt: skip


def shown(draft: PlanDraft) -> tuple[Any, ...]:
    return draft.plan, draft.items, draft.causes, draft.actions


def test_a_plan_being_written_is_stored_and_shown_or_neither(store: Store, fuse: Fuse) -> None:
    plans = Plans(store, MANAGER)
    draft = asyncio.run(plans.create([weak()], "第一个方案"))
    item = draft.items[0]["id"]
    asyncio.run(draft.add_action(item, measure="早会演练"))
    told: set[bool] = set()

    async def write(place: int) -> None:
        match place % 4:
            case 0:
                await draft.set_plan("title", f"方案 {place}")
            case 1:
                await draft.add_cause(item, "test_drive", f"原因 {place}")
            case 2:
                await draft.change_action(draft.actions[0]["id"], measure=f"措施 {place}", position=place)
            case _:
                await draft.remove_cause(draft.causes[0]["id"])

    for kind in range(4):
        for statement in range(MOST_STATEMENTS):
            asyncio.run(draft.add_cause(item, "test_drive", "在"))
            burnt = fuse.burnt
            fuse.arm(statement, locked)
            before = [list(one) if isinstance(one, list) else one for one in shown(draft)]
            try:
                asyncio.run(write(kind + 4 * statement))
            except (Problem, OperationalError):
                told.add(False)
                assert list(shown(draft)) == before
            else:
                told.add(True)
                assert list(shown(draft)) != before
            fuse.left = None
            assert shown(draft) == shown(PlanDraft(store, draft.id, MANAGER))
            if fuse.burnt == burnt:
                break
        else:
            raise AssertionError("it never came through")
    assert told == {True, False}


def review(store: Store) -> ReviewSession:
    return asyncio.run(Review(store, MANAGER).open(VISIT))


def read(session: ReviewSession) -> tuple[Any, ...]:
    return session.visit, session.answers, session.score, list(session.notes)


@pytest.mark.parametrize("act", ["correct", "return"])
def test_a_correction_and_a_decision_are_stored_and_shown_or_neither(
    store: Store, fuse: Fuse, act: str
) -> None:
    session = review(store)

    async def decide() -> None:
        if act == "correct":
            await session.correct("F2", "answered", "no", "照片上看得出来")
        else:
            await session.send_back({"F2": "哪一位顾问？"}, "请补充")

    tries = 0
    while True:
        before = read(session)
        fuse.arm(tries, locked)
        tries += 1
        assert tries < MOST_STATEMENTS
        try:
            asyncio.run(decide())
        except (Problem, OperationalError):
            assert read(session) == before
            fuse.left = None
            assert read(session) == read(review(store))
        else:
            break
    fuse.left = None
    assert read(session) == read(review(store)) != before
    assert tries > 3
