"""The server process of ``revisit bench sync``: the product's application; prints its port."""

from __future__ import annotations

import socket

import uvicorn

from sync_server.app import create_app
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
        config = uvicorn.Config(
            create_app(settings), log_level="warning", access_log=False, server_header=False
        )
        _Server(config).run(sockets=[bound])


if __name__ == "__main__":
    main()
