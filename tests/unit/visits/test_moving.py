"""A draft goes over to a newer version of its checklist: previewed, lossless, offline; the server rules."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from field_app.store import Store
from field_app.sync import Api, SyncEngine
from field_app.visits.workflow import Today
from field_app.visits.workflow_moving import move, newer
from shared_models.checklists.document import TemplateDocument
from shared_models.clock import utc_now
from shared_models.ids import new_id
from shared_models.problems import Code, Problem
from shared_models.visits.moving import Dropped, plan_move
from sync_server.checklists.authoring import save_draft
from sync_server.checklists.builtin import load_templates
from sync_server.checklists.service import publish_template
from tests.factories.device import Clock, make_store
from tests.server.device import Device
from tests.server.world import World, make_world
from tests.unit.ui_desk.test_desk_and_server import Wire

SALES = next(one for one in load_templates() if one.code == "sales_visit")
GONE, OTHER_KIND, REWORDED, KEPT = "F02", "F03", "F05", "F06"


def next_version() -> TemplateDocument:
    """The sales visit with one question taken out, one of another kind, one reworded and a new one."""
    plain = SALES.to_json()
    questions = plain["sections"][0]["questions"]
    questions[:] = [one for one in questions if one["code"] != GONE]
    for one in questions:
        if one["code"] == OTHER_KIND:
            one.clear()
            one.update(
                code=OTHER_KIND, kind="text", text={"zh": "描述", "en": "Describe"}, stage="facilities"
            )
        if one["code"] == REWORDED:
            one["text"] = {"zh": "换个问法", "en": "Asked otherwise"}
    new = {"code": "NEW1", "kind": "yes_no", "text": {"zh": "新题", "en": "New"}, "stage": "facilities"}
    questions.append(new)
    return TemplateDocument.model_validate(plain)


def row(question: str, value: Any, state: str = "answered", repeat: int = 0) -> dict[str, Any]:
    return {"question": question, "repeat": repeat, "state": state, "value": value, "comment": "seen"}


def test_a_move_keeps_what_fits_and_names_what_does_not() -> None:
    rows = [
        row(GONE, "no"),
        row(OTHER_KIND, "yes"),
        row(REWORDED, None, "na"),
        row(KEPT, "yes"),
        row("F07", None, "cleared"),
    ]
    did = plan_move(SALES, next_version(), rows)
    assert did.kept == (REWORDED, KEPT)
    assert did.reworded == (REWORDED,)
    assert did.new == ("NEW1",)
    assert did.dropped == (Dropped(GONE, 0, "gone"), Dropped(OTHER_KIND, 0, "kind"))


def test_a_move_to_the_same_checklist_changes_nothing() -> None:
    did = plan_move(SALES, SALES, [row(GONE, "no"), row(KEPT, "yes")])
    assert (did.kept, did.reworded, did.new, did.dropped) == ((GONE, KEPT), (), (), ())


def test_an_answer_that_the_new_version_does_not_allow_is_dropped() -> None:
    scale = next(q for q in SALES.questions() if q.kind == "scale")
    plain = SALES.to_json()
    for section in plain["sections"]:
        for one in section["questions"]:
            if one["code"] == scale.code:
                one["maximum"] = "5"
    did = plan_move(SALES, TemplateDocument.model_validate(plain), [row(scale.code, 9)])
    assert did.dropped == (Dropped(scale.code, 0, "value"),)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path / "server")
    yield made
    made.close()


class Tablet:
    """The shopper's device with its line to the server."""

    def __init__(self, world: World, folder: Path) -> None:
        clock = Clock(datetime.now(UTC))
        self.store: Store = make_store(folder / "account.db", clock=clock, seed=3)
        self.wire = Wire(httpx.ASGITransport(app=world.app))
        api = Api("http://server", self.wire, token=world.token("shopper"), language="en")
        self.person = world.people["shopper"]
        self.sync = SyncEngine(self.store, api, self.person)
        self.today = Today(self.store, self.person, _plenty)


async def _plenty() -> int | None:
    return None


def publish_next(world: World) -> str:
    with world.db.write() as session:
        return publish_template(session, next_version(), now=utc_now())


