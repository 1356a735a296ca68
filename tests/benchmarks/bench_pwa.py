"""The PWA in headless Chromium: tap to durable, opening a visit, what a tap sends, memory after a full visit.

``python -m tests.benchmarks.bench_pwa [--taps 300]``. The taps are timed inside the worker (inside/entry.py),
around the answer of an open visit and the store's durable(), with a large account database and photos stored;
opening, messages and memory come from the product itself with its server stopped. Asserts nothing.
"""

from __future__ import annotations

import argparse
import base64
import json
import shutil
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgpack
from playwright.sync_api import Page, Playwright, sync_playwright

from shared_models.checklists import QuestionKind
from sync_server.checklists.builtin import load_templates
from sync_server.pwa.build import build_pwa
from tests.benchmarks.bench_start import Contestant, Watched, product, serve
from tests.benchmarks.desk_in_browser import frames_in_words, frames_while_scrolling
from tests.e2e.browser import TOP, AppPage, until
from tests.e2e.installation import FULL, PLACES
from tests.e2e.pages import Today, Visit
from tests.e2e.recording import record

HERE = Path(__file__).parent
KEEP_MESSAGES = """
globalThis.benchSent = [];
const Plain = globalThis.Worker;
globalThis.Worker = class extends Plain {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", (e) => {
      if (e.data instanceof Uint8Array) benchSent?.push(e.data.slice().toBase64?.() ?? btoa(
        Array.from(e.data, (byte) => String.fromCharCode(byte)).join("")));
    });
  }
};
"""
WATCH = """
names => {
  globalThis.benchOpening = 0;
  const shown = (name) => document.querySelector(`[flt-semantics-identifier="${name}"]`);
  addEventListener("pointerup", () => {
    const begun = performance.now();
    const look = () => {
      if (names.every(shown)) benchOpening = performance.now() - begun;
      else requestAnimationFrame(look);
    };
    look();
  }, { once: true, capture: true });
}
"""
"""From the next tap on, look at each frame for these; a driver outside would add its own waiting."""
AGAIN = 5
"""So many times the visit is opened once more, by a tap on its card."""


@dataclass(frozen=True)
class Drawn:
    """What Python sent to Flutter for one step."""

    messages: int
    size: int
    """Bytes."""
    controls: int
    """Controls that were sent whole, to be built anew."""


@dataclass
class Seen:
    """What one visit on the screen showed."""

    questions: int
    opening: float
    """Seconds from the finger off Today's button to the visit's first question on the screen."""
    again: list[float]
    """The same for the visit that is begun already."""
    whole: Drawn
    taps: list[tuple[float, Drawn]]
    """Seconds until it said saved, and what was sent."""
    frames: list[float]
    """Milliseconds between frames while the wheel turns through a section."""
    today: tuple[float, float]
    """Megabytes of the renderer, alone and looked on."""
    recorded: tuple[float, float]
    photos: int


def taps(playwright: Playwright, work: Path, wanted: dict[str, int]) -> dict[str, Any]:
    """Run inside/entry.py in the browser; what it says."""
    document = next(one for one in load_templates() if one.code == FULL)
    package = work / "tests"
    inside = package / "benchmarks" / "inside"
    shutil.copytree(HERE / "inside", inside, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "factories").mkdir()
    shutil.copy(TOP / "tests" / "factories" / "network.py", package / "factories")
    (inside / "document.json").write_text(json.dumps(document.to_json()), "utf-8")
    (inside / "size.json").write_text(json.dumps(wanted), "utf-8")
    build_pwa(
        TOP,
        work / "site" / "app",
        module="tests.benchmarks.inside.entry",
        packages=(package,),
        cache=TOP / ".cache" / "pwa",
    )
    server = serve(work / "site")
    browser = Watched(playwright, work / "profile-taps")
    said: list[str] = []
    page = browser.context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"http://localhost:{server.server_port}/app/")

    def answered() -> bool:
        page.wait_for_timeout(200)
        return any(text.startswith("BENCH ") for text in said)

    until("the taps are timed", answered, 300)
    browser.close()
    server.shutdown()
    server.server_close()
    answer = json.loads(next(text for text in said if text.startswith("BENCH ")).removeprefix("BENCH "))
    if "failed" in answer:
        raise SystemExit(f"bench_pwa: {answer['failed']}")
    return answer


def sent(page: Page) -> Drawn:
    """The messages from Python to Flutter since the last call."""
    messages = [base64.b64decode(text) for text in page.evaluate("benchSent.splice(0)")]
    controls = sum(_controls(part) for data in messages for part in _parts(data))
    return Drawn(len(messages), sum(map(len, messages)), controls)


def _parts(message: bytes) -> list[Any]:
    """The values that are packed one behind the other in a message."""
    unpacker = msgpack.Unpacker(strict_map_key=False)
    unpacker.feed(message)
    return list(unpacker)


def _controls(value: Any) -> int:
    """Controls in a message: Flet sends each that is new as a map with its class under "_c"."""
    if isinstance(value, dict):
        return ("_c" in value) + sum(_controls(part) for part in value.values())
    return sum(_controls(part) for part in value) if isinstance(value, list) else 0


