"""Several server processes on one PostgreSQL: what one takes, every other one gives, in commit order."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import random
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from sync_server.cli.bench_load import Served, call, serving
from sync_server.cli.bench_world import QUESTIONS, BenchWorld, make_world, record_visits
from sync_server.media.blobs import FolderBlobs
from sync_server.settings import Settings
from sync_server.sync.oplog import count_ops
from tests.server.test_media import BYTES, TUS, announce
from tests.server.world import TOP, empty_database

_VISITS = 24
_COMMAND = "from sync_server.cli import main; main()"


@pytest.fixture
def network(postgres: str, tmp_path: Path) -> BenchWorld:
    """A small network in an empty PostgreSQL database."""
    return make_world(Settings(tmp_path, empty_database(postgres), tmp_path / "blobs"))


def _outcomes(served: Served, token: str, bodies: Sequence[bytes]) -> list[str]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    answers = [json.loads(call(connection, "POST", "/sync/push", body, headers)) for body in bodies]
    connection.close()
    return [one["outcome"] for answer in answers for one in answer["results"]]


class _Reader:
    """A manager's tablet that pulls all the while, a small page at a time, from one process and the other."""

    def __init__(self, served: Sequence[Served], token: str) -> None:
        self.answers: list[str] = []
        self._headers = {"Authorization": f"Bearer {token}"}
        self._connections = [http.client.HTTPConnection("127.0.0.1", one.port, timeout=60) for one in served]
        self._cursor = ""

    def close(self) -> None:
        """Hang up."""
        for connection in self._connections:
            connection.close()

    def once(self) -> bool:
        """Pull from each process in turn; whether there is more."""
        more = False
        for connection in self._connections:
            path = f"/sync/pull?cursor={self._cursor}&limit=70"
            page: dict[str, Any] = json.loads(call(connection, "GET", path, None, self._headers))
            self._cursor, more = page["cursor"], page["more"]
            self.answers += [one["row_id"] for one in page["changes"] if one["entity"] == "answer"]
        return more


@pytest.mark.postgres
def test_pushes_to_two_processes_are_pulled_without_a_gap_and_each_op_counts_once(
    network: BenchWorld,
) -> None:
    """S1, P1, P2: a reader that keeps pulling while both write misses nothing; what one process has taken is
    known to the other."""
    bodies = record_visits(network, _VISITS)
    with ExitStack() as stack:
        served = [stack.enter_context(serving(network.settings)) for _ in range(2)]
        reader = _Reader(served, network.tokens["manager"])
        told: list[list[str]] = []

        def push(number: int) -> None:
            part = bodies[number % 4 :: 4]
            told.append(_outcomes(served[number % 2], network.tokens["shopper"], part))

        clients = [threading.Thread(target=push, args=(number,)) for number in range(4)]
        for client in clients:
            client.start()
        while any(client.is_alive() for client in clients):
            reader.once()
        for client in clients:
            client.join()
        while reader.once():
            pass
        reader.close()
        again = _outcomes(served[1], network.tokens["shopper"], bodies[0::4])
    wanted = {op["row_id"] for body in bodies for op in json.loads(body)["ops"] if op["entity"] == "answer"}
    assert set(reader.answers) == wanted
    assert len(reader.answers) == len(wanted) == _VISITS * QUESTIONS
    assert {outcome for part in told for outcome in part} == {"applied"}
    assert set(again) == {"applied"}
    with network.db.read() as session:
        assert count_ops(session) == _VISITS * (QUESTIONS + 3)
    network.db.close()


@pytest.mark.postgres
def test_an_upload_under_way_in_one_process_is_not_overwritten_by_another(network: BenchWorld) -> None:
    """E1: whoever does not begin where the upload ends is told where that is, and spoils nothing."""
    file = random.Random(1).randbytes(3_000_000)
    signed = {"Authorization": f"Bearer {network.tokens['shopper']}"}
    bytes_on = {**BYTES, **signed}
    with serving(network.settings) as first, serving(network.settings) as second:
        made, slow = (
            http.client.HTTPConnection("127.0.0.1", one.port, timeout=60) for one in (second, first)
        )
        answer = _asked(made, "POST", "/media", {**announce(file), **signed})
        path = answer.headers["location"].removeprefix(TOP)
        slow.putrequest("PATCH", f"{TOP}{path}")
        for name, value in {**bytes_on, "Upload-Offset": "0", "Content-Length": str(len(file))}.items():
            slow.putheader(name, value)
        slow.endheaders()
        slow.send(file[:2_000_000])
        there = 0
        while not there:  # the first process has kept a piece
            there = int(_asked(made, "HEAD", path, {**TUS, **signed}).headers["upload-offset"])
        rest = _asked(made, "PATCH", path, {**bytes_on, "Upload-Offset": str(there)}, file[there:])
        with contextlib.suppress(OSError):  # it may hang up before it has heard all
            slow.send(file[2_000_000:])
        late = slow.getresponse()
        late.read()
        assert (rest.status, late.status) == (204, 409)
        slow.close()
        made.close()
    stored = FolderBlobs(network.settings.blob_dir)
    digest = hashlib.sha256(file).hexdigest()
    assert hashlib.sha256(b"".join(stored.read(digest, 0, len(file)))).hexdigest() == digest
    network.db.close()


def _asked(
    connection: http.client.HTTPConnection, method: str, path: str, headers: dict[str, str], body: bytes = b""
) -> http.client.HTTPResponse:
    connection.request(method, f"{TOP}{path}", body=body, headers=headers)
    answer = connection.getresponse()
    answer.read()
    return answer


def test_sqlite_takes_one_process(tmp_path: Path) -> None:
    environment = {**os.environ, "REVISIT_DATA": str(tmp_path), "REVISIT_LANGUAGE": "en"}
    environment.pop("REVISIT_DATABASE_URL", None)
    command = [sys.executable, "-c", _COMMAND, "serve", "--port", "0", "--workers", "2"]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert found.returncode != 0
    assert "PostgreSQL" in found.stdout + found.stderr
    assert not (tmp_path / "revisit.db").exists()
