"""Long lists: counted and cut by the database, cards only of what is looked at; decisions made here count."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert

from field_app.plans.workflow_cards import plan_card
from field_app.plans.workflow_lists import ActionLists, Cards, PlanLists
from field_app.store import Store
from field_app.store.rows import whole
from field_app.store.tables import SYNCED
from tests.factories.device import make_store
from tests.factories.network import DEALER, ITEM, seed

ME, TODAY = "me", date(2026, 11, 20)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = make_store(tmp_path / "account.db")
    seed(made)
    return made


def put(store: Store, entity: str, **values: object) -> None:
    with store.write() as connection:
        connection.execute(insert(SYNCED[entity]), [whole(entity, {"version": 1, **values})])


def plan(store: Store, key: str, status: str = "published", **values: object) -> None:
    put(store, "plan", id=key, dealer_id=DEALER, title=key, status=status, **values)
    put(store, "plan_item", id=f"i-{key}", plan_id=key, item_id=ITEM, verdict="improved")


def action(store: Store, key: str, plan_id: str, due: date | None, **values: object) -> None:
    given = {"owner_id": ME, "status": "running", "measure": key, **values}
    put(store, "action", id=key, plan_id=plan_id, due_on=due, **given)


def test_only_the_cards_that_are_looked_at_are_read_and_made() -> None:
    read: list[str] = []
    made: list[str] = []
    keys = [f"{place}" for place in range(10_000)]

    def page(start: int, count: int | None) -> list[str]:
        found = keys[start : None if count is None else start + count]
        read.extend(found)
        return found

    def make(key: str) -> str:
        made.append(key)
        return f"card {key}"

    cards = Cards(len(keys), page, make)
    assert cards[:2] == ("card 0", "card 1")
    assert cards[:3] == ("card 0", "card 1", "card 2")
    assert cards[-1] == "card 9999"
    assert cards[0] == "card 0"
    assert (made, read) == (["0", "1", "2", "9999"],) * 2
    assert len(cards) == 10_000
    with pytest.raises(IndexError):
        cards[10_000]


def mine(store: Store) -> ActionLists:
    return ActionLists(store, ME, TODAY)


def test_actions_of_plans_in_force_come_by_deadline_and_those_of_drafts_not_at_all(store: Store) -> None:
    plan(store, "running")
    plan(store, "draft", "draft")
    action(store, "someday", "running", None)
    action(store, "later", "running", date(2026, 12, 1))
    action(store, "sooner", "running", date(2026, 11, 18))
    action(store, "reported", "running", date(2026, 11, 17), status="done")
    action(store, "watched", "running", date(2026, 11, 30), owner_id="x", supervisor_id=ME)
    action(store, "nobody's", "running", date(2026, 11, 29), owner_id=None, supervisor_id=ME, status="done")
    action(store, "hidden", "draft", TODAY)
    action(store, "others", "running", TODAY, owner_id="x", supervisor_id="y")
    action(store, "verified", "running", date(2026, 10, 1), status="verified")
    action(store, "dropped", "running", date(2026, 11, 1), owner_id="x", supervisor_id=ME, status="dropped")
    lists = mine(store)
    counts = lists.counts()
    assert lists.own(counts.own, str)[:] == ("reported", "sooner", "later", "someday")
    assert lists.supervised(counts.supervised, str)[:] == ("nobody's", "watched")
    assert lists.done(counts.done, str)[:] == ("dropped", "verified")
    assert (counts.own_open, counts.own_overdue, counts.to_verify) == (3, 1, 1)


def test_more_time_and_a_dropped_measure_granted_here_count_before_the_server_has_answered(
    store: Store,
) -> None:
    plan(store, "p")
    action(store, "late", "p", date(2026, 11, 10))
    action(store, "disputed", "p", date(2026, 11, 10))
    action(store, "soon", "p", date(2026, 11, 25))
    assert PlanLists(store, TODAY).counts()["overdue"] == 1
    for number, (before, after) in enumerate(((10, 12), (12, 28))):
        put(
            store, "action_request", id=f"r{number}", plan_id="p", action_id="late", kind="extension",
            status="granted", due_before=date(2026, 11, before), due_granted=date(2026, 11, after),
        )  # fmt: skip
    put(
        store,
        "action_request",
        id="o",
        plan_id="p",
        action_id="disputed",
        kind="objection",
        status="granted",
    )
    lists = mine(store)
    counts = lists.counts()
    assert lists.own(counts.own, str)[:] == ("soon", "late")
    assert lists.done(counts.done, str)[:] == ("disputed",)
    assert lists.decisions.due("late", date(2026, 11, 10)) == date(2026, 11, 28)
    plans = PlanLists(store, TODAY)
    assert plans.counts()["overdue"] == 0
    assert plans.those(str, overdue=True)[:] == ()
    card = plan_card(store, store.by("plan", id="p")[0], TODAY, plans.decisions)
    assert (card.overdue, card.actions, card.next_due) == (0, 2, date(2026, 11, 25))


def test_plans_are_counted_by_filter_and_listed_newest_first(store: Store) -> None:
    for day, (key, status) in enumerate(
        (("a", "published"), ("b", "draft"), ("c", "published"), ("d", "withdrawn"), ("e", "published")), 1
    ):
        plan(store, key, status, created_at=datetime(2026, 11, day, tzinfo=UTC))
    action(store, "late", "a", date(2026, 11, 1))
    action(store, "late of a draft", "b", date(2026, 11, 1))
    action(store, "late and done", "c", date(2026, 11, 1), status="verified")
    put(store, "plan_item", id="unjudged", plan_id="c", item_id="other", verdict="")
    lists = PlanLists(store, TODAY)
    assert lists.counts() == {"published": 3, "draft": 1, "withdrawn": 1, "all": 5, "overdue": 1}
    assert lists.those(str)[:] == ("e", "d", "c", "b", "a")
    assert lists.those(str, overdue=True)[:] == ("a",)
    assert lists.without_verdict() == 1
