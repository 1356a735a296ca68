"""An auditor's visit in a browser without network, to the paper that the dealer gets on the spot."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader

from tests.e2e.browser import AppPage, Tablet, until
from tests.e2e.desk_pages import Desk
from tests.e2e.installation import INSPECTED, PASSWORD, Installation, short_inspection
from tests.e2e.pages import SignIn, Today
from tests.e2e.recording import record

pytestmark = pytest.mark.e2e

REMARKS = "同意整改，三日内完成"


def _keeps_paper(app: AppPage) -> bool:
    """Whether this device has what draws the record."""
    return app.page.evaluate("caches.match('/app/python/paper.zip', { ignoreSearch: true }).then(Boolean)")


def test_an_inspection_is_handed_over_as_pdf_without_network(
    installation: Installation, tablet: Tablet
) -> None:
    app = tablet.open(installation.url).ready()
    SignIn(app).sign_in("auditor", PASSWORD)
    Today(app).wait(f"start-{INSPECTED}")
    app.wait_offline_ready()
    until("what draws the record is on the device", lambda: _keeps_paper(app))
    installation.stop()
    tablet.network(False)

    document = short_inspection()
    failed = document.sections[0].questions[0].code
    visit = Today(app).start(INSPECTED)
    record(visit, document, {failed: "no", "SJ02": REMARKS}, photos=1)
    visit.submission().submit()
    desk = Desk(app)
    desk.go("history")
    desk.wait("paper-*")
    pages = PdfReader(io.BytesIO(desk.pdf("paper-*"))).pages
    paper = "".join("".join(page.extract_text().split()) for page in pages)
    assert {word for word in (INSPECTED, failed, REMARKS) if word not in paper} == set()
    assert sum(len(page.images) for page in pages) == 1
