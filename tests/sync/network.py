"""The network of the simulator: every fault of a link, a server that dies, rules for what goes over it."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import random
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from copy import copy
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import httpx

from shared_models.problems import Code
from sync_server.sync.together import PushQueue
from tests.factories.device import Clock
from tests.sync.breaking import Fuse, ServerDied, busy, disk_full
from tests.sync.ground import Ground
from tests.sync.old_builds import as_old_build

LINK = ("drop", "lost_ack", "duplicate", "delay", "cut", "cut_answer", "reorder", "corrupt")
"""drop: the request never arrives · lost_ack: it arrives, the answer does not · duplicate: it arrives twice ·
delay: the answer comes late · cut, cut_answer: half of a body · reorder: it arrives after later ones ·
corrupt: a bit of an uploaded chunk is wrong."""
SERVER = ("crash_before_commit", "crash_after_commit", "server_busy", "server_full")

BASE = "http://server/api/v1"
_FINAL = {"applied", "merged"}


class _Worker:
    """In the place of the push queue's thread: works when all that arrive together have entered."""

    def __init__(self) -> None:
        self.died: asyncio.Event = asyncio.Event()

    def submit(self, work: Callable[[], None]) -> None:
        """Do it when those who wait have had their turn."""
        asyncio.get_running_loop().call_soon(self._do, work)

    def _do(self, work: Callable[[], None]) -> None:
        try:
            work()
        except ServerDied:
            self.died.set()

    def shutdown(self) -> None:
        """There is nothing to end."""


class Server(httpx.AsyncBaseTransport):
    """The server's process: dies or runs short at a chosen statement, or after its commit."""

    def __init__(self, ground: Ground) -> None:
        self._asgi = httpx.ASGITransport(app=ground.world.app, client=("10.0.0.1", 1000))
        self.statements = ground.statements
        self.dies_after_commit = False
        self._app = ground.world.app
        self._first: PushQueue = self._app.state.pushes
        self._first.close()
        self.start()
        db = ground.world.db
        enter = db.write

        def write(*, journal: bool = True, by_key: bool = False) -> Any:
            return _Write(enter(journal=journal, by_key=by_key), self)

        db.write = write  # type: ignore[method-assign]

    def start(self) -> None:
        """A new process: what waited in memory is gone."""
        self._worker = _Worker()
        self._app.state.pushes = queue = copy(self._first)
        fresh: dict[str, Any] = {
            "_queue": deque(),
            "_working": False,
            "_worker": self._worker,
            "_lock": Lock(),
        }
        queue.__dict__.update(fresh)

    async def both(self, one: httpx.Request, other: httpx.Request) -> httpx.Response:
        """Two requests that arrive together; the answer to the second."""
        _, answer = await asyncio.gather(self._answer(one), self._answer(other))
        return answer

    def arm(self, kind: str, chance: random.Random) -> None:
        """Let the next request meet a fault of the server."""
        if kind == "crash_after_commit":
            self.dies_after_commit = True
            return
        errors = {"crash_before_commit": ServerDied, "server_busy": busy, "server_full": disk_full}
        self.statements.arm(chance.randrange(25), errors[kind])

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self._answer(request)
        except ServerDied:
            self.start()
            raise httpx.RemoteProtocolError("the server went away", request=request) from None
        finally:
            self.statements.left = None
            self.dies_after_commit = False

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        working = asyncio.ensure_future(self._asgi.handle_async_request(request))
        dying = asyncio.ensure_future(self._worker.died.wait())
        await asyncio.wait((working, dying), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            raise ServerDied
        dying.cancel()
        response = working.result()
        await response.aread()
        return response


class _Write:
    """A write transaction after which the server may die."""

    def __init__(self, inner: Any, server: Server) -> None:
        self._inner = inner
        self._server = server

    def __enter__(self) -> Any:
        return self._inner.__enter__()

    def __exit__(self, *error: Any) -> Any:
        done = self._inner.__exit__(*error)
        if error[0] is None and self._server.dies_after_commit:
            self._server.dies_after_commit = False
            raise ServerDied
        return done


@dataclass
class WireRules:
    """What must hold for every message, whoever sends it."""

    checked: Counter[str] = field(default_factory=Counter[str])
    acknowledged: dict[str, int] = field(default_factory=dict[str, int])
    """Ops that a device was told are in, and the row's version it was told."""
    outcomes: dict[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]])
    content: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    """By database (a clone or a restored backup is another one) and op."""
    left: set[str] = field(default_factory=set[str])
    """Ops that have left a device."""
    waited: set[str] = field(default_factory=set[str])
    broken: list[str] = field(default_factory=list[str])
    stored: Callable[[str], bool] = lambda _sha256: False
    """Whether the server has this file's receipt."""

    def sent(self, device: str, ops: list[dict[str, Any]]) -> None:
        """L1: an op that has left is never sent with other content."""
        last = 0
        for op in ops:
            plain = json.dumps({**op, "seq": 0, "epoch": ""}, sort_keys=True)
            known = self.content.setdefault((device, op["op_id"]), plain)
            self.left.add(op["op_id"])
            self._hold("L1 sent ops never change", known == plain, f"{device}: {known} became {plain}")
            self._hold("numbers rise within a push", op["seq"] > last, f"{device}: {op['seq']} after {last}")
            last = op["seq"]

    def judged(self, results: list[dict[str, Any]], *, arrived: bool) -> None:
        """P2: the stored outcome comes back; what was once taken stays taken."""
        for one in results:
            if (one["problem"] or {}).get("code") == Code.SEQUENCE_REUSED.value:
                continue
            now = one["outcome"], one["version"]
            before = self.outcomes.get(one["op_id"])
            if one["outcome"] == "waiting_parent":
                self.waited.add(one["op_id"])
            if before is not None and before[0] in _FINAL:
                self._hold("P2 outcomes are stored", before == now, f"{one['op_id']}: {before} became {now}")
            self.outcomes[one["op_id"]] = now
            if arrived and one["outcome"] in _FINAL:
                self.acknowledged[one["op_id"]] = one["version"]

    def created(self, metadata: str, size: str, offset: str) -> None:
        """E3: a file that is stored is not asked for again."""
        described = dict(pair.split(" ") for pair in metadata.split(","))
        sha256 = base64.b64decode(described["sha256"]).decode()
        if self.stored(sha256):
            self._hold(
                "E3 stored files are not sent again", size == offset, f"{sha256} at {offset} of {size}"
            )

    def _hold(self, rule: str, holds: bool, why: str) -> None:
        self.checked[rule] += 1
        if not holds:
            self.broken.append(f"{rule}: {why}")


