"""Several server processes on one socket and one PostgreSQL database, watched over by this one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

from sync_server.settings import Settings

_LOOK_EVERY = 0.5
"""Seconds between looks whether every process still runs."""
_QUICK_DEATH = 10.0
"""A process that ends within so many seconds of its start is not started again: it would end again."""
_END_WITHIN = 20.0
"""Seconds that the processes have for what they are doing when they are asked to end."""


class _Worker:
    """One server process; it says by a line that it serves."""

    def __init__(self, settings: Settings, bound: socket.socket, access_log: bool) -> None:
        environment = {
            **os.environ,
            "REVISIT_DATA": str(settings.data_dir),
            "REVISIT_DATABASE_URL": settings.database_url,
        }
        number = str(bound.fileno())
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sync_server.cli.serve_workers", number, str(int(access_log))],
            env=environment,
            pass_fds=[bound.fileno()],
            stdout=subprocess.PIPE,
        )

    def serves(self) -> bool:
        """Wait until it serves; whether it does."""
        assert self.process.stdout is not None
        return bool(self.process.stdout.readline())

    def end(self) -> None:
        """Ask it to end, and see that it does."""
        with suppress(subprocess.TimeoutExpired):
            self.process.terminate()
            self.process.wait(_END_WITHIN)
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def run_workers(
    settings: Settings, bound: socket.socket, workers: int, access_log: bool, ready: Callable[[], None]
) -> None:
    """Serve with so many processes until SIGTERM or Ctrl-C, or until one of them cannot be kept up."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    running: list[_Worker] = []
    try:
        running += [_Worker(settings, bound, access_log) for _ in range(workers)]
        if all(one.serves() for one in running):
            ready()
            _watch(running, lambda: _Worker(settings, bound, access_log))
    except KeyboardInterrupt:
        pass
    finally:
        for one in running:
            one.process.terminate()
        for one in running:
            one.end()
        signal.signal(signal.SIGTERM, before)


def _watch(running: list[_Worker], start: Callable[[], _Worker]) -> None:
    while True:
        time.sleep(_LOOK_EVERY)
        for place, one in enumerate(running):
            if one.process.poll() is None:
                continue
            if time.monotonic() - one.began < _QUICK_DEATH:
                return
            one.end()
            running[place] = start()
            running[place].serves()


def serve_here(number: int, access_log: bool) -> None:
    """One of the processes: serve on an inherited socket."""
    import uvicorn

    from sync_server.app import create_app

    class Server(uvicorn.Server):
        """Says when it serves."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                print("serving", flush=True)

    config = uvicorn.Config(
        create_app(Settings.from_env()),
        log_level="info" if access_log else "warning",
        access_log=access_log,
        timeout_graceful_shutdown=1,
        server_header=False,
    )
    with suppress(KeyboardInterrupt):
        Server(config).run(sockets=[socket.socket(fileno=number)])


if __name__ == "__main__":
    serve_here(int(sys.argv[1]), sys.argv[2] == "1")
