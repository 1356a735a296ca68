"""10,000 actions in the PWA: from the finger off a control to the list on the screen; frames while scrolling.

Run by bench_desk after the native part. Timed inside the page, frame by frame; a driver outside would add its
own waiting. The server stands still meanwhile: the lists are those of the device. Asserts nothing.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from shared_models.clock import utc_now
from shared_models.ids import new_id
from sync_server.pwa.build import build_pwa
from sync_server.settings import Settings
from sync_server.store import Database
from sync_server.sync.journal import write_rows
from tests.e2e.browser import TOP, Tablet
from tests.e2e.desk_pages import Desk
from tests.e2e.installation import PASSWORD, Installation, seed
from tests.e2e.pages import SignIn, Sync

PLANS, EACH = 1250, 8
DEALER = "A1001"
STATES = ("open", "accepted", "running", "done", "verified")
TIMES = 5
WATCH = """
([gone, come]) => {
  globalThis.benchTook = 0;
  const there = (name) => document.querySelector(`[flt-semantics-identifier="${name}"]`);
  const said = (name) => there(name)?.getAttribute("aria-label") || there(name)?.innerText || "";
  const before = said(come);
  addEventListener("pointerup", () => {
    const begun = performance.now();
    const look = () => {
      if (there(come) && (!gone || said(come) !== before)) benchTook = performance.now() - begun;
      else requestAnimationFrame(look);
    };
    look();
  }, { once: true, capture: true });
}
"""
"""From the next tap until a node is there (``gone``: until it says something else than before)."""
FRAMES = """
() => new Promise((done) => {
  const steps = [];
  let last = performance.now();
  const look = (now) => {
    steps.push(now - last);
    last = now;
    if (steps.length < 120) requestAnimationFrame(look); else done(steps.slice(1));
  };
  requestAnimationFrame(look);
})
"""


def fill(folder: Path) -> None:
    """The region's plans; its manager supervises every action."""
    database = Database(Settings.from_env(folder).database_url)
    today = utc_now().date()
    try:
        with database.write() as session:
            sql = session.connection().exec_driver_sql
            dealer = sql("SELECT id FROM dealer WHERE code = ?", (DEALER,)).scalar_one()
            item = sql("SELECT id FROM item WHERE code = 'service_handover'").scalar_one()
            person = "SELECT person_id FROM credential WHERE login = ?"
            manager, owner = (sql(person, (login,)).scalar_one() for login in ("manager", "owner"))
            plans = [new_id() for _ in range(PLANS)]
            items = [new_id() for _ in plans]
            write_rows(
                session,
                "plan",
                [
                    {"id": plan, "dealer_id": dealer, "title": f"方案 {place}", "status": "published",
                     "number": f"{DEALER}-{place:05}", "trigger_month": "2026-10", "published_at": utc_now()}
                    for place, plan in enumerate(plans)
                ],
            )  # fmt: skip
            rows = [
                {"id": row, "plan_id": plan, "item_id": item} for row, plan in zip(items, plans, strict=True)
            ]
            write_rows(session, "plan_item", rows)
            for at, (plan, row) in enumerate(zip(plans, items, strict=True)):
                write_rows(
                    session,
                    "action",
                    [
                        {"id": new_id(), "plan_id": plan, "plan_item_id": row, "position": place,
                         "measure": f"措施 {at * EACH + place}", "owner_id": owner, "supervisor_id": manager,
                         "due_on": today + timedelta(days=(at * EACH + place) % 90 - 10),
                         "status": STATES[(at * EACH + place) % len(STATES)]}
                        for place in range(EACH)
                    ],
                )  # fmt: skip
    finally:
        database.close()


class Watching(Desk):
    """The desk with a stop-watch inside the page."""

    def tap(self, control: str, come: str, *, changed: bool = False) -> float:
        """Seconds from the finger off a control until a node is there (or says something else)."""
        self.page.evaluate(WATCH, [changed, come])
        self.press(control)
        self.page.wait_for_function("globalThis.benchTook > 0", timeout=120_000)
        return float(self.page.evaluate("globalThis.benchTook")) / 1000


def frames_while_scrolling(page: Page) -> list[float]:
    """Milliseconds between frames while the wheel turns through the list in the middle of a tablet."""
    page.mouse.move(700, 500)
    page.evaluate("globalThis.benchFrames = (" + FRAMES.strip() + ")()")
    for _ in range(20):
        page.mouse.wheel(0, 400)
        page.wait_for_timeout(60)
    return [float(one) for one in page.evaluate("globalThis.benchFrames")]


def frames_in_words(frames: list[float]) -> str:
    """Their median, and how many came late."""
    late = sum(one > 100 for one in frames)
    return f"median {statistics.median(frames):.0f} ms, {late} of {len(frames)} over 100 ms"


def measure(site: Path) -> list[tuple[str, str]]:
    """What each thing took, in words."""
    with tempfile.TemporaryDirectory(prefix="revisit-desk-") as name, sync_playwright() as playwright:
        folder = Path(name)
        seed(folder / "seeded")
        fill(folder / "seeded")
        place = Installation.copy(folder / "seeded", folder / "data", site)
        place.start()
        browser = Tablet(playwright, folder / "profile")
        try:
            app = browser.open(place.url).ready()
            desk = Watching(app)
            SignIn(app).sign_in("manager", PASSWORD)
            begun = time.monotonic()
            Sync(app).send_now()
            synced = time.monotonic() - begun
            desk.go("actions")
            desk.wait("actions-supervised")
            desk.press("actions-supervised")
            desk.wait("action-row-0")
        finally:
            place.stop()  # the lists are the device's own
        try:
            opened, verified, overdue = [], [], []
            for _ in range(TIMES):
                desk.go("settings")
                desk.gone("action-row-0")
                opened.append(desk.tap("nav-actions", "action-row-0"))
                verified.append(desk.tap("actions-done", "action-row-0", changed=True))
                desk.tap("actions-supervised", "action-row-0", changed=True)
            frames = frames_while_scrolling(desk.page)
            desk.go("plans")
            desk.wait("plan-row-0")
            for _ in range(TIMES):
                desk.press("plans-filter-draft")  # nothing is there
                desk.gone("plan-row-0")
                overdue.append(desk.tap("plans-filter-overdue", "plan-row-0"))
        finally:
            browser.close()
    return [
        ("rows of the region received and stored, first sync", f"{synced:.1f} s"),
        ("open the list of 10,000 actions", _middle(opened)),
        ("to those verified", _middle(verified)),
        ("narrow 1,250 plans to those overdue", _middle(overdue)),
        ("scroll: step between frames", frames_in_words(frames)),
    ]


def _middle(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.2f} s (median of {len(seconds)}, worst {max(seconds):.2f})"


def main(site: Path | None = None) -> None:
    """Build the app where `revisit pwa build` does it (kept if unchanged), measure, print."""
    built = site or TOP / "build" / "pwa"
    if site is None:
        build_pwa(TOP, built)
    for name, said in measure(built):
        print(f"PWA: {name:58} {said}")


if __name__ == "__main__":
    main()
