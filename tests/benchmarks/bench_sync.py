"""Everything about the speed of sync in one run, on SQLite and on PostgreSQL, against a real server process.

    .venv/bin/python -m tests.benchmarks.bench_sync [--quick] [--only sqlite|postgresql]

Push and pull (what ``revisit bench sync`` prints), what a pull costs while the database grows, the first sync
of a manager's scope of 50,000 rows, and 1,000 devices that wake within the same minute. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from field_app.platform.native.store import open_native_store
from field_app.store import Context, Store
from field_app.sync import Api
from field_app.sync.pull import pull_all
from field_app.sync.status import SyncReport
from shared_models.clock import utc_now
from shared_models.ids import new_id
from shared_models.people.access import Role, ScopeKind
from sync_server.cli.bench_load import Pushed, Served, call, pull_over_http, push_in_process, push_over_http
from sync_server.cli.bench_load import serving as server_process
from sync_server.cli.bench_world import (
    MOST_VISITS,
    QUESTIONS,
    BenchWorld,
    make_world,
    record_visits,
    scratch_settings,
)
from sync_server.people import service as people
from sync_server.store.rows import insert_rows, insert_tuples
from sync_server.sync.journal import Entry, next_seq, table_of, whole_row, write_rows
from sync_server.sync.pull import pull, remember_scope
from sync_server.sync.runs import Run, add_runs
from sync_server.sync.tables import sync_row
from tests.benchmarks.serving import serving
from tests.factories.device import MemoryBlobs
from tests.postgres import postgres_server

__all__ = ["main", "serving"]

SCOPE = 50_000
"""Rows of the manager's region in the growth and the first sync."""


def fill(world: BenchWorld, dealer_id: str, rows: int) -> None:
    """Visits with their answers as the server keeps them, at one dealer."""
    made = 0
    while made < rows:
        with world.db.write() as session:
            entries: list[Entry] = []
            runs: list[Run] = []
            visits: list[dict[str, object]] = []
            answers: list[dict[str, object]] = []
            while len(visits) < 80 and made < rows:
                visit_id = new_id()
                given = {
                    "id": visit_id,
                    "version": 1,
                    "dealer_id": dealer_id,
                    "template_version_id": world.version,
                    "person_id": world.shopper,
                    "source": "shop",
                }
                visits.append(whole_row("visit", given))
                ids = [new_id() for _ in range(QUESTIONS)]
                for number, row_id in enumerate(ids):
                    answer = {"id": row_id, "version": 1, "visit_id": visit_id, "question": f"q{number}"}
                    answers.append(whole_row("answer", {**answer, "value": "yes"}))
                keys, clock = ("visit", dealer_id, world.shopper), "0000000000001.00000.bench"
                entries.append(Entry("visit", visit_id, visit_id, 1, False, *keys, clock))
                runs.append(Run(0, visit_id, "answer", *keys, ids, [clock] * QUESTIONS))
                made += QUESTIONS + 1
            insert_rows(session, table_of("visit"), visits)
            insert_rows(session, table_of("answer"), answers)
            seq = next_seq(session, len(entries) * (QUESTIONS + 1))
            lines: list[tuple[object, ...]] = []
            for entry, run in zip(entries, runs, strict=True):
                lines.append(entry.line(seq))
                run.first_seq = seq + 1
                seq += QUESTIONS + 1
            insert_tuples(session, sync_row, lines)
            add_runs(session, runs)


