"""Ops of older builds are lifted to the present schema; what nobody knows is kept."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from shared_models.ids import new_id
from shared_models.sync.wire import OP_SCHEMA
from sync_server.sync.oplog import lines_of
from sync_server.sync.upcast import upcast
from tests.server.device import Device
from tests.server.world import World, make_world
from tests.sync.old_builds import as_old_build

Json = dict[str, Any]


def op(entity: str, kind: str, schema: int, fields: Json, **more: Any) -> Json:
    return {"entity": entity, "kind": kind, "schema_version": schema, "fields": fields, **more}


@pytest.mark.parametrize(
    ("given", "lifted"),
    [
        ({"answer": {"state": "na", "value": None}}, {"state": "na", "value": None}),
        ({"answer": "yes"}, {"state": "answered", "value": "yes"}),
        ({"answer": None}, {"state": "cleared", "value": None}),
        ({"comment": "only words"}, {"comment": "only words"}),
        (
            {"answer": "no", "mood": "of a later build"},
            {"state": "answered", "value": "no", "mood": "of a later build"},
        ),
    ],
)
def test_an_answer_of_schema_1_is_split_into_state_and_value(given: Json, lifted: Json) -> None:
    found = upcast(op("answer", "update", 1, given))
    assert (found["fields"], found["schema_version"]) == (lifted, OP_SCHEMA)


def test_a_transition_of_schema_2_takes_its_action_into_the_fields() -> None:
    found = upcast(op("visit", "transition", 2, {"score": "81.0"}, action="submit", shade="kept"))
    assert found["fields"] == {"action": "submit", "score": "81.0"}
    assert found["shade"] == "kept"
    assert "action" not in found


@pytest.mark.parametrize("schema", [OP_SCHEMA, OP_SCHEMA + 4])
def test_an_op_of_this_or_a_newer_build_is_taken_as_it_is(schema: int) -> None:
    given = op("answer", "update", schema, {"answer": "of another meaning"})
    assert upcast(given) == given


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


@pytest.mark.parametrize("schema", [1, 2])
def test_a_visit_of_an_old_build_arrives_and_is_logged_as_it_was_sent(world: World, schema: int) -> None:
    device = Device(world, "shopper")
    assignment, visit, answer = world.assign("shopper", "N01"), new_id(), new_id()
    device.op(assignment, "assignment", assignment, "transition", {"action": "start"}, base=1)
    device.op(visit, "visit", visit, "create", {
        "assignment_id": assignment, "dealer_id": world.dealers["N01"], "person_id": device.person_id,
        "template_version_id": world.versions["sales_visit"], "source": "shop",
        "started_at": "2026-11-03T06:05:04.123Z", "zone": "Asia/Shanghai", "visit_date": "2026-11-03",
    })  # fmt: skip
    fields = {"visit_id": visit, "question": "F02", "state": "answered", "value": "yes"}
    device.op(visit, "answer", answer, "create", fields)
    device.ops = [as_old_build(one, schema) for one in device.ops]
    sent = {one["op_id"]: one for one in device.ops}
    results = asyncio.run(device.push())
    assert [one["outcome"] for one in results] == ["applied"] * 3, results
    asyncio.run(device.pull())
    row = device.rows["answer", answer]
    assert (row["state"], row["value"]) == ("answered", "yes")
    assert device.rows["assignment", assignment]["status"] == "started"
    with world.db.read() as session:
        kept = {line.op_id: json.loads(line.body) for line in lines_of(session)}
    assert kept == sent
    device.ops = list(sent.values())
    assert [one["outcome"] for one in asyncio.run(device.push())] == ["applied"] * 3
