"""Objections and more time on the device, without network."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from field_app.plans.workflow import Photo
from field_app.plans.workflow_requests import ActionRequests
from field_app.store import Store
from shared_models.people import Role
from shared_models.plans import RequestKind, evidence_missing
from shared_models.problems import Code, Problem
from tests.factories.device import Clock, make_store
from tests.factories.network import seed
from tests.unit.plans.test_workflow import OWNER, SUPERVISOR, access, actions, run, written


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = make_store(tmp_path / "account.db", clock=Clock())
    seed(made)
    return made


def requests(store: Store, person_id: str, role: Role = Role.OWNER) -> ActionRequests:
    return ActionRequests(store, access(person_id, role))


async def published(store: Store) -> str:
    draft, action = await written(store)
    await draft.publish()
    return action


def test_more_time_is_asked_for_by_the_owner_and_granted_by_the_supervisor(store: Store) -> None:
    async def story() -> None:
        action = await published(store)
        owner, supervisor = requests(store, OWNER), requests(store, SUPERVISOR)
        assert owner.may_ask(action) == set(RequestKind)
        assert supervisor.may_ask(action) == frozenset()
        asked = await owner.extend(action, date(2026, 12, 5), "Parts are late")
        assert owner.may_ask(action) == {RequestKind.OBJECTION}
        assert not owner.may_decide(asked)
        assert [card.id for card in supervisor.waiting()] == [asked]
        await supervisor.grant(asked, "Fine")
        card = actions(store, OWNER).card(action)
        assert (card.due_on, card.days_left, card.asked) == (date(2026, 12, 5), 32, ())
        (kept,) = owner.of(action)
        assert (kept.due_before, kept.due_granted, kept.decision) == (
            date(2026, 11, 20),
            date(2026, 12, 5),
            "Fine",
        )

    run(story())


def test_a_second_extension_starts_from_the_first_one(store: Store) -> None:
    async def story() -> None:
        action = await published(store)
        owner, supervisor = requests(store, OWNER), requests(store, SUPERVISOR)
        await supervisor.grant(await owner.extend(action, date(2026, 12, 5), "a"))
        row = store.row("action", action)
        assert row is not None
        card = actions(store, OWNER).card(action)
        assert card.due_on == date(2026, 12, 5)
        with pytest.raises(Problem):
            await owner.extend(action, date(2026, 12, 1), "earlier is no extension")
        await supervisor.grant(await owner.extend(action, date(2026, 12, 9), "b"))
        assert actions(store, OWNER).card(action).due_on == date(2026, 12, 9)

    run(story())


def test_an_objection_needs_words_is_decided_at_the_desk_and_drops_the_action(store: Store) -> None:
    async def story() -> None:
        action = await published(store)
        owner, manager = requests(store, OWNER), requests(store, "manager", Role.MANAGER)
        with pytest.raises(Problem) as caught:
            await owner.object(action, "  ")
        assert caught.value.code is Code.INVALID_FIELD
        asked = await owner.object(action, "Not our task")
        assert not requests(store, SUPERVISOR).may_decide(asked)
        with pytest.raises(Problem):
            await manager.refuse(asked, "")
        await manager.grant(asked, "Right")
        assert actions(store, OWNER).card(action).status == "dropped"
        assert actions(store, OWNER).may(action) == frozenset()
        assert [card.id for card in (await actions(store, OWNER).load()).done] == [action]
        with pytest.raises(Problem):
            await manager.grant(asked)

    run(story())


def test_an_own_request_can_be_taken_back_before_it_is_decided(store: Store) -> None:
    async def story() -> None:
        action = await published(store)
        owner = requests(store, OWNER)
        asked = await owner.object(action, "x")
        assert not requests(store, SUPERVISOR).may_withdraw(asked)
        await owner.withdraw(asked)
        assert requests(store, "manager", Role.MANAGER).waiting() == ()
        assert RequestKind.OBJECTION in owner.may_ask(action)

    run(story())


def test_the_log_keeps_attendance_and_what_each_photo_shows(store: Store) -> None:
    async def story() -> None:
        action = await published(store)
        mine = actions(store, OWNER)
        await mine.accept(action)
        assert mine.card(action).status == "accepted"
        photos = [Photo(b"1", kind="before"), Photo(b"2", kind="after")]
        await mine.progress(action, 50, "", photos, [{"name": "Wang"}])
        card = mine.card(action)
        assert card.status == "running"
        assert sorted(card.progress[0].kinds) == ["after", "before"]
        assert card.progress[0].attendees == ("Wang",)

    run(story())


@pytest.mark.parametrize(
    ("method", "kinds", "attendees", "missing"),
    [
        ("training", set(), 0, ("attendance",)),
        ("training", set(), 3, ()),
        ("drill", {"attendance"}, 0, ()),
        ("facility", {"before"}, 0, ("after",)),
        ("facility", {"photo"}, 0, ("before", "after")),
        ("process", set(), 0, ()),
    ],
)
def test_each_method_has_the_evidence_that_shows_it(
    method: str, kinds: set[str], attendees: int, missing: tuple[str, ...]
) -> None:
    assert evidence_missing(method, kinds, attendees=attendees) == missing
