"""Plans through the door that devices use: writing, publishing, carrying out, and the plan on paper."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from shared_models.ids import new_id
from sync_server.people import service as people
from sync_server.sync.journal import write_row
from tests.factories.plans import PlanDraft, item_id, publish
from tests.factories.surveys import NOW, Asked, ask
from tests.server.device import Device, stored
from tests.server.world import World, make_world

pytestmark = pytest.mark.anyio
Json = dict[str, Any]


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


@pytest.fixture
def draft(world: World) -> PlanDraft:
    """A manager's plan, not recorded yet."""
    return PlanDraft(Device(world, "manager"))


def codes(results: list[Json]) -> list[str]:
    """Outcome of each op, or the code of its problem."""
    return [(one["problem"] or {}).get("code") or one["outcome"] for one in results]


async def last(device: Device) -> Json:
    """Push; the result of the last op."""
    return (await device.push())[-1]


async def test_a_complete_plan_is_published_numbered_and_dated_by_the_server(tmp_path: Path) -> None:
    # nine in the evening UTC of the last of October is November where the dealers are
    world = make_world(tmp_path, now=lambda: datetime(2026, 10, 31, 21, 0, tzinfo=UTC))
    first, second = (
        PlanDraft(Device(world, "manager"), item=i) for i in ("service_handover", "new_car_fuel")
    )
    other = PlanDraft(Device(world, "manager"), dealer="N02", owner="manager", supervisor="hq")
    assert [await publish(one) for one in (first, second, other)] == [
        "N01-202611-01",
        "N01-202611-02",
        "N02-202611-01",
    ]
    row = stored(world, "plan", first.plan_id)
    assert row is not None
    assert (row["status"], row["author_id"]) == ("published", world.people["manager"])
    assert row["published_at"] is not None
    world.close()


async def test_what_the_server_decides_cannot_be_brought_along(world: World, draft: PlanDraft) -> None:
    fields = {
        "dealer_id": world.dealers["N01"],
        "title": "T",
        "status": "published",
        "number": "N01-202611-77",
        "author_id": world.people["hq"],
    }
    draft.add("plan", draft.plan_id, fields)
    await draft.device.push()
    row = stored(world, "plan", draft.plan_id)
    assert row is not None
    assert (row["status"], row["number"], row["author_id"]) == ("draft", "", world.people["manager"])


async def test_an_incomplete_plan_is_not_published_and_every_gap_is_named(
    world: World, draft: PlanDraft
) -> None:
    draft.supervisor = draft.owner
    draft.record(cause=False)
    draft.move("publish")
    problem = (await last(draft.device))["problem"]
    assert problem["code"] == "plan_incomplete"
    assert {(p["at"], p["reason"]) for p in problem["places"]} == {
        (f"plan_item.{draft.item_row}", "cause"),
        (f"action.{draft.action_row}", "supervisor_is_owner"),
    }
    row = stored(world, "plan", draft.plan_id)
    assert row is not None
    assert row["status"] == "draft"


@pytest.mark.parametrize("stranger", ["owner_south", "manager_south", "shopper"])
async def test_owner_and_supervisor_belong_to_the_dealer_or_manage_it(
    draft: PlanDraft, stranger: str
) -> None:
    draft.owner = stranger
    draft.record()
    result = await last(draft.device)
    assert result["problem"]["code"] == "person_not_at_dealer"
    assert result["problem"]["places"] == [{"at": f"action.{draft.action_row}", "reason": "owner_id"}]


async def test_who_has_left_the_dealer_since_stands_in_no_published_plan(
    world: World, draft: PlanDraft
) -> None:
    draft.record()
    await draft.device.push()
    with world.db.write() as session:
        people.set_active(session, world.people["owner"], False)
    draft.move("publish")
    problem = (await last(draft.device))["problem"]
    assert problem["code"] == "person_not_at_dealer"
    assert problem["places"] == [{"at": f"action.{draft.action_row}", "reason": "owner_id"}]


async def test_a_manager_may_supervise(draft: PlanDraft) -> None:
    draft.supervisor = "manager"
    assert await publish(draft)


