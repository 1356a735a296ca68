"""Visits with several cars on the server: what may come in, what it scores, who sees what."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from shared_models.checklists import AnswerValue, TemplateDocument
from shared_models.clock import utc_now
from shared_models.columns import sql_table
from shared_models.ids import new_id
from sync_server.checklists.service import publish_template
from sync_server.insight.tables import WHOLE, Observation
from tests.contract.pushing import codes
from tests.factories.repeating import document
from tests.server.device import Device, Recording, plain_row, record_visit, seal, stored
from tests.server.world import World

THREE: Mapping[str, AnswerValue] = {
    "car": AnswerValue("answered", "Red"),
    "car~1": AnswerValue("answered", "Blue 13812345678"),
    "car~4": AnswerValue("na"),
    "C1~1": AnswerValue("answered", "no"),
    "C3": AnswerValue("answered", 100),
    "C3~1": AnswerValue("answered", 200),
}


@pytest.fixture
def cars(world: World) -> World:
    plain = document()
    plain["source"] = "audit"
    plain["sections"][1]["questions"][0]["item"] = "six_position_walkaround"
    with world.db.write() as session:
        whole = TemplateDocument.model_validate(plain)
        world.versions["cars"] = publish_template(session, whole, now=utc_now())
    return world


def recorded(world: World, **more: Any) -> tuple[Device, Recording]:
    device = Device(world, "auditor")
    made = record_visit(device, template="cars", changes=THREE, **more)
    return device, made


def test_a_visit_with_two_cars_arrives_with_the_score_that_the_device_told(cars: World) -> None:
    device, made = recorded(cars)
    assert set(codes(asyncio.run(device.push()))) == {"applied"}
    visit = stored(cars, "visit", made.visit_id)
    assert visit is not None
    assert (visit["status"], visit["score"]) == ("submitted", Decimal("75"))
    checks = checks_of(cars, made.visit_id)
    assert checks == [("", Decimal("75"))]


def checks_of(world: World, visit_id: str) -> list[tuple[str, Decimal]]:
    """Flag and server's score of the visit's submissions."""
    from sync_server.visits.tables import visit_check

    with world.db.read() as session:
        wanted = select(visit_check.c.flag, visit_check.c.server_score)
        return [tuple(row) for row in session.execute(wanted.where(visit_check.c.visit_id == visit_id))]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("question", "repeat", "outcome"),
    [
        ("C1", 3, "applied"),
        ("car", 3, "applied"),
        ("G1", 1, "rejected:invalid_field"),
        ("C1", -1, "rejected:invalid_field"),
        ("C1", 100, "rejected:invalid_field"),
    ],
)
def test_only_questions_of_a_repeating_section_are_answered_more_than_once(
    cars: World, question: str, repeat: int, outcome: str
) -> None:
    device = Device(cars, "auditor")
    visit_id = new_id()
    fields = {
        "assignment_id": cars.assign("auditor", "N01", "cars"),
        "dealer_id": cars.dealers["N01"],
        "template_version_id": cars.versions["cars"],
        "person_id": device.person_id,
        "source": "audit",
    }
    device.op(visit_id, "visit", visit_id, "create", fields)
    value = "Red" if question == "car" else "yes"
    answer = plain_row(
        "answer", {"visit_id": visit_id, "question": question, "repeat": repeat, "value": value}
    )
    device.op(visit_id, "answer", new_id(), "create", answer)
    assert codes(asyncio.run(device.push())) == ["applied", outcome]


def test_an_open_question_of_the_second_car_holds_the_submission_back(cars: World) -> None:
    device, made = recorded(cars)
    lost = next(
        row_id
        for (entity, row_id), one in made.fields.items()
        if entity == "answer" and (one["question"], one["repeat"]) == ("C1", 1)
    )
    del made.fields["answer", lost]
    device.ops = [op for op in device.ops if op["row_id"] != lost]
    made.submit["fields"]["manifest"] = seal(made)
    results = asyncio.run(device.push())
    assert codes(results)[-1] == "rejected:answers_missing"
    assert [place["at"] for place in results[-1]["problem"]["places"]] == ["C1~1"]


def test_more_cars_than_the_checklist_allows_are_not_sealed(cars: World) -> None:
    device = Device(cars, "auditor")
    many = {f"car~{n}": AnswerValue("answered", "") for n in range(1, 5)}
    record_visit(device, template="cars", changes=many)
    results = asyncio.run(device.push())
    assert codes(results)[-1] == "rejected:invalid_field"


def test_both_cars_share_one_observation_by_their_mean(cars: World) -> None:
    device, made = recorded(cars)
    asyncio.run(device.push())
    desk = Device(cars, "manager")
    accept = {"action": "accept", "review_note": "files follow"}
    desk.op(made.visit_id, "visit", made.visit_id, "transition", accept, base=2)
    assert codes(asyncio.run(desk.push())) == ["applied"]
    facts = sql_table(Observation).c
    with cars.db.read() as session:
        rows = session.execute(
            select(facts.question, facts.repeat, facts.weight, facts.earned)
            .where(facts.origin_id == made.visit_id)
            .order_by(facts.repeat)
        ).all()
    assert [tuple(row) for row in rows] == [("C1", 0, WHOLE // 2, WHOLE // 2), ("C1", 1, WHOLE // 2, 0)]


def test_a_reviewer_corrects_the_answer_about_the_second_car_alone(cars: World) -> None:
    device, made = recorded(cars)
    asyncio.run(device.push())
    desk = Device(cars, "manager")
    correction = {
        "visit_id": made.visit_id,
        "question": "C1",
        "repeat": 1,
        "state": "answered",
        "value": "yes",
        "revision": 0,
        "reason": "seen on the photo",
    }
    computed = {**correction, "question": "C4", "value": 5}
    desk.op(made.visit_id, "correction", new_id(), "create", correction)
    desk.op(made.visit_id, "correction", new_id(), "create", computed)
    assert codes(asyncio.run(desk.push())) == ["applied", "rejected:invalid_field"]
    visit = stored(cars, "visit", made.visit_id)
    assert visit is not None
    assert (visit["score"], visit["final_score"]) == (Decimal("75"), Decimal("100"))


async def dealers_view(world: World, visit_id: str) -> Any:
    async with world.client("owner") as client:
        return (await client.get(f"/appeals/results/{visit_id}")).json()


def test_a_dealer_reads_each_car_apart_and_disputes_one(cars: World) -> None:
    device, made = recorded(cars)
    asyncio.run(device.push())
    desk = Device(cars, "manager")
    accept = {"action": "accept", "review_note": "files follow"}
    desk.op(made.visit_id, "visit", made.visit_id, "transition", accept, base=2)
    asyncio.run(desk.push())
    result = asyncio.run(dealers_view(cars, made.visit_id))
    assert [one["title"]["en"] for one in result["sections"]] == [
        "general",
        "Car 1 · Red",
        "Car 2 · Blue 138****5678",
        "total",
    ]
    owner = Device(cars, "owner")
    outcomes: list[str] = []
    for repeat in (1, 2, 1):
        appeal = {
            "visit_id": made.visit_id,
            "dealer_id": cars.dealers["N01"],
            "question": "C1",
            "repeat": repeat,
            "text": "It was shown",
        }
        row_id = new_id()
        owner.op(row_id, "appeal", row_id, "create", appeal)
        outcomes += codes(asyncio.run(owner.push()))
    assert outcomes == ["applied", "rejected:invalid_field", "rejected:appeal_exists"]
