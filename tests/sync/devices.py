"""Devices of the simulator: real SQLite files, killed at a chosen await, on a shared virtual clock."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx

from field_app.store import Context, Store
from field_app.sync import Api, SyncEngine
from field_app.visits.workflow import Review, Today, VisitSession
from shared_models.ids import new_id
from shared_models.people import Access
from tests.factories.device import Clock, FileStore, MemoryBlobs
from tests.factories.faults import FaultyNetwork


class Killed(BaseException):
    """The process ended here."""


@dataclass
class Fuse:
    """Kills at the n-th await from now on; None: never."""

    left: int | None = None
    burnt: int = 0

    def step(self) -> None:
        """One await has been reached."""
        if self.left is None:
            return
        if self.left == 0:
            self.left = None
            self.burnt += 1
            raise Killed
        self.left -= 1


class FusedStore(FileStore):
    """A file whose durable() may be where the process ends."""

    def __init__(self, path: Path, fuse: Fuse) -> None:
        super().__init__(path, synchronous="OFF")  # a killed process loses nothing that the system has taken
        self._fuse = fuse

    async def durable(self) -> None:
        self._fuse.step()


class FusedBlobs(MemoryBlobs):
    """Blobs around whose writing the process may end."""

    def __init__(self, fuse: Fuse) -> None:
        super().__init__()
        self._fuse = fuse

    async def put(self, sha256: str, data: bytes) -> None:
        self._fuse.step()
        await super().put(sha256, data)
        self._fuse.step()


class FusedNetwork(httpx.AsyncBaseTransport):
    """A network at whose either end the process may end."""

    def __init__(self, inner: FaultyNetwork, fuse: Fuse) -> None:
        self._inner = inner
        self._fuse = fuse
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        """What the person does while the next answer is on its way."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._fuse.step()
        response = await self._inner.handle_async_request(request)
        self._fuse.step()
        work, self.meanwhile = self.meanwhile, None
        if work is not None:
            await work()
        return response


@dataclass
class SimDevice:
    """One tablet with one account."""

    name: str
    login: str
    person_id: str
    access: Access
    token: str
    path: Path
    clock: Clock
    chance: random.Random
    server: httpx.AsyncBaseTransport
    fuse: Fuse = field(default_factory=Fuse)
    skew: timedelta = timedelta()
    restarts: int = 0
    open_visits: dict[str, VisitSession] = field(default_factory=dict)
    made: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.net = FaultyNetwork(
            self.server,
            random.Random(self.chance.random()),
            pass_time=lambda s: self.clock.forward(seconds=s),
        )
        self.blobs = FusedBlobs(self.fuse)
        self.start()

    def start(self) -> None:
        """Open the database, as the app does when it starts."""
        self.local = FusedStore(self.path, self.fuse)
        ids = random.Random(self.chance.random())

        def now_ms() -> int:
            return int(self.now().timestamp() * 1000)

        context = Context(
            now=self.now,
            new_id=lambda: new_id(milliseconds=now_ms, randomness=ids.getrandbits),
            chance=ids,
            zone="Asia/Shanghai",
            offset=lambda _at: 480,
        )
        self.store = Store(self.local, self.blobs, context)
        self.wire = FusedNetwork(self.net, self.fuse)
        self.api = Api("http://server", self.wire, token=self.token, language="en", client="sim")
        self.engine = SyncEngine(self.store, self.api, self.person_id)
        self.today = Today(self.store, self.person_id, _free)
        self.review = Review(self.store, self.access)

    def now(self):  # type: ignore[no-untyped-def]
        """The device's own idea of the time."""
        return self.clock() + self.skew

    def restart(self) -> None:
        """The process ended; another one starts on the same files."""
        self.fuse.left = None
        self.open_visits.clear()
        self.local.engine.dispose()
        self.restarts += 1
        self.start()

    async def visit(self, visit_id: str) -> VisitSession:
        """The open session of a visit."""
        if visit_id not in self.open_visits:
            self.open_visits[visit_id] = await self.today.open(visit_id)
        return self.open_visits[visit_id]

    async def close(self) -> None:
        """Give the files back."""
        await self.api.close()
        self.local.engine.dispose()


async def _free() -> int | None:
    return None
