"""The optional memory snapshot: Python with its libraries already imported, restored instead of started."""

from __future__ import annotations

from pathlib import Path

from sync_server.pwa.archives import Toolbox
from sync_server.pwa.node import run_node
from sync_server.pwa.sources import digest

# Pure Python only: a compiled module in a snapshot crashes. ":*" loads all that the package offers lazily.
MODULES = (
    "asyncio", "base64", "contextlib", "csv", "dataclasses", "datetime", "decimal", "difflib",
    "email.message", "enum", "fractions", "functools", "gettext", "gzip", "hashlib", "heapq", "hmac",
    "html", "httpx", "importlib.metadata", "importlib.resources", "inspect", "io", "json", "logging",
    "math", "mimetypes", "pathlib", "random", "re", "runpy", "secrets", "shutil", "sqlite3", "statistics",
    "string", "tempfile", "textwrap", "typing", "typing_extensions", "unicodedata", "urllib.parse", "uuid",
    "zipfile", "zoneinfo", "pyodide.ffi", "pyodide.code", "annotated_types",
    "typing_inspection.introspection", "msgpack", "repath", "sqlalchemy", "sqlalchemy.orm",
    "sqlalchemy.dialects.sqlite", "sqlalchemy.dialects.sqlite.pysqlite", "sqlalchemy.pool", "flet:*",
    "flet_geolocator",
)  # fmt: skip


def memory_snapshot(tools: Toolbox, pyodide: Path, libraries: Path) -> Path:
    """The snapshot for just this (patched) Pyodide and these libraries, checked by a start from it (cached)."""
    scripts = [tools.scripts / name for name in ("snapshot.mjs", "check_snapshot.mjs")]
    key = digest(
        [
            *(path.read_bytes() for path in sorted(pyodide.iterdir())),
            *((libraries / name).read_bytes() for name in ("libraries.zip", "native.zip")),
            *(path.read_bytes() for path in scripts),
            *MODULES,
        ]
    )
    ready = tools.cache / "snapshots" / f"{key[:16]}.bin"
    if not ready.is_file():
        ready.parent.mkdir(parents=True, exist_ok=True)
        part = ready.with_suffix(".part")
        run_node(scripts[0], pyodide / "pyodide.mjs", libraries, part, ",".join(MODULES))
        run_node(scripts[1], pyodide / "pyodide.mjs", libraries, part)
        part.rename(ready)
    return ready
