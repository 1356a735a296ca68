"""The simulator: real devices, the real server, a network and machines that fail, all decided by one seed.

A run lets persons work and things break at random, then heals everything, lets it come to rest and checks the
invariants of docs/sync-protocol.md. Every step draws from a chance of its own, so a failing run can be cut
down to the steps that matter (tests/sync/minimise.py). The same seed gives the same trace.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from field_app.store.outbox import UNCONFIRMED
from field_app.store.tables import outbox_op
from field_app.visits.workflow import VisitSession
from field_app.visits.workflow_cards import answer_values
from shared_models.checklists import AnswerValue
from shared_models.ids import new_id
from shared_models.people import Access, GrantView, Role, ScopeKind
from shared_models.problems import Code, Problem
from sync_server.people import service as people
from sync_server.people.repository import grants_of
from sync_server.sync import epoch
from tests.server.world import PEOPLE
from tests.sync import befalls, invariants, persons
from tests.sync.breaking import Killed
from tests.sync.devices import SimDevice
from tests.sync.ground import Ground, Image, ground, seeded
from tests.sync.healing import heal
from tests.sync.invariants import Violated
from tests.sync.network import Server, WireRules
from tests.sync.plan import Plan


@dataclass(frozen=True)
class ServerBackup:
    """The server as it was at some moment."""

    image: Image
    files: dict[Path, bytes]
    at: datetime
    done_in_office: int


@lru_cache(maxsize=1)
def stage() -> tuple[Ground, Server, dict[str, Image]]:
    """This process's server, and per login the database of a device that has synced once."""
    made = ground()
    server = Server(made)
    images: dict[str, Image] = {}
    made.reset()

    async def first_sync(run: Simulation) -> None:
        for device in run.devices:
            report = await device.engine.run_once()
            assert report.complete, report.problem
            images[device.login] = device.local.image()
            await device.close()

    with seeded(random.Random(1), made.clock):
        run = Simulation(Plan(0, cast=tuple(PEOPLE)), (made, server, {}))
        asyncio.run(first_sync(run))
    made.keep_first()
    return made, server, images