def show_taps(timed: dict[str, Any], photos: int) -> None:
    """Print the times of the taps in the worker."""
    times = timed["taps"]
    print(
        f"tap to durable, {timed['megabytes']:.1f} MB database, {photos} photos, {timed['store']}: "
        f"median {statistics.median(times):.1f} ms  p95 {statistics.quantiles(times, n=20)[-1]:.1f} ms"
        f"  (target p95 at most 80)\n"
        f"opening a visit of {timed['questions']} questions in the worker: {timed['open_ms']:.0f} ms",
        flush=True,
    )


def newest(one: Contestant) -> AppPage:
    """The app's tab, found again after Playwright had let go of the browser."""
    return AppPage(one.browser.tabs(one.url)[0])


def screen(playwright: Playwright, work: Path, photos: int) -> Seen:
    """A whole visit of the product, offline: opening it, taps, memory with its photos."""
    build_pwa(TOP, work / "built", cache=TOP / ".cache" / "pwa")
    ours = product(playwright, work, work / "built")
    page = ours.browser.context.new_page()
    page.add_init_script(KEEP_MESSAGES)
    page.goto(ours.url)
    ours.wait(page)
    today = Today(AppPage(page))
    dealer = next(code for code, template in PLACES.items() if template == FULL)
    today.find(f"start-{dealer}")
    page.wait_for_timeout(2000)
    before = ours.browser.megabytes()
    today = Today(newest(ours))
    page = today.page
    sent(page)
    document = next(one for one in load_templates() if one.code == FULL)
    first = document.sections[0].questions[0].code
    opening = timed_opening(today, f"start-{dealer}", first)
    page.wait_for_timeout(2000)
    whole = sent(page)
    again: list[float] = []
    visit = Visit(today.app)
    for _ in range(AGAIN):
        visit.press("back")
        today.find("open-*")
        page.wait_for_timeout(1000)
        again.append(timed_opening(today, "open-*", first))
        page.wait_for_timeout(1000)
    print(f"opened in {opening:.2f} s from {before[0]:.0f} MB at Today; recording takes minutes", flush=True)
    timed: list[tuple[float, Drawn]] = []
    simple = (QuestionKind.YES_NO, QuestionKind.YES_NO_NA)
    tapped = [one for one in document.sections[0].questions if one.kind in simple][:6]
    for question in tapped:
        visit.find(f"q-{question.code}-no")
        page.wait_for_timeout(700)
        sent(page)
        begun = time.perf_counter()
        visit.press(f"q-{question.code}-no")
        visit.wait(f"q-{question.code}-saved")
        seconds = time.perf_counter() - begun
        page.wait_for_timeout(700)
        timed.append((seconds, sent(page)))
    frames = frames_while_scrolling(page)
    page.evaluate("benchSent = null")  # kept messages would count as the app's memory
    answered = record(visit, document, {}, photos, [one.code for one in tapped])
    after = ours.browser.megabytes()
    ours.browser.close()
    return Seen(len(answered), opening, again, whole, timed, frames, before, after, photos)


def timed_opening(today: Today, name: str, first: str) -> float:
    """Press it; seconds until the visit's first question and its progress are on the screen."""
    today.find(name)
    today.page.evaluate(WATCH, ["visit-counts", f"q-{first}"])
    today.press(name)
    today.page.wait_for_function("benchOpening > 0")
    return float(today.page.evaluate("benchOpening")) / 1000


def show(seen: Seen) -> None:
    """Print what the visit showed."""
    tap = [drawn for _, drawn in seen.taps]
    size = statistics.median(drawn.size for drawn in tap)
    controls = statistics.median(drawn.controls for drawn in tap)
    print(
        f"beginning a visit and showing its first screen: {seen.opening:.2f} s (target at most 1);"
        f" opening it again {statistics.median(seen.again):.2f} s, n = {len(seen.again)}\n"
        f"tap to saved on the screen, as a driver of the page sees it: median "
        f"{statistics.median(seconds for seconds, _ in seen.taps):.2f} s\n"
        f"opening sends {seen.whole.size} bytes and {seen.whole.controls} controls;"
        f" a tap {size:.0f} bytes (x{size / max(1, seen.whole.size):.3f})"
        f" and {controls:.0f} controls (x{controls / max(1, seen.whole.controls):.3f})"
        f" in {statistics.median(drawn.messages for drawn in tap):.0f} messages\n"
        f"scrolling the section: step between frames {frames_in_words(seen.frames)}\n"
        f"renderer at Today {seen.today[0]:.0f} MB; after {seen.questions} answers and {seen.photos} photos"
        f" {seen.recorded[0]:.0f} MB (with Playwright looking on {seen.today[1]:.0f} and"
        f" {seen.recorded[1]:.0f}; the prototype had 423 so)"
    )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--taps", type=int, default=300)
    parser.add_argument("--megabytes", type=int, default=20)
    parser.add_argument("--photos", type=int, default=200, help="photos stored while tapping")
    parser.add_argument("--visit-photos", type=int, default=25)
    parser.add_argument("--no-taps", action="store_true", help="only the visit on the screen")
    given = parser.parse_args()
    wanted = {"taps": given.taps, "megabytes": given.megabytes, "photos": given.photos}
    with (
        tempfile.TemporaryDirectory(prefix="bench-pwa-", ignore_cleanup_errors=True) as name,
        sync_playwright() as playwright,
    ):
        if not given.no_taps:
            show_taps(taps(playwright, Path(name), {**wanted, "photo_bytes": 300_000}), given.photos)
        seen = screen(playwright, Path(name), given.visit_photos)
    show(seen)


if __name__ == "__main__":
    main()
