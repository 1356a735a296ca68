"""Pushes written together leave exactly what they leave one by one, op by op (docs/sync-protocol.md)."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from shared_models.clock import utc_now
from shared_models.problems import Problem
from shared_models.sync.registry import ENTITIES
from sync_server.checklists.service import document_of
from sync_server.people.service import token_hash
from sync_server.people.session import Knock, admitted
from sync_server.sync.lines import table_of, whole_journal
from sync_server.sync.oplog import count_ops, lines_of
from sync_server.sync.push import Told, push_alone
from sync_server.sync.reading import read_envelope, read_ops
from sync_server.sync.tables import sync_counter, sync_departure, sync_history, sync_stream
from sync_server.sync.together import PushQueue, Sent
from sync_server.visits.tables import visit_check
from tests.contract.random_pushes import LOGINS, RandomPushes
from tests.server.world import World, empty_database, make_world

_SEEDS = range(5)
_ROUNDS = 7
_NOT_COMPARED = {
    "sync_departure": {"seq", "at"},
    "sync_history": {"id"},
    "sync_stream": {"id"},
}
"""Places in the sequence differ: what is written together takes fewer numbers. Numbers of streams are
names that the database gives; they are compared by what they name."""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def twins(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[World, World]]:
    """Two servers with the same content."""
    url = None if request.param == "sqlite" else empty_database(request.getfixturevalue("postgres"))
    one = make_world(tmp_path / "one", url)
    with one.db.read() as session:
        document = document_of(session, one.versions["showroom_observation"])
    one.questions = [question.code for question in document.questions()][:12]
    one.planned = {
        login: {dealer: one.assign(login, dealer, "showroom_observation") for dealer in one.dealers}
        for login in dict.fromkeys(LOGINS)
    }
    for login in one.planned:
        one.token(login)
    one.db.close()
    if url is None:
        (tmp_path / "two").mkdir()
        with one.db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        one.db.close()
        shutil.copy(tmp_path / "one" / "revisit.db", tmp_path / "two" / "revisit.db")
        two = _opened(tmp_path / "two", f"sqlite:///{tmp_path / 'two' / 'revisit.db'}", one)
    else:
        server, name = url.rsplit("/", 1)
        two = _opened(tmp_path / "two", empty_database(server, name), one)
    yield one, two
    one.close()
    two.close()


def _opened(folder: Path, url: str, other: World) -> World:
    from sync_server.app import create_app
    from sync_server.settings import Settings

    settings = Settings(data_dir=folder, database_url=url, blob_dir=folder / "blobs")
    app = create_app(settings)
    made = World(app, settings, app.state.db, other.regions, other.dealers, other.people, other.versions)
    made.tokens = other.tokens
    return made


def _sent(world: World, login: str, body: bytes, now: datetime) -> Sent:
    envelope = read_envelope(body)
    reading = read_ops(envelope.ops, envelope.device_id, envelope.epoch)
    return Sent(Knock(token_hash(world.tokens[login]), "test", "en"), envelope, reading, now)


def _exactly(world: World, sent: Sent) -> list[Told]:
    with world.db.write() as session:
        (who,) = admitted(session, [sent.knock], sent.now, 90)
        assert who is not None
        return push_alone(session, sent.by(who), exact=True)


def _together(world: World, queue: PushQueue, round_: list[Sent]) -> list[list[Told]]:
    """Enter all while the writer is held up, so that they are written together."""
    entered: list[Future[list[Told]]] = []
    with world.db.write(journal=True):
        entered += [queue.enter(one) for one in round_]
    return [one.result(60) for one in entered]


def _content(world: World) -> dict[str, list[str]]:
    """All rows of all tables that a push writes, as sorted text."""
    tables = [table_of(name) for name in ENTITIES]
    tables += [sync_history, sync_departure, sync_stream, visit_check]
    found: dict[str, list[str]] = {}
    with world.db.read() as session:
        streams = {line.id: (line.device_id, line.epoch) for line in session.execute(select(sync_stream))}
        for table in tables:
            skip = _NOT_COMPARED.get(table.name, set[str]())
            columns = [column for column in table.columns if column.name not in skip]
            lines = session.execute(select(*columns))
            found[table.name] = sorted(
                str(
                    [
                        streams.get(value, value) if column.name in {"stream_id", "state_stream"} else value
                        for column, value in zip(columns, line, strict=True)
                    ]
                )
                for line in lines
            )
        log = [{**asdict(one), "stream_id": streams[one.stream_id]} for one in lines_of(session)]
        found["log"] = sorted(str(one) for one in log)
        journal = [{**asdict(one), "run": 0} for _, one in whole_journal(session)]
        for one in journal:
            one["state_stream"] = streams.get(one["state_stream"], one["state_stream"])
        found["journal"] = sorted(str(one) for one in journal)
    return found


@pytest.mark.parametrize("seed", _SEEDS)
def test_what_is_written_together_is_what_is_written_op_by_op(twins: tuple[World, World], seed: int) -> None:
    """P1, P2, P3, P4, P5, P6, P7: outcomes, rows, journal, log and history are the same."""
    one, two = twins
    made = RandomPushes(one, seed)
    queue = PushQueue(two.db, token_days=90)
    told: set[str] = set()
    for number in range(_ROUNDS):
        now = utc_now()
        bodies: list[Sent] = []
        for login, body in made.round():
            # a push whose numbers cannot be read reaches neither
            with suppress(Problem):
                bodies.append(_sent(one, login, body, now))
        expected = [_exactly(one, sent) for sent in bodies]
        found = _together(two, queue, bodies)
        for mine, theirs in zip(found, expected, strict=True):
            assert mine == theirs, f"seed {seed}, round {number}"
            told |= {line.outcome for line in mine}
        theirs_whole, mine_whole = _content(one), _content(two)
        for table, lines in theirs_whole.items():
            assert mine_whole[table] == lines, f"seed {seed}, round {number}, {table}"
    queue.close()
    assert {"applied", "rejected", "waiting_parent"} <= told
    _need_order(two)


def _need_order(world: World) -> None:
    """S1: every line of the journal has its own number, none beyond the counter."""
    with world.db.read() as session:
        numbers = [seq for seq, _ in whole_journal(session)]
        counter = session.execute(select(sync_counter.c.seq)).scalar_one()
    assert len(numbers) == len(set(numbers))
    assert max(numbers) <= counter


def test_a_push_that_the_database_refuses_spoils_no_other_one(world: World, question: str) -> None:
    """P6: two tablets answer one question under different ids; everybody else's push goes in."""
    import asyncio

    from tests.contract.pushing import answer, start
    from tests.server.device import Device

    first = Device(world, "auditor")
    visit = start(first)
    answer(first, visit, question, value="yes")
    asyncio.run(first.push())
    rival, other = Device(world, "auditor"), Device(world, "shopper")
    answer(rival, visit, question, value="no")
    rival.op(visit, "visit", visit, "update", {"note": "behind it"}, 1)
    start(other, "N02")
    queue = PushQueue(world.db, token_days=90)
    now = utc_now()
    told = _together(world, queue, [_sent_by(world, device, now) for device in (other, rival)])
    queue.close()
    assert [[line.outcome for line in part] for part in told] == [
        ["applied"],
        ["conflict", "waiting_parent"],
    ]


