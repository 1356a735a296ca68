"""One device with one person, a server in memory and a network that can fail."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

from field_app.sync import Api, SyncEngine
from field_app.visits.workflow import Today, VisitSession
from tests.factories.device import Clock, MemoryBlobs, make_store
from tests.factories.fake_server import FakeServer
from tests.factories.faults import FaultyNetwork
from tests.factories.network import ASSIGNMENT, PERSON, assignment, reference_rows

PHOTO = random.Random(4).randbytes(700_000)


class Desk:
    """One device, one person, one server."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = Clock()
        self.server = FakeServer(self.clock)
        self.server.put(*reference_rows(), assignment())
        self.net = FaultyNetwork(
            self.server, random.Random(1), pass_time=lambda s: self.clock.forward(seconds=s)
        )
        self.blobs = MemoryBlobs()
        self.start()

    def start(self, seed: int = 1) -> None:
        """Open the database (again)."""
        self.store = make_store(self.path, clock=self.clock, seed=seed, blobs=self.blobs)
        self.api = Api("http://server", self.net, token="t", language="en")
        self.engine = SyncEngine(self.store, self.api, PERSON)

    async def visit(self) -> VisitSession:
        async def free() -> None:
            return None

        return await Today(self.store, PERSON, free).start_visit(ASSIGNMENT)

    def paths(self) -> list[str]:
        return [path for _, path in self.server.requests]


async def whole_visit(desk: Desk) -> VisitSession:
    await desk.engine.run_once()
    visit = await desk.visit()
    await visit.answer("F1", value="no")
    await visit.attach("F1", PHOTO, "image/jpeg")
    await visit.answer("F2", value="yes")
    await visit.answer("P1", value="yes")
    await visit.submit()
    return visit


def run(work: Any) -> Any:
    return asyncio.run(work)
