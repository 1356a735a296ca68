"""Devices of the simulator: real stores and engines, killed at a chosen await or statement.

A device's database is SQLite in memory. What was committed survives the end of the process; what was not yet
``durable()`` does not survive a loss of power, which is also what a browser's tab does. A backup is the
database as it was at some moment; a clone is a second device that begins with the content of the first.
"""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import Engine, StaticPool, create_engine

from field_app.plans.workflow import MyActions, Plans
from field_app.store import Context, Store
from field_app.store.outbox import REFUSED, UNCONFIRMED, WAITING
from field_app.sync import Api, SyncEngine
from field_app.visits.workflow import Review, Today, VisitSession
from shared_models.ids import new_id
from shared_models.people import Access
from tests.factories.device import Clock, MemoryBlobs
from tests.sync.breaking import Fuse, keep_open
from tests.sync.ground import Image, copy_of, put_back
from tests.sync.network import Server, SimNetwork, WireRules


class MemoryFile:
    """A LocalStore whose file is in memory. Used again by later runs: its statements are compiled once."""

    _free: ClassVar[list[MemoryFile]] = []

    def __init__(self) -> None:
        self.engine: Engine = create_engine("sqlite://", poolclass=StaticPool)
        self.awaits = Fuse()
        self.statements = Fuse()
        self.safe: Image = b""
        self._kept = keep_open(self.engine, self.statements)
        self._loads = 0

    @classmethod
    def lend(cls, image: Image | None) -> MemoryFile:
        """A file with this content; None: an empty one."""
        file = cls._free.pop() if image is not None and cls._free else cls()
        file.awaits, file.statements.left = Fuse(), None
        if image is not None:
            file.load(image)
        return file

    def give_back(self) -> None:
        """Nobody uses it any more."""
        self._free.append(self)

    def image(self) -> Image:
        """The database as committed."""
        return copy_of(self._kept)

    def lines(self, statement: str) -> list[Any]:
        """What a plain statement finds, beside the engine and its fuse: for checks, at every step."""
        return sqlite3.Cursor(self._kept).execute(statement).fetchall()

    def load(self, image: Image) -> None:
        """Put another content in the place of the database."""
        self.safe = image
        self._loads += 1
        put_back(image, self._kept)

    @property
    def mark(self) -> tuple[int, int]:
        """Equal as long as nothing was written to the database."""
        return self._loads, self._kept.total_changes

    async def durable(self) -> None:
        """What was committed survives everything from here on."""
        self.awaits.step()
        self.safe = self.image()
        self.awaits.step()

    async def close(self) -> None:
        """Files of the simulator are given back, not closed."""


class FusedBlobs(MemoryBlobs):
    """Blobs around whose writing the process may end."""

    def __init__(self, awaits: Fuse) -> None:
        super().__init__()
        self.awaits = awaits

    async def put(self, sha256: str, data: bytes) -> None:
        self.awaits.step()
        await super().put(sha256, data)
        self.awaits.step()


@dataclass
class SimDevice:
    """One tablet with one account."""

    name: str
    login: str
    person_id: str
    access: Access
    token: str
    image: Image | None
    clock: Clock
    server: Server
    rules: WireRules
    ids: Callable[[str], random.Random]
    """Chance by name, from the run's seed."""
    build: str = "1.0"
    schema: int | None = None
    """The op schema that an old build writes; None: the present one."""
    free_bytes: int | None = None
    skew: timedelta = timedelta()
    summer: bool = False
    restarts: int = 0
    alone: bool = True
    """Whether no other device records for the same person."""
    checked: object = None
    """Mark of what the last check saw: as long as nothing changes there is nothing to check."""
    read_back: object = None
    """The same of what was looked for as saved."""
    backup: tuple[Image, dict[str, bytes]] | None = None
    open_visits: dict[str, VisitSession] = field(default_factory=dict)
    met: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.local = MemoryFile.lend(self.image)
        self.blobs = FusedBlobs(self.local.awaits)
        self.net = SimNetwork(self.server, self.rules, self.name, self.local.awaits, self.clock)
        self.start()

    def start(self) -> None:
        """Open the database, as the app does when it starts."""
        chance = self.ids(f"{self.name}:{self.restarts}")

        def now_ms() -> int:
            return int(self.now().timestamp() * 1000)

        context = Context(
            now=self.now,
            new_id=lambda: new_id(milliseconds=now_ms, randomness=chance.getrandbits),
            chance=chance,
            zone="Europe/Berlin",
            offset=lambda _at: 120 if self.summer else 60,
        )
        self.store = Store(self.local, self.blobs, context)
        self.net.schema = self.schema
        self.api = Api(
            "http://server", self.net, token=self.token, language="en", client=self.build,
            compress=bool(chance.getrandbits(1)),
        )  # fmt: skip
        self.engine = SyncEngine(self.store, self.api, self.person_id)
        self.today = Today(self.store, self.person_id, self._free)
        self.review = Review(self.store, self.access)
        self.plans = Plans(self.store, self.access)
        self.actions = MyActions(self.store, self.access, self._free)

    async def _free(self) -> int | None:
        return self.free_bytes

    def now(self) -> datetime:
        """The device's own idea of the time."""
        return self.clock() + self.skew

    def restart(self, *, power: bool = False) -> None:
        """The process ended; another one starts on what is left (``power``: only what was durable)."""
        self.disarm()
        if power:
            self.local.load(self.local.safe)
        self.open_visits.clear()
        self.restarts += 1
        self.start()

    def disarm(self) -> None:
        """Nothing breaks any more."""
        self.local.awaits.left = self.local.statements.left = None
        self.net.meanwhile = None

    def back_up(self) -> None:
        """Remember database and files as they are on disk now."""
        self.backup = self.local.safe, dict(self.blobs.files)

    def restore(self) -> None:
        """The tablet is put back to its backup; files are never put back, only added."""
        assert self.backup is not None
        image, files = self.backup
        self.local.load(image)
        self.blobs.files |= files
        self.net.device += "~"
        self.restart()

    def unconfirmed(self) -> set[str]:
        """Ids of the ops that are here and not set aside."""
        return self._found(f"SELECT op_id FROM outbox_op WHERE state IN {UNCONFIRMED}")

    def held(self, *, waiting: bool) -> set[str]:
        """Aggregates with a refused op; ``waiting``: and those with one whose parent does not come."""
        states = (*REFUSED, WAITING) if waiting else REFUSED
        return self._found(f"SELECT aggregate_id FROM outbox_op WHERE state IN {states}")

    def kept(self) -> set[str]:
        """Ids of confirmed ops that are still here, for a server that was put back to a backup."""
        back = "SELECT op_id FROM outbox_op WHERE confirmed_at != ''"
        return self._found(f"SELECT op_id FROM kept_op UNION {back}")

    def _found(self, statement: str) -> set[str]:
        return {line[0] for line in self.local.lines(statement)}

    async def visit(self, visit_id: str) -> VisitSession:
        """The open session of a visit."""
        if visit_id not in self.open_visits:
            self.open_visits[visit_id] = await self.today.open(visit_id)
        return self.open_visits[visit_id]

    async def close(self) -> None:
        """Give the file back."""
        self.disarm()
        await self.api.close()
        self.local.give_back()