def _sent_by(world: World, device: Any, now: datetime) -> Sent:
    import json

    world.token(device.login)
    body = {
        "device_id": device.device_id,
        "epoch": device.epoch,
        "sent_at": now.isoformat(),
        "ops": device.ops,
    }
    return _sent(world, device.login, json.dumps(body).encode(), now)


def test_what_the_database_refuses_before_a_decision_is_not_told_as_taken(
    world: World, question: str
) -> None:
    """P6: an answer that cannot stand is refused itself; the decision behind it does not hide that."""
    import asyncio

    from tests.contract.pushing import answer, codes, start
    from tests.server.device import Device

    device, rival = Device(world, "auditor"), Device(world, "auditor")
    visit = start(device)
    answer(device, visit, question, value="yes")
    asyncio.run(device.push())
    answer(rival, visit, question, value="no")
    given = world.assign("auditor", "S01", "showroom_observation")
    rival.op(given, "assignment", given, "delete", {}, 1)
    assert codes(asyncio.run(rival.push())) == ["conflict:conflict", "quarantined:out_of_scope"]


def test_a_token_that_ended_is_told_so_and_the_others_are_served(world: World) -> None:
    """A1: a push is admitted by the state of the sign-in in its own transaction."""
    import asyncio

    from tests.contract.pushing import start
    from tests.server.device import Device

    device, other = Device(world, "auditor"), Device(world, "shopper")
    start(device)
    start(other, "N02")
    now = utc_now()
    sent = [_sent_by(world, one, now) for one in (device, other)]

    async def sign_out() -> int:
        async with world.client("auditor") as client:
            return (await client.delete("/session")).status_code

    assert asyncio.run(sign_out()) in {200, 204}
    queue = PushQueue(world.db, token_days=90)
    barrier = threading.Event()
    entered: list[Future[list[Told]]] = []
    with world.db.write():
        entered += [queue.enter(one) for one in sent]
        barrier.set()
    with pytest.raises(Problem) as refused:
        entered[0].result(60)
    assert refused.value.code == "signed_out"
    assert [line.outcome for line in entered[1].result(60)] == ["applied"]
    queue.close()