def _again(request: httpx.Request, body: bytes) -> httpx.Request:
    """The request with this body."""
    headers = [(k, v) for k, v in request.headers.raw if k.lower() != b"content-length"]
    headers.append((b"Content-Length", str(len(body)).encode()))
    return httpx.Request(request.method, request.url, headers=headers, content=body)


@dataclass
class SimNetwork(httpx.AsyncBaseTransport):
    """One device's link. ``rate`` is the share of requests that meet a fault; ``down`` lets none through."""

    server: Server
    rules: WireRules
    device: str
    awaits: Fuse
    clock: Clock
    chance: random.Random = field(default_factory=lambda: random.Random(0))
    rate: float = 0.0
    down: bool = False
    schema: int | None = None
    meanwhile: Callable[[], Awaitable[None]] | None = None
    """What the person does while the next answer is on its way."""
    met: Counter[str] = field(default_factory=Counter[str])
    late: list[tuple[httpx.Request, bytes]] = field(default_factory=list[tuple[httpx.Request, bytes]])
    server_faults: int = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.awaits.step()
        body = await request.aread()
        if self.down:
            self.met["no network"] += 1
            raise httpx.ConnectError("no network", request=request)
        if request.url.path.endswith("/sync/push"):
            body = self._push_body(request, body)
        response = await self._pass(request, body)
        self._answered(request, response, arrived=True)
        self.awaits.step()
        work, self.meanwhile = self.meanwhile, None
        if work is not None:
            await work()
        return response

    def _push_body(self, request: httpx.Request, body: bytes) -> bytes:
        packed = request.headers.get("content-encoding") == "gzip"
        push = json.loads(gzip.decompress(body) if packed else body)
        if self.schema is not None:
            push["ops"] = [as_old_build(op, self.schema) for op in push["ops"]]
            plain = json.dumps(push, ensure_ascii=False).encode()
            body = gzip.compress(plain, mtime=0) if packed else plain
        self.rules.sent(self.device, push["ops"])
        return body

    async def _pass(self, request: httpx.Request, body: bytes) -> httpx.Response:
        if self.late and self.chance.random() < 0.6:
            if self.chance.random() < 0.5:
                return await self._together(request, body)
            await self.arrive_late()
        if self.chance.random() >= self.rate:
            return await self._send(request, body)
        kind = self.chance.choice((*LINK, *SERVER))
        if kind == "corrupt" and request.method != "PATCH":
            kind = "duplicate"
        self.met[kind] += 1
        if kind in SERVER:
            self.server.arm(kind, self.chance)
            before = self.server.statements.burnt
            try:
                return await self._send(request, body)
            finally:
                self.server_faults += self.server.statements.burnt - before
        return await self._on_the_link(kind, request, body)

    async def _on_the_link(self, kind: str, request: httpx.Request, body: bytes) -> httpx.Response:
        match kind:
            case "drop":
                raise httpx.ConnectTimeout("dropped", request=request)
            case "lost_ack":
                await self._send(request, body)
                raise httpx.ReadTimeout("answer lost", request=request)
            case "reorder":
                self.late.append((request, body))
                raise httpx.ReadTimeout("still on its way", request=request)
            case "duplicate":
                await self._send(request, body)
            case "delay":
                self.clock.forward(seconds=self.chance.uniform(1, 40))
            case "corrupt":
                place = self.chance.randrange(len(body))
                body = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
            case "cut":
                await self._send(request, body[: len(body) // 2])
                raise httpx.WriteError("cut", request=request)
            case _:
                await self._send(request, body)
                raise httpx.RemoteProtocolError("answer cut", request=request)
        return await self._send(request, body)

    async def arrive_late(self) -> None:
        """One of the requests that were held up on the way reaches the server after all."""
        request, body = self.late.pop(self.chance.randrange(len(self.late)))
        await self._send(request, body)

    async def _together(self, request: httpx.Request, body: bytes) -> httpx.Response:
        """A request that was held up arrives at the same moment as this one."""
        self.met["together"] += 1
        held, held_body = self.late.pop(self.chance.randrange(len(self.late)))
        response = await self.server.both(_again(held, held_body), _again(request, body))
        self._answered(request, response, arrived=False)
        return response

    async def _send(self, request: httpx.Request, body: bytes) -> httpx.Response:
        response = await self.server.handle_async_request(_again(request, body))
        self._answered(request, response, arrived=False)
        return response

    def _answered(self, request: httpx.Request, response: httpx.Response, *, arrived: bool) -> None:
        if response.status_code == 200 and request.url.path.endswith("/sync/push"):
            self.rules.judged(response.json()["results"], arrived=arrived)
        elif response.status_code == 201 and "upload-metadata" in request.headers and not arrived:
            lengths = request.headers["upload-length"], response.headers["upload-offset"]
            self.rules.created(request.headers["upload-metadata"], *lengths)
