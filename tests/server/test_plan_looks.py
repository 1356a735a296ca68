"""Effects of plans on the product's path: net of dealers like it without a plan, +3 and +6 months."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from shared_models.ids import new_id
from shared_models.insight import Evaluation, Verdict
from sync_server.insight.service import evaluate_due, evaluate_plan
from sync_server.sync.journal import write_row
from tests.factories.surveys import NOW, Asked, add_demo_dealers, ask, rows_of
from tests.server.world import World, make_world

ITEM = "service_handover"
BEFORE, AFTER = (1, 2, 3), (7, 8, 9)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Thirty-six dealers beside the small network's four."""
    made = make_world(tmp_path / "server", now=lambda: NOW)
    add_demo_dealers(made)
    return made


def plan_of(world: World, dealer: str, start: date = date(2026, 5, 4)) -> tuple[str, str]:
    """A published plan on the item whose flag came from April; plan and plan item."""
    plan_id, plan_item = new_id(), new_id()
    item_id = rows_of(world, "SELECT id FROM item WHERE code = :code", code=ITEM)[0][0]
    with world.db.write() as session:
        published = datetime(start.year, start.month, 1, tzinfo=UTC)
        values = {"trigger_month": "2026-04", "published_at": published, "status": "published"}
        write_row(session, "plan", plan_id, {"dealer_id": world.dealers[dealer], **values})
        write_row(session, "plan_item", plan_item, {"plan_id": plan_id, "item_id": item_id})
        write_row(session, "action", new_id(), {"plan_id": plan_id, "starts_on": start})
    return plan_id, plan_item


def measured(
    world: World, folder: Path, changes: dict[str, tuple[int, int]], others: tuple[int, int]
) -> None:
    """Of 40 answers a month so many executed before and after, at named dealers and at all others."""
    asked = [
        Asked(code, ITEM, date(2026, month, 10), changes.get(code, others)[place], 40)
        for code in sorted(world.dealers)
        for place, months in enumerate((BEFORE, AFTER))
        for month in months
    ]
    ask(world, folder, asked)


def judged(world: World, plan: tuple[str, str]) -> Evaluation:
    with world.db.write() as session:
        return evaluate_plan(session, plan[0], now=lambda: NOW)[plan[1]]


def test_a_dealer_that_rose_with_all_others_did_not_improve_by_its_plan(world: World, tmp_path: Path) -> None:
    measured(world, tmp_path, {"N01": (28, 36)}, others=(28, 36))
    found = judged(world, plan_of(world, "N01"))
    look = found.looks[0]
    assert found.merged.verdict is Verdict.IMPROVED
    assert (look.complete, look.matched, look.controls >= 10) == (True, True, True)
    assert look.difference == pytest.approx(0, abs=0.5)
    assert (look.verdict, found.verdict) == (Verdict.NOT_IMPROVED, Verdict.NOT_IMPROVED)


def test_a_dealer_that_rose_alone_improved(world: World, tmp_path: Path) -> None:
    measured(world, tmp_path, {"N01": (24, 38)}, others=(24, 24))
    found = judged(world, plan_of(world, "N01"))
    look = found.looks[0]
    assert found.verdict is look.verdict is Verdict.IMPROVED
    assert look.low is not None
    assert look.difference is not None
    assert 0 < look.low < look.difference == pytest.approx(35, abs=0.5)
    assert [(one.source.value, one.verdict) for one in look.by_source] == [("phone", Verdict.IMPROVED)]


def test_dealers_with_a_plan_of_their_own_are_no_controls(world: World, tmp_path: Path) -> None:
    measured(world, tmp_path, {"N01": (24, 38)}, others=(24, 24))
    alone = judged(world, plan_of(world, "N01")).looks[0].controls
    for code in ("N02", "A1001"):
        plan_of(world, code)
    assert judged(world, plan_of(world, "N01")).looks[0].controls == alone - 2


def test_the_second_look_waits_for_its_months(world: World, tmp_path: Path) -> None:
    measured(world, tmp_path, {"N01": (24, 38)}, others=(24, 24))
    first, second = judged(world, plan_of(world, "N01")).looks
    assert (first.months_after, first.after_months) == (3, ("2026-07", "2026-08", "2026-09"))
    assert (second.months_after, second.after_months) == (6, ("2026-10", "2026-11", "2026-12"))
    assert (second.complete, second.verdict, second.difference) == (False, Verdict.NOT_ENOUGH_DATA, None)


def test_too_few_dealers_to_compare_with_leave_the_dealers_own_change(tmp_path: Path) -> None:
    world = make_world(tmp_path / "small", now=lambda: NOW)
    measured(world, tmp_path, {"N01": (24, 38)}, others=(24, 24))
    found = judged(world, plan_of(world, "N01"))
    assert found.looks[0].controls == 0
    assert found.verdict is found.merged.verdict is Verdict.IMPROVED


def test_plans_are_judged_once_when_a_look_has_become_due(world: World, tmp_path: Path) -> None:
    measured(world, tmp_path, {"N01": (24, 38)}, others=(24, 24))
    plan_of(world, "N01")
    early = plan_of(world, "N02", start=date(2026, 10, 2))

    def due() -> int:
        with world.db.write() as session:
            return evaluate_due(session, now=lambda: NOW)

    assert [due(), due()] == [1, 0]
    verdicts = rows_of(world, "SELECT plan_id, verdict FROM plan_item ORDER BY verdict")
    assert dict(verdicts)[early[0]] == ""
    assert sorted(verdict for _, verdict in verdicts) == ["", "improved"]
