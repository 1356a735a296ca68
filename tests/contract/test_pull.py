"""Pull on both databases: scopes, commit order, departures, backfill, snapshots, digests."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from shared_models.clock import utc_now
from shared_models.ids import new_id
from shared_models.people.access import Role, ScopeKind
from shared_models.sync.digest import aggregate_digest
from shared_models.sync.registry import ENTITIES
from sync_server.people import repository, service
from sync_server.people.scope import readable_by, resolve
from sync_server.store import Database
from sync_server.sync.journal import delete_row, write_row
from tests.server.device import Device, record_visit
from tests.server.world import PEOPLE, World, empty_database


def populate(world: World) -> dict[str, str]:
    """Rows of every entity at dealer N01 (and a plan at S01); ids by name."""
    ids: dict[str, str] = {}
    device, manager = Device(world, "shopper"), Device(world, "manager")
    made = record_visit(device)
    question = next(f["question"] for (e, _), f in made.fields.items() if e == "answer")
    visit = {"visit_id": made.visit_id}
    submit = device.ops.pop()
    parts: dict[str, dict[str, Any]] = {
        "test_drive": visit,
        "test_drive_event": {**visit, "kind": "back"},
        "attachment": {**visit, "question": question, "sha256": "a" * 64, "size": 3},
    }
    for entity, fields in parts.items():
        ids[entity] = new_id()
        device.op(made.visit_id, entity, ids[entity], "create", fields)
    results = asyncio.run(device.push())
    assert {one["outcome"] for one in results} == {"applied"}
    assert submit["kind"] == "transition"
    with world.db.write() as session:
        write_row(session, "visit", made.visit_id, {"status": "submitted"})
        ids["employee"] = service.create_employee(session, dealer_id=world.dealers["N01"], name="李")
    ids["review_note"] = new_id()
    note = {**visit, "question": question, "text": "?", "author_id": manager.person_id}
    manager.op(made.visit_id, "review_note", ids["review_note"], "create", note)
    assert [one["outcome"] for one in asyncio.run(manager.push())] == ["applied"]
    ids |= {"visit": made.visit_id, "assignment": made.assignment_id}
    ids["answer"] = next(row_id for (entity, row_id) in made.fields if entity == "answer")
    for entity, fields in {
        "correction": {**visit, "question": question, "state": "na"},
        "appeal": {**visit, "dealer_id": world.dealers["N01"], "question": question, "text": "no"},
    }.items():
        ids[entity] = new_id()
        with world.db.write() as session:
            write_row(session, entity, ids[entity], fields)
    ids |= write_plan(world, "N01", "published")
    ids["draft"] = write_plan(world, "N02", "draft")["plan"]
    ids["reminder"] = new_id()
    late = {
        "person_id": world.people["owner"],
        "dealer_id": world.dealers["N01"],
        "plan_id": ids["plan"],
        "action_id": ids["action"],
        "step": "owner",
        "due_on": date(2026, 11, 3),
        "days_late": 2,
        "created_at": utc_now(),
    }
    ids["focus"] = new_id()
    judged = {
        "assignment_id": made.assignment_id,
        "dealer_id": world.dealers["N01"],
        "items": ["new_car_fuel"],
    }
    with world.db.write() as session:
        write_row(session, "reminder", ids["reminder"], late)
        write_row(session, "focus", ids["focus"], {**judged, "person_id": world.people["shopper"]})
    return ids | write_call(world)


def write_call(world: World) -> dict[str, str]:
    """A call at N01 with an attempt; ids by entity."""
    ids = {"call_task": new_id(), "call_attempt": new_id()}
    caller = world.people["caller"]
    task = {
        "dealer_id": world.dealers["N01"], "person_id": caller, "customer_id": new_id(), "name": "王小明",
        "phone": "13800001234", "reason": "delivery_1", "event_day": date(2026, 11, 1),
    }  # fmt: skip
    with world.db.write() as session:
        write_row(session, "call_task", ids["call_task"], task)
    given = world.assign("caller", "N01", call_id=ids["call_task"])
    attempt = {
        "assignment_id": given, "person_id": caller, "at": utc_now(), "day_part": "noon",
        "disposition": "unreachable",
    }  # fmt: skip
    with world.db.write() as session:
        write_row(session, "call_attempt", ids["call_attempt"], attempt)
    return ids


def write_plan(world: World, dealer: str, status: str) -> dict[str, str]:
    """A plan with one row of each kind; ids by entity."""
    ids = {name: new_id() for name in sorted(PLAN)}
    plan = {"plan_id": ids["plan"]}
    with world.db.read() as session:
        item = session.execute(text("SELECT min(id) FROM item")).scalar_one()
    rows: dict[str, dict[str, Any]] = {
        "plan": {"dealer_id": world.dealers[dealer], "status": status, "title": "x"},
        "plan_item": {**plan, "item_id": item},
        "cause": {**plan, "plan_item_id": ids["plan_item"], "category": "needs"},
        "action": {**plan, "plan_item_id": ids["plan_item"]},
        "action_progress": {**plan, "action_id": ids["action"]},
        "action_request": {**plan, "action_id": ids["action"], "kind": "extension"},
    }
    with world.db.write() as session:
        for entity, values in rows.items():
            write_row(session, entity, ids[entity], values)
    return ids


VISIT = {
    "assignment",
    "focus",
    "visit",
    "answer",
    "attachment",
    "test_drive",
    "test_drive_event",
    "review_note",
    "correction",
}
PLAN = {"plan", "plan_item", "cause", "action", "action_progress", "action_request"}
SEES: dict[str, set[str]] = {
    "shopper": VISIT,
    "shopper2": set(),
    "auditor": set(),
    "caller": {"call_task", "call_attempt"},
    "manager": VISIT | PLAN | {"employee", "draft", "appeal", "call_attempt"},
    "manager_south": set(),
    "owner": PLAN | {"employee", "appeal", "reminder"},
    "colleague": PLAN | {"employee", "appeal"},
    "owner_south": set(),
    "hq": VISIT | PLAN | {"employee", "draft", "appeal", "reminder", "call_attempt"},
}
"""Which of the rows at N01 (and the draft plan at N02) each person sees."""


def test_every_role_sees_exactly_its_rows_of_every_entity(world: World) -> None:
    """A2: the table of docs/architecture.md, walked over all entities and roles."""
    ids = populate(world)
    assert set(ids) - {"draft"} | {
        "region", "dealer", "person", "role_grant", "item", "template", "template_version"
    } == set(ENTITIES)  # fmt: skip
    for login in PEOPLE:
        device = Device(world, login)
        asyncio.run(device.pull())
        held = {row_id for _, row_id in device.rows}
        assert {name for name, row_id in ids.items() if row_id in held} == SEES[login], login
        with world.db.read() as session:
            scope = resolve(session, service.access_of(session, device.person_id))
            for entity in ENTITIES:
                found = session.execute(readable_by(entity, scope)).mappings()
                assert {row["id"] for row in found} == device.names(entity), (login, entity)


def test_reference_rows_reach_those_who_may_know_them(world: World) -> None:
    populate(world)
    devices = {login: Device(world, login) for login in PEOPLE}
    for device in devices.values():
        asyncio.run(device.pull())
    everybody = set(world.people.values())
    who = {
        login: {name for name, person in world.people.items() if person in device.names("person")}
        for login, device in devices.items()
    }
    field = {"shopper", "shopper2", "auditor", "caller"}
    assert who["shopper"] == {"shopper"}
    assert who["caller"] == {"caller"}
    assert who["owner"] == {"owner", "colleague", "manager"}
    assert who["owner_south"] == {"owner_south", "manager_south"}
    assert who["manager"] == {"manager", "owner", "colleague", "hq"} | field
    assert devices["hq"].names("person") == everybody
    places = {
        login: {code for code, dealer in world.dealers.items() if dealer in device.names("dealer")}
        for login, device in devices.items()
    }
    assert places["shopper"] == places["caller"] == places["hq"] == set(world.dealers)
    assert places["owner"] == {"N01"}
    assert places["manager"] == {"N01", "N02"}
    for login, device in devices.items():
        grants = {row["person_id"] for (entity, _), row in device.rows.items() if entity == "role_grant"}
        assert grants == (everybody if login == "hq" else {device.person_id})
        assert len(device.names("item")) > 50
        assert device.names("template_version") == set(world.versions.values())


def test_an_old_checklist_version_comes_with_the_assignment_that_needs_it(world: World) -> None:
    old = world.versions["showroom_observation"]
    with world.db.write() as session:
        row = repository.person_row(session, world.people["shopper"])
        assert row is not None
        version = session.execute(
            text("SELECT template_id FROM template_version WHERE id = :id"), {"id": old}
        ).scalar_one()
        values = {"template_id": version, "number": 2, "document": {}, "sha256": "b" * 64}
        write_row(session, "template_version", new_id(), values)
    device = Device(world, "shopper")
    asyncio.run(device.pull())
    assert old not in device.names("template_version")
    world.assign("shopper", "N01", "showroom_observation")
    asyncio.run(device.pull())
    assert old in device.names("template_version")


def test_pages_give_the_same_as_one_page_and_nothing_twice(world: World) -> None:
    """S2"""
    populate(world)
    whole, paged = Device(world, "manager"), Device(world, "manager")
    asyncio.run(whole.pull())
    pages = asyncio.run(paged.pull(limit=7))
    assert paged.rows == whole.rows
    sent = [(c["entity"], c["row_id"]) for page in pages for c in page["changes"]]
    assert len(sent) == len(set(sent))
    assert [page["snapshot"] for page in pages] == [True] + [False] * (len(pages) - 1)


def test_an_empty_pull_sends_nothing_and_a_change_sends_itself(world: World) -> None:
    device = Device(world, "manager")
    asyncio.run(device.pull())
    assert asyncio.run(device.pull())[0]["changes"] == []
    assignment = world.assign("shopper", "N01")
    page = asyncio.run(device.pull())[0]
    assert [(c["entity"], c["row_id"], c["version"]) for c in page["changes"]] == [
        ("assignment", assignment, 1)
    ]


def test_a_deleted_row_leaves_a_tombstone_for_those_who_had_it(world: World) -> None:
    assignment = world.assign("shopper", "N01")
    device, south = Device(world, "manager"), Device(world, "manager_south")
    asyncio.run(device.pull())
    asyncio.run(south.pull())
    with world.db.write() as session:
        delete_row(session, "assignment", assignment)
    assert [c["deleted"] for c in asyncio.run(device.pull())[0]["changes"]] == [True]
    assert asyncio.run(south.pull())[0]["changes"] == []


def test_a_changed_scope_brings_what_is_new_and_takes_back_what_is_gone(world: World) -> None:
    """S3: departures and backfill, without reading everything anew."""
    north, south = world.assign("shopper", "N01"), world.assign("shopper", "S01")
    device = Device(world, "manager")
    asyncio.run(device.pull())
    with world.db.write() as session:
        held = repository.grants_of(session, [device.person_id])[0]
        service.withdraw_grant(session, held["id"])
        service.grant(session, device.person_id, Role.MANAGER, ScopeKind.REGION, world.regions["S"])
    pages = asyncio.run(device.pull(limit=5))
    assert not any(page["snapshot"] for page in pages)
    assert {d["row_id"] for page in pages for d in page["departures"]} >= {north, world.dealers["N01"]}
    assert device.names("assignment") == {south}
    fresh = Device(world, "manager")
    asyncio.run(fresh.pull())
    assert fresh.rows == device.rows


def test_a_dealer_that_moves_to_another_region_takes_its_rows_along(world: World) -> None:
    """S3"""
    assignment = world.assign("shopper", "N01")
    north, south = Device(world, "manager"), Device(world, "manager_south")
    asyncio.run(north.pull())
    asyncio.run(south.pull())
    with world.db.write() as session:
        write_row(session, "dealer", world.dealers["N01"], {"region_id": world.regions["S"]})
    asyncio.run(north.pull())
    asyncio.run(south.pull())
    assert assignment not in north.names("assignment")
    assert assignment in south.names("assignment")


def test_a_plan_reaches_its_dealer_when_it_is_published_and_leaves_when_it_is_withdrawn(
    world: World,
) -> None:
    """S4: a change of the root's scope takes the whole aggregate along."""
    ids = write_plan(world, "N01", "draft")
    owner = Device(world, "owner")
    asyncio.run(owner.pull())
    assert not owner.names("plan")
    with world.db.write() as session:
        write_row(session, "plan", ids["plan"], {"status": "published"})
    asyncio.run(owner.pull())
    assert {name for name in ids if ids[name] in owner.names(name)} == set(ids)
    with world.db.write() as session:
        write_row(session, "plan", ids["plan"], {"status": "withdrawn"})
    pages = asyncio.run(owner.pull())
    assert {d["row_id"] for page in pages for d in page["departures"]} == set(ids.values())
    assert not owner.names("action")


