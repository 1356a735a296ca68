"""Other browser engines, each driven by its own protocol: Firefox by BiDi, WebKitGTK by WebDriver."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import httpx
from websockets.sync.client import ClientConnection, connect

from tests.e2e.browser import free_port, until

MINI_BROWSER = next(Path("/usr").glob("lib/*/webkit2gtk-4*/MiniBrowser"), None)
WIDTH, HEIGHT = 1280, 800


class Engine(Protocol):
    """A browser with one tab."""

    def go(self, url: str) -> None:
        """Show an address."""
        ...

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, as JSON carries it."""
        ...

    def act(self, *sources: dict[str, Any]) -> None:
        """Perform WebDriver input actions; BiDi has the same."""
        ...


def _pointer(x: float, y: float) -> dict[str, Any]:
    steps = [
        {"type": "pointerMove", "x": round(x), "y": round(y)},
        {"type": "pointerDown", "button": 0},
        {"type": "pause", "duration": 60},
        {"type": "pointerUp", "button": 0},
    ]
    return {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": steps}


def _keys(words: str) -> dict[str, Any]:
    steps = [{"type": kind, "value": key} for key in words for kind in ("keyDown", "keyUp")]
    return {"type": "key", "id": "keyboard", "actions": steps}


class Tab:
    """The app in a tab of an engine, by semantic identifiers."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def open(self, url: str) -> None:
        """Show the app."""
        self.engine.go(url)

    def node(self, name: str) -> dict[str, Any] | None:
        """Label and middle of the node of that identifier; turns the semantics tree on."""
        found = self.engine.evaluate(
            "(() => { document.querySelector('flt-semantics-placeholder')?.click();"
            f"const node = document.querySelector('[flt-semantics-identifier=\"{name}\"]');"
            "if (!node) return ''; const box = node.getBoundingClientRect();"
            "return JSON.stringify({label: node.getAttribute('aria-label') || node.innerText,"
            "x: box.x + box.width / 2, y: box.y + box.height / 2,"
            "chosen: node.getAttribute('aria-current')}); })()"
        )
        return json.loads(found) if found else None

    def wait(self, name: str) -> dict[str, Any]:
        """Wait until there is such a node."""
        found: list[dict[str, Any]] = []

        def there() -> bool:
            node = self.node(name)
            found.extend([node] if node is not None else [])
            return node is not None

        until(f"{name} appears", there)
        return found[0]

    def shown(self) -> str:
        """All identifiers on the screen."""
        return self.engine.evaluate(
            "[...document.querySelectorAll('[flt-semantics-identifier]')]"
            ".map(node => node.getAttribute('flt-semantics-identifier')).join(' ')"
        )

    def press(self, name: str) -> None:
        """Click its middle once it has come to rest."""
        before, now = None, self.wait(name)
        while before != now:
            time.sleep(0.3)
            before, now = now, self.wait(name)
        self.engine.act(_pointer(now["x"], now["y"]))

    def write(self, name: str, words: str) -> None:
        """Type into a text field."""
        self.press(name)
        time.sleep(0.5)
        self.engine.act(_keys(words))


class Firefox:
    """Firefox over WebDriver BiDi."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._number = 0
        self._command("session.new", {"capabilities": {}})
        tree = self._command("browsingContext.getTree", {})
        self._tab = tree["contexts"][0]["context"]
        size = {"width": WIDTH, "height": HEIGHT}
        self._command("browsingContext.setViewport", {"context": self._tab, "viewport": size})

    def _command(self, method: str, parameters: dict[str, Any]) -> Any:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv(timeout=120))
            if answer.get("id") == self._number:
                if answer["type"] == "error":
                    raise AssertionError(f"{method}: {answer['error']}: {answer['message']}")
                return answer["result"]

    def go(self, url: str) -> None:
        self._command("browsingContext.navigate", {"context": self._tab, "url": url, "wait": "interactive"})

    def evaluate(self, expression: str) -> Any:
        given = {"expression": expression, "target": {"context": self._tab}, "awaitPromise": True}
        return self._command("script.evaluate", given)["result"].get("value")

    def act(self, *sources: dict[str, Any]) -> None:
        self._command("input.performActions", {"context": self._tab, "actions": list(sources)})


class WebKit:
    """WebKitGTK over classic WebDriver."""

    def __init__(self, port: int) -> None:
        until("WebKitWebDriver listens", lambda: _listens(port))
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=180)
        options = {"binary": str(MINI_BROWSER), "args": ["--automation"]}
        wanted = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        self._session = self._ask("/session", {"capabilities": wanted})["sessionId"]
        # the window's own bars take some of it
        self._ask(f"/session/{self._session}/window/rect", {"width": WIDTH, "height": HEIGHT + 150})

    def _ask(self, path: str, body: dict[str, Any]) -> Any:
        answer = self._http.post(path, json=body).json()["value"]
        if isinstance(answer, dict) and "error" in answer:
            raise AssertionError(f"{path}: {answer['error']}: {answer.get('message')}")
        return answer

    def go(self, url: str) -> None:
        self._ask(f"/session/{self._session}/url", {"url": url})

    def evaluate(self, expression: str) -> Any:
        return self._ask(
            f"/session/{self._session}/execute/sync", {"script": f"return {expression}", "args": []}
        )

    def act(self, *sources: dict[str, Any]) -> None:
        self._ask(f"/session/{self._session}/actions", {"actions": list(sources)})

    def close(self) -> None:
        """End the session and with it the browser."""
        with suppress(httpx.TransportError):
            self._http.delete(f"/session/{self._session}")
        self._http.close()


def _listens(port: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}/status", timeout=2)
    except httpx.TransportError:
        return False
    return True


@contextmanager
def _running(*command: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command,
        env={**os.environ, "LANG": "en_US.UTF-8", **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def firefox() -> Iterator[Engine]:
    """Firefox ESR with a profile of its own."""
    port = free_port()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        program = shutil.which("firefox-esr") or "firefox"
        options = ("--headless", "--no-remote", "--profile", home, "--remote-debugging-port", str(port))
        with _running(program, *options, "about:blank", HOME=home):
            until("Firefox listens", lambda: _listens(port))
            with connect(f"ws://127.0.0.1:{port}/session", max_size=None, open_timeout=60) as socket:
                yield Firefox(socket)


@contextmanager
def webkit() -> Iterator[Engine]:
    """WebKitGTK's MiniBrowser on a screen of its own: the nearest thing to Safari that runs here."""
    port = free_port()
    reading, writing = os.pipe()
    screen = ("Xvfb", "-displayfd", str(writing), "-screen", "0", "1400x1000x24", "-nolisten", "tcp")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        xvfb = subprocess.Popen(screen, pass_fds=[writing], stderr=subprocess.DEVNULL)
        os.close(writing)
        try:
            with os.fdopen(reading) as told:
                display = f":{told.readline().strip()}"
            with _running("WebKitWebDriver", f"--port={port}", DISPLAY=display, HOME=home):
                engine = WebKit(port)
                try:
                    yield engine
                finally:
                    engine.close()
        finally:
            xvfb.terminate()
            xvfb.wait()
