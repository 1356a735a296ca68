"""What a server takes in memory that nobody asks anything, with the demo loaded, beside a bare FastAPI.

``python -m tests.benchmarks.bench_idle [--data DIR]`` starts ``revisit serve`` on a demo installation (made
anew without ``--data``), waits until its size stands still, then has the overview's figures asked for once,
and prints the resident size of all its processes at both times. The baseline of the same run is a FastAPI
application with one route. Asserts nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil

from tests.e2e.browser import free_port

BARE = "from fastapi import FastAPI; app = FastAPI(); app.get('/api/v1/health')(lambda: {})"
REVISIT = str(Path(sys.executable).parent / "revisit")
STILL = 3
"""Seconds between two looks at a size that is to stand still."""
STEP = 0.5
"""MB by which it may still change."""


@contextmanager
def running(command: list[str], port: int, environment: dict[str, str]) -> Generator[psutil.Process]:
    """A server process that answers."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with suppress(httpx.HTTPError):
                if httpx.get(f"http://127.0.0.1:{port}/api/v1/health").status_code == 200:
                    break
            time.sleep(0.1)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)


def settled(process: psutil.Process) -> float:
    """Resident MB of a process and its children once that stands still."""
    before, size = 0.0, _resident(process)
    while abs(size - before) > STEP:
        time.sleep(STILL)
        before, size = size, _resident(process)
    return size


def _resident(process: psutil.Process) -> float:
    return sum(one.memory_info().rss for one in (process, *process.children(recursive=True))) / 1e6


def bare() -> float:
    """A FastAPI application with one route."""
    port = free_port()
    command = [
        sys.executable,
        "-c",
        f"{BARE}; import uvicorn; uvicorn.run(app, port={port}, log_level='error')",
    ]
    with running(command, port, dict(os.environ)) as process:
        return settled(process)


def ours(data: Path) -> tuple[float, float]:
    """Our server on a demo installation: when nobody has asked, and after the figures were asked for."""
    port = free_port()
    command = [REVISIT, "serve", "--data", str(data), "--port", str(port)]
    with running(command, port, {**os.environ, "REVISIT_LANG": "en"}) as process:
        idle = settled(process)
        logins = json.loads((data / "demo-logins.json").read_text(encoding="utf-8"))
        address = f"http://127.0.0.1:{port}/api/v1"
        given = {"login": "hq", "password": logins["password"], "device_name": "bench"}
        token = httpx.post(f"{address}/session", json=given).raise_for_status().json()["token"]
        asked = httpx.get(
            f"{address}/insight/rates", headers={"Authorization": f"Bearer {token}"}, timeout=120
        )
        asked.raise_for_status()
        return idle, settled(process)


def main() -> None:
    """Print the sizes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path)
    data: Path | None = parser.parse_args().data
    with tempfile.TemporaryDirectory(prefix="bench-idle-") as name:
        if data is None:
            data = Path(name)
            made = [REVISIT, "demo", "--data", str(data)]
            subprocess.run(made, check=True, stdout=subprocess.DEVNULL)
        base, (idle, asked) = bare(), ours(data)
    print(f"server with the demo, nobody asks: {idle:.0f} MB")
    print(f"a bare FastAPI: {base:.0f} MB (x{idle / base:.1f})")
    print(f"after figures were asked for: {asked:.0f} MB")


if __name__ == "__main__":
    main()
