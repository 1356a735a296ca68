"""An upload by a plain tus client through a link that is cut at every interesting byte."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import random
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.benchmarks.bench_sync import serving
from tests.server.test_media import BYTES, TUS, announce
from tests.server.world import TOP, World

FILE = random.Random(9).randbytes(12_000_000)
CUTS = (0, 1, 60, 250, 400, 1_000, 65_536, 65_537, 131_072, 1_048_576, 3_000_000, 4_000_000, 99_000_000)
"""Bytes of the request (headers and body) after which the link breaks; the last one: all of it arrives, the
answer does not."""


@dataclass
class CuttingProxy:
    """Passes bytes to and fro between a client and a server; cuts each PATCH after the next planned byte."""

    port: int
    cuts: list[int]
    body_bytes: int = 0
    """Bytes that clients have sent in bodies of PATCH requests."""

    def __enter__(self) -> CuttingProxy:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                with client, socket.create_connection(("127.0.0.1", self.port)) as server:
                    self._pass(client, server)

    def _pass(self, client: socket.socket, server: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            part = client.recv(1)
            if not part:
                return
            head += part
        length = next(
            (
                int(line.split(b":")[1])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length")
            ),
            0,
        )
        limit = self.cuts.pop(0) if head.startswith(b"PATCH") and self.cuts else None
        self._forward(client, server, head, length, limit)
        if limit is None:
            while answer := server.recv(65_536):
                client.sendall(answer)

    def _forward(
        self, client: socket.socket, server: socket.socket, head: bytes, length: int, limit: int | None
    ) -> None:
        server.sendall(head if limit is None else head[:limit])
        left = None if limit is None else max(0, limit - len(head))
        passed = 0
        while passed < length and (left is None or passed < left):
            want = min(65_536, length - passed, (left or length) - passed)
            part = client.recv(want)
            if not part:
                break
            server.sendall(part)
            passed += len(part)
        if head.startswith(b"PATCH"):
            self.body_bytes += passed


def ask(
    proxy: CuttingProxy, method: str, path: str, headers: dict[str, str], body: bytes = b""
) -> dict[str, str]:
    """One request over a connection of its own; OSError or HTTPException where it was cut."""
    connection = http.client.HTTPConnection(*proxy.address, timeout=20)
    try:
        connection.request(method, path, body=body, headers={**headers, "Connection": "close"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status < 300, (method, answer.status)
        return {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()


def upload(proxy: CuttingProxy, token: str) -> Iterator[int]:
    """Upload the file as the specification has it: PATCH from where HEAD says; the offset after each try."""
    signed = {"Authorization": f"Bearer {token}"}
    made = ask(proxy, "POST", f"{TOP}/media", {**announce(FILE), **signed, "Content-Length": "0"})
    path = urlsplit(made["location"]).path
    offset = 0
    while offset < len(FILE):
        with contextlib.suppress(OSError, http.client.HTTPException):
            ask(proxy, "PATCH", path, {**BYTES, **signed, "Upload-Offset": str(offset)}, FILE[offset:])
        offset = settled(proxy, path, signed)
        yield offset


def settled(proxy: CuttingProxy, path: str, signed: dict[str, str]) -> int:
    """Where the upload stands once the server has noticed that the line is gone."""
    before = -1
    while True:
        offset = int(ask(proxy, "HEAD", path, {**TUS, **signed})["upload-offset"])
        if offset == before:
            return offset
        before = offset
        time.sleep(0.3)


def test_a_file_gets_through_a_link_that_is_cut_at_every_interesting_byte(world: World) -> None:
    """E1: bytes before a cut are kept, but for what uvicorn holds unread (64 KB) when the line ends."""
    token = world.token("shopper")
    with serving(world, 1) as (address, _):
        port = urlsplit(address).port
        assert port is not None
        with CuttingProxy(port, list(CUTS)) as proxy:
            offsets = list(upload(proxy, token))
    assert offsets == sorted(offsets)
    assert len(offsets) > 5
    assert proxy.body_bytes <= 1.1 * len(FILE)
    stored = world.app.state.blobs
    digest = hashlib.sha256(FILE).hexdigest()
    assert stored.has(digest)
    assert stored.size(digest) == len(FILE)
