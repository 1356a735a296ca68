"""Warm offline start of our PWA against a bare Flet hello-world PWA as Flet publishes it, interleaved.

usage: python tests/benchmarks/bench_start.py [--rounds 5] [--ours build/pwa] [--ready TEXT]
The baseline is flet-web's own client with plain sources in a tar.gz and the same renderer; it gets a small
service worker (its own would reload for ever, see docs/pwa.md), so that both start without a server.
Prints medians and their ratio, the renderer's memory, and the first-load table. Needs Chromium.
"""

from __future__ import annotations

import argparse
import http.server
import json
import shutil
import statistics
import tarfile
import tempfile
import threading
import time
import zipfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
from flet.controls.types import RouteUrlStrategy, WebRenderer
from flet_web import get_package_web_dir, patch_font_manifest_json, patch_index_html
from playwright.sync_api import BrowserContext, Page, sync_playwright

from sync_server.pwa.build import build_pwa
from sync_server.pwa.client import BASE, PYODIDE_VERSION
from sync_server.pwa.patches import PATCHES
from tests.e2e.browser import CHROMIUM, TOP

HELLO = 'import flet as ft\n\n\ndef main(page):\n    page.add(ft.Text("READY"))\n\n\nft.run(main)\n'
PACKAGES = ("flet-1", "msgpack", "repath", "six")  # what Flet needs in Pyodide
KEEP_EVERYTHING = """
const FILES = __FILES__;
self.addEventListener("install", (e) => e.waitUntil(caches.open("c").then((c) => c.addAll(FILES)).then(() => self.skipWaiting())));
self.addEventListener("activate", (e) => e.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (e) => e.respondWith(caches.match(e.request, { ignoreSearch: true }).then((r) => r ?? fetch(e.request))));
"""  # noqa: E501
REGISTER = """<script>navigator.serviceWorker.register("sw.js").then(() => navigator.serviceWorker.ready)
.then(() => { document.documentElement.dataset.offline = "ready"; })</script></head>"""


def build_baseline(out: Path, wheels: Path) -> None:
    """`flet publish` in effect: client copied, plain sources and wheels in app.tar.gz."""
    site = out / "app"
    shutil.copytree(get_package_web_dir(), site)
    index = site / "index.html"
    patch_index_html(
        str(index), BASE, pyodide=True, pyodide_script_path="main.py", pyodide_version=PYODIDE_VERSION,
        app_package_url="app.tar.gz", web_renderer=WebRenderer.AUTO, route_url_strategy=RouteUrlStrategy.HASH,
        no_cdn=True,
    )  # fmt: skip
    text = index.read_text("utf-8").replace('"pyodide/pyodide.mjs"', f'"{BASE}pyodide/pyodide.mjs"')
    index.write_text(text.replace("</head>", REGISTER), "utf-8")
    patch_font_manifest_json(str(site / "assets" / "FontManifest.json"))
    bootstrap = site / "flutter_bootstrap.js"
    bootstrap.write_text(PATCHES[0].apply(bootstrap.read_text("utf-8")), "utf-8")
    packages = out / "packages"
    for wheel in sorted(wheels.glob("*.whl")):
        if wheel.name.startswith(PACKAGES):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(packages)
    (out / "main.py").write_text(HELLO, "utf-8")
    with tarfile.open(site / "app.tar.gz", "w:gz") as archive:
        archive.add(out / "main.py", "main.py")
        archive.add(packages, "__pypackages__")
    files = [BASE, *(BASE + path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file())]
    wanted = [name for name in files if not name.endswith((".symbols", ".map", "NOTICES", ".exe", ".d.ts"))]
    (site / "sw.js").write_text(KEEP_EVERYTHING.replace("__FILES__", json.dumps(wanted)), "utf-8")


