"""Warm offline start of our PWA against a bare Flet hello-world PWA as Flet publishes it, interleaved.

``python -m tests.benchmarks.bench_start [--rounds 5]``. The baseline is flet-web's own client with plain
sources in a tar.gz and the same renderer; it gets a small service worker (its own would reload for ever, see
docs/pwa.md), so that both start without a server. Ours is the product with a shopper signed in and the server
stopped: usable means that Today offers to begin a visit. Prints medians and their ratio, where our time goes,
the renderer's memory, and the first-load table. Needs Chromium; asserts nothing.
"""

from __future__ import annotations

import argparse
import atexit
import http.server
import json
import shutil
import statistics
import subprocess
import tarfile
import tempfile
import threading
import time
import zipfile
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx
import psutil
from flet.controls.types import RouteUrlStrategy, WebRenderer
from flet_web import get_package_web_dir, patch_font_manifest_json, patch_index_html
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright
from websockets.sync.client import connect

from sync_server.pwa.build import BuildReport, build_pwa
from sync_server.pwa.client import BASE, PYODIDE_VERSION
from sync_server.pwa.patches import PATCHES
from tests.e2e.browser import CHROMIUM, TOP, AppPage, until
from tests.e2e.installation import FULL, PASSWORD, PLACES, Installation, seed
from tests.e2e.pages import SignIn

HELLO = 'import flet as ft\n\n\ndef main(page):\n    page.add(ft.Text("READY"))\n\n\nft.run(main)\n'
SETTLED = 2  # megabytes
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
    """One PWA with a browser profile of its own; `usable` is JavaScript that says so."""

    name: str
    browser: Watched
    url: str
    usable: str
    profile: Path
    seconds: list[float] = field(default_factory=list[float])
    megabytes: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    phases: list[dict[str, float]] = field(default_factory=list[dict[str, float]])

    def start(self) -> None:
        """One warm offline start in a new tab."""
        page = self.browser.context.new_page()
        began = time.time()
        page.goto(self.url)
        self.wait(page)
        ended = time.time()
        self.seconds.append(ended - began)
        times = page.evaluate("typeof revisit === 'undefined' ? null : revisit.times")
        if times:
            self.phases.append(spans({name: at / 1000 - began for name, at in times.items()}, ended - began))
        self.megabytes.append(self.browser.megabytes())
        for left in self.browser.tabs(self.url):
            left.close()

    def wait(self, page: Page) -> None:
        """Until it is usable."""
        page.wait_for_function(
            "() => { document.querySelector('flt-semantics-placeholder')?.click();"
            f" const host = document.querySelector('flt-semantics-host'); return host && ({self.usable}); }}",
            timeout=180_000,
            polling=20,
        )


def spans(marks: dict[str, float], total: float) -> dict[str, float]:
    """Seconds up to each mark since the one before it, and from the last to the end."""
    result: dict[str, float] = {}
    before = 0.0
    for name, at in sorted(marks.items(), key=lambda one: one[1]):
        result[f"to {name}"] = at - before
        before = at
    return {**result, "to usable": total - before}


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


