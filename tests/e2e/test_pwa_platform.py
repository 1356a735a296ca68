"""The PWA's platform in a real browser: offline, killed, in two tabs, updated, on both stores."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sync_server.pwa.build import build_pwa
from tests.e2e.browser import TOP, Server, Tablet, until
from tests.e2e.conftest import PROBE

pytestmark = pytest.mark.e2e

FORCE = "localStorage.setItem('revisit-store', '{}')"
STORES = {"opfs": "", "indexeddb": FORCE.format("indexeddb")}


def test_the_app_needs_nothing_from_elsewhere_and_ends_the_search_for_glyphs(
    probe_server: Server, tablet: Tablet
) -> None:
    app = tablet.open(probe_server.url).ready()
    app.wait("status", "notes=0")
    app.wait_offline_ready()
    app.click("glyphs")
    app.wait("result", "glyphs shown")
    app.page.wait_for_timeout(3000)
    asked = [url for url in tablet.requests if url.endswith(".woff2")]
    app.page.wait_for_timeout(2000)
    assert [url for url in tablet.requests if url.endswith(".woff2")] == asked, "it goes on asking"
    origin = probe_server.url.removesuffix("app/")
    # Flet's client asks a CDN for one script it does not need; the page's policy stops it in the browser.
    foreign = [url for url in tablet.requests if not url.startswith((origin, "blob:", "data:"))]
    assert {url: tablet.failures.get(url) for url in foreign} == dict.fromkeys(foreign, "csp")


@pytest.mark.parametrize("store", STORES)
def test_what_was_saved_is_there_after_kill_9_and_an_offline_start(
    probe_server: Server, tablet: Tablet, store: str
) -> None:
    app = tablet.open(probe_server.url, STORES[store]).ready()
    app.wait("status", store, "notes=0")
    app.wait_offline_ready()
    probe_server.stop()
    for count in (1, 2, 3):
        app.click("save")
        app.wait("result", f"saved {count}")
    tablet.kill()

    again = tablet.open(probe_server.url, STORES[store]).ready()
    again.wait("status", store, "notes=3", "missing=0", "check=ok")
    again.reload().wait("status", store, "notes=3", "missing=0", "check=ok")


@pytest.mark.parametrize("store", STORES)
def test_a_second_tab_waits_and_takes_over_what_the_first_saved(
    probe_server: Server, tablet: Tablet, store: str
) -> None:
    first = tablet.open(probe_server.url, STORES[store]).ready()
    first.wait("status", store, "notes=0")
    second = tablet.open(probe_server.url, STORES[store]).ready()
    second.wait("status", "waiting")
    first.page.bring_to_front()
    first.click("save")
    first.wait("result", "saved 1")
    assert "waiting" in second.label("status")
    first.page.close()
    second.page.bring_to_front()
    second.wait("status", store, "notes=1", "missing=0")
    second.click("save")
    second.wait("result", "saved 2")


def test_a_browser_that_cannot_keep_data_refuses_in_words(probe_server: Server, tablet: Tablet) -> None:
    app = tablet.open(probe_server.url, FORCE.format("none")).ready()
    app.wait("status", "refused: storage_unavailable")


def test_photos_shrink_and_requests_behave_as_httpx_promises(probe_server: Server, tablet: Tablet) -> None:
    app = tablet.open(probe_server.url).ready()
    app.wait("status", "notes=0")
    app.click("photo")
    app.wait("result", "jpeg=ffd8", "smaller=True", "other=refused")
    app.click("fetch")
    app.wait("result", "echo=200/1000", "problem=418", "timeout", "cancelled", "refused")


def test_the_app_hears_that_the_network_is_back(probe_server: Server, tablet: Tablet) -> None:
    app = tablet.open(probe_server.url).ready()
    app.wait("status", "notes=0")
    tablet.network(False)
    app.click("save")
    app.wait("result", "saved 1")
    tablet.network(True)
    app.wait("result", "network again")


def test_a_broken_snapshot_costs_time_but_not_the_app(probe_server: Server, tablet: Tablet) -> None:
    snapshot = probe_server.folder / "python" / "snapshot.bin"
    files = {path: path.read_bytes() for path in snapshot.parent.glob("snapshot.bin*")}
    for path in files:
        path.unlink()
    snapshot.write_bytes(b"no snapshot" * 1000)
    app = tablet.open(probe_server.url).ready()
    app.wait("status", "opfs", "notes=0")
    for path, data in files.items():
        path.write_bytes(data)
    app.reload().wait_offline_ready()  # with the files that the snapshot stands for
    probe_server.stop()
    app.reload().wait("status", "opfs", "notes=0")


def _publish(server: Server, site: Path) -> None:
    shutil.rmtree(server.folder)
    shutil.copytree(site, server.folder)


def test_a_new_build_waits_for_the_person_and_keeps_the_data(
    probe_server: Server, tablet: Tablet, build_probe: Callable[[str], Path]
) -> None:
    app = tablet.open(probe_server.url).ready()
    app.wait("status", "one", "notes=0")
    app.wait_offline_ready()
    app.click("save")
    app.wait("result", "saved 1")
    _publish(probe_server, build_probe("two"))
    app.click("check")
    app.wait("update", "available")
    app.click("save")  # the old build goes on working beside the new server
    app.wait("result", "saved 2")

    other = tablet.open(probe_server.url).ready()
    other.wait("status", "waiting")
    app.page.bring_to_front()
    app.click("apply")
    app.wait("update", "busy")  # never under the feet of another tab
    other.page.close()

    app.click("apply")
    until("the page has gone to the new build", lambda: "one" not in app.label("status"))
    app.ready().wait("status", "two", "notes=2", "missing=0", "check=ok")


def test_a_new_build_takes_over_at_the_next_start(
    probe_server: Server, tablet: Tablet, build_probe: Callable[[str], Path]
) -> None:
    app = tablet.open(probe_server.url).ready()
    app.wait("status", "one", "notes=0")
    app.wait_offline_ready()
    app.click("save")
    app.wait("result", "saved 1")
    _publish(probe_server, build_probe("two"))
    app.click("check")
    app.wait("update", "available")
    probe_server.stop()
    app.reload().wait("status", "two", "notes=1", "missing=0", "check=ok")


def test_of_two_builds_at_once_the_second_keeps_what_the_first_has_made(tmp_path: Path) -> None:
    out = tmp_path / "site"

    def build(_: int) -> tuple[bool, str]:
        report = build_pwa(
            TOP,
            out,
            module="pwa_probe.main",
            packages=(PROBE,),
            cache=TOP / ".cache" / "pwa",
            snapshot=False,
        )
        return report.fresh, report.build

    with ThreadPoolExecutor(2) as pool:
        (one_fresh, one), (other_fresh, other) = pool.map(build, range(2))
    assert {one_fresh, other_fresh} == {True, False}
    assert one == other
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
