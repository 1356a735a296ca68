"""Drive the PWA in the system's Chromium: a profile that survives the browser, and the semantics tree."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
from playwright.sync_api import BrowserContext, Page, Playwright
from playwright.sync_api import Error as PlaywrightError

TOP = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or "/usr/bin/chromium"
PATIENCE = 90.0  # seconds for a cold start on a busy machine; never asserted on


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(what: str, condition: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait for a condition; fails in words."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {patience:.0f} s in vain: {what}")
        time.sleep(0.05)


class Server:
    """The probe server as a process that can be stopped and started again on its port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://localhost:{self.port}/app/"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [
            sys.executable,
            str(Path(__file__).with_name("probe_server.py")),
            str(self.folder),
            str(self.port),
        ]
        self._process = subprocess.Popen(command, cwd=TOP, env={**os.environ, "PYTHONPATH": str(TOP)})

        def answers() -> bool:
            try:
                return httpx.get(self.url).status_code == 200
            except httpx.TransportError:
                return False

        until("the server answers", answers)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class Tablet:
    """One browser profile: start, kill, start again."""

    def __init__(self, playwright: Playwright, profile: Path) -> None:
        self._playwright = playwright
        self._profile = profile
        self._context: BrowserContext | None = None
        self.requests: list[str] = []
        self.failures: dict[str, str | None] = {}

    @property
    def context(self) -> BrowserContext:
        if self._context is None:
            self._context = self._playwright.chromium.launch_persistent_context(
                self._profile,
                executable_path=CHROMIUM,
                headless=True,
                args=["--no-sandbox"],
                viewport={"width": 1280, "height": 800},
            )
            self._context.on("request", lambda request: self.requests.append(request.url))
            self._context.on(
                "requestfailed", lambda request: self.failures.update({request.url: request.failure})
            )
        return self._context

    def open(self, url: str, before: str = "") -> AppPage:
        """A new tab on the app; `before` is JavaScript to run before the page's own."""
        page = self.context.new_page()
        if before:
            page.add_init_script(before)
        page.goto(url)
        return AppPage(page)

    def network(self, on: bool) -> None:
        """Unplug the network from this browser, or plug it in again."""
        self.context.set_offline(not on)

    def strike(self) -> None:
        """SIGKILL to every process of this browser, as when the system runs out of memory."""
        for process in psutil.process_iter(["cmdline"]):
            if f"--user-data-dir={self._profile}" in (process.info["cmdline"] or []):
                for child in process.children(recursive=True):
                    child.send_signal(signal.SIGKILL)
                process.send_signal(signal.SIGKILL)

    def kill(self) -> None:
        """Strike, and forget the browser that was; the next tab starts a new one on the same profile."""
        self.strike()
        context, self._context = self._context, None
        if context is not None:
            context.close()

    def close(self) -> None:
        if self._context is not None:
            self._context.close()
            self._context = None


class AppPage:
    """A tab with the app: what it shows and buttons, by semantic identifiers."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def ready(self) -> AppPage:
        """Turn the semantics tree on; Flutter builds it on demand."""
        placeholder = "flt-semantics-placeholder"
        self.page.wait_for_selector(placeholder, state="attached", timeout=PATIENCE * 1000)
        self.page.evaluate(f"document.querySelector('{placeholder}')?.click()")
        return self

    def label(self, name: str) -> str:
        """The semantic label of a node, or nothing while it is not there."""
        # one look in one step: between a count and a reading the page may go to another build
        look = """name => {
            const node = document.querySelector(`[flt-semantics-identifier="${name}"]`);
            return node ? node.getAttribute("aria-label") || node.innerText || "" : "";
        }"""
        try:
            label = self.page.evaluate(look, name)
        except PlaywrightError:
            return ""  # the page is being loaded
        return " ".join(label.split())

    def wait(self, name: str, *words: str) -> str:
        """Wait until all words stand in a label; the label."""
        try:
            until(f"{words} in {name}", lambda: all(word in self.label(name) for word in words))
        except AssertionError as error:
            raise AssertionError(f"{error}; it says {self.label(name)!r}") from None
        return self.label(name)

    def click(self, name: str) -> None:
        """Press a button; a node over the whole page takes the hit test, hence by force."""
        self.page.locator(f'[flt-semantics-identifier="{name}"] [role=button]').click(force=True)

    def wait_offline_ready(self) -> None:
        """Wait until the service worker has everything that a start without network needs."""
        self.page.wait_for_selector("html[data-offline=ready]", state="attached", timeout=PATIENCE * 1000)

    def reload(self) -> AppPage:
        self.page.reload()
        return self.ready()
