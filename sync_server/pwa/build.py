"""Build the field app as a PWA that needs nothing but its own files. Where and how: docs/pwa.md."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from shared_models.messages import LANGUAGES, words
from sync_server.pwa import client
from sync_server.pwa.archives import ARCHIVES, COMPILED, STDLIB, Toolbox, app_archive, library_archives
from sync_server.pwa.compress import precompress
from sync_server.pwa.problems import BuildFailed
from sync_server.pwa.service_worker import SNAPSHOT, build_id, file_groups, worker_script
from sync_server.pwa.snapshot import memory_snapshot
from sync_server.pwa.sources import Sources
from sync_server.pwa.turns import in_turn

WORDS_BEFORE_PYTHON = ("description", "loading", "failed", "again")
REPORT = "build.json"
NOT_AT_FIRST = ("online only", "without snapshot", "paper")
"""Parts that no first visit downloads."""


@dataclass(frozen=True)
class Part:
    """One part of the download, sizes in bytes: as stored, and as sent by gzip and by brotli."""

    name: str
    files: int
    raw: int
    gzip: int
    brotli: int


@dataclass(frozen=True)
class BuildReport:
    """What a build consists of. `fresh` is false when nothing had changed and the old build was kept."""

    build: str
    fingerprint: str
    snapshot: bool
    parts: tuple[Part, ...]
    fresh: bool = True

    def first_load(self, renderer: str) -> Part:
        """The sum of what one client with this renderer downloads at its first visit."""
        wanted = [
            part for part in self.parts if part.name not in {*client.RENDERERS, *NOT_AT_FIRST} - {renderer}
        ]
        return Part(
            f"first load with {renderer}",
            sum(part.files for part in wanted),
            sum(part.raw for part in wanted),
            sum(part.gzip for part in wanted),
            sum(part.brotli for part in wanted),
        )


def _quiet(_: str) -> None:
    """Progress that nobody watches."""


def build_pwa(
    source_root: Path,
    out: Path,
    *,
    snapshot: bool = True,
    progress: Callable[[str], None] = _quiet,
    module: str = "field_app.main",
    packages: tuple[Path, ...] = (),
    cache: Path | None = None,
    thorough: bool = False,
    force: bool = False,
) -> BuildReport:
    """Build the PWA of the app under `source_root` into `out`, which then holds the files of /app/.

    `snapshot=False` leaves the memory snapshot out (slower start, smaller download). `module` is run in the
    browser; `packages` go into the archive besides field_app and shared_models. `cache` (default `.cache/pwa`
    under `source_root`) keeps downloads, compiled archives, snapshots and compressed files between builds.
    `thorough` compresses as far as it goes, for a release: a tenth less to download, minutes more to build.
    An unchanged input leaves an existing build as it is, unless `force`. Builds with one cache wait for each
    other, so the second of two equal ones keeps what the first has made. Raises BuildFailed with a sentence.
    """
    sources = Sources(source_root.resolve(), module, tuple(path.resolve() for path in packages))
    tools = Toolbox(
        sources.assets / "pwa",
        sources.client / "pyodide",
        (cache or sources.root / ".cache" / "pwa").resolve(),
    )
    with in_turn(tools.cache / "build.lock"):
        fingerprint = sources.fingerprint(str(snapshot), str(thorough))
        kept = read_report(out)
        if kept and kept.fingerprint == fingerprint and not force:
            progress("unchanged")
            return kept
        return _build(sources, tools, out.resolve(), fingerprint, snapshot, thorough, progress)


def _build(
    sources: Sources,
    tools: Toolbox,
    out: Path,
    fingerprint: str,
    snapshot: bool,
    thorough: bool,
    progress: Callable[[str], None],
) -> BuildReport:
    work = out.with_name(out.name + ".part")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)

    progress("web client")
    client.write_client(sources, work)
    progress("python libraries")
    libraries = library_archives(tools, sources.lock)
    (work / "python").mkdir()
    shutil.copyfile(libraries / "python_stdlib.zip", work / "pyodide" / "python_stdlib.zip")
    compiled = json.loads((libraries / COMPILED).read_text("utf-8"))
    for name in (*(one for one in ARCHIVES if one != STDLIB), *compiled.values()):
        shutil.copyfile(libraries / name, work / "python" / name)
    (work / "compiled.mjs").write_text(f"export const compiled = {json.dumps(compiled)};\n", "utf-8")
    progress("app")
    app = app_archive(tools, sources)
    shutil.copyfile(app, work / "python" / "app.zip")
    if snapshot:
        progress("memory snapshot")
        memory = memory_snapshot(tools, work / "pyodide", libraries, app, sources)
        shutil.copyfile(memory.base, work / "python" / "snapshot.bin")
        shutil.copyfile(memory.difference, work / "python" / "app.bin")
        shutil.copytree(memory.rest, work / "python" / "rest")
        shutil.copyfile(memory.rest_of_app, work / "python" / "rest" / "app.zip")

    groups = file_groups(work)
    template = (sources.assets / "pwa" / "index.html").read_text("utf-8")
    build = build_id(groups, template + (sources.assets / "pwa" / "sw.js").read_text("utf-8"))
    index = client.page(sources, build, snapshot=snapshot, words=_words())
    (work / "index.html").write_text(index, "utf-8")
    script = worker_script((sources.assets / "pwa" / "sw.js").read_text("utf-8"), build, groups, index)
    (work / "sw.js").write_text(script, "utf-8")
    progress("compress")
    precompress(work, tools.cache / "compressed", progress, thorough=thorough)
    report = BuildReport(build, fingerprint, snapshot, _parts(work))
    (work / REPORT).write_text(json.dumps(asdict(report), indent=1), "utf-8")
    _replace(work, out)
    return report


def read_report(out: Path) -> BuildReport | None:
    """The report of an existing build, or None."""
    try:
        stored = json.loads((out / REPORT).read_text("utf-8"))
        parts = tuple(Part(**part) for part in stored["parts"])
        return BuildReport(stored["build"], stored["fingerprint"], stored["snapshot"], parts, fresh=False)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _words() -> dict[str, dict[str, str]]:
    return {
        language: {key: words(language)(f"pwa.page.{key}") for key in WORDS_BEFORE_PYTHON}
        for language in LANGUAGES
    }


def _replace(work: Path, out: Path) -> None:
    """Put the new build in the place of the old one; a server that runs from it sees either, never half."""
    old = out.with_name(out.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        if not (out / REPORT).is_file() and any(out.iterdir()):
            raise BuildFailed(f"{out} is not empty and holds no earlier build; choose another folder.")
        out.rename(old)
    work.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def _part_of(name: str, *, with_snapshot: bool) -> str:
    for renderer, paths in client.RENDERERS.items():
        if name in paths:
            return renderer
    if name in client.ONLINE_ONLY:
        return "online only"
    if with_snapshot and name in client.PLAIN:
        return "without snapshot"
    if name in ("python/snapshot.bin", "python/app.bin"):
        return "memory snapshot"
    if name.startswith("python/") and name.endswith(".wasm"):
        return "native"
    if name.startswith("python/") and not name.endswith("python_stdlib.zip"):
        return PurePosixPath(name).stem
    if name.startswith(("pyodide/", "python/")):
        return "pyodide"
    if name.startswith("assets/fonts/"):
        return "fonts"
    return "page"


def _parts(out: Path) -> tuple[Part, ...]:
    sums: dict[str, list[int]] = {}
    with_snapshot = (out / SNAPSHOT).is_file()
    for path in sorted(out.rglob("*")):
        if not path.is_file() or path.suffix in {".br", ".gz"}:
            continue
        raw = path.stat().st_size
        sent = [
            twin.stat().st_size if twin.is_file() else raw
            for twin in (path.with_name(path.name + suffix) for suffix in (".gz", ".br"))
        ]
        name = _part_of(path.relative_to(out).as_posix(), with_snapshot=with_snapshot)
        total = sums.setdefault(name, [0, 0, 0, 0])
        for index, value in enumerate((1, raw, *sent)):
            total[index] += value
    return tuple(Part(name, *values) for name, values in sorted(sums.items()))
