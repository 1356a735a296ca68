"""Fixtures of the end-to-end tests: a built PWA, a server for it, browser profiles."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from sync_server.pwa.build import build_pwa
from tests.e2e.browser import TOP, Server, Tablet
from tests.e2e.installation import Installation, seed

PROBE = Path(__file__).with_name("pwa_probe")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A browser test that had to be run a second time says in full why: it is not forgotten."""
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.section(f"run again: {report.nodeid}")
        terminalreporter.write_line(report.longreprtext)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def build_probe(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Build the probe app under a version word; built once per word, downloads and snapshot shared."""
    built: dict[str, Path] = {}

    def build(version: str) -> Path:
        if version not in built:
            folder = tmp_path_factory.mktemp(f"probe-{version}")
            package = folder / "pwa_probe"
            shutil.copytree(PROBE, package, ignore=shutil.ignore_patterns("__pycache__"))
            main = package / "main.py"
            source = main.read_text("utf-8")
            assert source.count('VERSION = "one"') == 1
            main.write_text(source.replace('VERSION = "one"', f'VERSION = "{version}"'), "utf-8")
            build_pwa(
                TOP,
                folder / "site",
                module="pwa_probe.main",
                packages=(package,),
                cache=TOP / ".cache" / "pwa",
            )
            built[version] = folder / "site"
        return built[version]

    return build


@pytest.fixture
def probe_server(tmp_path: Path, build_probe: Callable[[str], Path]) -> Iterator[Server]:
    """A server with version one of the probe app, from a folder that a test may replace."""
    site = tmp_path / "site"
    shutil.copytree(build_probe("one"), site)
    server = Server(site)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def tablet(playwright: Playwright, tmp_path: Path) -> Iterator[Tablet]:
    """A browser with a profile of its own."""
    browser = Tablet(playwright, tmp_path / "profile")
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a small network, to copy; made once."""
    folder = tmp_path_factory.mktemp("seed") / "data"
    seed(folder)
    return folder


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real app, built where `revisit pwa build` does it (kept if unchanged); linked, so that no later
    build changes it under the tests."""
    built = TOP / "build" / "pwa"
    build_pwa(TOP, built)
    place = tmp_path_factory.mktemp("site") / "pwa"
    shutil.copytree(built, place, copy_function=_link)
    return place


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)


@pytest.fixture
def installation(tmp_path: Path, seeded: Path, site: Path) -> Iterator[Installation]:
    """The real server, running, with the real app."""
    place = Installation.copy(seeded, tmp_path / "data", site)
    place.start()
    yield place
    place.stop()


@pytest.fixture
def desktop(playwright: Playwright, tmp_path: Path) -> Iterator[Tablet]:
    """A second browser with a profile of its own: the desk's computer."""
    browser = Tablet(playwright, tmp_path / "desktop")
    yield browser
    browser.close()
