"""The Python archives of the PWA: libraries (imported from the zip), native packages, the app, and paper."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from sync_server.pwa.node import run_node
from sync_server.pwa.problems import BuildFailed
from sync_server.pwa.sources import SKIPPED, Sources, digest, files_under

PLATFORM = "pyemscripten_2026_0_wasm32"
PYTHON = "3.14"
STRIP_DOCSTRINGS = (
    "2"  # as python -OO: smaller archives and snapshot; nothing here reads docstrings or asserts
)
STDLIB = "python_stdlib.zip"
ARCHIVES = ("libraries.zip", "native.zip", STDLIB, "paper.zip")
COMPILED = "compiled.json"
HOME = "/home/pyodide"

# Parts of the locked packages that the app never imports.
UNUSED_IN_LIBRARIES = (
    "*.dist-info", "sqlalchemy/dialects/mysql", "sqlalchemy/dialects/oracle", "sqlalchemy/dialects/mssql",
    "sqlalchemy/dialects/postgresql", "sqlalchemy/testing", "sqlalchemy/ext/mypy",
    "sqlalchemy/ext/a[!_]*", "sqlalchemy/ext/baked.py", "sqlalchemy/ext/declarative", "sqlalchemy/ext/h*.py",
    "sqlalchemy/ext/i[!_]*.py", "sqlalchemy/ext/mutable.py", "sqlalchemy/ext/orderinglist.py",
    "sqlalchemy/ext/serializer.py", "sqlmodel/ext", "flutter", "**/.agents", "sqlalchemy/dialects/*.txt",
    "tzdata/zoneinfo/*.tab", "tzdata/zoneinfo/*.zi", "tzdata/zoneinfo/leapseconds", "pydantic/v1",
    "pydantic/mypy.py", "flet/testing", "flet/fastapi", "flet/messaging/flet_socket_server.py",
    "httpx/_main.py", "**/*.pyi", "**/*.pyx", "**/*.pxd", "**/*.c", "**/py.typed", "**/tests",
)  # fmt: skip
# What draws PDF files, and what of it draws no record: fonts of its own, charts, bar codes, other formats.
PAPER = ("reportlab",)
UNUSED_IN_PAPER = (
    "*.dist-info", "reportlab/fonts", "reportlab/graphics", "reportlab/platypus/figures.py",
    "reportlab/platypus/para.py", "reportlab/platypus/tableofcontents.py", "reportlab/lib/arciv.py",
    "reportlab/lib/codecharts.py", "reportlab/lib/corp.py", "reportlab/lib/fontfinder.py",
    "reportlab/lib/formatters.py", "reportlab/lib/pdfencrypt.py", "reportlab/lib/pygments2xpre.py",
    "reportlab/lib/randomtext.py", "reportlab/lib/testutils.py", "reportlab/lib/yaml.py",
    "reportlab/pdfbase/_can_cmap_data.py", "reportlab/pdfbase/_cidfontdata.py",
    "reportlab/pdfbase/cidfonts.py", "reportlab/pdfbase/acroform.py", "reportlab/pdfbase/pdfform.py",
)  # fmt: skip
# Standard library modules for terminals, debugging, servers and protocols that a browser cannot speak.
UNUSED_IN_STDLIB = (
    "pdb.py", "bdb.py", "cmd.py", "doctest.py", "pydoc.py", "pydoc_data", "unittest", "imaplib.py",
    "poplib.py", "smtplib.py", "ftplib.py", "mailbox.py", "xmlrpc", "wsgiref", "http/server.py",
    "ensurepip", "venv", "idlelib", "turtle.py", "turtledemo", "tkinter", "pickletools.py",
    "multiprocessing", "profile.py", "cProfile.py", "pstats.py", "profiling", "trace.py", "tabnanny.py",
    "_pyrepl", "_pyio.py", "_pydatetime.py", "_pydecimal.py", "xml/dom", "xml/sax", "optparse.py",
    "curses", "zipapp.py", "pyclbr.py", "antigravity.py", "this.py", "rlcompleter.py", "socketserver.py",
    "test", "lib2to3", "dbm", "pty.py", "tty.py", "plistlib.py", "tomllib", "ctypes", "wave.py",
    "modulefinder.py", "tracemalloc.py", "concurrent/interpreters", "concurrent/futures/interpreter.py",
    "concurrent/futures/process.py", "asyncio/windows_*.py", "asyncio/tools.py", "asyncio/__main__.py",
    "compileall.py", "shelve.py", "netrc.py", "fileinput.py", "filecmp.py", "encodings/mac_*.py",
    "encodings/cp[!4]*.py", "encodings/iso8859_[2-9].py", "encodings/iso8859_1[0-9].py", "encodings/koi8*.py",
)  # fmt: skip


@dataclass(frozen=True)
class Toolbox:
    """What the steps share: the JavaScript of the build, Pyodide as installed, and a cache folder."""

    scripts: Path
    pyodide: Path
    cache: Path


def _zip_stored(folder: Path, out: Path) -> None:
    """Pack a folder without compression: the transfer is compressed as a whole, imports need not inflate."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                # A fixed time keeps equal inputs equal, so that an update downloads only what changed.
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), (1980, 1, 1, 0, 0, 0))
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, path.read_bytes())