@pytest.mark.parametrize("cursor", ["nonsense", "WzEsMl0", "WzksImFiYyIsIiIsMF0"])
def test_an_unknown_cursor_starts_a_snapshot(world: World, cursor: str) -> None:
    """S5"""
    device = Device(world, "manager")
    device.cursor = cursor
    pages = asyncio.run(device.pull())
    assert pages[0]["snapshot"]
    assert device.names("dealer")


def test_a_cursor_older_than_what_is_kept_starts_a_snapshot(world: World) -> None:
    """S5"""
    device = Device(world, "manager")
    asyncio.run(device.pull())
    old = device.cursor
    world.assign("shopper", "N01")
    with world.db.write() as session:
        session.execute(text("UPDATE sync_counter SET kept_from = seq"))
    assert asyncio.run(device.pull())[0]["snapshot"]
    assert device.cursor != old
    assert not asyncio.run(device.pull())[0]["snapshot"]


def test_another_persons_cursor_shows_only_ones_own_rows(world: World) -> None:
    """A2"""
    populate(world)
    hq, owner = Device(world, "hq"), Device(world, "owner")
    asyncio.run(hq.pull())
    owner.cursor = hq.cursor
    pages = asyncio.run(owner.pull())
    assert pages[0]["snapshot"]
    assert not owner.names("visit")


