"""The simulator: devices, a failing network, the real server, a virtual clock and a plain-dict oracle.

One seed decides everything the devices do and what befalls them. ``Simulation.run`` taps, syncs, kills and
reviews at random, then heals the network, lets everything come to rest, and checks the invariants of
docs/sync-protocol.md.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from field_app.store.outbox import UNCONFIRMED
from field_app.store.tables import SYNCED, outbox_op
from field_app.visits.workflow import VisitSession
from field_app.visits.workflow_cards import answer_values
from shared_models.checklists import AnswerValue, Question, QuestionKind
from shared_models.people import Access, GrantView, ScopeKind
from shared_models.problems import Code
from shared_models.sync.codec import encode_row
from shared_models.sync.wire import PullResponse
from sync_server.sync.tables import sync_op
from sync_server.visits.tables import visit_check
from tests.factories.device import Clock
from tests.server.world import PEOPLE, World, make_world
from tests.sync.devices import Killed, SimDevice

TEMPLATE = "showroom_observation"
ROUNDS = 8
"""Runs per device within which everything is sent once the network is well."""

Saved = dict[tuple[str, str], set[str]]
"""(visit, question) -> what may stand there: one text if it was shown as saved, more after a kill."""


@dataclass
class Simulation:
    """One seed's world."""

    seed: int
    folder: Path
    fault_rate: float = 0.25
    kill_rate: float = 0.15
    trace: list[str] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)
    oracle: Saved = field(default_factory=dict)
    op_ids: set[str] = field(default_factory=set)
    given_up: set[str] = field(default_factory=set)
    """Ops that a person set aside after the server's refusal."""
    given_up_visits: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.clock = Clock(datetime(2026, 11, 3, 1, 0, tzinfo=UTC))
        self.world: World = make_world(self.folder / "server", now=self.clock)
        transport = httpx.ASGITransport(app=self.world.app, client=("10.0.0.1", 1000))
        self.devices = [
            self._device(name, login, transport)
            for name, login in (
                ("s1", "shopper"),
                ("s1b", "shopper"),  # the same person's second tablet
                ("s2", "shopper2"),
                ("m", "manager"),
            )
        ]
        for login in ("shopper", "shopper2"):
            for dealer in ("N01", "N02"):
                self.world.assign(login, dealer, TEMPLATE)

    def _device(self, name: str, login: str, transport: httpx.AsyncBaseTransport) -> SimDevice:
        role, place, _ = PEOPLE[login]
        kind = ScopeKind.REGION if place else ScopeKind.COMPANY
        scope = self.world.regions.get(place, "")
        person_id = self.world.people[login]
        return SimDevice(
            name=name,
            login=login,
            person_id=person_id,
            access=Access.of(person_id, [GrantView(role, kind, scope)]),
            token=self.world.token(login),
            path=self.folder / f"{name}.db",
            clock=self.clock,
            chance=random.Random(self.chance.random()),
            server=transport,
        )

    # -- what happens --------------------------------------------------------------------------------------

    async def run(self, steps: int) -> None:
        """Everything: a first sync, random steps, healing, and the checks."""
        for device in self.devices:
            await device.engine.run_once()
        for _ in range(steps):
            self.clock.forward(seconds=self.chance.uniform(1, 600))
            await self._step(self.chance.choice(self.devices))
        await self._heal()
        await self._check()

    async def _step(self, device: SimDevice) -> None:
        device.net.rate = self.fault_rate
        device.net.down = self.chance.random() < 0.3
        if self.chance.random() < self.kill_rate:
            device.fuse.left = self.chance.randrange(12)
        if self.chance.random() < 0.03:
            jump = self.chance.choice((-365, 365, -1 / 24, 1 / 24))
            device.skew = timedelta(days=jump) if not device.skew else timedelta()
            self._note(device, f"clock {device.skew}")
        actions = (
            ("sync", "look") if device.login == "manager" else ("tap",) * 5 + ("sync",) * 2 + ("submit",)
        )
        what = self.chance.choice(actions)
        try:
            if what == "sync" and device.login != "manager" and self.chance.random() < 0.5:
                device.wire.meanwhile = lambda: self._change_of_mind(device)
            await getattr(self, f"_{what}")(device)
        except Killed:
            self.met["killed"] += 1
            self._note(device, f"killed in {what}")
            device.restart()
        device.fuse.left = device.wire.meanwhile = None
        await self._read_back(device)
        self._collect(device)

    def _note(self, device: SimDevice, text: str) -> None:
        self.trace.append(f"{device.name}: {text}")

    async def _sync(self, device: SimDevice) -> None:
        report = await device.engine.run_once()
        problem = report.problem.code.value if report.problem else "-"
        assert problem not in {Code.INTERNAL.value, Code.INVALID_REQUEST.value}, self.story()
        self._note(device, f"sync {report.pushed}/{report.confirmed}/{report.refused} {problem}")

    async def _open_visit(self, device: SimDevice) -> VisitSession | None:
        view = await device.today.load()
        drafts = [card.id for card in (*view.drafts, *view.returned)]
        if drafts and (not view.assignments or self.chance.random() < 0.8):
            return await device.visit(self.chance.choice(sorted(drafts)))
        if not view.assignments:
            return None
        card = self.chance.choice(view.assignments)
        session = await device.today.start_visit(card.id)
        device.open_visits[session.id] = session
        self._note(device, f"start {session.id[-4:]}")
        return session

    async def _tap(self, device: SimDevice) -> None:
        visit = await self._open_visit(device)
        if visit is None:
            return
        kind = self.chance.choice(("answer",) * 6 + ("photo", "drop", "note", "clear", "stamp"))
        if kind == "photo":
            photo = self.chance.randbytes(self.chance.randrange(1000, 90_000))
            question = self.chance.choice(visit.shown)
            await visit.attach(question, photo, "image/jpeg")
        elif kind == "drop" and visit.attachments:
            await visit.remove_attachment(self.chance.choice([a["id"] for a in visit.attachments]))
        elif kind == "note":
            await visit.set_visit("note", f"note {self.chance.randrange(1000)}")
        elif kind == "stamp":
            await visit.drive_stamp(self.chance.choice(("greeted", "offered", "back")))
        elif kind == "clear" and visit.answers:
            code = self.chance.choice(sorted(visit.answers))
            await self._saving(visit, code, "cleared", visit.clear(code))
        else:
            code = self.chance.choice(visit.shown)
            await self._answer(visit, visit.document.question(code))
        self._note(device, f"{kind} {visit.id[-4:]}")

    async def _change_of_mind(self, device: SimDevice) -> None:
        """While sync is under way the person changes an answer that is just being sent."""
        with device.store.read() as connection:
            sent = select(outbox_op.c.row_id).where(outbox_op.c.entity == "answer", outbox_op.c.attempts > 0)
            row_ids = sorted(connection.execute(sent).scalars())
        row = device.store.row("answer", self.chance.choice(row_ids)) if row_ids else None
        if row is None:
            await self._tap(device)
            return
        visit = await device.visit(row["visit_id"])
        if visit.editable:
            await self._answer(visit, visit.document.question(row["question"]))
            self._note(device, f"change of mind {visit.id[-4:]}")

    async def _answer(self, visit: VisitSession, question: Question) -> None:
        state, value = self._value(question)
        work = visit.answer(question.code, state, value)
        await self._saving(visit, question.code, f"{state} {value}", work)

    async def _saving(self, visit: VisitSession, code: str, text: str, work: Any) -> None:
        """Until it returns, old and new may be found after a kill; afterwards only the new."""
        key = visit.id, code
        before = self.oracle.get(key, {"cleared"})
        self.oracle[key] = before | {text}
        await work
        self.oracle[key] = {text}

    def _value(self, question: Question) -> tuple[str, Any]:
        match question.kind:
            case QuestionKind.YES_NO:
                return "answered", self.chance.choice(("yes", "yes", "no"))
            case QuestionKind.YES_NO_NA:
                value = self.chance.choice(("yes", "yes", "no", None))
                return ("answered" if value else "na"), value
            case QuestionKind.DURATION:
                return "answered", self.chance.randrange(600)
            case _:
                return "answered", f"text {self.chance.randrange(1000)}"

    async def _submit(self, device: SimDevice) -> None:
        visit = await self._open_visit(device)
        if visit is None:
            return
        while visit.completeness.unanswered:
            await self._answer(visit, visit.document.question(visit.completeness.unanswered[0]))
        for lacking in visit.completeness.missing_evidence:
            for _ in range(lacking.count):
                await visit.attach(lacking.question, self.chance.randbytes(5000), "image/jpeg")
        await visit.submit()
        self._note(device, f"submit {visit.id[-4:]}")

    async def _look(self, device: SimDevice) -> None:
        cards = await device.review.load()
        if not cards:
            return
        session = await device.review.open(self.chance.choice(cards).id)
        what = self.chance.choice(("accept", "return", "return", "reject"))
        if what == "accept":
            await session.accept()
        elif what == "return":
            await session.send_back({session.shown[0]: "Sure?"}, "please look again")
        else:
            await session.reject("no")
        self._note(device, f"{what} {session.id[-4:]}")

    async def _read_back(self, device: SimDevice) -> None:
        """What was shown as saved is there, whatever came in meanwhile; after a kill, old or new."""
        if any(other.login == device.login for other in self.devices if other is not device):
            return  # the other tablet's answers may have come in between
        for (visit_id, code), allowed in list(self.oracle.items()):
            row = device.store.row("visit", visit_id)
            if row is None or row["person_id"] != device.person_id:
                continue
            answers = answer_values(device.store.by("answer", visit_id=visit_id, question=code))
            found = _text(answers.get(code))
            assert found in allowed, f"{code} is {found}, saved was {allowed}\n{self.story()}"
            self.oracle[visit_id, code] = {found}

    def _collect(self, device: SimDevice) -> None:
        with device.store.read() as connection:
            self.op_ids |= set(connection.execute(select(outbox_op.c.op_id)).scalars())

    # -- coming to rest ------------------------------------------------------------------------------------

    async def _heal(self) -> None:
        """The network is well again; refused changes are decided on by their person (given up here)."""
        for device in self.devices:
            device.net.rate, device.net.down, device.fuse.left, device.skew = 0.0, False, None, timedelta()
        for number in range(ROUNDS):
            for device in self.devices:
                self.clock.forward(minutes=30)
                await self._sync(device)
                for aggregate in {held.aggregate_id for held in device.store.held()}:
                    self._give_up(device, aggregate)
                    await device.store.set_aside(aggregate)
            counts = [device.store.counts() for device in self.devices]
            if number and all(not c.pending and not c.held and not c.files for c in counts):
                break
        else:
            raise AssertionError(f"queues are not empty after {ROUNDS} rounds: {counts}\n{self.story()}")
        for device in self.devices:  # what the others sent last
            await self._sync(device)

    def _give_up(self, device: SimDevice, aggregate: str) -> None:
        with device.store.read() as connection:
            self.given_up |= set(
                connection.execute(
                    select(outbox_op.c.op_id).where(
                        outbox_op.c.aggregate_id == aggregate, outbox_op.c.state.in_(UNCONFIRMED)
                    )
                ).scalars()
            )
        self.given_up_visits.add(aggregate)
        self.met["given up"] += 1

    # -- invariants ----------------------------------------------------------------------------------------

    async def _check(self) -> None:
        self._no_op_is_lost()
        for device in self.devices:
            await self._device_agrees_with_server(device)
        self._oracle_agrees()
        self._scores_and_evidence()
        for device in self.devices:
            self.met.update(device.net.met)

    def _no_op_is_lost(self) -> None:
        with self.world.db.read() as session:
            stored = {row.op_id: row.outcome for row in session.execute(select(sync_op))}
        lost = self.op_ids - stored.keys() - self.given_up
        assert not lost, f"ops that nobody has: {lost}\n{self.story()}"
        undone = {
            op_id: outcome
            for op_id, outcome in stored.items()
            if outcome not in ("applied", "merged") and op_id not in self.given_up
        }
        assert not undone, f"{undone}\n{self.story()}"

    async def _device_agrees_with_server(self, device: SimDevice) -> None:
        """The rows here are those that a first sync would bring, same versions, same values."""
        theirs: dict[tuple[str, str], tuple[int, Any]] = {}
        async with self.world.client(device.login) as client:
            cursor, more = "", True
            while more:
                params = {"cursor": cursor} if cursor else {}
                answer = await client.get("/sync/pull", params=params)
                page = PullResponse.model_validate(answer.json())
                for one in page.changes:
                    theirs[one.entity, one.row_id] = one.version, one.fields
                cursor, more = page.cursor, page.more
        mine = {
            (name, row["id"]): (row["version"], encode_row(name, row))
            for name in SYNCED
            for row in device.store.by(name)
        }
        assert mine.keys() == theirs.keys(), f"{mine.keys() ^ theirs.keys()}\n{self.story()}"
        for key, value in theirs.items():
            assert mine[key] == value, f"{device.name} {key}: {mine[key]} != {value}\n{self.story()}"

    def _oracle_agrees(self) -> None:
        """Visits of the person with one tablet stand on the server as they were last saved."""
        device = next(one for one in self.devices if one.name == "s2")
        compared = 0
        for (visit_id, code), allowed in self.oracle.items():
            row = device.store.row("visit", visit_id)
            if row is None or row["person_id"] != device.person_id or visit_id in self.given_up_visits:
                continue
            compared += 1
            found = _text(VisitSession(device.store, visit_id).answers.get(code))
            assert found in allowed, f"{code}: {found} != {allowed}\n{self.story()}"
        self.met["answers compared"] += compared

    def _scores_and_evidence(self) -> None:
        with self.world.db.read() as session:
            for check in session.execute(select(visit_check)):
                assert check.flag != "score_differs", self.story()
        manager = next(one for one in self.devices if one.name == "m")
        for row in manager.store.by("visit"):
            if not row["evidence_complete"]:
                continue
            for _, sha256, size in row["manifest"]["media"]:
                folder = self.world.settings.blob_dir
                (found,) = [path for path in folder.rglob(sha256) if path.is_file()]
                data = found.read_bytes()
                assert (hashlib.sha256(data).hexdigest(), len(data)) == (sha256, size), self.story()
        for name in ("answer", "attachment", "test_drive_event"):
            for row in manager.store.by(name):
                assert manager.store.row("visit", row["visit_id"]) is not None, self.story()

    def story(self) -> str:
        """The seed and what happened, for a failure's message."""
        return f"seed {self.seed}\n" + "\n".join(self.trace)

    async def close(self) -> None:
        """Give everything back."""
        for device in self.devices:
            await device.close()
        self.world.close()


def _text(answer: AnswerValue | None) -> str:
    return "cleared" if answer is None else f"{answer.state} {answer.value}"
