"""A PostgreSQL server of its own for the tests: made from the system's binaries, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def _binaries() -> Path:
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3].split(".")[0])
    )
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise RuntimeError("PostgreSQL is not installed; scripts/test installs it")
    return Path(on_path).resolve().parent


def _as_user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: be an unprivileged user then."""
    if os.geteuid() != 0:
        return {}
    name = next(user for user in ("postgres", "nobody") if _exists(user))
    account = pwd.getpwnam(name)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


@contextmanager
def postgres_server() -> Iterator[str]:
    """URL (without database name) of a running server; durability is left on, as in production."""
    bin_dir, user = _binaries(), _as_user()
    folder = Path(tempfile.mkdtemp(prefix="revisit-pg-"))
    if user:
        os.chown(folder, user["user"], user["group"])
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(folder)}

    def run(*command: str) -> None:
        subprocess.run(
            command, check=True, cwd=folder, env=environment, stdout=subprocess.DEVNULL, **user
        )  # fmt: skip

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = folder / "data"
    run(str(bin_dir / "initdb"), "-D", str(data), "-U", "revisit", "-A", "trust", "-E", "UTF8", "--no-sync")
    settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
    log = folder / "log"
    run(str(bin_dir / "pg_ctl"), "-D", str(data), "-l", str(log), "-w", "-o", settings, "start")
    try:
        yield f"postgresql+psycopg://revisit@127.0.0.1:{port}"
    finally:
        run(str(bin_dir / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
        for _ in range(20):
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(0.05)