def test_digests_find_what_differs_and_bring_it_whole(world: World) -> None:
    """D1"""
    ids = populate(world)
    device = Device(world, "manager")
    asyncio.run(device.pull())
    rows = [
        (entity, row_id, row["version"])
        for (entity, row_id), row in device.rows.items()
        if row_id == ids["visit"] or (row.get("visit_id") == ids["visit"] and entity != "appeal")
    ]
    right = aggregate_digest(ids["visit"], rows).model_dump()
    wrong = aggregate_digest(ids["visit"], rows[1:]).model_dump()

    async def compare(digest: dict[str, Any], login: str = "manager") -> dict[str, Any]:
        async with world.client(login) as client:
            return (await client.post("/sync/digests", json={"digests": [digest]})).json()

    assert asyncio.run(compare(right)) == {"differing": [], "changes": []}
    answer = asyncio.run(compare(wrong))
    assert answer["differing"] == [ids["visit"]]
    assert {(c["entity"], c["row_id"], c["version"]) for c in answer["changes"]} == set(rows)
    # for an outsider the aggregate is empty: it says nothing about it
    assert asyncio.run(compare(right, "manager_south"))["changes"] == []


def test_an_old_build_may_push_but_not_pull(new_world: Callable[..., World]) -> None:
    """C2"""
    world = new_world(min_client="0.2.0")
    device = Device(world, "auditor")
    record_visit(device)
    assert {one["outcome"] for one in asyncio.run(device.push())} == {"applied"}

    async def pull(build: str) -> int:
        async with world.client("auditor") as client:
            return (await client.get("/sync/pull", headers={"X-Revisit-Client": build})).status_code

    assert [asyncio.run(pull(build)) for build in ("0.1.9", "0.2.0", "0.10.0")] == [426, 200, 200]
    world.close()