@pytest.mark.parametrize(
    ("login", "code"),
    [
        ("owner", "not_allowed"),
        ("shopper", "not_allowed"),
        ("manager_south", "out_of_scope"),
        ("hq", "applied"),
    ],
)
async def test_only_desks_over_the_dealer_write_plans(world: World, login: str, code: str) -> None:
    draft = PlanDraft(Device(world, login))
    draft.record()
    assert codes(await draft.device.push())[0] == code


async def test_a_published_plan_keeps_its_measures_complete(world: World, draft: PlanDraft) -> None:
    await publish(draft)
    device = draft.device
    same = {"supervisor_id": world.people["owner"]}
    device.op(draft.plan_id, "action", draft.action_row, "update", same, base=1)
    assert codes(await device.push()) == ["supervisor_is_owner"]
    fresh = PlanDraft(Device(world, "manager"), plan_id=draft.plan_id, action_row=draft.action_row)
    fresh.device.op(draft.plan_id, "action", draft.action_row, "update", {"measure": " "}, base=1)
    assert codes(await fresh.device.push()) == ["plan_incomplete"]
    third = Device(world, "manager")
    third.op(draft.plan_id, "action", draft.action_row, "update", {"due_on": "2026-12-31"}, base=1)
    third.op(draft.plan_id, "plan_item", draft.item_row, "delete", base=1)
    assert codes(await third.push()) == ["applied", "transition_not_allowed"]


async def test_an_item_is_taken_into_a_plan_once(world: World, draft: PlanDraft) -> None:
    draft.record()
    draft.add("plan_item", new_id(), {"item_id": item_id(world, draft.item), "finding": {}})
    assert codes(await draft.device.push())[-1] == "conflict"


async def test_rows_of_one_plan_do_not_hang_on_another(world: World, draft: PlanDraft) -> None:
    draft.record()
    other = PlanDraft(draft.device, item="new_car_fuel")
    other.record()
    other.add("cause", new_id(), {"plan_item_id": draft.item_row, "category": "care", "text": "x"})
    assert codes(await draft.device.push())[-1] == "invalid_field"


async def test_a_cause_has_one_of_the_nine_categories_and_evidence_says_no_more_than_it_may(
    world: World, draft: PlanDraft
) -> None:
    draft.record()
    evidence = [
        {"kind": "answer", "id": new_id(), "label": "2026-10-18", "shopper": "李某", "person_id": "x"}
    ]
    row_id = new_id()
    cause = {"plan_item_id": draft.item_row, "category": "delivery", "text": "", "evidence": evidence}
    draft.add("cause", row_id, cause)
    assert codes(await draft.device.push())[-1] == "applied"
    row = stored(world, "cause", row_id)
    assert row is not None
    assert [set(one) for one in row["evidence"]] == [{"kind", "id", "label"}]
    draft.add("cause", new_id(), {**cause, "category": "service_workshop"})
    assert codes(await draft.device.push()) == ["invalid_field"]


async def test_the_owner_carries_out_and_the_supervisor_verifies(world: World, draft: PlanDraft) -> None:
    await publish(draft)
    owner, supervisor = Device(world, "owner"), Device(world, "colleague")
    draft.move_action(owner, "start")
    draft.log(owner, 40, "已完成宣贯")
    draft.move_action(owner, "finish", base=2)
    assert codes(await owner.push()) == ["applied"] * 3
    draft.move_action(supervisor, "verify", base=3)
    assert codes(await supervisor.push()) == ["applied"]
    row = stored(world, "action", draft.action_row)
    assert row is not None
    assert row["status"] == "verified"


@pytest.mark.parametrize(
    ("login", "steps", "code"),
    [
        ("colleague", ["start"], "not_allowed"),
        ("manager", ["start"], "not_allowed"),
        ("owner", ["start", "finish", "verify"], "not_allowed"),
        ("owner", ["verify"], "transition_not_allowed"),
        ("owner_south", ["start"], "out_of_scope"),
        ("shopper", ["start"], "not_allowed"),
    ],
)
async def test_nobody_else_moves_a_measure(
    world: World, draft: PlanDraft, login: str, steps: list[str], code: str
) -> None:
    await publish(draft)
    device = Device(world, login)
    for base, step in enumerate(steps, 1):
        draft.move_action(device, step, base=base)
    assert codes(await device.push())[-1] == code


