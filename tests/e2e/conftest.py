"""Fixtures of the end-to-end tests: a built PWA, a server for it, browser profiles."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from sync_server.pwa.build import build_pwa
from tests.e2e.browser import TOP, Server, Tablet

PROBE = Path(__file__).with_name("pwa_probe")


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
