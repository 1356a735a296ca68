"""The load of ``revisit bench sync``: a server process, lean clients, and the same pushes without HTTP."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from shared_models.clock import utc_now
from sync_server.cli.bench_world import QUESTIONS, BenchWorld
from sync_server.people.service import token_hash
from sync_server.people.session import Knock
from sync_server.settings import Settings
from sync_server.sync.reading import read_envelope, read_ops
from sync_server.sync.together import PushQueue, Sent

API = "/api/v1"
Work = TypeVar("Work")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Pushed:
    """Figures of a run of pushes, one visit each."""

    connections: int
    visits: int
    answers: int
    seconds: float
    answers_per_second: float
    p50_ms: float
    p95_ms: float
    server_cpu_us: float | None
    """Processor time of the server process per answer, microseconds; None where it cannot be told apart."""
    client_cpu_us: float
    """Processor time of this process per answer, microseconds: of the clients, and of all where there is no
    server process."""


@dataclass(frozen=True)
class Pulled:
    """Figures of first pulls."""

    connections: int
    rows: int
    seconds: float
    rows_per_second: float
    bytes_received: int
    empty_ms: float
    """Median time of a pull that brings nothing."""


@dataclass(frozen=True)
class Served:
    """A server that answers: a process, and those that it watches over."""

    port: int
    pid: int

    def _processes(self) -> list[int]:
        try:
            with open(f"/proc/{self.pid}/task/{self.pid}/children", encoding="ascii") as file:
                return [self.pid, *map(int, file.read().split())]
        except OSError:
            return [self.pid]

    def cpu_seconds(self) -> float | None:
        """Processor time used so far; None where the system does not tell."""
        ticks = 0
        for pid in self._processes():
            try:
                with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                    parts = file.read().rsplit(")", 1)[1].split()
            except OSError:
                return None
            ticks += int(parts[11]) + int(parts[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float | None:
        """Resident memory; None where the system does not tell."""
        pages = 0
        for pid in self._processes():
            try:
                with open(f"/proc/{pid}/statm", encoding="ascii") as file:
                    pages += int(file.read().split()[1])
            except OSError:
                return None
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def serving(settings: Settings, workers: int = 1) -> Generator[Served]:
    """A server as an operator starts it, on these settings."""
    environment = {
        **os.environ,
        "REVISIT_DATA": str(settings.data_dir),
        "REVISIT_DATABASE_URL": settings.database_url,
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, "-m", "sync_server.cli.bench_server", str(workers)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        yield Served(port, process.pid)
    finally:
        process.terminate()
        process.wait(30)
        if process.stdout is not None:
            process.stdout.close()


def call(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: bytes | None,
    headers: dict[str, str],
) -> bytes:
    """The body of a response; RuntimeError for any status but 200."""
    connection.request(method, API + path, body, headers)
    response = connection.getresponse()
    data = response.read()
    if response.status != 200:
        raise RuntimeError(f"{method} {path}: {response.status} {data[:500]!r}")
    return data


def push_over_http(
    served: Served,
    token: str,
    bodies: Sequence[bytes],
    connections: int,
    *,
    packed: bool = False,
    visits: int | None = None,
) -> Pushed:
    """All bodies over so many connections, each waiting for its answer before the next; ``visits``: how many
    they hold in all (one each unless said otherwise)."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    if packed:
        headers["Content-Encoding"] = "gzip"

    def client(part: Sequence[bytes]) -> list[float]:
        took: list[float] = []
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=120)
        for body in part:
            began = time.perf_counter()
            _need_applied(call(connection, "POST", "/sync/push", body, headers))
            took.append(time.perf_counter() - began)
        connection.close()
        return took

    before, used = served.cpu_seconds(), time.process_time()
    seconds, took = _together(client, bodies, connections)
    used, after = time.process_time() - used, served.cpu_seconds()
    spent = None if before is None or after is None else after - before
    return _pushed(visits or len(bodies), connections, seconds, took, spent, used)


def push_in_process(world: BenchWorld, bodies: Sequence[bytes], connections: int) -> Pushed:
    """The same without HTTP and sign-in: read, judged and committed in this process."""
    queue = PushQueue(world.db, token_days=30)
    knock = Knock(token_hash(world.tokens["shopper"]), "bench", "en")

    def client(part: Sequence[bytes]) -> list[float]:
        took: list[float] = []
        for body in part:
            began = time.perf_counter()
            envelope = read_envelope(body)
            reading = read_ops(envelope.ops, envelope.device_id, envelope.epoch)
            results = queue.enter(Sent(knock, envelope, reading, utc_now())).result()
            _need_applied(msgspec.json.encode({"results": results}))
            took.append(time.perf_counter() - began)
        return took

    used = time.process_time()
    seconds, took = _together(client, bodies, connections)
    spent = time.process_time() - used
    queue.close()
    return _pushed(len(bodies), connections, seconds, took, spent, spent)


def pull_over_http(served: Served, token: str, connections: int) -> Pulled:
    """First pulls of a scope over so many connections at once, then pulls that bring nothing."""
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}

    def client(_part: Sequence[int]) -> list[tuple[int, int, float]]:
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=120)
        cursor, rows, received, more = "", 0, 0, True
        while more:
            page, size = _page(connection, cursor, headers)
            cursor, more = page.cursor, page.more
            rows, received = rows + len(page.changes), received + size
        empty: list[float] = []
        for _ in range(5):
            began = time.perf_counter()
            _page(connection, cursor, headers)
            empty.append(time.perf_counter() - began)
        connection.close()
        return [(rows, received, sorted(empty)[2])]

    seconds, found = _together(client, range(connections), connections)
    rows, received = sum(one[0] for one in found), sum(one[1] for one in found)
    empty = sorted(one[2] for one in found)[len(found) // 2]
    return Pulled(connections, rows, seconds, rows / seconds, received, empty * 1000)


class Page(msgspec.Struct):
    """What a client needs of a page to go on."""

    cursor: str
    more: bool
    changes: list[msgspec.Raw]


def _page(connection: http.client.HTTPConnection, cursor: str, headers: dict[str, str]) -> tuple[Page, int]:
    import gzip

    data = call(connection, "GET", f"/sync/pull?cursor={cursor}", None, headers)
    plain = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    return msgspec.json.decode(plain, type=Page), len(data)


class _Results(msgspec.Struct):
    class One(msgspec.Struct):
        outcome: str
        problem: Any = None

    results: list[One]


def _need_applied(data: bytes) -> None:
    for one in msgspec.json.decode(data, type=_Results).results:
        if one.outcome != "applied":
            raise RuntimeError(f"{one.outcome}: {one.problem}")


def _together(
    client: Callable[[Sequence[Work]], list[Result]], work: Sequence[Work], connections: int
) -> tuple[float, list[Result]]:
    began = time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        parts = [pool.submit(client, work[number::connections]) for number in range(connections)]
        done = [one for part in parts for one in part.result()]
    return time.perf_counter() - began, done


def _pushed(
    visits: int, connections: int, seconds: float, took: list[float], cpu: float | None, clients: float
) -> Pushed:
    answers, took = visits * QUESTIONS, sorted(took)
    return Pushed(
        connections=connections,
        visits=visits,
        answers=answers,
        seconds=seconds,
        answers_per_second=answers / seconds,
        p50_ms=took[len(took) // 2] * 1000,
        p95_ms=took[int(len(took) * 0.95)] * 1000,
        server_cpu_us=None if cpu is None else cpu / answers * 1e6,
        client_cpu_us=clients / answers * 1e6,
    )