class Watched:
    """The system's Chromium with a profile of its own, with Playwright looking on."""

    def __init__(self, playwright: Playwright, profile: Path) -> None:
        self._playwright = playwright
        self._profile = profile
        options = ["--headless=new", "--no-sandbox", "--remote-debugging-port=0", "--window-size=1280,800"]
        self._process = subprocess.Popen(
            [CHROMIUM, *options, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        atexit.register(self._process.terminate)  # also when a benchmark breaks off
        self._told = profile / "DevToolsActivePort"
        until("Chromium says its port", lambda: self._told.is_file() and "\n" in self._told.read_text())
        self._browser = self._connect()

    @property
    def _address(self) -> str:
        return f"http://127.0.0.1:{self._told.read_text().split()[0]}"

    def _connect(self) -> Browser:
        return self._playwright.chromium.connect_over_cdp(self._address)

    def _collect(self) -> None:
        """Let the tabs collect their garbage, without looking on otherwise."""
        for tab in httpx.get(f"{self._address}/json/list").json():
            if tab["type"] == "page":
                with connect(tab["webSocketDebuggerUrl"], max_size=None) as socket:
                    socket.send(json.dumps({"id": 1, "method": "HeapProfiler.collectGarbage"}))
                    socket.recv(timeout=60)

    @property
    def context(self) -> BrowserContext:
        """Its tabs; those seen before `megabytes` are other objects afterwards."""
        return self._browser.contexts[0]

    def tabs(self, url: str) -> list[Page]:
        """The tabs on an address."""
        return [page for page in self.context.pages if page.url.startswith(url)]

    def megabytes(self) -> tuple[float, float]:
        """Resident memory of the largest renderer as it is, and while Playwright looks on.

        Who looks on keeps a copy of every file that was loaded (base64, in the renderer), tens of megabytes;
        that copy is garbage when it has let go, hence the collection before the look at what is left, and the
        wait until the allocator has given it back, which takes seconds.
        """
        watched = renderer_memory(self._profile)
        self._browser.close()  # of a browser that was connected to, this only lets go
        self._collect()
        alone, seen = watched, 0.0
        while abs(alone - seen) > SETTLED:
            seen = alone
            time.sleep(6)
            alone = renderer_memory(self._profile)
        self._browser = self._connect()
        return alone, watched

    def close(self) -> None:
        """End the browser."""
        self._browser.close()
        self._process.terminate()
        self._process.wait(30)


def hello(playwright: Playwright, work: Path) -> Contestant:
    """The baseline, loaded once; its server is gone."""
    wheels = sorted((TOP / ".cache" / "pwa" / "wheels").glob("*/complete"))
    build_baseline(work / "hello", wheels[-1].parent)
    server = serve(work / "hello")
    profile = work / "profile-hello"
    browser = Watched(playwright, profile)
    named = "[...host.querySelectorAll('[aria-label]')].map(e => e.ariaLabel)"
    shown = f"(host.innerText + {named}).includes('READY')"
    one = Contestant("flet hello", browser, f"http://localhost:{server.server_port}{BASE}", shown, profile)
    page = browser.context.new_page()
    page.goto(one.url)
    one.wait(page)
    page.wait_for_selector("html[data-offline=ready]", state="attached", timeout=180_000)
    page.close()
    server.shutdown()
    server.server_close()
    return one


def product(playwright: Playwright, work: Path, built: Path) -> Contestant:
    """Ours, with a shopper who signed in and has today's visits; its server is stopped."""
    seed(work / "seeded")
    installation = Installation.copy(work / "seeded", work / "data", built)
    installation.start()
    profile = work / "profile-ours"
    browser = Watched(playwright, profile)
    dealer = next(code for code, template in PLACES.items() if template == FULL)
    usable = f"""document.querySelector('[flt-semantics-identifier="start-{dealer}"]')"""
    one = Contestant("revisit", browser, installation.url, usable, profile)
    page = browser.context.new_page()
    try:
        page.goto(one.url)
        app = AppPage(page).ready()
        SignIn(app).sign_in("shopper", PASSWORD)
        one.wait(page)
        app.wait_offline_ready()
        page.close()
    finally:
        installation.stop()
    return one


def show(contestants: list[Contestant], report: BuildReport) -> None:
    """Print everything."""
    medians = [statistics.median(one.seconds) for one in contestants]
    for one, median in zip(contestants, medians, strict=True):
        runs = " ".join(f"{value:.2f}" for value in one.seconds)
        alone, watched = (statistics.median(sizes) for sizes in zip(*one.megabytes, strict=True))
        print(
            f"{one.name:12} median {median:5.2f} s  ({runs})  renderer {alone:.0f} MB"
            f" ({watched:.0f} with Playwright looking on)"
        )
    print(f"ratio {medians[1] / medians[0]:.2f} (target at most 0.60)\n")
    phases = contestants[1].phases
    for name in phases[0]:
        print(f"  {name:14} {statistics.median(one[name] for one in phases):6.2f} s")
    print(f"\n{'part':24}{'files':>6}{'raw MB':>10}{'gzip MB':>10}{'brotli MB':>10}")
    for part in (*report.parts, report.first_load("skwasm"), report.first_load("canvaskit")):
        sizes = "".join(f"{value / 1e6:10.2f}" for value in (part.raw, part.gzip, part.brotli))
        print(f"{part.name:24}{part.files:6}{sizes}")


def main() -> None:
    """Build, warm up, cut the network, measure in turns, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--thorough", action="store_true", help="compress as for a release; takes minutes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-start-", ignore_cleanup_errors=True) as name:
        work = Path(name)
        report = build_pwa(TOP, work / "built", thorough=options.thorough)
        with sync_playwright() as playwright:
            contestants = [hello(playwright, work), product(playwright, work, work / "built")]
            for _ in range(options.rounds):
                for one in contestants:
                    one.start()
            for one in contestants:
                one.browser.close()
        show(contestants, report)


if __name__ == "__main__":
    main()
