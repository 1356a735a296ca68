"""An appeal in the browser: disputed without network, decided at the desk, and the score follows."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import FilePayload
from sqlalchemy import text

from shared_models.clock import utc_now
from shared_models.ids import new_id
from sync_server.demo.pictures import showroom_photo
from sync_server.insight.facts import record_visit
from sync_server.settings import Settings
from sync_server.store import Database
from sync_server.sync.journal import write_row
from sync_server.visits.service import counting, score_with
from tests.e2e.browser import AppPage, Tablet
from tests.e2e.installation import PASSWORD, Installation
from tests.e2e.pages import Screen, SignIn, Sync

pytestmark = pytest.mark.e2e

DEALER = "A1001"
ANSWERS = {"F02": "no", "A01": "yes", "R09": 8, "G07": "no"}
REASON, NOTE = "当天招牌亮灯，见照片", "照片属实，更正为是"


def accepted_visit(installation: Installation) -> str:
    """A visit at the owner's dealer, accepted yesterday, with one answer that earns nothing; its id."""
    installation.stop()
    database = Database(Settings.from_env(installation.folder).database_url)
    visit_id, now = new_id(), utc_now()
    try:
        with database.write() as session:
            dealer, person, version = (
                session.execute(text(query), {"code": code}).scalar_one()
                for query, code in (
                    ("SELECT id FROM dealer WHERE code = :code", DEALER),
                    ("SELECT person_id FROM credential WHERE login = :code", "shopper"),
                    (
                        "SELECT v.id FROM template_version v JOIN template t ON t.id = v.template_id"
                        " WHERE t.code = :code",
                        "short_visit",
                    ),
                )
            )
            row = {
                "dealer_id": dealer,
                "template_version_id": version,
                "person_id": person,
                "source": "shop",
                "status": "accepted",
                "visit_date": (now - timedelta(days=3)).date(),
                "submitted_at": now - timedelta(days=2),
                "reviewed_at": now - timedelta(days=1),
                "evidence_complete": True,
            }
            write_row(session, "visit", visit_id, row)
            for code, value in ANSWERS.items():
                answer = {"visit_id": visit_id, "question": code, "value": value}
                write_row(session, "answer", new_id(), answer)
            answers = counting(session, {**row, "id": visit_id, "revision": 0}).now
            score = score_with(session, row, answers)
            write_row(session, "visit", visit_id, {"score": score})
            record_visit(session, visit_id)
    finally:
        database.close()
    installation.start()
    return visit_id


class Appeals(Screen):
    """Results, disputes and decisions."""

    def opened(self) -> Appeals:
        """Go to the place, which phones keep behind "more"."""
        if not self.sees("nav-appeals"):
            self.press("nav-more")
        self.go("appeals")
        self.wait("appeals-results")
        return self


def photo() -> FilePayload:
    """A picture that a dealer attaches."""
    data = showroom_photo(random.Random(3))
    return {"name": "sign.jpg", "mimeType": "image/jpeg", "buffer": data}


def owner_disputes(app: AppPage, visit_id: str, cut: Tablet) -> Appeals:
    """Open the result with network, dispute an answer without it, and send it later."""
    SignIn(app).sign_in("owner", PASSWORD)
    appeals = Appeals(app).opened()
    appeals.wait(f"result-{visit_id}")
    appeals.press("result-row-0")
    appeals.wait("dispute-F02")
    cut.network(False)
    appeals.press("dispute-F02")
    appeals.write("appeal-F02-text", REASON)
    appeals.choose_files("appeal-F02-add-photo", photo())
    appeals.wait("appeal-photo-0")
    # what is written and chosen for a form survives the app, also without network
    app.reload()
    appeals.press("dispute-F02")
    appeals.wait("appeal-photo-0")
    assert appeals.written("appeal-F02-text") == REASON
    appeals.press("appeal-F02-send")
    appeals.wait("appeal-of-F02")
    cut.network(True)
    appeals.press("back")
    Sync(app).send_now()
    return appeals


def manager_upholds(app: AppPage) -> None:
    """Read the reason, see the photo at the first tap, choose the right answer, tell the dealer."""
    SignIn(app).sign_in("manager", PASSWORD)
    desk = Appeals(app).opened()
    desk.wait("appeal-row-0")
    assert REASON in desk.text()
    desk.press("appeal-row-0")
    desk.press("appeal-photo-0")
    desk.wait("photo-close")
    desk.press("photo-close")
    desk.press("q-F02-yes")
    desk.write("appeal-note", NOTE)
    desk.press("appeal-uphold")
    desk.gone("appeal-uphold")
    assert NOTE in desk.text()
    desk.press("back")
    Sync(app).send_now()


def test_a_dealer_disputes_an_answer_and_sees_the_score_change(
    installation: Installation, tablet: Tablet, desktop: Tablet
) -> None:
    visit_id = accepted_visit(installation)
    owners = tablet.open(installation.url).ready()
    mine = owner_disputes(owners, visit_id, tablet)
    manager_upholds(desktop.open(installation.url).ready())
    desktop.close()

    Sync(owners).send_now()
    mine.opened()
    mine.press("appeals-decided")
    mine.press("appeal-row-0")
    mine.wait("appeal-visit")
    said = mine.text()
    assert NOTE in said
    assert "申诉成立" in said
    desk = installation.signed_in("hq")
    line = desk.get(f"/appeals/results/{visit_id}").json()
    desk.close()
    assert Decimal(line["score"]) > Decimal(line["first_score"])
