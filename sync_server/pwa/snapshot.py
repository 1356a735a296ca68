"""The optional memory snapshot: Python with libraries and app imported, restored instead of started."""

from __future__ import annotations

import ast
import re
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

import flet

from sync_server.pwa.archives import Toolbox
from sync_server.pwa.node import run_node
from sync_server.pwa.sources import Sources, digest, files_under

MODULES = (
    "asyncio", "base64", "contextlib", "csv", "dataclasses", "datetime", "decimal", "difflib",
    "email.message", "enum", "fractions", "functools", "gettext", "gzip", "hashlib", "heapq", "hmac",
    "html", "httpx", "importlib.metadata", "importlib.resources", "inspect", "io", "json", "logging",
    "math", "mimetypes", "pathlib", "random", "re", "runpy", "secrets", "shutil", "sqlite3", "statistics",
    "string", "tempfile", "textwrap", "typing", "typing_extensions", "unicodedata", "urllib.parse", "uuid",
    "zipfile", "zoneinfo", "pyodide.ffi", "pyodide.code", "annotated_types",
    "typing_inspection.introspection", "msgpack", "repath", "sqlalchemy", "sqlalchemy.orm",
    "sqlalchemy.dialects.sqlite", "sqlalchemy.dialects.sqlite.pysqlite", "sqlalchemy.pool",
    "pydantic", "pydantic.json_schema", "pydantic.networks", "pydantic.type_adapter",
    "pydantic.plugin._schema_validator", "sqlmodel", "flet.app", "flet.components.component",
    "flet.components.memo", "flet.controls.object_patch", "flet.messaging.protocol",
    "flet.messaging.session", "flet.messaging.session_store", "flet.pubsub.pubsub_hub", "flet.utils.pip",
    "flet_geolocator",
)  # fmt: skip

SCRIPTS = ("snapshot.mjs", "check_snapshot.mjs", "from_disk.mjs", "memory.mjs", "unpack.mjs")

# What runs outside the browser alone: packages of ours and modules of others.
_ONLY_NATIVE = frozenset({"native", "__main__.py", "alembic"})
# A package of ours whose libraries the browser fetches when they are needed (paper.zip).
_LATER = frozenset({"paper"})
# What belongs to one window, and what is run and not imported.
_ONLY_AT_START = frozenset({"browser", "main.py"})

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
            if path.suffix == ".py" and not (_ONLY_NATIVE | _LATER) & set(path.relative_to(package).parts):
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


def own_modules(sources: Sources) -> list[str]:
    """The modules of field_app and shared_models that a snapshot can hold: nearly all."""
    found: list[str] = []
    for package in (sources.root / "field_app", sources.root / "shared_models"):
        for path in files_under(package):
            inside = path.relative_to(package.parent)
            if path.suffix != ".py" or (_ONLY_NATIVE | _LATER | _ONLY_AT_START) & set(inside.parts):
                continue
            imported = _imports(ast.parse(path.read_text("utf-8")))
            if not _ONLY_NATIVE & {name.partition(".")[0] for name in imported}:
                found.append(".".join(inside.with_suffix("").parts).removesuffix(".__init__"))
    return sorted(found)


@dataclass(frozen=True)
class Snapshot:
    """The files of a snapshot."""

    base: Path
    """Python with the libraries imported."""
    difference: Path
    """How the memory differs once the app is imported as well."""
    rest: Path
    """A folder with libraries.zip and python_stdlib.zip without the modules that the base holds."""
    rest_of_app: Path
    """app.zip without the modules that the memory holds."""


def memory_snapshot(tools: Toolbox, pyodide: Path, libraries: Path, app: Path, sources: Sources) -> Snapshot:
    """The snapshot of just this Pyodide, libraries and app, checked by a start from it (cached)."""
    modules = [*MODULES, "flet:" + "+".join(flet_names(sources))]
    needed = ",".join(imported_names(sources))
    scripts = [tools.scripts / name for name in SCRIPTS]
    inputs = [
        *(path.read_bytes() for path in sorted(pyodide.iterdir())),
        *(path.read_bytes() for path in sorted(libraries.iterdir())),
        *(path.read_bytes() for path in scripts),
    ]
    folder = tools.cache / "snapshots"
    folder.mkdir(parents=True, exist_ok=True)
    base = folder / f"{digest([*inputs, *modules])[:16]}.base"
    rest = base.with_suffix(".rest")
    mjs = pyodide / "pyodide.mjs"
    if not base.is_file() or not rest.is_dir():
        part = base.with_suffix(".base.part")
        held = run_node(scripts[0], mjs, libraries, part, ",".join(modules)).split()
        shutil.rmtree(rest, ignore_errors=True)
        rest.mkdir()
        for name in ("libraries.zip", "python_stdlib.zip"):
            write_rest(libraries / name, frozenset(held), rest / name)
        part.rename(base)
    own = own_modules(sources)
    difference = folder / f"{digest([base.name, app.name, *own, needed])[:16]}.difference"
    rest_of_app = difference.with_suffix(".zip")
    if not difference.is_file():
        part = difference.with_suffix(".difference.part")
        held = run_node(scripts[0], mjs, libraries, part, ",".join(own), base, app).split()
        write_rest(app, frozenset(held), rest_of_app)
        for engine in ((), ("iPad",)):
            run_node(scripts[1], mjs, libraries, rest, rest_of_app, base, part, needed, *engine)
        part.rename(difference)
    return Snapshot(base, difference, rest, rest_of_app)


def write_rest(archive: Path, held: frozenset[str], out: Path) -> None:
    """Copy an archive without the modules that are `held` in memory."""
    with zipfile.ZipFile(archive) as whole, zipfile.ZipFile(out, "w") as left:
        for entry in whole.infolist():
            module = entry.filename.removesuffix(".pyc").removesuffix("/__init__").replace("/", ".")
            if not entry.filename.endswith(".pyc") or module not in held:
                left.writestr(entry, whole.read(entry))
