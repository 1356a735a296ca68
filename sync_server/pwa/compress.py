"""Files compressed once at build time: .br and .gz beside each file that gains from it."""

from __future__ import annotations

import gzip
import hashlib
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import brotli

BROTLI_QUALITY = 11
BROTLI_WINDOW = 24
GZIP_LEVEL = 9
ALREADY_COMPRESSED = {".png", ".br", ".gz"}
SMALLEST = 512  # bytes; below this the headers weigh more than the gain


def _cached(data: bytes, suffix: str, cache: Path, compress: Callable[[bytes], bytes]) -> Path:
    ready = cache / f"{hashlib.sha256(data).hexdigest()}{suffix}"
    if not ready.is_file():
        part = ready.with_suffix(suffix + ".part")
        part.write_bytes(compress(data))
        part.rename(ready)
    return ready


def _brotli(data: bytes) -> bytes:
    return brotli.compress(data, quality=BROTLI_QUALITY, lgwin=BROTLI_WINDOW)


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, GZIP_LEVEL, mtime=0)


def precompress(out: Path, cache: Path, progress: Callable[[str], None]) -> None:
    """Write .br and .gz beside every file under `out`; results are cached by content, as brotli is slow."""
    cache.mkdir(parents=True, exist_ok=True)
    files = [
        path
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.suffix not in ALREADY_COMPRESSED and path.stat().st_size >= SMALLEST
    ]

    def compress(path: Path) -> None:
        data = path.read_bytes()
        for suffix, method in ((".br", _brotli), (".gz", _gzip)):
            shutil.copyfile(_cached(data, suffix, cache, method), path.with_name(path.name + suffix))
        progress(path.relative_to(out).as_posix())

    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(compress, files))