class Figures:
    """What was found, by what was measured and on which database; each is told as soon as it is known."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, str]] = {}

    def add(self, name: str, what: str, value: str) -> None:
        """Note one figure."""
        self._found.setdefault(what, {})[name] = value
        print(f"{name}: {what}: {value}", flush=True)

    def tell(self) -> None:
        """All of them as a table."""
        names = list(dict.fromkeys(name for values in self._found.values() for name in values))
        print("\n| number |" + "".join(f" {name} |" for name in names))
        print("|---" * (len(names) + 1) + "|")
        for what, values in self._found.items():
            print(f"| {what} |" + "".join(f" {values.get(name, '—')} |" for name in names))


def _told(found: Pushed) -> str:
    cpu = "—" if found.server_cpu_us is None else f"{found.server_cpu_us:.0f}"
    return (
        f"{found.answers_per_second:,.0f} answers/s; body {found.p50_ms:.0f} ms, p95 {found.p95_ms:.0f} ms; "
        f"processor per answer: server {cpu} µs, client {found.client_cpu_us:.0f} µs"
    )


def speed(
    name: str, world: BenchWorld, served: Served, visits: int, figures: Figures, more: str = ""
) -> None:
    """Answers per second over HTTP: one visit per body (as ODK's submissions) and as many as a body takes."""
    ways = [(1, visits // 4, False, 1), (8, visits, False, 1), (8, visits // 2, True, 1)]
    for connections, count, packed, at_once in (*ways, (8, visits * 2, False, MOST_VISITS)):
        bodies = record_visits(world, count, packed=packed, at_once=at_once)
        found = push_over_http(
            served, world.tokens["shopper"], bodies, connections, packed=packed, visits=count
        )
        what = f"push, {connections} connections, {at_once} visits per body{', gzip' if packed else ''}{more}"
        figures.add(name, what, _told(found))


def speed_without_http(name: str, world: BenchWorld, visits: int, figures: Figures) -> None:
    """The same in this process: what HTTP and the two processes beside each other cost."""
    bodies = record_visits(world, visits + 8)
    push_in_process(world, bodies[:8], 1)
    found = push_in_process(world, bodies[8:], 8)
    figures.add(name, "push in the process, 8 threads", f"{found.answers_per_second:,.0f} answers/s")


def growth(name: str, world: BenchWorld, sizes: Sequence[int], figures: Figures) -> None:
    """Server time of an empty pull and of one that brings 20 changed rows, while the database grows."""
    far = _far_dealer(world)
    with world.db.read() as session:
        access = people.access_of(session, _manager(world))
    have = 0
    for size in sizes:
        wanted = min(size, SCOPE) if have == 0 else 0
        fill(world, world.dealers[0], wanted)
        fill(world, far, size - max(have, wanted))
        have = size
        cursor = ""
        more = True
        began = time.perf_counter()
        rows = 0
        while more:
            with world.db.read() as session:
                page = pull(session, access, cursor, 2000, utc_now())
            if page.scope is not None:
                with world.db.write(journal=False) as session:
                    remember_scope(session, page.scope, utc_now())
            cursor, more = page.response.cursor, page.response.more
            rows += len(page.response.changes)
        first = time.perf_counter() - began

        def once(at: str) -> float:
            began = time.perf_counter()
            with world.db.read() as session:
                pull(session, access, at, 2000, utc_now())
            return (time.perf_counter() - began) * 1000

        empty = statistics.median(once(cursor) for _ in range(9))
        with world.db.write() as session:
            lines = [{"id": one, "city": new_id()} for one in world.dealers[:20]]
            write_rows(session, "dealer", lines)
        changed = statistics.median(once(cursor) for _ in range(9))
        value = (
            f"first pull of {rows:,} rows {first:.1f} s · empty pull {empty:.1f} ms · pull of 20 changed "
            f"rows {changed:.1f} ms"
        )
        figures.add(name, f"database of {size:,} rows", value)


def first_sync(name: str, world: BenchWorld, served: Served, figures: Figures) -> None:
    """A manager's first sync over HTTP: received and unpacked, and by a device that stores it."""
    found = pull_over_http(served, world.tokens["manager"], 1)
    value = f"{found.seconds:.1f} s, {found.bytes_received / 1e6:.1f} MB, empty pull {found.empty_ms:.1f} ms"
    figures.add(name, f"first sync of {found.rows:,} rows over HTTP", value)
    with tempfile.TemporaryDirectory() as folder:
        address, token = f"http://127.0.0.1:{served.port}", world.tokens["manager"]
        rows, seconds, processor = asyncio.run(stored_natively(address, token, Path(folder)))
    value = f"{seconds:.1f} s (processor of the device {processor:.1f} s)"
    figures.add(name, f"the same by a native device, {rows:,} rows durable", value)


async def stored_natively(server: str, token: str, folder: Path) -> tuple[int, float, float]:
    """A native device's first sync: rows written, seconds on the clock and of its processor."""
    store = Store(open_native_store(folder, "account-bench"), MemoryBlobs(), Context())
    api, report = Api(server, None, token=token, client="bench"), SyncReport()
    began, busy = time.perf_counter(), time.process_time()
    await pull_all(store, api, report)
    spent = time.perf_counter() - began, time.process_time() - busy
    await api.close()
    await store.close()
    return report.received, *spent


def waking(
    name: str, world: BenchWorld, served: Served, devices: int, spans: Sequence[float], figures: Figures
) -> None:
    """Devices that wake evenly within a span and push one visit each, on connections of their own."""
    headers = {"Authorization": f"Bearer {world.tokens['shopper']}", "Content-Type": "application/json"}
    for span in spans:
        bodies = record_visits(world, devices)
        took: list[float] = []
        wrong: list[str] = []
        start = time.perf_counter() + 0.5

        def wake(
            place: int, *, bodies: list[bytes] = bodies, took: list[float] = took, wrong: list[str] = wrong,
            start: float = start, span: float = span,
        ) -> None:  # fmt: skip
            due = start + span * place / devices
            time.sleep(max(0.0, due - time.perf_counter()))
            connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=120)
            try:
                answer = call(connection, "POST", "/sync/push", bodies[place], headers)
                if answer.count(b'"applied"') != QUESTIONS + 3:
                    wrong.append(answer[:200].decode())
            except (OSError, RuntimeError, http.client.HTTPException) as error:
                wrong.append(repr(error))
            finally:
                connection.close()
            took.append(time.perf_counter() - due)

        with ThreadPoolExecutor(devices) as pool:
            list(pool.map(wake, range(devices)))
        took.sort()
        memory = served.memory_mb()
        value = (
            f"p50 {took[len(took) // 2]:.2f} s, p95 {took[int(len(took) * 0.95)]:.2f} s, slowest "
            f"{took[-1]:.2f} s, {len(wrong)} errors, {0 if memory is None else memory:.0f} MB"
        )
        figures.add(name, f"{devices:,} devices within {span:g} s", value)
        if wrong:
            print(f"  {wrong[0]}")


def _far_dealer(world: BenchWorld) -> str:
    with world.db.write() as session:
        region = people.create_region(session, code="F", name="远区")
        return people.create_dealer(session, code="F001", name="远店", region_id=region)


def _manager(world: BenchWorld) -> str:
    """Another manager of the bench's region."""
    with world.db.write() as session:
        person = people.create_person(session, name="manager 2")
        region = _region(world)
        people.grant(session, person, Role.MANAGER, ScopeKind.REGION, region)
    return person


def _region(world: BenchWorld) -> str:
    from sync_server.people.repository import dealer_row

    with world.db.read() as session:
        found = dealer_row(session, world.dealers[0])
    assert found is not None
    return str(found["region_id"])


def measure(name: str, url: str | None, quick: bool, figures: Figures) -> None:
    """All of it on one kind of database."""
    visits, devices = (80, 100) if quick else (800, 1000)
    sizes = (10_000, 50_000) if quick else (10_000, 100_000, 1_000_000)

    def on_a_database(run: Callable[[BenchWorld], None]) -> None:
        with tempfile.TemporaryDirectory() as folder, scratch_settings(Path(folder), url) as settings:
            world = make_world(settings)
            run(world)
            world.db.close()

    def pushing(world: BenchWorld) -> None:
        speed_without_http(name, world, visits, figures)
        with server_process(world.settings) as served:
            push_over_http(served, world.tokens["shopper"], record_visits(world, 8), 1)
            speed(name, world, served, visits, figures)
            waking(name, world, served, devices, (10, 0) if quick else (60, 15, 5, 0), figures)
        if not world.db.is_sqlite:
            with server_process(world.settings, workers=2) as served:
                push_over_http(served, world.tokens["shopper"], record_visits(world, 32), 8)
                speed(name, world, served, visits, figures, ", two server processes")

    def pulling(world: BenchWorld) -> None:
        fill(world, world.dealers[0], SCOPE)
        with server_process(world.settings) as served:
            first_sync(name, world, served, figures)

    on_a_database(pushing)
    on_a_database(pulling)
    on_a_database(lambda world: growth(name, world, sizes, figures))


def main() -> None:
    """Measure on SQLite and on PostgreSQL."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="small sizes: only to see that it runs")
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    chosen = parser.parse_args()
    figures = Figures()
    if chosen.only != "postgresql":
        measure("SQLite", None, chosen.quick, figures)
    if chosen.only != "sqlite":
        with postgres_server() as server:
            measure("PostgreSQL", f"{server}/postgres", chosen.quick, figures)
    figures.tell()


if __name__ == "__main__":
    main()
