"""The whole story in a browser: from a tap in a showroom without network to an improvement plan as PDF."""

from __future__ import annotations

import io
import time
from collections.abc import Callable

import pytest
from pypdf import PdfReader

from shared_models.visits import EVENTS
from sync_server.checklists.builtin import load_templates
from tests.e2e.browser import TOP, AppPage, Tablet
from tests.e2e.desk_pages import Desk
from tests.e2e.installation import FULL, PASSWORD, Installation, short_document
from tests.e2e.pages import SignIn, Sync, Today, Visit
from tests.e2e.recording import drive, record

pytestmark = pytest.mark.e2e

DEALER, WHOLE_DEALER, MONTH = "A1001", "A1007", "2026-10"
SURVEY = TOP / "assets" / "demo" / "demo_cati_sales.xlsx"
MEASURE, PROGRESS = "每周三组织试乘试驾话术演练并录音点评", "已完成两次演练，两名顾问通过"
PHOTOS = 3
MANY_PHOTOS = 25
"""Of a whole visit: one at each of the first questions, the one that asks for a photo among them."""


def _offline_shopper(installation: Installation, tablet: Tablet, dealer: str) -> AppPage:
    """Sign the shopper in once; then the network goes for real."""
    app = tablet.open(installation.url).ready()
    SignIn(app).sign_in("shopper", PASSWORD)
    Today(app).wait(f"start-{dealer}")
    app.wait_offline_ready()
    installation.stop()
    tablet.network(False)
    return app


def test_a_whole_sales_visit_with_photos_and_a_drive_is_recorded_without_network_in_one_go(
    installation: Installation, tablet: Tablet, record_property: Callable[[str, object], None]
) -> None:
    document = next(one for one in load_templates() if one.code == FULL)
    app = _offline_shopper(installation, tablet, WHOLE_DEALER)
    begun = time.monotonic()
    visit = Today(app).start(WHOLE_DEALER)
    answered = record(visit, document, {"F02": "no", "F05": "na"}, MANY_PHOTOS)
    log = visit.test_drive()
    drive(log)
    visit = log.back()
    record_property("questions", len(answered))
    record_property("seconds", round(time.monotonic() - begun))
    counts, score = visit.label("visit-counts"), visit.label("visit-score")
    assert f"{len(answered)} / {len(answered)}" in counts
    app.reload()
    visit = Visit(app).opened()
    visit.says("visit-counts", counts)
    visit.says("visit-score", score)
    log = visit.test_drive()
    for event in EVENTS:
        log.find(f"drive-{event}-at")
    log.back()

    installation.start()
    tablet.network(True)
    Sync(app).send_now()
    assert len(installation.blobs()) == MANY_PHOTOS


def test_from_a_tap_without_network_to_the_plan_as_pdf(
    installation: Installation, tablet: Tablet, desktop: Tablet
) -> None:
    # the shopper records a whole visit with photos and a test drive
    app = _offline_shopper(installation, tablet, DEALER)
    assert Today(app).nameless() == []
    visit = Today(app).start(DEALER)
    answered = record(visit, short_document(), {"F02": "no", "F05": "na"}, PHOTOS)
    assert visit.nameless() == []
    log = visit.test_drive()
    assert log.nameless() == []
    drive(log)
    visit = log.back()
    counts, score = visit.label("visit-counts"), visit.label("visit-score")
    assert f"{len(answered)} / {len(answered)}" in counts

    # a reload in the showroom
    app.reload()
    visit = Visit(app).opened()
    visit.says("visit-counts", counts)
    visit.says("visit-score", score)
    log = visit.test_drive()
    for event in EVENTS:
        log.find(f"drive-{event}-at")
    submission = log.back().submission()
    percent = submission.label("submit-score")
    assert submission.nameless() == []
    submission.submit()
    for place, there in (("settings", "sign-out"), ("history", "sync-chip")):
        submission.go(place)
        submission.wait(there)
        assert submission.nameless() == []
    Sync(app).waiting()

    # the server comes back
    installation.start()
    tablet.network(True)
    Sync(app).send_now()
    tablet.close()
    assert len(installation.blobs()) == PHOTOS + 1  # the last one is a question of its own

    # headquarters imports the survey file
    app = desktop.open(installation.url).ready()
    desk, who = Desk(app), SignIn(app)
    who.sign_in("hq", PASSWORD)
    report = desk.import_file("电话", SURVEY)
    assert {"2808", "28312"} <= set(report.split())
    who.sign_out()

    # the manager reviews the visit and acts on what is weak
    who.sign_in("manager", PASSWORD)
    desk.review_first()
    assert percent in desk.text()
    desk.accept()
    assert desk.weak_of(DEALER, MONTH)
    assert DEALER in desk.look_at_first_weak()
    desk.plan_first_weak()
    desk.write_plan(MEASURE, owner="展厅经理", supervisor="总经理")
    desk.publish()
    who.sign_out()

    # the owner at the dealer sees what to do, and reports
    who.sign_in("owner", PASSWORD)
    desk.first_action()
    assert MEASURE in desk.text()
    desk.report_progress(50, PROGRESS)
    desk.press("action-plan")
    desk.wait("plan-pdf-zh")
    pages = PdfReader(io.BytesIO(desk.pdf("plan-pdf-zh"))).pages
    paper = "".join("".join(page.extract_text().split()) for page in pages)
    assert {word for word in (MEASURE, PROGRESS, DEALER, "50%") if word not in paper} == set()