def test_a_transaction_that_commits_late_is_not_skipped(database_url: str) -> None:
    """S1: sequence order is commit order. A bare sequence would have lost the row."""
    db = Database(database_url)
    db.migrate()
    region, other = new_id(), new_id()
    began, may_commit = threading.Event(), threading.Event()
    order: list[str] = []

    def slow() -> None:
        with db.write() as session:
            write_row(session, "region", region, {"code": "L", "name": "late"})
            began.set()
            may_commit.wait(20)
            order.append("slow")

    def quick() -> None:
        with db.write() as session:
            write_row(session, "region", other, {"code": "Q", "name": "quick"})
            order.append("quick")

    first, second = threading.Thread(target=slow), threading.Thread(target=quick)
    first.start()
    assert began.wait(20)
    second.start()
    second.join(0.3)
    cursor = _highest(db)
    seen = _after(db, 0)
    may_commit.set()
    first.join(20)
    second.join(20)
    seen |= _after(db, cursor)
    db.close()
    assert order == ["slow", "quick"]
    assert seen == {region, other}


@pytest.mark.postgres
def test_a_naive_cursor_would_have_skipped_it(postgres: str) -> None:
    """Why S1 needs the locked counter: the same story with a bare PostgreSQL sequence loses the late row."""
    db = Database(empty_database(postgres))
    with db.engine.begin() as connection:
        connection.execute(text("CREATE TABLE naive (seq bigserial PRIMARY KEY, name text)"))
    late, quick = db.engine.connect(), db.engine.connect()
    late.execute(text("INSERT INTO naive (name) VALUES ('late')"))
    quick.execute(text("INSERT INTO naive (name) VALUES ('quick')"))
    quick.commit()
    newer = text("SELECT name, seq FROM naive WHERE seq > :cursor ORDER BY seq")
    with db.engine.connect() as reader:
        first = reader.execute(newer, {"cursor": 0}).all()
    late.commit()
    with db.engine.connect() as reader:
        second = reader.execute(newer, {"cursor": max(row.seq for row in first)}).all()
    late.close()
    quick.close()
    db.close()
    assert [row.name for row in first] == ["quick"]
    assert second == []


def _highest(db: Database) -> int:
    with db.read() as session:
        return session.execute(text("SELECT coalesce(max(seq), 0) FROM sync_row")).scalar_one()


def _after(db: Database, cursor: int) -> set[str]:
    with db.read() as session:
        found = session.execute(text("SELECT row_id FROM sync_row WHERE seq > :seq"), {"seq": cursor})
        return {row.row_id for row in found}
