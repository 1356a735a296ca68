"""A server process on the database of a test's world, as tests that kill it and measurements need one."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from typing import Any

import httpx
import psutil

from tests.server.world import World


@contextlib.contextmanager
def serving(world: World, workers: int) -> Generator[tuple[str, psutil.Process]]:
    """A server process on the world's database; its address and process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "REVISIT_DATA": str(world.settings.data_dir),
        "REVISIT_DATABASE_URL": world.settings.database_url,
    }
    factory = "tests.benchmarks.serving:application"
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
