"""What a plan needs before it can be published."""

from __future__ import annotations

from datetime import date
from typing import Any

from shared_models.plans import publication_gaps

PLAN: dict[str, Any] = {"id": "p", "title": "十一月提升方案"}
ITEM = {"id": "i", "plan_id": "p"}
CAUSE = {"id": "c", "plan_item_id": "i"}
ACTION: dict[str, Any] = {
    "id": "a",
    "plan_item_id": "i",
    "measure": "每日晨会宣贯服务对接流程",
    "owner_id": "o",
    "supervisor_id": "s",
    "starts_on": date(2026, 11, 3),
    "due_on": date(2026, 11, 30),
}


def gaps(
    plan: Any = PLAN, items: Any = (ITEM,), causes: Any = (CAUSE,), actions: Any = (ACTION,)
) -> set[str]:
    return {f"{place.at} {place.reason}" for place in publication_gaps(plan, items, causes, actions)}


def test_a_whole_plan_has_no_gaps() -> None:
    assert gaps() == set()


def test_every_gap_is_named_with_its_row() -> None:
    assert gaps(plan={**PLAN, "title": " "}) == {"plan.p title"}
    assert gaps(items=(), causes=(), actions=()) == {"plan.p items"}
    assert gaps(causes=()) == {"plan_item.i cause"}
    assert gaps(actions=()) == {"plan_item.i action"}
    bare = {**ACTION, "measure": "", "owner_id": None, "supervisor_id": None, "due_on": None}
    assert gaps(actions=(bare,)) == {
        "action.a measure",
        "action.a owner_id",
        "action.a supervisor_id",
        "action.a due_on",
    }


def test_nobody_supervises_himself_and_no_deadline_lies_before_its_start() -> None:
    assert gaps(actions=({**ACTION, "supervisor_id": "o"},)) == {"action.a supervisor_is_owner"}
    assert gaps(actions=({**ACTION, "due_on": date(2026, 11, 1)},)) == {"action.a due_before_start"}