def test_who_hangs_up_while_waiting_does_not_stop_the_queue(world: World) -> None:
    """P8: a cancelled request is not written, those beside it and after it are."""
    from tests.contract.pushing import start
    from tests.server.device import Device

    devices = [Device(world, "auditor"), Device(world, "shopper"), Device(world, "manager")]
    start(devices[0])
    start(devices[1], "N02")
    now = utc_now()
    *sent, nothing = [_sent_by(world, device, now) for device in devices]
    queue = PushQueue(world.db, token_days=90)
    with world.db.write():
        empty = queue.enter(nothing)  # the worker waits with this one
        while not empty.running():
            threading.Event().wait(0.01)
        gone, other = (queue.enter(one) for one in sent)
        assert gone.cancel()
    assert empty.result(60) == []
    assert [line.outcome for line in other.result(60)] == ["applied"]
    again = queue.enter(sent[0])
    assert [line.outcome for line in again.result(60)] == ["applied"]
    queue.close()


def test_a_death_of_the_writer_is_told_and_the_queue_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P8: even what no handler expects leaves nobody waiting."""
    from sync_server.sync import together
    from tests.contract.pushing import start
    from tests.server.device import Device

    device = Device(world, "auditor")
    start(device)
    sent = _sent_by(world, device, utc_now())
    queue = PushQueue(world.db, token_days=90)

    def end(*_: Any, **__: Any) -> Any:
        raise SystemExit

    with monkeypatch.context() as broken:
        broken.setattr(together, "push_together", end)
        with pytest.raises(SystemExit):
            queue.enter(sent).result(60)
    assert [line.outcome for line in queue.enter(sent).result(60)] == ["applied"]
    queue.close()


def test_nobody_waits_for_ever_when_writing_fails(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """P8: what could not be written is not answered as taken, and the queue goes on."""
    import asyncio

    from sync_server.sync import together
    from tests.contract.pushing import start
    from tests.server.device import Device

    device = Device(world, "auditor")
    start(device)
    world.token("auditor")
    real: Callable[..., Any] = together.push_together

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr(together, "push_together", broken)
    monkeypatch.setattr(together, "push_alone", broken)
    ops = list(device.ops)
    assert asyncio.run(device.send(ops)).status_code == 500
    monkeypatch.setattr(together, "push_together", real)
    monkeypatch.undo()
    assert [one["outcome"] for one in asyncio.run(device.push())] == ["applied"]


def test_a_server_that_holds_too_many_bodies_says_so_and_takes_the_push_later(world: World) -> None:
    """P8: memory is bounded; what was turned away left nothing behind and goes in when it comes again."""
    import asyncio

    from sync_server.sync.body import BodyRoom
    from tests.contract.pushing import start
    from tests.server.device import Device

    device = Device(world, "auditor")
    start(device)
    ops = list(device.ops)
    room = world.app.state.bodies
    world.app.state.bodies = BodyRoom(300)
    refused = asyncio.run(device.send(ops))
    assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
    with world.db.read() as session:
        assert count_ops(session) == 0
    world.app.state.bodies = room
    assert asyncio.run(device.send(ops)).json()["results"][0]["outcome"] == "applied"


def test_bodies_give_their_room_back(world: World) -> None:
    """P8"""
    import asyncio

    from sync_server.sync.body import BodyRoom
    from tests.contract.pushing import start
    from tests.server.device import Device

    device = Device(world, "auditor")
    start(device)
    ops = list(device.ops)
    world.app.state.bodies = BodyRoom(2000)
    assert [asyncio.run(device.send(ops)).status_code for _ in range(5)] == [200] * 5
