"""A mail server and a webhook receiver on this machine that keep what they get."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Captured:
    """What came in."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list[EmailMessage])
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list[tuple[dict[str, str], bytes]])
    refuse: bool = False
    """Answer every post with 500."""


@contextmanager
def mail_server() -> Generator[Captured]:
    """As much SMTP (RFC 5321) as a client needs to hand over a mail."""
    captured = Captured()

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say(b"220 capture")
            while line := self.rfile.readline():
                match line.strip().split(b" ")[0].upper():
                    case b"DATA":
                        self._say(b"354 go on")
                        self._take()
                        self._say(b"250 kept")
                    case b"QUIT":
                        self._say(b"221 bye")
                        return
                    case _:
                        self._say(b"250 ok")

        def _say(self, answer: bytes) -> None:
            self.wfile.write(answer + b"\r\n")

        def _take(self) -> None:
            lines: list[bytes] = []
            while (line := self.rfile.readline()) != b".\r\n":
                lines.append(line.removeprefix(b"."))
            mail = message_from_bytes(b"".join(lines), policy=policy.default)
            captured.mails.append(mail)

    yield from _serve(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session), captured)


@contextmanager
def webhook() -> Generator[Captured]:
    """Keeps header and body of every post."""
    captured = Captured()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            captured.posts.append((dict(self.headers.items()), body))
            self.send_response(500 if captured.refuse else 204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    yield from _serve(ThreadingHTTPServer(("127.0.0.1", 0), Receiver), captured)


def _serve(server: socketserver.TCPServer, captured: Captured) -> Generator[Captured]:
    captured.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield captured
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
