"""A page driven over the browser's own protocol, with no domain on that keeps copies of what passes by.

Playwright looks on with the domains for network, console and frames, and the renderer keeps for it what was
loaded and said: tens of megabytes that are not the app's. Here only JavaScript is evaluated and input given,
through the few of Playwright's methods that tests/e2e/pages.py calls, so that the same recording can
be driven for measuring. A page can have a twin, a second browser that stands at the same place and gets the
same input. Where things are is asked of the first, so the twin needs no semantics tree, which only those have
who cannot see the screen.
"""

from __future__ import annotations

import base64
import itertools
import json
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from websockets.sync.client import connect

CALL = "((told, given) => typeof told === 'function' ? told(given) : told)"
HIDDEN = """node => {
  const box = node.getBoundingClientRect(), middle = box.y + box.height / 2;
  let list = node.parentElement;
  while (list && !/(auto|scroll)/.test(getComputedStyle(list).overflowY)) list = list.parentElement;
  if (!list) return [0, 0, 0];
  const seen = list.getBoundingClientRect(), edge = Math.min(60, seen.height / 4);
  const top = Math.max(0, seen.top) + edge, bottom = Math.min(innerHeight, seen.bottom) - edge;
  const wanted = middle < top ? middle - top : middle > bottom ? middle - bottom : 0;
  return [wanted, seen.x + seen.width / 2, (Math.max(0, seen.top) + Math.min(innerHeight, seen.bottom)) / 2];
}"""
"""How far the middle of a node lies outside what it scrolls in; where the wheel turns."""
LEFT = "left"
PRESSED = 0.08
"""Seconds that a button is held, and between two touches."""
BEHIND = 0.5
"""Seconds that a twin gets after each touch: nobody asks it whether it is done."""
ATTACHED = 2
"""Seconds in which workers have said that they are there."""
DETACHED = "the node is not attached to the DOM"
"""The words by which tests/e2e/pages.py knows that a node was drawn anew under the finger."""


class PlainPage:
    """One tab of a Chromium that was started with a debugging port."""

    def __init__(self, address: str, url: str, twin: PlainPage | None = None) -> None:
        self.twin = twin
        tabs = httpx.get(f"{address}/json/list").json()
        tab = next(one for one in tabs if one["type"] == "page" and one["url"].startswith(url))
        self._socket = connect(tab["webSocketDebuggerUrl"], max_size=None)
        self._number = itertools.count(1)
        self._events: list[dict[str, Any]] = []
        self.mouse = _Mouse(self)
        self.command(
            "Emulation.setFocusEmulationEnabled", enabled=True
        )  # else no field takes what is written

    def command(self, method: str, **parameters: object) -> dict[str, Any]:
        """One command of the protocol and its result. Raises Playwright's Error where it fails."""
        if self.twin is not None and method.startswith("Input."):
            self.twin.command(method, **parameters)
        return self._command({"method": method, "params": parameters})

    def _command(self, message: dict[str, Any]) -> dict[str, Any]:
        number = next(self._number)
        self._socket.send(json.dumps({"id": number, **message}))
        while True:
            said = json.loads(self._socket.recv(timeout=120))
            if said.get("id") == number:
                break
            self._events.append(said)
        if "error" in said:
            raise PlaywrightError(f"{message['method']}: {said['error']}")
        return said["result"]

    def collect_garbage(self) -> int:
        """Collect the JavaScript garbage of the page and of its workers, each of which has a heap of its own
        in the page's process. Returns how many heaps that were."""
        self._events.clear()
        self.command("Target.setAutoAttach", autoAttach=True, waitForDebuggerOnStart=False, flatten=True)
        time.sleep(ATTACHED)
        collect = {"method": "HeapProfiler.collectGarbage"}
        self._command(collect)  # takes what was said meanwhile, the workers' names among it
        workers = [
            one["params"]["sessionId"] for one in self._events if one["method"] == "Target.attachedToTarget"
        ]
        for worker in workers:
            self._command({**collect, "sessionId": worker})
        self.command("Target.setAutoAttach", autoAttach=False, waitForDebuggerOnStart=False, flatten=True)
        return 1 + len(workers)

    def evaluate(self, script: str, given: object = None) -> Any:
        """The value of an expression, or of a function called with ``given``; promises are waited for."""
        result = self.command(
            "Runtime.evaluate",
            expression=f"{CALL}({script}, {json.dumps(given)})",
            awaitPromise=True,
            returnByValue=True,
        )
        if "exceptionDetails" in result:
            raise PlaywrightError(str(result["exceptionDetails"].get("exception", {}).get("description")))
        return result["result"].get("value")

    def locator(self, selector: str) -> PlainLocator:
        """All nodes of a selector."""
        return PlainLocator(self, [selector])

    def wait_for_selector(self, selector: str, state: str, timeout: float) -> None:
        """Wait until there is a node of it."""
        self.locator(selector).wait_for(state, timeout)

    @property
    def viewport_size(self) -> dict[str, int]:
        """Width and height in CSS pixels."""
        return self.evaluate("({width: innerWidth, height: innerHeight})")

    def wait_for_timeout(self, milliseconds: float) -> None:
        """Nothing for that long."""
        time.sleep(milliseconds / 1000)

    @contextmanager
    def expect_file_chooser(self, timeout: float) -> Generator[_Chooser]:
        """The file chooser that what is done inside opens; gone after ``timeout`` milliseconds."""
        pages = [page for page in (self, self.twin) if page is not None]
        for page in pages:
            page.command("Page.enable")
            page.command("Page.setInterceptFileChooserDialog", enabled=True)
            page._events.clear()
        choosers = [_Chooser(page) for page in pages]
        yield choosers[0]
        for page, chooser in zip(pages, choosers, strict=True):
            chooser.node = page._opened(time.monotonic() + timeout / 1000)
        choosers[0].others = choosers[1:]

    def _opened(self, end: float) -> int:
        """The field whose file chooser was opened."""
        while not (opened := [one for one in self._events if one["method"] == "Page.fileChooserOpened"]):
            if time.monotonic() > end:
                raise PlaywrightTimeout("no file chooser was opened")
            time.sleep(0.05)
            self.command("Runtime.evaluate", expression="0")  # takes what was said meanwhile
        return opened[0]["params"]["backendNodeId"]

    def close(self) -> None:
        """Let go of the tab; it stays open."""
        self._socket.close()


