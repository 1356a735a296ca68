"""What needs somebody today, from the rows on the device and from figures."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from field_app.desk.needs import KINDS, Need, figure_needs, local_needs, ordered
from field_app.plans.workflow_requests import ActionRequests
from field_app.store import Store
from field_app.sync.pull import take_page
from shared_models.checklists import Bilingual
from shared_models.checklists.stages import Source
from shared_models.insight import FusedSource, ReasonKind, SourceConflict, WeakReason
from shared_models.messages import LANGUAGES, words
from shared_models.people import Role
from shared_models.reports import DealerFreshness
from tests.factories.device import Clock, make_store
from tests.factories.network import DEALER, change, page, seed
from tests.unit.plans.test_workflow import OWNER, SUPERVISOR, access, actions, run, weak, written

LATER = "0193a000-0000-7000-8000-0000000000c1"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Store:
    made = make_store(tmp_path / "account.db", clock=clock)
    seed(made)
    return made


async def published(store: Store) -> str:
    draft, action = await written(store)
    await draft.publish()
    return action


def needs(store: Store, person: str, role: Role) -> list[tuple[str, int | None, str]]:
    return [(one.kind, one.days, one.route) for one in local_needs(store, access(person, role))]


def test_an_overdue_action_needs_its_people_and_the_desk_and_opens_itself(store: Store, clock: Clock) -> None:
    action = run(published(store))
    assert needs(store, "manager", Role.MANAGER) == []
    clock.forward(days=20)
    told = [("overdue", 3, f"/actions/action/{action}")]
    assert needs(store, "manager", Role.MANAGER) == told
    assert needs(store, OWNER, Role.OWNER) == told
    assert needs(store, SUPERVISOR, Role.OWNER) == told
    assert needs(store, "somebody", Role.OWNER) == []


def test_more_time_takes_an_action_off_the_list(store: Store, clock: Clock) -> None:
    action = run(published(store))
    clock.forward(days=20)
    owner, supervisor = (ActionRequests(store, access(who, Role.OWNER)) for who in (OWNER, SUPERVISOR))
    asked = run(owner.extend(action, date(2026, 12, 31), "late"))
    assert [kind for kind, _, _ in needs(store, SUPERVISOR, Role.OWNER)] == ["extension", "overdue"]
    run(supervisor.grant(asked))
    assert needs(store, SUPERVISOR, Role.OWNER) == []


def test_an_objection_needs_the_desk_and_says_how_long_it_waits(store: Store, clock: Clock) -> None:
    action = run(published(store))
    run(ActionRequests(store, access(OWNER, Role.OWNER)).object(action, "Not ours"))
    clock.forward(days=2)
    assert needs(store, "manager", Role.MANAGER) == [("objection", 2, f"/actions/action/{action}")]


def test_a_finished_action_needs_nobody(store: Store, clock: Clock) -> None:
    action = run(published(store))
    run(actions(store, OWNER).finish(action))
    clock.forward(days=40)
    assert needs(store, OWNER, Role.OWNER) == []


def test_a_reminder_says_that_the_action_has_risen_to_the_person(store: Store, clock: Clock) -> None:
    action = run(published(store))
    clock.forward(days=20)
    take_page(
        store,
        page(
            change(
                "reminder", LATER, person_id="manager", dealer_id=DEALER, plan_id="p", action_id=action,
                step="manager", due_on="2026-11-20", days_late=3, created_at="2026-11-23T00:00:00.000Z",
            )
        ),
        "",
    )  # fmt: skip
    (risen,) = local_needs(store, access("manager", Role.MANAGER))
    assert risen.told
    (own,) = local_needs(store, access(OWNER, Role.OWNER))
    assert not own.told


def test_items_that_fell_and_stale_dealers_come_from_figures() -> None:
    low = weak()
    reason = WeakReason(kind=ReasonKind.DECLINE, rate=80, previous_month="2026-09", previous_rate=90, drop=10)
    fell = low.model_copy(update={"reasons": (reason,)})
    age = [
        DealerFreshness(dealer_id=d, dealer_code=d, dealer_name=d, dealer_name_en="", newest_day=None,
                        days=days, stale=stale)
        for d, days, stale in (("a", 3, False), ("b", 60, True), ("c", None, True))
    ]  # fmt: skip
    found = figure_needs([low, fell], age)
    assert [one.kind for one in found] == ["fell", "stale", "stale"]
    assert found[0].route == f"/weak/item/{fell.month}/{DEALER}/{fell.item_id}"
    assert [one.dealer.en for one in found[1:]] == ["b", "c"]
    assert found[1].route == "/overview/dealer/b"


def conflict(source: Source, *, whole: bool = False, reviewed: bool = False) -> SourceConflict:
    own = FusedSource(source=source, executed=20, applicable=40, rate=50.0, low=35.0, high=65.0)
    return SourceConflict(
        source=source, own=own, others_executed=90, others_applicable=100, others_rate=90.0, others_low=83.0,
        others_high=94.0, gap=-40.0, gap_low=-55.0, gap_high=-24.0, whole_dealer=whole, reviewed=reviewed,
    )  # fmt: skip


def test_sources_that_disagree_need_somebody_until_it_was_looked_into() -> None:
    one = weak().model_copy(update={"conflicts": (conflict(Source.SHOP),)})
    seen = weak().model_copy(update={"conflicts": (conflict(Source.SHOP, reviewed=True),)})
    (need,) = figure_needs([one], [])
    assert (need.kind, need.route) == ("conflict", f"/weak/item/{one.month}/{DEALER}/{one.item_id}")
    assert figure_needs([seen], []) == []


def test_a_source_that_disagrees_over_a_whole_dealer_is_named_once() -> None:
    whole = {"conflicts": (conflict(Source.SHOP, whole=True),)}
    items = [weak(item).model_copy(update=whole) for item in ("first", "second")]
    (need,) = figure_needs(items, [])
    assert need.route.endswith("/first")


def test_what_waits_for_a_decision_comes_before_what_is_late() -> None:
    name = Bilingual(zh="x", en="x")
    given = [Need(kind, name, name, days, "/") for kind in reversed(KINDS) for days in (1, 9)]
    assert [(one.kind, one.days) for one in ordered(given)] == [(k, d) for k in KINDS for d in (9, 1)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_words(language: str, kind: str) -> None:
    assert words(language)(f"desk.needs.kind.{kind}") != f"desk.needs.kind.{kind}"