def test_a_draft_moves_offline_and_the_server_has_answers_and_history_afterwards(
    world: World, tmp_path: Path
) -> None:
    tablet = Tablet(world, tmp_path)
    planned = world.assign("shopper", "N01")

    async def story() -> None:
        await tablet.sync.run_once()
        session = await tablet.today.start_visit(planned)
        await session.answer(GONE, "answered", "no", "sign dark")
        await session.answer(KEPT, "answered", "yes")
        await tablet.sync.run_once()
        assert newer(tablet.store, session.id) is None

        version = publish_next(world)
        await tablet.sync.run_once()
        found = newer(tablet.store, session.id)
        assert found is not None
        assert (found.number_now, found.number, found.version_id) == (1, 2, version)
        assert [one.question for one in found.move.dropped] == [GONE]
        assert session.visit["template_version_id"] != version

        tablet.wire.cut = True
        await move(tablet.store, session.id, found)
        session.begin_anew()
        assert "NEW1" in session.shown
        assert GONE not in session.shown
        assert session.answers[KEPT].value == "yes"
        assert newer(tablet.store, session.id) is None
        await session.answer("NEW1", "answered", "yes")
        tablet.wire.cut = False
        await tablet.sync.run_once()
        assert tablet.store.held() == []
        visit = tablet.store.row("visit", session.id)
        assert visit is not None
        (line,) = visit["moves"]
        assert (line["to"], [one["question"] for one in line["dropped"]]) == (version, [GONE])
        assert (line["dropped"][0]["value"], line["dropped"][0]["comment"]) == ("no", "sign dark")

        other = Device(world, "shopper")
        await other.pull()
        there = other.rows["visit", session.id]
        assert (there["template_version_id"], there["moves"]) == (version, visit["moves"])
        answers = {r["question"]: r for (e, _), r in other.rows.items() if e == "answer"}
        assert (answers[GONE]["state"], answers[GONE]["comment"]) == ("cleared", "sign dark")
        assert (answers[KEPT]["value"], answers["NEW1"]["value"]) == ("yes", "yes")

    asyncio.run(story())


def test_a_move_is_refused_on_the_device_when_answers_came_after_the_look(
    world: World, tmp_path: Path
) -> None:
    tablet = Tablet(world, tmp_path)
    planned = world.assign("shopper", "N01")

    async def story() -> None:
        publish_next(world)
        await tablet.sync.run_once()
        session = await tablet.today.start_visit(planned)
        found = newer(tablet.store, session.id)
        assert found is not None
        await session.answer(GONE, "answered", "no")
        with pytest.raises(Problem) as refused:
            await move(tablet.store, session.id, found)
        assert refused.value.code is Code.CONFLICT
        assert session.answers[GONE].value == "no"

    asyncio.run(story())


async def moved(world: World, version: str, **wrong: Any) -> dict[str, Any]:
    """A visit with an answer that the next version has no place for, and the op that moves it; its result."""
    shopper = Device(world, "shopper")
    visit_id, answer_id = new_id(), new_id()
    old = world.versions["sales_visit"]
    visit = {
        "dealer_id": world.dealers["N01"],
        "template_version_id": old,
        "person_id": shopper.person_id,
        "source": "shop",
    }
    answer = {"visit_id": visit_id, "question": GONE, "state": "answered", "value": "no"}
    shopper.op(visit_id, "visit", visit_id, "create", visit)
    shopper.op(visit_id, "answer", answer_id, "create", answer, template_version=old)
    if not wrong.pop("keeps_answer", False):
        taken_back = {"state": "cleared", "value": None}
        shopper.op(visit_id, "answer", answer_id, "update", taken_back, base=1, template_version=old)
    line = {"from": old, "to": version, "at": "2026-11-03T02:00:00.000Z", "dropped": []}
    fields = {"action": "move", "template_version_id": version, "moves": [line], **wrong}
    shopper.op(visit_id, "visit", visit_id, "transition", fields, base=1)
    return (await shopper.push())[-1]


def test_the_server_takes_a_move_that_leaves_no_answer_without_a_place(world: World) -> None:
    version = publish_next(world)
    assert asyncio.run(moved(world, version))["outcome"] == "applied"


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"keeps_answer": True}, f"answer.{GONE}"),
        ({"moves": []}, "visit.moves"),
        ({"moves": [{"from": "", "to": "", "dropped": []}]}, "visit.moves"),
        ({"template_version_id": "unknown"}, "visit.template_version_id"),
    ],
)
def test_the_server_refuses_a_move_that_would_lose_something(
    world: World, wrong: dict[str, Any], place: str
) -> None:
    answer = asyncio.run(moved(world, publish_next(world), **wrong))
    assert answer["outcome"] == "rejected"
    assert place in {one["at"] for one in answer["problem"]["places"]}


def test_a_draft_moves_neither_to_another_checklist_nor_to_a_version_that_is_not_published(
    world: World,
) -> None:
    other = world.versions["test_drive"]
    refused = asyncio.run(moved(world, other))
    assert refused["problem"]["code"] == "invalid_field"
    with world.db.write() as session:
        draft = save_draft(session, next_version())
    assert asyncio.run(moved(world, draft))["problem"]["code"] == "invalid_field"
