"""Files compressed once at build time: .br and .gz beside each file that gains from it."""

from __future__ import annotations

import gzip
import hashlib
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import brotli

BROTLI_WINDOW = 24
GZIP_LEVEL = 6
LARGE = 16_000_000  # bytes; above, only a thorough build has the patience for quality 10
ALREADY_COMPRESSED = {".png", ".br", ".gz"}
SMALLEST = 512  # bytes; below this the headers weigh more than the gain


def _cached(data: bytes, suffix: str, cache: Path, compress: Callable[[bytes], bytes]) -> Path:
    ready = cache / f"{hashlib.sha256(data).hexdigest()}{suffix}"
    if not ready.is_file():
        part = ready.with_name(ready.name + ".part")
        part.write_bytes(compress(data))
        part.rename(ready)
    return ready


def brotli_quality(size: int, *, thorough: bool) -> int:
    """How hard to try for a file of this many bytes (0-11)."""
    if thorough:
        return 11
    return 9 if size > LARGE else 10


def _brotli(data: bytes, quality: int) -> bytes:
    return brotli.compress(data, quality=quality, lgwin=BROTLI_WINDOW)


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, GZIP_LEVEL, mtime=0)


def precompress(out: Path, cache: Path, progress: Callable[[str], None], *, thorough: bool) -> None:
    """Write .br and .gz beside every file under `out`; results are cached by content, as brotli is slow."""
    cache.mkdir(parents=True, exist_ok=True)
    files = [
        path
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.suffix not in ALREADY_COMPRESSED and path.stat().st_size >= SMALLEST
    ]

    def compress(path: Path) -> None:
        data = path.read_bytes()
        quality = brotli_quality(len(data), thorough=thorough)
        smallest = _cached(data, f".{quality}.br", cache, lambda data: _brotli(data, quality))
        shutil.copyfile(smallest, path.with_name(path.name + ".br"))
        shutil.copyfile(_cached(data, ".gz", cache, _gzip), path.with_name(path.name + ".gz"))
        progress(path.relative_to(out).as_posix())

    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(compress, files))
