"""Recording without network in the other engines; what differs stands in docs/pwa.md."""

from __future__ import annotations

import pytest

from tests.e2e.browser import until
from tests.e2e.engines import Tab, firefox, webkit
from tests.e2e.installation import PASSWORD, Installation

pytestmark = pytest.mark.e2e

DEALER = "A1013"


def _record_without_network(tab: Tab, installation: Installation) -> str:
    """Sign in, stop the server, answer two questions and see them saved; how many are answered."""
    tab.open(installation.url)
    tab.write("sign-in-login", "shopper")
    tab.write("sign-in-password", PASSWORD)
    tab.press("sign-in")
    tab.wait(f"start-{DEALER}")
    until(
        "everything for a start without network is there",
        lambda: tab.engine.evaluate("document.documentElement.dataset.offline") == "ready",
    )
    installation.stop()
    tab.press(f"start-{DEALER}")
    tab.press("q-F02-no")
    tab.wait("q-F02-saved")
    tab.press("q-F05-na")
    tab.wait("q-F05-saved")
    return tab.wait("visit-counts")["label"]


def _reload_without_network(tab: Tab, counts: str) -> None:
    """Reload with the server stopped, from the snapshot, and find both answers again."""
    tab.engine.evaluate("location.reload()")
    tab.wait("q-F05-saved")
    until(f"{counts} again", lambda: tab.wait("visit-counts")["label"] == counts)
    assert tab.wait("q-F02-no")["chosen"] == "true"
    assert tab.wait("q-F05-na")["chosen"] == "true"
    assert not tab.engine.evaluate("localStorage.getItem('revisit-no-snapshot')"), "started without snapshot"


def test_firefox_keeps_what_was_recorded_without_network_over_a_reload(installation: Installation) -> None:
    with firefox() as engine:
        tab = Tab(engine)
        _reload_without_network(tab, _record_without_network(tab, installation))


def test_webkit_keeps_what_was_recorded_without_network_over_a_reload(installation: Installation) -> None:
    with webkit() as engine:
        tab = Tab(engine)
        assert engine.evaluate("typeof navigator.storage") == "undefined"  # hence no OPFS, but IndexedDB
        _reload_without_network(tab, _record_without_network(tab, installation))