class _Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map = {  # noqa: RUF012
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".mjs": "text/javascript",
        ".js": "text/javascript",
        ".wasm": "application/wasm",
    }

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@dataclass
class Contestant:
    """One PWA with a browser profile of its own."""

    name: str
    context: BrowserContext
    url: str
    ready: str
    profile: Path
    seconds: list[float]
    megabytes: list[float]

    def start(self) -> None:
        """One warm offline start in a new tab."""
        page = self.context.new_page()
        began = time.perf_counter()
        page.goto(self.url)
        self.wait(page)
        self.seconds.append(time.perf_counter() - began)
        self.megabytes.append(renderer_memory(self.profile))
        page.close()

    def wait(self, page: Page) -> None:
        """Until the text that says "usable" stands in the semantics tree."""
        page.wait_for_function(
            """ready => {
                document.querySelector("flt-semantics-placeholder")?.click();
                const host = document.querySelector("flt-semantics-host");
                if (!host) return false;
                const named = [...host.querySelectorAll("[aria-label]")];
                const labels = named.map(e => e.getAttribute("aria-label"));
                return (host.innerText + labels.join(" ")).includes(ready);
            }""",
            arg=self.ready,
            timeout=180_000,
            polling=20,
        )


def renderer_memory(profile: Path) -> float:
    """Resident memory of the largest renderer process of a profile, in MB."""
    sizes = [
        process.memory_info().rss / 1e6
        for process in psutil.process_iter(["cmdline"])
        if "--type=renderer" in (line := process.info["cmdline"] or [])
        and any(f"--user-data-dir={profile}" in word for word in [*line, *_parents(process)])
    ]
    return max(sizes, default=0.0)


def _parents(process: psutil.Process) -> list[str]:
    words: list[str] = []
    for parent in process.parents():
        try:
            words += parent.cmdline()
        except psutil.Error:
            continue
    return words


def serve(folder: Path) -> http.server.ThreadingHTTPServer:
    """A plain file server on a free port."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main() -> None:
    """Build, warm up, cut the network, measure in turns, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ours", type=Path, help="a built PWA (default: build the app)")
    parser.add_argument("--ready", default="回访", help="text of the first usable screen of ours")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-start-") as name:
        work = Path(name)
        ours = work / "ours"
        ours.mkdir()
        if options.ours:
            shutil.copytree(options.ours, ours / "app")
        report = build_pwa(TOP, ours / "app") if not options.ours else None
        wheels = sorted((TOP / ".cache" / "pwa" / "wheels").glob("*/complete"))
        if not wheels:
            raise SystemExit("Build the PWA once before: revisit pwa build")
        build_baseline(work / "hello", wheels[-1].parent)
        with sync_playwright() as playwright:
            contestants: list[Contestant] = []
            for label, folder, ready in (
                ("flet hello", work / "hello", "READY"),
                ("revisit", ours, options.ready),
            ):
                server = serve(folder)
                profile = work / f"profile-{label.split()[0]}"
                context = playwright.chromium.launch_persistent_context(
                    profile, executable_path=CHROMIUM, headless=True, args=["--no-sandbox"]
                )
                url = f"http://localhost:{server.server_port}{BASE}"
                one = Contestant(label, context, url, ready, profile, [], [])
                page = context.new_page()
                page.goto(url)
                one.wait(page)
                page.wait_for_selector("html[data-offline=ready]", state="attached", timeout=180_000)
                page.close()
                server.shutdown()
                server.server_close()
                contestants.append(one)
            for _ in range(options.rounds):
                for one in contestants:
                    one.start()
            for one in contestants:
                one.context.close()
    medians = [statistics.median(one.seconds) for one in contestants]
    for one, median in zip(contestants, medians, strict=True):
        runs = " ".join(f"{value:.2f}" for value in one.seconds)
        memory = statistics.median(one.megabytes)
        print(f"{one.name:12} median {median:5.2f} s  ({runs})  renderer {memory:.0f} MB")
    print(f"ratio {medians[1] / medians[0]:.2f} (target at most 0.60)")
    if report:
        print(f"\n{'part':24}{'files':>6}{'raw MB':>10}{'gzip MB':>10}{'brotli MB':>10}")
        for part in (*report.parts, report.first_load("skwasm"), report.first_load("canvaskit")):
            sizes = "".join(f"{value / 1e6:10.2f}" for value in (part.raw, part.gzip, part.brotli))
            print(f"{part.name:24}{part.files:6}{sizes}")


if __name__ == "__main__":
    main()
