"""Writing and carrying out a plan on the device."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from field_app.plans.workflow import MyActions, Photo, PlanDraft, Plans
from field_app.store import Store
from field_app.store.tables import outbox_op
from shared_models.insight import RateCell, WeakItem, WeakReason
from shared_models.people import Access, GrantView, Role, ScopeKind
from shared_models.problems import Code, Problem
from tests.factories.device import Clock, make_store
from tests.factories.network import DEALER, ITEM, seed

OWNER = "0193a000-0000-7000-8000-0000000000b1"
SUPERVISOR = "0193a000-0000-7000-8000-0000000000b2"


def access(person_id: str, *roles: Role) -> Access:
    return Access.of(person_id, [GrantView(role, ScopeKind.COMPANY) for role in roles])


def weak(item_id: str = ITEM, month: str = "2026-10", dealer_id: str = DEALER) -> WeakItem:
    merged = RateCell(
        item_id=item_id, item_code="tidy", month=month, executed=40, applicable=50, not_applicable=0,
        not_observed=0, rate=80.0, low=66.96, high=88.76, small=False,
    )  # fmt: skip
    return WeakItem(
        dealer_id=dealer_id, dealer_code="N01", dealer_name="北一店", dealer_name_en="North One",
        item_id=item_id, item_code="tidy", item_name="整洁", item_name_en="Tidy", item_short="整洁",
        item_short_en="Tidy",
        stage="facilities", month=month, target=85.0, merged=merged, by_source=(), trend=(),
        reasons=(WeakReason(kind="low_rate", rate=80.0, target=85.0),), priority=5.0, data_cut=7,
    )  # fmt: skip


def run(work: Any) -> Any:
    return asyncio.run(work)


async def _free() -> int | None:
    return None


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Store:
    made = make_store(tmp_path / "account.db", clock=clock)
    seed(made)
    return made


def plans(store: Store) -> Plans:
    return Plans(store, access("manager", Role.MANAGER))


def actions(store: Store, person_id: str) -> MyActions:
    return MyActions(store, access(person_id, Role.OWNER), _free)


async def written(store: Store) -> tuple[PlanDraft, str]:
    draft = await plans(store).create([weak()], "Tidy again")
    (item,) = draft.items
    await draft.add_cause(item["id"], "facilities", "No cleaning rota")
    action = await draft.add_action(
        item["id"],
        measure="Rota",
        method="process",
        owner_id=OWNER,
        supervisor_id=SUPERVISOR,
        starts_on=date(2026, 11, 4),
        due_on=date(2026, 11, 20),
    )
    return draft, action


def test_a_plan_begins_with_the_finding_as_it_stood(store: Store) -> None:
    draft = run(plans(store).create([weak()], "Tidy again"))
    assert draft.finding(draft.items[0]["id"]) == weak()
    assert draft.plan["trigger_month"] == "2026-10"
    assert [place.reason for place in draft.gaps] == ["cause", "action"]
    (card,) = run(plans(store).load())
    assert (card.title, card.status, card.items[0].zh) == ("Tidy again", "draft", "整洁")


def test_weak_items_of_two_dealers_do_not_make_one_plan(store: Store) -> None:
    with pytest.raises(Problem):
        run(plans(store).create([weak(), weak(dealer_id="other")], "x"))
    assert store.by("plan") == []


def test_an_incomplete_plan_is_not_published_and_names_its_gaps(store: Store) -> None:
    async def story() -> None:
        draft, action = await written(store)
        await draft.change_action(action, supervisor_id=OWNER)
        with pytest.raises(Problem) as caught:
            await draft.publish()
        assert caught.value.code is Code.PLAN_INCOMPLETE
        assert [place.reason for place in caught.value.places] == ["supervisor_is_owner"]
        assert draft.editable

    run(story())


def test_what_was_written_survives_a_restart_and_removed_rows_stay_away(store: Store, tmp_path: Path) -> None:
    async def story() -> None:
        draft, _ = await written(store)
        extra = await draft.add_cause(draft.items[0]["id"], "reception", "typed by mistake")
        await draft.remove_cause(extra)
        await draft.set_plan("summary", "Together")
        again = await plans(make_store(tmp_path / "account.db", seed=3)).open(draft.id)
        assert [cause["text"] for cause in again.causes] == ["No cleaning rota"]
        assert again.plan["summary"] == "Together"
        assert again.gaps == []

    run(story())


def test_taking_a_weak_item_out_takes_its_causes_and_actions_along(store: Store) -> None:
    async def story() -> None:
        draft, _ = await written(store)
        await draft.remove_item(draft.items[0]["id"])
        assert (draft.items, draft.causes, draft.actions) == ([], [], [])
        item = await draft.add_item(weak())
        assert await draft.add_item(weak()) == item

    run(story())


def test_a_published_plan_is_closed_for_writing_and_its_actions_appear(store: Store) -> None:
    async def story() -> None:
        draft, action = await written(store)
        assert not (await actions(store, OWNER).load()).own
        await draft.publish()
        with pytest.raises(Problem):
            await draft.set_plan("title", "Other")
        (own,) = (await actions(store, OWNER).load()).own
        assert (own.id, own.days_left, own.measure) == (action, 17, "Rota")
        assert own.causes == ("No cleaning rota",)
        assert [c.id for c in (await actions(store, SUPERVISOR).load()).supervised] == [action]

    run(story())


def test_owner_and_supervisor_carry_an_action_through(store: Store, clock: Clock) -> None:
    async def story() -> None:
        draft, action = await written(store)
        await draft.publish()
        owner, supervisor = actions(store, OWNER), actions(store, SUPERVISOR)
        assert owner.may(action) == {"accept", "start", "finish", "progress"}
        assert supervisor.may(action) == frozenset()
        await owner.progress(action, 40, "Rota hangs", [Photo(b"photo")])
        card = owner.card(action)
        assert (card.status, card.percent) == ("running", 40)
        assert card.progress[0].photos == (hashlib.sha256(b"photo").hexdigest(),)
        with pytest.raises(Problem):
            await owner.verify(action)
        clock.forward(days=1)
        await owner.finish(action, "Done")
        assert supervisor.may(action) == {"verify", "send_back"}
        clock.forward(days=1)
        await supervisor.send_back(action, "Toilets are missing")
        assert owner.card(action).status == "running"
        await owner.finish(action)
        await supervisor.verify(action)
        card = supervisor.card(action)
        assert (card.status, card.percent, card.days_left) == ("verified", 100, None)
        assert [entry.text for entry in card.progress] == ["Toilets are missing", "Done", "Rota hangs"]
        assert [c.id for c in (await owner.load()).done] == [action]
        with store.read() as connection:
            moves = connection.execute(
                select(outbox_op.c.fields).where(
                    outbox_op.c.entity == "action", outbox_op.c.kind == "transition"
                )
            ).scalars()
            assert [move["action"] for move in moves] == ["start", "finish", "send_back", "finish", "verify"]
        assert store.counts().files == 1

    run(story())
