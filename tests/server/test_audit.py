"""The audit trail: what was done is found by those whose business it is, and holds no secret."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from sync_server.audit.recording import By, line, record
from tests.factories.plans import PlanDraft, publish
from tests.server.device import Device
from tests.server.world import World, make_world

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


async def entries(world: World, login: str, **query: Any) -> list[dict[str, Any]]:
    async with world.client(login) as client:
        answer = await client.get("/audit/entries", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()["entries"]


def note(world: World, action: str, dealer: str, who: str = "hq", subject: str = "", **more: Any) -> None:
    with world.db.write() as session:
        by = By(world.people[who], more.pop("at", NOW))
        record(session, by, action, "dealer", dealer_id=world.dealers[dealer], subject=subject, **more)


async def test_what_a_device_did_to_a_plan_is_found_with_who_and_where(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    number = await publish(PlanDraft(Device(world, "manager")))
    found = await entries(world, "hq", action="plan.publish")
    assert number
    assert [one["actor_id"] for one in found] == [world.people["manager"]]
    assert found[0]["dealer_id"] == world.dealers["N01"]
    assert found[0]["changes"]["status"] == ["draft", "published"]
    assert found[0]["via"] == "device"
    world.close()


async def test_a_manager_finds_the_own_region_only_and_a_shopper_nothing(world: World) -> None:
    note(world, "dealer.changed", "N01", subject="N01")
    note(world, "dealer.changed", "S01", subject="S01")
    assert {one["subject"] for one in await entries(world, "hq")} == {"N01", "S01"}
    assert [one["subject"] for one in await entries(world, "manager")] == ["N01"]
    assert [one["subject"] for one in await entries(world, "owner_south")] == ["S01"]
    async with world.client("shopper") as shopper:
        assert (await shopper.get("/audit/entries")).status_code == 403


async def test_a_dealer_reads_nothing_of_visits_nor_who_the_visitor_was(world: World) -> None:
    with world.db.write() as session:
        by = By(world.people["shopper"], NOW, "device")
        for entity, action in (
            ("visit", "visit.submit"),
            ("appeal", "appeal.made"),
            ("plan", "plan.withdraw"),
        ):
            record(session, by, action, entity, dealer_id=world.dealers["N01"])
    found = await entries(world, "owner")
    assert [one["action"] for one in found] == ["appeal.made"]
    assert found[0]["actor"] == found[0]["actor_id"] == ""


async def test_words_days_and_persons_narrow_the_search(world: World) -> None:
    note(world, "dealer.changed", "N01", before={"city": "合肥"}, after={"city": "芜湖"})
    note(world, "dealer.closed", "N02", who="manager", at=datetime(2026, 11, 20, 17, 0, tzinfo=UTC))
    assert [one["action"] for one in await entries(world, "hq", text="芜湖")] == ["dealer.changed"]
    assert [one["action"] for one in await entries(world, "hq", text="Dealer n02")] == ["dealer.closed"]
    assert [one["action"] for one in await entries(world, "hq", text="manager 某")] == ["dealer.closed"]
    # 17:00 UTC is already the next day in the network's zone
    assert [one["action"] for one in await entries(world, "hq", until="2026-11-21")] == ["dealer.closed"]
    assert await entries(world, "hq", until="2026-11-20") == []
    assert await entries(world, "hq", text="%") == []


async def test_pages_follow_each_other_without_gap(world: World) -> None:
    for number in range(7):
        note(world, "dealer.changed", "N01", subject=str(number))
    seen: list[str] = []
    for offset in (0, 3, 6):
        seen += [one["subject"] for one in await entries(world, "hq", limit=3, offset=offset)]
    assert sorted(seen) == [str(number) for number in range(7)]


async def test_the_files_say_the_same_and_that_they_were_taken_is_written_down(world: World) -> None:
    note(world, "dealer.changed", "N01", subject="=1+1", before={"city": "A"}, after={"city": "B"})
    note(world, "plan.publish", "N01", before={"status": "draft"}, after={"status": "published"})
    async with world.client("hq", language="zh-CN") as client:
        text = (await client.get("/audit/entries/file")).content.decode("utf-8-sig")
        book = (await client.get("/audit/entries/file", params={"format": "xlsx"})).content
    sheet = openpyxl.load_workbook(io.BytesIO(book)).active
    assert sheet is not None
    assert sheet.cell(1, 1).value == "时间"
    assert "城市: A → B" in text
    assert "状态: 草稿 → 执行中" in text
    assert ",'=1+1," in text
    assert sheet.cell(4, 5).data_type == "s"
    assert [one["action"] for one in await entries(world, "hq")].count("trail.exported") == 2


def test_a_secret_never_enters_the_trail() -> None:
    with pytest.raises(ValueError, match="may not stand"):
        line(By("x", NOW), "person.changed", "person", after={"password_hash": "abc"})
