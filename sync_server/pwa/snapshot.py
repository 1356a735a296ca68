"""The optional memory snapshot: Python with its libraries already imported, restored instead of started."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import flet

from sync_server.pwa.archives import Toolbox
from sync_server.pwa.node import run_node
from sync_server.pwa.sources import Sources, digest, files_under

# Pure Python only: a compiled module in a snapshot crashes.
MODULES = (
    "asyncio", "base64", "contextlib", "csv", "dataclasses", "datetime", "decimal", "difflib",
    "email.message", "enum", "fractions", "functools", "gettext", "gzip", "hashlib", "heapq", "hmac",
    "html", "httpx", "importlib.metadata", "importlib.resources", "inspect", "io", "json", "logging",
    "math", "mimetypes", "pathlib", "random", "re", "runpy", "secrets", "shutil", "sqlite3", "statistics",
    "string", "tempfile", "textwrap", "typing", "typing_extensions", "unicodedata", "urllib.parse", "uuid",
    "zipfile", "zoneinfo", "pyodide.ffi", "pyodide.code", "annotated_types",
    "typing_inspection.introspection", "msgpack", "repath", "sqlalchemy", "sqlalchemy.orm",
    "sqlalchemy.dialects.sqlite", "sqlalchemy.dialects.sqlite.pysqlite", "sqlalchemy.pool",
    "flet_geolocator",
)  # fmt: skip

SCRIPTS = ("snapshot.mjs", "check_snapshot.mjs", "memory.mjs", "unpack.mjs")

# What runs outside the browser alone: packages of ours and modules of others.
_ONLY_NATIVE = frozenset({"native", "__main__.py", "alembic"})

_FLET_NAME = re.compile(r"\bft\.([A-Z]\w+)")


def flet_names(sources: Sources) -> list[str]:
    """The Flet classes that the app names: Flet loads each when first asked for, so the snapshot asks."""
    found: set[str] = set()
    for package in sources.app_packages():
        for path in files_under(package):
            if path.suffix == ".py":
                found.update(_FLET_NAME.findall(path.read_text("utf-8")))
    return sorted(name for name in found if name in flet.__all__)


def imported_names(sources: Sources) -> list[str]:
    """Modules that the app imports from elsewhere, wherever in a file: the archives must hold them all."""
    own = {package.name for package in sources.app_packages()}
    found: set[str] = set()
    for package in sources.app_packages():
        for path in files_under(package):
            if path.suffix == ".py" and not _ONLY_NATIVE & set(path.relative_to(package).parts):
                found |= _imports(ast.parse(path.read_text("utf-8")))
    return sorted(name for name in found if name.partition(".")[0] not in own | _ONLY_NATIVE)


def _imports(node: ast.AST) -> set[str]:
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return set[str]().union(*map(_imports, node.orelse))
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        return {node.module} if node.module and not node.level else set()
    return set[str]().union(*map(_imports, ast.iter_child_nodes(node)))


def memory_snapshot(tools: Toolbox, pyodide: Path, libraries: Path, sources: Sources) -> Path:
    """The snapshot of just this Pyodide, libraries and app, checked by a start from it (cached)."""
    modules = [*MODULES, "flet:" + "+".join(flet_names(sources))]
    needed = ",".join(imported_names(sources))
    scripts = [tools.scripts / name for name in SCRIPTS]
    key = digest(
        [
            *(path.read_bytes() for path in sorted(pyodide.iterdir())),
            *((libraries / name).read_bytes() for name in ("libraries.zip", "native.zip")),
            *(path.read_bytes() for path in scripts),
            *modules,
            needed,
        ]
    )
    ready = tools.cache / "snapshots" / f"{key[:16]}.bin"
    if not ready.is_file():
        ready.parent.mkdir(parents=True, exist_ok=True)
        part = ready.with_suffix(".part")
        run_node(scripts[0], pyodide / "pyodide.mjs", libraries, part, ",".join(modules))
        for engine in ((), ("iPad",)):
            run_node(scripts[1], pyodide / "pyodide.mjs", libraries, part, needed, *engine)
        part.rename(ready)
    return ready