class _Chooser:
    """A file chooser, with what it gives once it is open."""

    def __init__(self, page: PlainPage) -> None:
        self._page = page
        self.node = 0
        self.others: list[_Chooser] = []

    @property
    def value(self) -> _Chooser:
        return self

    def set_files(self, files: Any) -> None:
        """Choose: a file to be (name and bytes), or files by their paths."""
        if isinstance(files, dict):
            path = Path(tempfile.mkdtemp(prefix="chosen-")) / files["name"]
            path.write_bytes(files["buffer"])
            files = [path]
        self._page.command(
            "DOM.setFileInputFiles", files=[str(one) for one in files], backendNodeId=self.node
        )
        self._page.command("Page.setInterceptFileChooserDialog", enabled=False)
        self._page.command("Page.disable")
        for other in self.others:
            other.set_files(files)


class _Mouse:
    """Pointer and wheel."""

    def __init__(self, page: PlainPage) -> None:
        self._page = page
        self._at = (0.0, 0.0)

    def move(self, x: float, y: float) -> None:
        self._at = (x, y)
        self._page.command("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def wheel(self, x: float, y: float) -> None:
        at = {"x": self._at[0], "y": self._at[1]}
        self._page.command("Input.dispatchMouseEvent", type="mouseWheel", deltaX=x, deltaY=y, **at)

    def click(self, x: float, y: float) -> None:
        self.move(x, y)
        for kind in ("mousePressed", "mouseReleased"):
            self._page.command("Input.dispatchMouseEvent", type=kind, x=x, y=y, button=LEFT, clickCount=1)
            time.sleep(PRESSED)
        if self._page.twin is not None:
            time.sleep(BEHIND)


class PlainLocator:
    """The nodes of a path of selectors; what acts on one takes the first."""

    def __init__(self, page: PlainPage, path: Sequence[str]) -> None:
        self._page = page
        self._path = list(path)

    def _nodes(self) -> str:
        found = "[document]"
        for selector in self._path:
            found += f".flatMap(node => [...node.querySelectorAll({json.dumps(selector)})])"
        return found

    def locator(self, selector: str) -> PlainLocator:
        """Nodes of a selector inside the first of these."""
        return PlainLocator(self._page, [*self._path, selector])

    @property
    def first(self) -> PlainLocator:
        return self

    def count(self) -> int:
        """How many there are now."""
        return int(self._page.evaluate(f"{self._nodes()}.length"))

    def wait_for(self, state: str, timeout: float) -> None:
        """Wait until there is one."""
        end = time.monotonic() + timeout / 1000
        while not self.count():
            if time.monotonic() > end:
                raise PlaywrightTimeout(f"{self._path} does not become {state}")
            time.sleep(0.05)

    def evaluate(self, script: str) -> Any:
        """A function called with the first node."""
        called = (
            f"() => {{ const node = {self._nodes()}[0]; return node ? ({script})(node) : '{DETACHED}'; }}"
        )
        value = self._page.evaluate(called)
        if value == DETACHED:
            raise PlaywrightError(DETACHED)
        return value

    def scroll_into_view_if_needed(self, timeout: float) -> None:
        """Turn the wheel until its middle shows; the page's own scrolling a twin does not have."""
        before = 0.0
        while True:
            beyond, x, y = self.evaluate(HIDDEN)
            if abs(beyond) < 2 or beyond == before:  # it shows, or the list is at its end
                return
            before = beyond
            self._page.mouse.move(x, y)
            self._page.mouse.wheel(0, beyond)
            time.sleep(0.3)

    def click(self, force: bool) -> None:
        """Press its middle."""
        box = self.evaluate("node => node.getBoundingClientRect().toJSON()")
        self._page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def fill(self, words: str, force: bool) -> None:
        """Words in the place of what it holds."""
        self.evaluate("node => node.select()")
        self._page.command("Input.insertText", text=words)

    def input_value(self) -> str:
        """What it holds."""
        return str(self.evaluate("node => node.value"))

    def screenshot(self) -> bytes:
        """The page as a PNG."""
        return base64.b64decode(self._page.command("Page.captureScreenshot")["data"])
