"""Templates and copies of plans on the device, and what a person has to do already."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from field_app.plans.copies import People, copy_plan, targets
from field_app.plans.templates import template_writes
from field_app.plans.workflow import PlanDraft, Plans
from field_app.plans.workload import workload
from field_app.store import Store
from field_app.store.tables import SYNCED
from shared_models.people import Role
from shared_models.plans import BUSY_FROM, PlanTemplate, content_of
from tests.factories.device import make_store
from tests.factories.network import DEALER, ITEM, seed
from tests.unit.plans.test_workflow import OWNER, SUPERVISOR, access, weak

ELSEWHERE = "0193a000-0000-7000-8000-0000000000d9"
OTHER_ITEM = "0193a000-0000-7000-8000-0000000000f9"
BEGINS = date(2026, 11, 2)


def run(work: Any) -> Any:
    return asyncio.run(work)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = make_store(tmp_path / "account.db")
    seed(made)
    with made.write() as connection:
        row = made.row("dealer", DEALER)
        assert row is not None
        there = {**row, "id": ELSEWHERE, "code": "N02", "name": "北二店", "name_en": "North Two"}
        connection.execute(insert(SYNCED["dealer"]).values(**there))
    return made


def written(store: Store) -> PlanDraft:
    """A draft with one weak item, a cause with evidence, and a measure with people and days."""
    plans = Plans(store, access(OWNER, Role.MANAGER))

    async def write() -> PlanDraft:
        draft = await plans.create([weak()], "整洁提升")
        item = draft.items[0]["id"]
        evidence = [{"kind": "photo", "id": "x", "label": "N01 照片"}]
        await draft.add_cause(item, "facilities", "保洁不足", "dirty", evidence)
        await draft.add_action(
            item, measure="每日两次清洁", method="process", owner_id=OWNER, supervisor_id=SUPERVISOR,
            starts_on=BEGINS, due_on=date(2026, 12, 2),
        )  # fmt: skip
        await draft.add_action(None, measure="晨会宣贯", method="briefing", starts_on=date(2026, 11, 9))
        return draft

    return run(write())


def template(draft: PlanDraft, store: Store) -> PlanTemplate:
    row = store.row("item", ITEM)
    assert row is not None
    content = content_of(draft.plan, draft.items, draft.causes, draft.actions, {ITEM: row["code"]})
    return PlanTemplate(
        id="t", title="模板", content=content, author="", shared=True, may_remove=True, created_at=""
    )


def test_a_template_keeps_measures_and_distances_and_no_people_dealer_or_evidence(store: Store) -> None:
    kept = template(written(store), store).content
    (measure,) = kept.parts[0].measures
    assert (measure.measure, measure.starts_after, measure.due_after) == ("每日两次清洁", 0, 30)
    assert kept.parts[1].item_code == ""
    assert kept.parts[1].measures[0].starts_after == 7
    said = kept.model_dump_json()
    for secret in (OWNER, SUPERVISOR, DEALER, "N01"):
        assert secret not in said


def test_a_template_laid_over_a_draft_adds_what_is_missing_and_nothing_twice(store: Store) -> None:
    kept = template(written(store), store)
    plans = Plans(store, access(OWNER, Role.MANAGER))
    draft = run(plans.create([weak()], "又一份"))
    run(draft.add_rows(template_writes(store, draft, kept, date(2027, 1, 4))))
    assert [row["measure"] for row in draft.actions] == ["每日两次清洁", "晨会宣贯"]
    assert draft.actions[0]["due_on"] == date(2027, 2, 3)
    assert draft.actions[0]["owner_id"] is None
    assert [row["text"] for row in draft.causes] == ["保洁不足"]
    assert template_writes(store, draft, kept, date(2027, 1, 4)) == []


def test_a_template_of_other_items_adds_only_what_serves_the_whole_plan(store: Store) -> None:
    kept = template(written(store), store)
    plans = Plans(store, access(OWNER, Role.MANAGER))
    draft = run(plans.create([weak(OTHER_ITEM)], "别的项目"))
    writes = template_writes(store, draft, kept, BEGINS)
    assert [one.values["measure"] for one in writes] == ["晨会宣贯"]


def test_a_copy_has_the_other_dealers_finding_and_people_and_shifted_days(store: Store) -> None:
    draft = written(store)
    there = weak(month="2026-10", dealer_id=ELSEWHERE)
    (target,) = targets(store, draft, [weak(), there, weak(OTHER_ITEM, dealer_id=ELSEWHERE)])
    assert target.dealer.code == "N02"
    people = People(owner_id=SUPERVISOR)
    chosen = [(target, people)]
    begins = date(2026, 12, 2)
    (made,) = run(copy_plan(store, draft, chosen, begins, {ELSEWHERE: "北二整洁"}, OWNER))
    copy = PlanDraft(store, made.plan_id, access(OWNER, Role.MANAGER))
    assert copy.plan["dealer_id"] == ELSEWHERE
    assert copy.plan["status"] == "draft"
    assert copy.finding(copy.items[0]["id"]).dealer_id == ELSEWHERE
    measure = copy.actions_of(copy.items[0]["id"])[0]
    assert (measure["starts_on"], measure["due_on"]) == (date(2026, 12, 2), date(2027, 1, 1))
    assert (measure["owner_id"], measure["supervisor_id"]) == (SUPERVISOR, None)
    assert copy.causes[0]["evidence"] == []
    # the summary names what is still to be chosen
    assert made.gaps.count("supervisor_id") == 2
    assert "owner_id" not in made.gaps
    assert made.gaps.count("due_on") == 1


def test_an_item_that_is_not_weak_elsewhere_is_left_out_of_the_copy_and_named(store: Store) -> None:
    draft = written(store)
    run(draft.add_item(weak(OTHER_ITEM)))
    run(draft.add_action(draft.items[1]["id"], measure="另一项", method="drill"))
    (target,) = targets(store, draft, [weak(dealer_id=ELSEWHERE)])
    assert len(target.left_out) == 1
    chosen = [(target, People())]
    (made,) = run(copy_plan(store, draft, chosen, BEGINS, {ELSEWHERE: "x"}, OWNER))
    assert {row["measure"] for row in store.by("action", plan_id=made.plan_id)} == {
        "每日两次清洁",
        "晨会宣贯",
    }


def test_a_plan_is_copied_only_where_the_same_item_is_weak(store: Store) -> None:
    assert targets(store, written(store), [weak(), weak(OTHER_ITEM, dealer_id=ELSEWHERE)]) == []


def test_open_and_late_actions_of_published_plans_are_counted_per_person(store: Store) -> None:
    draft = written(store)
    today = date(2026, 12, 24)
    assert workload(store, [OWNER], today)[OWNER].open == 0  # a draft gives nobody anything to do
    with store.write() as connection:
        table = SYNCED["plan"]
        connection.execute(table.update().where(table.c.id == draft.id).values(status="published"))
    load = workload(store, [OWNER, SUPERVISOR], today)
    assert (load[OWNER].open, load[OWNER].overdue, load[OWNER].busy) == (1, 1, False)
    assert (load[SUPERVISOR].open, load[SUPERVISOR].watched) == (0, 1)
    action = store.row("action", draft.actions[0]["id"])
    assert action is not None
    with store.write() as connection:
        more = [{**action, "id": f"more{place}"} for place in range(BUSY_FROM)]
        connection.execute(insert(SYNCED["action"]), more)
    assert workload(store, [OWNER], today)[OWNER].busy