@dataclass
class Simulation:
    """One run."""

    plan: Plan
    on: tuple[Ground, Server, dict[str, Image]] | None = None
    trace: list[str] = field(default_factory=list[str])
    met: Counter[str] = field(default_factory=Counter[str])
    checked: Counter[str] = field(default_factory=Counter[str])
    oracle: dict[tuple[str, str], set[str]] = field(default_factory=dict[tuple[str, str], set[str]])
    """(visit, question) -> what may stand there: one text if it was shown as saved, more after a kill."""
    photos: list[bytes] = field(default_factory=list[bytes])
    op_ids: set[str] = field(default_factory=set[str])
    given_up: set[str] = field(default_factory=set[str])
    """Ops that a person set aside after a refusal, or that a restored backup took away before they left."""
    revoked: set[str] = field(default_factory=set[str])
    regions_of_manager: str = "N"
    server_backups: list[ServerBackup] = field(default_factory=list["ServerBackup"])
    done_in_office: list[Callable[[Session], object]] = field(
        default_factory=list[Callable[[Session], object]]
    )
    """What was done on the server itself: done again after a restore."""
    server_restores: int = 0
    lost_with_device: set[str] = field(default_factory=set[str])
    """Confirmed ops that a device kept for a restored server, and lost when it was restored itself."""

    def __post_init__(self) -> None:
        ground, server, self._images = self.on or stage()
        self.ground, self.world, self.clock, self._server = ground, ground.world, ground.clock, server
        ground.reset()
        server.start()
        self.rules = WireRules(checked=self.checked, stored=self._is_stored)
        self.devices: list[SimDevice] = []
        for login in self.plan.logins:
            self._add(login)

    # -- devices -------------------------------------------------------------------------------------------

    def _add(self, login: str) -> None:
        copies = sum(one.login == login for one in self.devices)
        role, place, _ = PEOPLE[login]
        kind = {0: ScopeKind.COMPANY, 1: ScopeKind.REGION, 3: ScopeKind.DEALER}[len(place)]
        scope = (self.world.regions | self.world.dealers).get(place, "")
        person = self.world.people[login]
        name = f"{login}{copies + 1 if copies else ''}"
        old = self.plan.chance(f"build {name}")
        device = SimDevice(
            name, login, person, Access.of(person, [GrantView(role, kind, scope)]), self.world.token(login),
            self._images.get(login), self.clock, self._server, self.rules, self.plan.chance,
            schema=old.choice((None, None, 1, 2)),
        )  # fmt: skip
        ids = self.plan.chance(f"ids {name}")
        self._rename(device, new_id(randomness=ids.getrandbits), new_id(randomness=ids.getrandbits))
        self._append(device)

    def _append(self, device: SimDevice) -> None:
        self.devices.append(device)
        logins = Counter(one.login for one in self.devices)
        for one in self.devices:
            one.alone = logins[one.login] == 1

    @staticmethod
    def _rename(device: SimDevice, device_id: str, epoch: str) -> None:
        """Another device of the same first state."""
        with device.store.write() as connection:
            connection.execute(
                text("UPDATE sync_state SET device_id = :d, epoch = :e, seq = 0, hlc = ''"),
                {"d": device_id, "e": epoch},
            )
        device.local.safe = device.local.image()
        device.start()

    def clone(self, device: SimDevice) -> None:
        """A second tablet with the content of the first."""
        made = SimDevice(
            f"{device.name}'", device.login, device.person_id, device.access, device.token,
            device.local.image(), self.clock, self._server, self.rules, self.plan.chance,
            build=device.build, schema=device.schema,
        )  # fmt: skip
        made.blobs.files |= device.blobs.files
        self._append(made)

    # -- a run ---------------------------------------------------------------------------------------------

    def run(self) -> None:
        """All of it; Violated with the trace where an invariant does not hold."""
        self.play(self._all())

    def play(self, work: Awaitable[None]) -> None:
        """Let something happen in this world."""

        async def playing() -> None:
            try:
                await work
            finally:
                for device in self.devices:
                    self.met.update(device.net.met)
                    await device.close()

        with seeded(self.plan.chance("server"), self.clock):
            asyncio.run(playing())

    async def _all(self) -> None:
        for number in range(self.plan.steps):
            if self.plan.kept is None or number in self.plan.kept:
                await self._step(number)
        await heal(self)
        invariants.check_all(self)
        self._hold_rules()

    @property
    def trace_hash(self) -> str:
        """Equal for equal traces."""
        return hashlib.sha256("\n".join(self.trace).encode()).hexdigest()[:16]

    def note(self, number: object, device: SimDevice, what: str) -> None:
        """A line of the trace."""
        self.trace.append(f"{number:>4} {device.name}: {what}")

    async def _step(self, number: int) -> None:
        chance = self.plan.chance(number)
        self.clock.forward(seconds=chance.uniform(1, 600))
        device = chance.choice(self.devices)
        device.net.chance, device.net.rate = chance, self.plan.fault_rate
        device.net.down = chance.random() < 0.25
        before = device.local.statements.burnt, device.net.server_faults
        if chance.random() < self.plan.befall_rate:
            self._befall(number, device, chance)
        power = chance.random() < 0.5
        if chance.random() < self.plan.kill_rate:
            device.local.awaits.arm(chance.randrange(12))
        what = chance.choice(persons.WORK[device.login])
        try:
            done = await persons.ACTS[what](self, device, chance)
        except Killed:
            kind = "power lost" if power else "killed"
            self.met[kind] += 1
            self.ended(device, power=power)
            done = f"{kind} in {what}"
        except Problem as problem:
            if problem.code is Code.INTERNAL:
                raise
            done = f"{what} refused: {problem.code}"
        except Exception as error:
            if (device.local.statements.burnt, device.net.server_faults) == before:
                raise
            done = f"{what} broke: {type(error).__name__}"
            device.restart()
        device.disarm()
        if done:
            self.note(number, device, done)
        self._read_back(device)
        invariants.check_device(self, device)
        self._hold_rules()

    def ended(self, device: SimDevice, *, power: bool) -> None:
        """The device's process has ended (``power``: only what was durable is left); it starts anew."""
        before_end, kept = device.unconfirmed(), device.kept()
        device.restart(power=power)
        if power:
            # what a server put back to a backup had called for once more may lie among the kept ones again
            lost = before_end - device.unconfirmed() - device.kept()
            left = lost & self.rules.left
            invariants.hold(self, "L1 what leaves is durable", not left, lambda: left)
            self.taken_away(device, before_end, kept)
        self.given_up -= device.unconfirmed()  # a decision that the end came before was not made

    def _befall(self, number: int, device: SimDevice, chance: random.Random) -> None:
        name = befalls.pick(chance)
        happened = befalls.BEFALLS[name][1](self, device, chance)
        if happened:
            self.met[name] += 1
            self.note(number, device, happened)

    def _hold_rules(self) -> None:
        if self.rules.broken:
            raise Violated(self.rules.broken[0])

    # -- what persons do, with what may be found afterwards ------------------------------------------------

    async def sync(self, device: SimDevice, *, calm: bool = False) -> str:
        """One run of sync; what it did. ``calm``: nothing fails, so nothing may need mending."""
        before = device.local.statements.burnt, device.net.server_faults
        report = await device.engine.run_once()
        problem = report.problem.code.value if report.problem else "-"
        unbroken = (device.local.statements.burnt, device.net.server_faults) == before
        bad = problem in {Code.INTERNAL.value, Code.INVALID_REQUEST.value}
        corrupt = device.net.met["corrupt"]
        invariants.hold(self, "no fault of ours", not bad or not unbroken or bool(corrupt), lambda: problem)
        mended = report.repaired if calm else 0
        invariants.hold(self, "D1 nothing needs mending", not mended, lambda: f"{device.name}: {mended}")
        return f"sync {report.pushed}/{report.confirmed}/{report.refused}/{report.received} {problem}"

    async def saving(self, visit: VisitSession, code: str, text: str, work: Awaitable[None]) -> None:
        """Until it returns, old and new may be found after a kill; afterwards only the new."""
        key = visit.id, code
        # nothing is expected of an answer after a backup or a loss of power: what stands there now is the old
        before = self.oracle.get(key) or {_text(visit.answers.get(code))}
        self.oracle[key] = before | {text}
        await work
        self.oracle[key] = {text}

    def _read_back(self, device: SimDevice) -> None:
        """What was shown as saved is there, whatever came in meanwhile; after a kill, old or new."""
        if not device.alone:
            return  # the other tablet's answers may have come in between
        if device.read_back == (device.local.mark, self.oracle):
            return
        visits = {visit_id for visit_id, _ in self.oracle}
        rows = {row["id"]: row for row in device.store.by("visit", person_id=device.person_id)}
        for visit_id in sorted(visits & rows.keys()):
            answers = answer_values(device.store.by("answer", visit_id=visit_id))
            for code in sorted(code for visit, code in self.oracle if visit == visit_id):
                allowed, found = self.oracle[visit_id, code], _text(answers.get(code))
                invariants.hold(
                    self,
                    "saved is saved",
                    found in allowed,
                    lambda c=code, f=found, a=allowed: f"{c}: {f}, not {a}",
                )
                self.oracle[visit_id, code] = {found}
        device.read_back = device.local.mark, dict(self.oracle)

    def taken_away(self, device: SimDevice, before: set[str], kept: set[str]) -> None:
        """Ops that are no more: a backup knows nothing of them, or they were not durable yet."""
        self.given_up |= (self.op_ids | before) & (before - device.unconfirmed() - device.kept())
        self.lost_with_device |= kept - device.kept()
        if device.alone:
            self.oracle.clear()

    # -- decisions -----------------------------------------------------------------------------------------

    async def give_up(self, device: SimDevice, aggregate: str) -> None:
        """The person sets a refused change aside."""
        with device.store.read() as connection:
            self.given_up |= set(
                connection.execute(
                    select(outbox_op.c.op_id).where(
                        outbox_op.c.aggregate_id == aggregate, outbox_op.c.state.in_(UNCONFIRMED)
                    )
                ).scalars()
            )
        self.oracle = {key: value for key, value in self.oracle.items() if key[0] != aggregate}
        await device.store.set_aside(aggregate)

    async def try_again(self, device: SimDevice, aggregate: str) -> None:
        """The person tries a refused change again: it becomes a new op, the old one stays refused."""
        before = device.unconfirmed()
        try:
            await device.store.try_again(aggregate)
        finally:  # it may have been done although the process ended before it was told
            self.given_up |= before - device.unconfirmed()

    def grants(self, session: Any, person_id: str) -> list[str]:
        """Ids of a person's grants."""
        return [line["id"] for line in grants_of(session, [person_id])]

    def refresh_access(self, login: str, role: Role, kind: ScopeKind, scope_id: str) -> None:
        """The devices of a person know of the new scope."""
        for device in self.devices:
            if device.login == login:
                device.access = Access.of(device.person_id, [GrantView(role, kind, scope_id)])
                device.restart()

    def set_active(self, login: str, active: bool) -> None:
        """Revoke or reinstate an account."""
        self.office(lambda session: people.set_active(session, self.world.people[login], active))
        (self.revoked.discard if active else self.revoked.add)(login)

    def office(self, work: Callable[[Session], object], *, done: bool = False) -> None:
        """Something is done on the server itself (``done``: it was, remember it)."""
        if not done:
            with self.world.db.write() as session:
                work(session)
        self.done_in_office.append(work)

    def server_as_it_stands(self) -> ServerBackup:
        """A backup of the server."""
        return ServerBackup(self.ground.image(), self.ground.files(), self.clock(), len(self.done_in_office))

    def restore_server(self, backup: ServerBackup) -> None:
        """Put the server back to a backup, as ``revisit restore`` does, and do the office's work again."""
        self.ground.load(backup.image, backup.files)
        self._server.start()
        self.server_restores += 1
        self.rules.outcomes.clear()
        with self.world.db.write() as session:
            epoch.begin(session, restored_at=self.clock())
            for work in self.done_in_office[backup.done_in_office :]:
                work(session)
        self.ground.world.app.state.epochs.look_again()

    def requeue_all(self) -> int:
        """Headquarters judges all refused ops anew."""
        return befalls.requeue_refused(self)

    def _is_stored(self, sha256: str) -> bool:
        with self.world.db.read() as session:
            found = session.execute(text("SELECT 1 FROM media_blob WHERE sha256 = :s"), {"s": sha256})
            return found.first() is not None

    def story(self) -> str:
        """The seed and what happened, for a failure's message."""
        return "\n".join([f"seed {self.plan.seed}, {len(self.devices)} devices", *self.trace])


def _text(answer: AnswerValue | None) -> str:
    return "cleared" if answer is None else f"{answer.state} {answer.value}"


def simulate(plans: Iterable[Plan]) -> Iterable[Simulation]:
    """Run after run; Violated, with the run as its argument, at the first one that breaks an invariant."""
    for plan in plans:
        run = Simulation(plan)
        run.run()
        yield run
