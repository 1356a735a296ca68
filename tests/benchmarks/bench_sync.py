"""Answers per second of a push, rows per second of a pull, idle memory: measured on a real server process.

    .venv/bin/python -m tests.benchmarks.bench_sync [--visits N] [--clients C] [--postgres]

Each push is one visit of 60 answers: creation, answers, submission with its sealed list; everything is
validated, authorised and durably committed as in production. Ops are made before the clock starts.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psutil

from shared_models.checklists.document import TemplateDocument
from shared_models.clock import utc_now
from sync_server.checklists.service import publish_template
from tests.postgres import postgres_server
from tests.server.device import Device, record_visit
from tests.server.world import World, make_world, postgres_world

QUESTIONS = 60


def checklist() -> TemplateDocument:
    """A checklist of 60 yes/no questions."""
    text = {"zh": "题", "en": "question"}
    return TemplateDocument.model_validate(
        {
            "code": "bench",
            "title": text,
            "description": text,
            "source": "shop",
            "sections": [
                {
                    "code": f"s{section}",
                    "title": text,
                    "stage": "reception",
                    "questions": [
                        {
                            "code": f"q{section}_{number}",
                            "kind": "yes_no",
                            "text": text,
                            "stage": "reception",
                        }
                        for number in range(QUESTIONS // 6)
                    ],
                }
                for section in range(6)
            ],
        }
    )


@contextlib.contextmanager
def serving(world: World, workers: int) -> Iterator[tuple[str, psutil.Process]]:
    """A server process on the world's database; its address and process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "REVISIT_DATA": str(world.settings.data_dir),
        "REVISIT_DATABASE_URL": world.settings.database_url,
    }
    factory = "tests.benchmarks.bench_sync:application"
    command = [sys.executable, "-m", "uvicorn", "--factory", factory, "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--workers", str(workers), "--log-level", "warning", "--no-access-log"], env=environment
    )
    try:
        for _ in range(300):
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"http://127.0.0.1:{port}/api/v1/health").status_code == 200:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/api/v1", psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)


def application() -> Any:
    """The server of the benchmark."""
    from sync_server.app import create_app
    from sync_server.settings import Settings

    return create_app(Settings.from_env())


def memory(process: psutil.Process) -> float:
    """Resident megabytes of a process and its children."""
    everything = [process, *process.children(recursive=True)]
    return sum(one.memory_info().rss for one in everything) / 1e6


def bodies(world: World, visits: int) -> list[bytes]:
    """The pushes: one visit each, from a tablet of its own."""
    made: list[bytes] = []
    for number in range(visits):
        device = Device(world, "shopper")
        record_visit(device, ["N01", "N02", "S01", "S02"][number % 4], template="bench")
        body = {
            "device_id": device.device_id,
            "epoch": device.epoch,
            "client": "bench",
            "sent_at": utc_now().isoformat(),
            "ops": device.ops,
        }
        made.append(json.dumps(body).encode())
    return made


def push_all(address: str, token: str, pushes: list[bytes], clients: int) -> tuple[float, list[float]]:
    """Seconds for all pushes, and of each."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    took: list[float] = []

    def work(part: list[bytes]) -> None:
        with httpx.Client(headers=headers, timeout=60) as client:
            for body in part:
                began = time.perf_counter()
                answer = client.post(f"{address}/sync/push", content=body)
                took.append(time.perf_counter() - began)
                outcomes = {one["outcome"] for one in answer.json()["results"]}
                if outcomes != {"applied"}:
                    raise RuntimeError(f"{answer.status_code}: {answer.text[:800]}")

    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        for done in [pool.submit(work, pushes[n::clients]) for n in range(clients)]:
            done.result()
    return time.perf_counter() - began, sorted(took)


def pull_all(address: str, token: str) -> tuple[float, int, float]:
    """Seconds and rows of a first pull, and seconds of the empty pull after it."""
    with httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        cursor, rows, began = "", 0, time.perf_counter()
        while True:
            page = client.get(f"{address}/sync/pull", params={"cursor": cursor}).json()
            cursor, rows = page["cursor"], rows + len(page["changes"])
            if not page["more"]:
                break
        first = time.perf_counter() - began
        began = time.perf_counter()
        client.get(f"{address}/sync/pull", params={"cursor": cursor})
        return first, rows, time.perf_counter() - began


def measure(world: World, visits: int, clients: int, workers: int, name: str) -> None:
    """Print one line per figure."""
    with world.db.write() as session:
        world.versions["bench"] = publish_template(session, checklist(), now=utc_now())
    pushes = bodies(world, visits)
    tokens = world.token("shopper"), world.token("hq")
    with serving(world, workers) as (address, process):
        idle = memory(process)
        push_all(address, tokens[0], pushes[:2], 1)
        used = process.cpu_times()
        seconds, took = push_all(address, tokens[0], pushes[2:], clients)
        spent = process.cpu_times()
        answers = (visits - 2) * QUESTIONS
        cpu = spent.user + spent.system - used.user - used.system
        p95 = took[int(len(took) * 0.95)] * 1000
        print(
            f"{name}: push {answers / seconds:,.0f} answers/s ({clients} connections, {visits - 2} visits, "
            f"p95 {p95:.0f} ms per visit, server CPU {cpu / answers * 1e6:.0f} µs per answer)"
        )
        seconds, rows, empty = pull_all(address, tokens[1])
        print(
            f"{name}: first pull {rows / seconds:,.0f} rows/s ({rows} rows), empty pull {empty * 1000:.1f} ms"
        )
        print(f"{name}: memory idle {idle:.0f} MB, after the load {memory(process):.0f} MB")
    world.close()


def main() -> None:
    """Measure on SQLite and, if asked, on PostgreSQL."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--visits", type=int, default=200)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--postgres", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(make_world(Path(folder)), chosen.visits, chosen.clients, 1, "SQLite")
    if chosen.postgres:
        with postgres_server() as server, tempfile.TemporaryDirectory() as folder:
            world = postgres_world(Path(folder), server)
            measure(world, chosen.visits, chosen.clients, 1, "PostgreSQL")


if __name__ == "__main__":
    main()