async def test_a_measure_of_a_draft_does_not_move(world: World, draft: PlanDraft) -> None:
    draft.record()
    await draft.device.push()
    owner = Device(world, "owner")
    draft.move_action(owner, "start")
    assert codes(await owner.push()) == ["transition_not_allowed"]


async def test_a_second_tap_is_no_error(world: World, draft: PlanDraft) -> None:
    await publish(draft)
    first, second = Device(world, "owner"), Device(world, "owner")
    draft.move_action(first, "start")
    draft.move_action(second, "start")
    assert codes(await first.push() + await second.push()) == ["applied", "applied"]
    row = stored(world, "action", draft.action_row)
    assert row is not None
    assert row["version"] == 2


async def test_progress_is_only_added_and_carries_its_true_author(world: World, draft: PlanDraft) -> None:
    await publish(draft)
    owner = Device(world, "owner")
    row_id = draft.log(owner, 30, "第一次", author_id=world.people["hq"])
    assert codes(await owner.push()) == ["applied"]
    row = stored(world, "action_progress", row_id)
    assert row is not None
    assert row["author_id"] == world.people["owner"]
    assert row["at"] is not None
    owner.op(draft.plan_id, "action_progress", row_id, "delete", base=1)
    assert codes(await owner.push()) == ["not_allowed"]
    late = Device(world, "owner")
    draft.log(late, 130, "太多")
    assert codes(await late.push()) == ["invalid_field"]
    stranger = Device(world, "owner_south")
    draft.log(stranger, 10, "别家")
    assert codes(await stranger.push()) == ["not_allowed"]


async def test_the_dealer_sees_a_plan_when_it_is_published_and_no_longer_when_it_is_withdrawn(
    world: World, draft: PlanDraft
) -> None:
    owner, elsewhere, shopper = (Device(world, login) for login in ("owner", "owner_south", "shopper"))
    draft.record()
    await draft.device.push()
    await owner.pull()
    assert not owner.names("plan")
    draft.move("publish")
    await draft.device.push()
    for device in (owner, elsewhere, shopper):
        await device.pull()
    assert owner.names("plan") == {draft.plan_id}
    assert owner.names("action") == {draft.action_row}
    assert owner.names("cause") == {draft.cause_row}
    assert not elsewhere.names("plan") | shopper.names("plan") | elsewhere.names("action")
    draft.move("withdraw", base=2)
    assert codes(await draft.device.push()) == ["applied"]
    await owner.pull()
    assert not owner.names("plan") | owner.names("action") | owner.names("cause")


async def test_a_plan_without_a_verdict_is_not_closed_by_a_tick(world: World, draft: PlanDraft) -> None:
    await publish(draft)
    draft.move("close", base=2)
    assert codes(await draft.device.push()) == ["plan_not_judged"]
    plan = stored(world, "plan", draft.plan_id)
    assert plan is not None
    assert (plan["status"], plan["closed_at"]) == ("published", None)


async def test_a_plan_is_closed_by_the_verdict_of_its_figures(tmp_path: Path) -> None:
    world = make_world(tmp_path / "begun", now=lambda: NOW)
    draft = PlanDraft(Device(world, "manager"))
    await publish(draft)
    with world.db.write() as session:  # it began in May, on a flag of April
        begun = datetime(2026, 5, 1, tzinfo=UTC)
        write_row(session, "plan", draft.plan_id, {"published_at": begun, "trigger_month": "2026-04"})
        write_row(session, "action", draft.action_row, {"starts_on": date(2026, 5, 2)})
    months = {1: 60, 2: 60, 3: 60, 8: 95, 9: 95, 10: 95}
    asked = [Asked("N01", "service_handover", date(2026, at, 10), good, 100) for at, good in months.items()]
    ask(world, tmp_path, asked)
    row = stored(world, "plan", draft.plan_id)
    assert row is not None
    draft.move("close", base=row["version"])
    assert codes(await draft.device.push()) == ["applied"]
    plan, item = stored(world, "plan", draft.plan_id), stored(world, "plan_item", draft.item_row)
    assert plan is not None
    assert item is not None
    assert (plan["status"], item["verdict"]) == ("closed", "improved")
    assert plan["closed_at"] is not None
    draft.device.op(draft.plan_id, "plan", draft.plan_id, "update", {"title": "Z"}, base=row["version"] + 1)
    assert codes(await draft.device.push()) == ["transition_not_allowed"]
    world.close()


