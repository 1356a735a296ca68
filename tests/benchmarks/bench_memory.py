"""The renderer's memory over a whole visit, in a browser that nobody looks into.

``python -m tests.benchmarks.bench_memory [--photos 25]``. Two browsers begin with the same profile. The
first is asked where things are and carries the semantics tree for it; whatever it is given (pointer,
wheel, words, files) the second is given as well, and it is the second that is measured: no semantics
tree, no copies of what was loaded or said (plain_page.py). At the end both are counted: the figures hold
only if both recorded the same visit. Asserts nothing about the size.
"""

from __future__ import annotations

import argparse
import atexit
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import sync_playwright

from sync_server.checklists.builtin import load_templates
from sync_server.pwa.build import build_pwa
from tests.benchmarks.bench_start import CHROMIUM, SETTLED, product, renderer_memory
from tests.benchmarks.plain_page import PlainPage
from tests.e2e.browser import TOP, AppPage, until
from tests.e2e.installation import FULL, PLACES
from tests.e2e.pages import Today, Visit
from tests.e2e.recording import record

SETTLE = 6
"""Seconds between two looks at a size that is to stand still."""
LAID_OUT = 3
"""Seconds after which all cards of a section are drawn, in both browsers."""


class UnhurriedVisit(Visit):
    """A visit that is not touched while a section is still being laid out."""

    def section(self, code: str) -> None:
        super().section(code)
        time.sleep(LAID_OUT)


@dataclass
class Alone:
    """A browser on a profile, started without anybody looking on."""

    profile: Path
    url: str
    sizes: dict[str, float] = field(default_factory=dict[str, float])

    def start(self) -> None:
        """Open the app's address."""
        self._told.unlink(missing_ok=True)
        for lock in self.profile.glob("Singleton*"):
            lock.unlink()
        options = ["--headless=new", "--no-sandbox", "--remote-debugging-port=0", "--window-size=1280,800"]
        process = subprocess.Popen(
            [CHROMIUM, *options, f"--user-data-dir={self.profile}", self.url],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        atexit.register(process.terminate)
        until("Chromium says its port", lambda: self._told.is_file() and "\n" in self._told.read_text())

    @property
    def _told(self) -> Path:
        return self.profile / "DevToolsActivePort"

    def page(self, twin: PlainPage | None = None) -> PlainPage:
        """Its tab."""
        return PlainPage(f"http://127.0.0.1:{self._told.read_text().split()[0]}", self.url, twin)

    def settled(self, when: str) -> None:
        """Keep its size in MB once that stands still."""
        before = 0.0
        while abs(before - (size := renderer_memory(self.profile))) > SETTLED:
            before = size
            time.sleep(SETTLE)
        self.sizes[when] = size


@dataclass(frozen=True)
class Measured:
    """Both browsers after the visit."""

    asked: Alone
    alone: Alone
    answers: int
    said: set[str]
    """What each says of how much is answered."""
    heaps: set[int]
    """How many JavaScript heaps, page and workers, were collected in each."""


def measure(work: Path, photos: int) -> Measured:
    """Record the visit in both browsers."""
    build_pwa(TOP, work / "built", cache=TOP / ".cache" / "pwa")
    with sync_playwright() as playwright:
        ours = product(playwright, work, work / "built")
        ours.browser.close()
    shutil.copytree(ours.profile, work / "profile-twin", symlinks=True, ignore_dangling_symlinks=True)
    asked, alone = Alone(ours.profile, ours.url), Alone(work / "profile-twin", ours.url)
    for browser in (asked, alone):
        browser.start()
        time.sleep(20)  # one after the other: two starts at once take each other's time
    for browser in (asked, alone):
        browser.settled("at Today")
    twin = alone.page()
    page = asked.page(twin)
    AppPage(page).ready()  # pyright: ignore[reportArgumentType]  what of Playwright's page it uses is there
    today = Today(AppPage(page))  # pyright: ignore[reportArgumentType]
    dealer = next(code for code, template in PLACES.items() if template == FULL)
    today.press(f"start-{dealer}")
    visit = UnhurriedVisit(today.app).opened()
    time.sleep(LAID_OUT)
    for browser in (asked, alone):
        browser.settled("visit opened")
    document = next(one for one in load_templates() if one.code == FULL)
    answered = record(visit, document, {}, photos)
    for browser in (asked, alone):
        browser.sizes["recorded"] = renderer_memory(browser.profile)
    heaps = {one.collect_garbage() for one in (twin, page)}
    for browser in (asked, alone):
        browser.settled("recorded, garbage collected")
    AppPage(twin).ready()  # pyright: ignore[reportArgumentType]
    time.sleep(SETTLE)
    said = {AppPage(one).label("visit-counts") for one in (page, twin)}  # pyright: ignore[reportArgumentType]
    return Measured(asked, alone, len(answered), said, heaps)


def main() -> None:
    """Print the sizes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=int, default=25)
    photos = parser.parse_args().photos
    with tempfile.TemporaryDirectory(prefix="bench-memory-", ignore_cleanup_errors=True) as name:
        seen = measure(Path(name), photos)
    print(
        f"renderer, MB, {seen.answers} answers, {photos} photos    nobody looks on    with the semantics tree"
    )
    for when, size in seen.alone.sizes.items():
        print(f"  {when:40}{size:12.0f}{seen.asked.sizes[when]:24.0f}")
    print(f"both browsers say: {' / '.join(seen.said)}; JavaScript heaps collected: {seen.heaps}")
    if len(seen.said) > 1:
        raise SystemExit("The second browser missed a touch: measure again, on a machine with less to do.")


if __name__ == "__main__":
    main()
