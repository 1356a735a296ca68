"""Causes by category, causes seen before with an item, and measures ranked by what came of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from shared_models.ids import new_id
from shared_models.insight import CauseSuggestions, Pareto
from sync_server.insight import causes
from sync_server.sync.journal import write_row
from tests.factories.surveys import NOW, Asked, ask, rows_of
from tests.server.world import World, make_world

pytestmark = pytest.mark.anyio
OCT = date(2026, 10, 10)


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two weak items at N01, one at S01."""
    made = make_world(tmp_path / "server", now=lambda: NOW)
    ask(
        made,
        tmp_path,
        [
            Asked("N01", "service_handover", OCT, 70, 100),
            Asked("N01", "new_car_fuel", OCT, 90, 100),
            Asked("S01", "service_handover", OCT, 50, 100),
        ],
    )
    return made


def item_id(world: World, code: str) -> str:
    return rows_of(world, "SELECT id FROM item WHERE code = :code", code=code)[0][0]


def plan(
    world: World,
    dealer: str,
    item: str,
    causes: list[tuple[str, str]],
    measures: list[str],
    verdict: str = "",
    *,
    published: bool = True,
) -> None:
    """A plan with causes (category, words) and measures, and the verdict on it."""
    plan_id, plan_item = new_id(), new_id()
    with world.db.write() as session:
        values = {"trigger_month": "2026-10", "published_at": datetime(2026, 11, 1, tzinfo=UTC)}
        given = values if published else {"trigger_month": "2026-10"}
        write_row(session, "plan", plan_id, {"dealer_id": world.dealers[dealer], **given})
        row = {"plan_id": plan_id, "item_id": item_id(world, item), "verdict": verdict}
        write_row(session, "plan_item", plan_item, row)
        for category, text in causes:
            cause = {"plan_id": plan_id, "plan_item_id": plan_item, "category": category, "text": text}
            write_row(session, "cause", new_id(), cause)
        for measure in measures:
            action = {"plan_id": plan_id, "plan_item_id": plan_item, "measure": measure}
            write_row(session, "action", new_id(), action)


async def asked_for(world: World, login: str, path: str, **query: str) -> dict[str, object]:
    async with world.client(login) as client:
        answer = await client.get(f"/insight/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_categories_are_ordered_by_the_failed_answers_behind_them(world: World) -> None:
    plan(world, "N01", "service_handover", [("delivery", "没人带去"), ("care", "交车时没人")], [])
    plan(world, "S01", "service_handover", [("delivery", "没人带去！")], [])
    plan(world, "N01", "new_car_fuel", [("facilities", "油卡不够")], [])
    found = Pareto.model_validate(await asked_for(world, "hq", "pareto"))
    assert (found.plans, found.failed) == (3, 90)
    assert [(one.category, one.failed, one.share, one.cumulative) for one in found.categories] == [
        ("delivery", 65, 72.22, 72.22),
        ("care", 15, 16.67, 88.89),
        ("facilities", 10, 11.11, 100),
    ]
    assert next((one.text, one.causes, one.failed) for one in found.causes) == ("没人带去", 2, 65)


async def test_a_manager_sees_the_causes_of_the_own_region_only(world: World) -> None:
    plan(world, "N01", "service_handover", [("delivery", "没人带去")], [])
    plan(world, "S01", "service_handover", [("care", "没人带去")], [])
    found = Pareto.model_validate(await asked_for(world, "manager", "pareto"))
    assert [one.category for one in found.categories] == ["delivery"]


async def test_measures_are_ranked_by_what_came_of_them_with_their_numbers(world: World) -> None:
    for verdict in ("improved",) * 4 + ("not_improved",):
        plan(world, "N01", "service_handover", [], ["交车清单加服务顾问签字"], verdict)
    plan(world, "N02", "service_handover", [], ["晨会演练"], "improved")
    plan(world, "S01", "service_handover", [], ["发通知", "交车清单加服务顾问签字。"], "not_enough_data")
    plan(world, "N01", "new_car_fuel", [], ["加油"], "improved")
    item = item_id(world, "service_handover")
    body = await asked_for(world, "manager", "causes", item_id=item)
    measures = CauseSuggestions.model_validate(body).measures
    assert [(one.measure, one.improved, one.not_improved, one.open, one.plans) for one in measures] == [
        ("交车清单加服务顾问签字", 4, 1, 1, 6),
        ("晨会演练", 1, 0, 0, 1),
        ("", 0, 0, 1, 1),
    ]
    # headquarters read all plans anyway
    body = await asked_for(world, "hq", "causes", item_id=item)
    assert "发通知" in {one.measure for one in CauseSuggestions.model_validate(body).measures}


async def test_causes_seen_before_come_from_published_plans_without_naming_dealers(world: World) -> None:
    plan(world, "N01", "service_handover", [("delivery", "没人带去")], [])
    plan(world, "S01", "service_handover", [("delivery", "没人 带去")], [])
    plan(world, "N02", "service_handover", [("care", "草稿")], [], published=False)
    item = item_id(world, "service_handover")
    body = await asked_for(world, "manager", "causes", item_id=item)
    (cause,) = CauseSuggestions.model_validate(body).causes
    assert (cause.text, cause.plans, cause.dealers) == ("没人带去", 2, 2)
    assert world.dealers["S01"] not in str(body)


async def test_other_dealers_words_are_shown_only_once_enough_dealers_wrote_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    words, measure = [("delivery", "前台小王总是忘记")], ["请小王写检查"]
    for dealer in ("N01", "N02"):
        plan(world, dealer, "service_handover", words, measure, "improved")
    item = item_id(world, "service_handover")

    async def seen() -> CauseSuggestions:
        body = await asked_for(world, "manager_south", "causes", item_id=item)
        return CauseSuggestions.model_validate(body)

    found = await seen()
    assert "小王" not in found.model_dump_json()
    # what can be said without their words is said: category or method, and how many
    assert [(one.category, one.text, one.plans) for one in found.causes] == [("delivery", "", 2)]
    assert [(one.measure, one.improved, one.plans) for one in found.measures] == [("", 2, 2)]
    assert found.least_dealers == 3
    monkeypatch.setattr(causes, "LEAST_DEALERS", 2)
    assert [one.measure for one in (await seen()).measures] == measure
    monkeypatch.undo()
    # and where the reader's own dealer wrote them too
    plan(world, "S01", "service_handover", words, measure)
    assert "小王" in (await seen()).model_dump_json()


async def test_an_item_that_does_not_exist_is_named_as_such(world: World) -> None:
    async with world.client("hq") as client:
        assert (await client.get("/insight/causes", params={"item_id": "x"})).status_code == 404
    async with world.client("shopper") as client:
        assert (await client.get("/insight/pareto")).status_code == 403