async def page(world: World, login: str | None, plan: str, **query: str) -> tuple[Any, str]:
    """The answer to asking for the PDF, and its words."""
    async with world.client(login) as client:
        response = await client.get(f"/plans/{plan}/pdf", params=query)
    if response.status_code != 200:
        return response, ""
    pages = PdfReader(io.BytesIO(response.content)).pages
    return response, "".join("".join(one.extract_text().split()) for one in pages)


async def test_the_plan_on_paper_says_what_the_rows_say(world: World, draft: PlanDraft) -> None:
    number = await publish(draft)
    owner = Device(world, "owner")
    draft.move_action(owner, "start")
    draft.log(owner, 40, "已完成宣贯")
    await owner.push()
    response, words = await page(world, "owner", draft.plan_id, language="both")
    assert response.headers["content-type"] == "application/pdf"
    assert f'filename="{number}-both.pdf"' in response.headers["content-disposition"]
    assert response.headers["cache-control"] == "private, no-store"
    for expected in (
        number, "服务对接提升方案", "N01店", "DealerN01", "81.0%", "94.0%", "n=100", "#4711",
        "交车时未引荐服务顾问",
        "电话调查2026-10-12", "当面引荐服务顾问", "owner某", "colleague某", "manager某", "2026-11-30",
        "已完成宣贯", "40%",
        "低于目标85%", "核心流程电话调查",
    ):  # fmt: skip
        assert expected in words, expected


async def test_the_language_of_the_paper_is_the_callers_unless_asked_otherwise(
    world: World, draft: PlanDraft
) -> None:
    number = await publish(draft)
    response, words = await page(world, "owner", number)
    assert f"{number}-en.pdf" in response.headers["content-disposition"]
    assert "Signatures" in words
    _, chinese = await page(world, "owner", number, language="zh")
    assert "签署" in chinese
    refused, _ = await page(world, "owner", number, language="fr")
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("login", "status"),
    [("owner_south", 404), ("manager_south", 404), ("shopper", 404), ("auditor", 404), ("caller", 404),
     ("colleague", 200), ("manager", 200), ("hq", 200), (None, 401)],
)  # fmt: skip
async def test_the_paper_is_for_those_who_may_see_the_plan(
    world: World, draft: PlanDraft, login: str | None, status: int
) -> None:
    await publish(draft)
    response, _ = await page(world, login, draft.plan_id)
    assert response.status_code == status


@pytest.mark.parametrize(("login", "part"), [("manager", "Regional manager"), ("hq", "Headquarters")])
async def test_the_author_signs_in_the_part_that_is_theirs(world: World, login: str, part: str) -> None:
    made = PlanDraft(Device(world, login))
    await publish(made)
    _, words = await page(world, "owner", made.plan_id, language="en")
    signatures = words[words.rindex("Signature") :]
    assert "".join(part.split()) + f"{login}某" in signatures


async def test_the_dealer_gets_no_paper_of_a_draft(world: World, draft: PlanDraft) -> None:
    draft.record()
    await draft.device.push()
    assert (await page(world, "owner", draft.plan_id))[0].status_code == 404
    response, words = await page(world, "manager", draft.plan_id)
    assert response.status_code == 200
    assert "Draft" in words
    assert "N01-draft-en.pdf" in response.headers["content-disposition"]


async def test_a_shoppers_name_is_never_on_paper(world: World, draft: PlanDraft) -> None:
    """Even if a shopper's id came to stand in a row of the plan."""
    from sync_server.sync.journal import write_row

    await publish(draft)
    with world.db.write() as session:
        write_row(session, "plan", draft.plan_id, {"author_id": world.people["shopper"]})
        write_row(session, "action", draft.action_row, {"supervisor_id": world.people["auditor"]})
    _, words = await page(world, "owner", draft.plan_id, language="both")
    assert "shopper某" not in words
    assert "auditor某" not in words
    assert "owner某" in words
