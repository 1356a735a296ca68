"""The server of ``revisit bench sync``: the product's application, in so many processes; prints its port."""

from __future__ import annotations

import socket
import sys

import uvicorn

from sync_server.app import create_app
from sync_server.cli.serve_workers import run_workers
from sync_server.settings import Settings


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if sockets:
            print(sockets[0].getsockname()[1], flush=True)


def main() -> None:
    """Serve on a free port of this machine until ended."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen(2048)
        settings = Settings.from_env()
        workers = int(sys.argv[1])
        if workers > 1:
            port = bound.getsockname()[1]
            run_workers(settings, bound, workers, False, lambda: print(port, flush=True))
            return
        config = uvicorn.Config(
            create_app(settings), log_level="warning", access_log=False, server_header=False
        )
        _Server(config).run(sockets=[bound])


if __name__ == "__main__":
    main()
