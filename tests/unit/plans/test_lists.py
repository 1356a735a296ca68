"""Long lists: lines of all, cards only of those that are looked at; decisions made here count at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import insert

from field_app.plans.workflow_lists import Cards, action_lines, plan_lines
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


def plan(store: Store, key: str, status: str = "published") -> None:
    put(store, "plan", id=key, dealer_id=DEALER, title=key, status=status)
    put(store, "plan_item", id=f"i-{key}", plan_id=key, item_id=ITEM, verdict="improved")


def action(store: Store, key: str, plan_id: str, due: date, **values: object) -> None:
    given = {"owner_id": ME, "status": "running", "measure": key, **values}
    put(store, "action", id=key, plan_id=plan_id, due_on=due, **given)


def test_only_the_cards_that_are_looked_at_are_made() -> None:
    made: list[int] = []

    def make(line: int) -> str:
        made.append(line)
        return f"card {line}"

    cards = Cards(range(10_000), make)
    assert cards[:2] == ("card 0", "card 1")
    assert len(cards.only(lambda line: line % 2 == 0)) == 5000
    assert cards[-1] == "card 9999"
    assert cards[0] == "card 0"
    assert made == [0, 1, 9999]


def test_actions_of_plans_in_force_come_by_deadline_and_those_of_drafts_not_at_all(store: Store) -> None:
    plan(store, "running")
    plan(store, "draft", "draft")
    action(store, "later", "running", date(2026, 12, 1))
    action(store, "sooner", "running", date(2026, 11, 18))
    action(store, "watched", "running", date(2026, 11, 30), owner_id="x", supervisor_id=ME)
    action(store, "hidden", "draft", TODAY)
    action(store, "others", "running", TODAY, owner_id="x", supervisor_id="y")
    lines = action_lines(store, ME, TODAY)
    assert [one.id for one in lines] == ["sooner", "watched", "later"]
    assert lines[0].days_left == -2


def test_more_time_and_a_dropped_measure_granted_here_count_before_the_server_has_answered(
    store: Store,
) -> None:
    plan(store, "p")
    action(store, "late", "p", date(2026, 11, 10))
    action(store, "disputed", "p", date(2026, 11, 10))
    assert plan_lines(store, store.by("plan", id="p"), TODAY)[0].overdue == 2
    put(
        store, "action_request", id="r1", plan_id="p", action_id="late", kind="extension", status="granted",
        due_before=date(2026, 11, 10), due_granted=date(2026, 12, 10),
    )  # fmt: skip
    put(
        store,
        "action_request",
        id="r2",
        plan_id="p",
        action_id="disputed",
        kind="objection",
        status="granted",
    )
    (line,) = plan_lines(store, store.by("plan", id="p"), TODAY)
    assert (line.overdue, line.actions, line.verdicts) == (0, 1, ("improved",))
    by_id = {one.id: one for one in action_lines(store, ME, TODAY)}
    assert by_id["late"].due_on == date(2026, 12, 10)
    assert by_id["disputed"].status == "dropped"
