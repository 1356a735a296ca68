"""The PWA in headless Chromium: tap to durable, opening a visit, what a tap sends, memory after a full visit.

``python -m tests.benchmarks.bench_pwa [--taps 300]``. The taps are timed inside the worker (inside/entry.py),
around the answer of an open visit and the store's durable(), with a large account database and photos stored;
opening, messages and memory come from the product itself with its server stopped. Asserts nothing.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Playwright, sync_playwright

from shared_models.checklists import QuestionKind
from sync_server.checklists.builtin import load_templates
from sync_server.pwa.build import build_pwa
from tests.benchmarks.bench_start import launch, product, renderer_memory, serve
from tests.e2e.browser import TOP, AppPage, until
from tests.e2e.installation import FULL, PLACES
from tests.e2e.pages import Today, Visit

HERE = Path(__file__).parent
COUNT_MESSAGES = """
globalThis.benchSent = [];
const Plain = globalThis.Worker;
globalThis.Worker = class extends Plain {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", (e) => {
      if (e.data instanceof Uint8Array) benchSent.push(e.data.byteLength);
    });
  }
};
"""


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
    context = launch(playwright, work / "profile-taps")
    said: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"http://localhost:{server.server_port}/app/")

    def answered() -> bool:
        page.wait_for_timeout(200)
        return any(text.startswith("BENCH ") for text in said)

    until("the taps are timed", answered, 300)
    context.close()
    server.shutdown()
    server.server_close()
    answer = json.loads(next(text for text in said if text.startswith("BENCH ")).removeprefix("BENCH "))
    if "failed" in answer:
        raise SystemExit(f"bench_pwa: {answer['failed']}")
    return answer


def sent(page: Page) -> list[int]:
    """Sizes of the messages from Python to Flutter since the last call."""
    return page.evaluate("benchSent.splice(0)")


def screen(playwright: Playwright, work: Path, photos: int) -> dict[str, Any]:
    """A visit of the product, offline: opening it, messages per tap, memory with its photos."""
    build_pwa(TOP, work / "built")
    ours = product(playwright, work, work / "built")
    page = ours.context.new_page()
    page.add_init_script(COUNT_MESSAGES)
    page.goto(ours.url)
    ours.wait(page)
    today = Today(AppPage(page))
    before = renderer_memory(ours.profile)
    dealer = next(code for code, template in PLACES.items() if template == FULL)
    today.find(f"start-{dealer}")
    page.wait_for_timeout(1000)
    sent(page)
    begun = time.perf_counter()
    today.press(f"start-{dealer}")
    visit = Visit(today.app).opened()
    opening = time.perf_counter() - begun
    page.wait_for_timeout(2000)
    whole = sum(sent(page))
    document = next(one for one in load_templates() if one.code == FULL)
    questions = [
        question
        for question in document.sections[0].questions
        if question.kind in (QuestionKind.YES_NO, QuestionKind.YES_NO_NA)
    ]
    messages: list[list[int]] = []
    for question in questions[:6]:
        visit.find(f"q-{question.code}-yes")
        page.wait_for_timeout(700)
        sent(page)
        visit.press(f"q-{question.code}-yes")
        visit.all_saved()
        page.wait_for_timeout(700)
        messages.append(sent(page))
    pictured = questions[0]
    picture = next((TOP / "docs" / "screenshots").rglob("*.png")).read_bytes()
    for number in range(photos):
        file = {"name": f"{number}.png", "mimeType": "image/png", "buffer": picture}
        visit.choose_files(f"q-{pictured.code}-add-photo", file)
        page.wait_for_timeout(400)
    visit.all_saved()
    after = renderer_memory(ours.profile)
    ours.context.close()
    return {"opening": opening, "whole": whole, "messages": messages, "before": before, "after": after}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--taps", type=int, default=300)
    parser.add_argument("--megabytes", type=int, default=20)
    parser.add_argument("--photos", type=int, default=200, help="photos stored while tapping")
    parser.add_argument("--visit-photos", type=int, default=25)
    given = parser.parse_args()
    wanted = {"taps": given.taps, "megabytes": given.megabytes, "photos": given.photos}
    with (
        tempfile.TemporaryDirectory(prefix="bench-pwa-", ignore_cleanup_errors=True) as name,
        sync_playwright() as playwright,
    ):
        timed = taps(playwright, Path(name), {**wanted, "photo_bytes": 300_000})
        times = timed["taps"]
        print(
            f"tap to durable, {timed['megabytes']:.1f} MB database, {given.photos} photos, {timed['store']}: "
            f"median {statistics.median(times):.1f} ms  p95 {statistics.quantiles(times, n=20)[-1]:.1f} ms"
            f"  (target p95 at most 80)\n"
            f"opening a visit of {timed['questions']} questions in the worker: {timed['open_ms']:.0f} ms",
            flush=True,
        )
        seen = screen(playwright, Path(name), given.visit_photos)
    print(f"beginning and showing a visit on the screen: {seen['opening']:.2f} s (target at most 1)")
    sizes = [sum(one) for one in seen["messages"]]
    share = statistics.median(sizes) / max(1, seen["whole"])
    count = statistics.median(len(one) for one in seen["messages"])
    print(
        f"a tap sends {statistics.median(sizes):.0f} bytes in {count:.0f} messages;"
        f" opening the visit sends {seen['whole']} bytes (x{share:.3f})"
    )
    print(
        f"renderer {seen['before']:.0f} MB at Today, {seen['after']:.0f} MB after {given.visit_photos} photos"
        f" (prototype: 423)"
    )


if __name__ == "__main__":
    main()
