"""A manager's first sync in the PWA: from the sign-in form until every row of the region is in the browser.

``python -m tests.benchmarks.bench_first_sync [--rows 50000]``. The rows are visits with their answers at one
dealer of the region. Beside it, in the same run and from the same server, a native device stores the same
scope. Asserts nothing about the time; both must hold as many rows.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

import httpx
from playwright.sync_api import sync_playwright

from sync_server.cli.bench_world import BenchWorld
from sync_server.pwa.build import build_pwa
from sync_server.settings import Settings
from sync_server.store import Database
from tests.benchmarks.bench_sync import fill, stored_natively
from tests.e2e.browser import TOP, Tablet, until
from tests.e2e.installation import PASSWORD, Installation, seed
from tests.e2e.pages import SignIn, Sync

DEALER = "A1001"
PATIENT = 600
"""Seconds that the browser's first sync may take at most."""

SAYS = """
(number) => [...document.querySelectorAll("flt-semantics")].some(
  (node) => `${node.getAttribute("aria-label")} ${node.textContent}`.includes(number))
"""
"""Whether a number is said anywhere on the screen."""


def region(folder: Path, rows: int) -> None:
    """Visits with answers at a dealer of the demo manager's region."""
    settings = Settings.from_env(folder)
    database = Database(settings.database_url)
    try:
        with database.read() as session:
            sql = session.connection().exec_driver_sql
            dealer = sql("SELECT id FROM dealer WHERE code = ?", (DEALER,)).scalar_one()
            version = sql("SELECT id FROM template_version ORDER BY id").scalars().first()
            shopper = sql("SELECT person_id FROM credential WHERE login = 'shopper'").scalar_one()
        fill(BenchWorld(settings, database, [dealer], shopper, version=str(version)), dealer, rows)
    finally:
        database.close()


def measure(site: Path, rows: int) -> tuple[int, float, float]:
    """Rows, seconds natively, seconds in the browser until its sync screen says that it received as many."""
    with tempfile.TemporaryDirectory(prefix="revisit-first-") as name:
        folder = Path(name)
        seed(folder / "seeded")
        region(folder / "seeded", rows)
        place = Installation.copy(folder / "seeded", folder / "data", site)
        place.start()
        try:
            given = {"login": "manager", "password": PASSWORD}
            server = place.url.removesuffix("/app/")
            signed_in = httpx.post(f"{server}/api/v1/session", json=given).raise_for_status().json()
            received, native, _ = asyncio.run(stored_natively(server, signed_in["token"], folder))
            with sync_playwright() as playwright:
                browser = Tablet(playwright, folder / "profile")
                app = browser.open(place.url).ready()
                begun = time.monotonic()
                SignIn(app).sign_in("manager", PASSWORD)
                Sync(app).go("sync")
                until("all rows are stored", lambda: app.page.evaluate(SAYS, str(received)), PATIENT)
                spent = time.monotonic() - begun
                browser.close()
        finally:
            place.stop()
        return received, native, spent


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=50_000)
    rows = parser.parse_args().rows
    build_pwa(TOP, TOP / "build" / "pwa")
    received, native, browser = measure(TOP / "build" / "pwa", rows)
    print(f"native device: {received:,} rows stored in {native:.1f} s")
    print(f"PWA: the same, sign-in included: {browser:.1f} s (x{browser / native:.1f} of native)")


if __name__ == "__main__":
    main()
