"""A link that breaks: passes bytes between clients and a server, and cuts PATCHes at planned bytes.

It reads no more of HTTP than it needs, so that any client may go through it: every request gets a connection
of its own, bodies may be chunked.
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import threading
from dataclasses import dataclass

_PIECE = 65_536


@dataclass
class CutLink:
    """Listens on ``address``; ``cuts`` are bytes of a request (head and body) after which it breaks.

    A request that is shorter arrives whole, and its answer does not. Once the cuts are used up all is well.
    """

    port: int
    cuts: list[int]
    body_bytes: int = 0
    """Bytes that clients have sent in bodies of PATCH requests."""
    patches: int = 0

    def __enter__(self) -> CutLink:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._answer, args=(client,), daemon=True).start()

    def _answer(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            server = socket.create_connection(("127.0.0.1", self.port))
            with server:
                self._pass(client, server)

    def _pass(self, client: socket.socket, server: socket.socket) -> None:
        came = b""
        while b"\r\n\r\n" not in came:
            part = client.recv(_PIECE)
            if not part:
                return
            came += part
        head, _, body = came.partition(b"\r\n\r\n")
        head = re.sub(rb"(?i)\r\nconnection:[^\r]*", b"", head) + b"\r\nConnection: close\r\n\r\n"
        patch = head.startswith(b"PATCH")
        left = self.cuts.pop(0) if patch and self.cuts else None
        loses_answer = left is not None
        self.patches += patch
        self.body_bytes += len(body) if patch else 0
        part = head + body
        while True:
            server.sendall(part if left is None else part[:left])
            if left is not None:
                left -= len(part)
                if left <= 0:
                    return
            part = b""
            while not part:
                ready, _, _ = select.select([client, server], [], [], 60)
                if server in ready:
                    answer = server.recv(_PIECE)
                    if not answer or loses_answer:
                        return
                    client.sendall(answer)
                if client in ready:
                    part = client.recv(_PIECE if left is None else min(_PIECE, left))
                    if not part:
                        return
                    self.body_bytes += len(part) if patch else 0
                if not ready:
                    return