def _remove(folder: Path, patterns: tuple[str, ...]) -> None:
    for pattern in patterns:
        for path in list(folder.glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def _download_wheels(lock: Path, folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary=:all:", "--require-hashes", "--platform", PLATFORM, "--implementation", "cp"]
    command += ["--python-version", PYTHON, "--abi", "cp314", "--abi", "none", "--requirement", str(lock)]
    process = subprocess.run([*command, "--dest", str(folder)], capture_output=True, text=True, check=False)
    if process.returncode != 0:
        raise BuildFailed(f"The browser's packages could not be downloaded: {process.stderr.strip()[-1500:]}")


def _compile(tools: Toolbox, folder: Path) -> None:
    run_node(tools.scripts / "compile.mjs", tools.pyodide / "pyodide.mjs", folder, STRIP_DOCSTRINGS)


def library_archives(tools: Toolbox, lock: Path) -> Path:
    """A folder with libraries.zip, native.zip, python_stdlib.zip, paper.zip for the locked wheels (cached).

    Beside them the compiled modules as .wasm files, and compiled.json: where Python looks -> the file.
    """
    key = digest(
        [
            lock.read_bytes(),
            (tools.pyodide / "python_stdlib.zip").read_bytes(),
            (tools.scripts / "compile.mjs").read_bytes(),
            *UNUSED_IN_LIBRARIES,
            *UNUSED_IN_STDLIB,
            *UNUSED_IN_PAPER,
            *(path.read_bytes() for path in files_under(tools.scripts / "paper")),
            STRIP_DOCSTRINGS,
        ]
    )
    ready = tools.cache / "libraries" / key[:16]
    if all((ready / name).is_file() for name in (*ARCHIVES, COMPILED)):
        return ready
    work = tools.cache / "libraries" / f"{key[:16]}.part"
    shutil.rmtree(work, ignore_errors=True)
    wheels = tools.cache / "wheels" / digest([lock.read_bytes()])[:16]
    if not (wheels / "complete").is_file():
        wheels.mkdir(parents=True, exist_ok=True)
        _download_wheels(lock, wheels)
        (wheels / "complete").touch()
    pure, native, stdlib, paper = (work / name for name in ("pure", "native", "stdlib", "paper"))
    for folder in (pure, native, stdlib, paper):
        folder.mkdir(parents=True)
    for wheel in sorted(wheels.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            compiled = any(name.endswith(".so") for name in archive.namelist())
            drawing = wheel.name.partition("-")[0] in PAPER
            archive.extractall(paper if drawing else native if compiled else pure)
    with zipfile.ZipFile(tools.pyodide / "python_stdlib.zip") as archive:
        archive.extractall(stdlib)
    _remove(pure, UNUSED_IN_LIBRARIES)
    _remove(native, UNUSED_IN_LIBRARIES)
    _remove(stdlib, UNUSED_IN_STDLIB)
    _remove(paper, UNUSED_IN_PAPER)
    shutil.copytree(
        tools.scripts / "paper", paper, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*SKIPPED)
    )
    compiled_files = _take_out_compiled(native, work)
    (work / COMPILED).write_text(json.dumps(compiled_files, indent=1), "utf-8")
    for folder, name in zip((pure, native, stdlib, paper), ARCHIVES, strict=True):
        _compile(tools, folder)
        _zip_stored(folder, work / name)
        shutil.rmtree(folder)
    shutil.rmtree(ready, ignore_errors=True)
    work.rename(ready)
    return ready


def _take_out_compiled(native: Path, out: Path) -> dict[str, str]:
    """Move the compiled modules out; an empty file keeps the place where Python's import looks for each."""
    taken: dict[str, str] = {}
    for path in sorted(native.rglob("*.so")):
        name = f"{path.name.partition('.')[0]}.wasm"
        shutil.copyfile(path, out / name)
        path.write_bytes(b"")
        taken[f"{HOME}/{path.relative_to(native).as_posix()}"] = name
    return taken


def app_archive(tools: Toolbox, sources: Sources) -> Path:
    """app.zip: field_app, shared_models, the boot module and the assets they read at run time (cached)."""
    key = sources.fingerprint("app")
    ready = tools.cache / "app" / f"{key[:16]}.zip"
    if ready.is_file():
        return ready
    work = tools.cache / "app" / f"{key[:16]}.part"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    shutil.copy2(sources.assets / "pwa" / "pwa_boot.py", work / "pwa_boot.py")
    for package in sources.app_packages():
        for path in files_under(package):
            target = work / package.name / path.relative_to(package)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
    _remove(work, ("field_app/platform/native*", "**/py.typed"))
    for name, path in sources.app_assets().items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, work / name)
    _compile(tools, work)
    packed = work.with_suffix(".zip.part")
    _zip_stored(work, packed)
    shutil.rmtree(work)
    packed.rename(ready)
    return ready


__all__ = ["ARCHIVES", "COMPILED", "SKIPPED", "STDLIB", "Toolbox", "app_archive", "library_archives"]
