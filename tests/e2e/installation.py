"""An installation of the real server: a small network seeded by the product's services, `revisit serve`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
from sqlalchemy.orm import Session

from shared_models.checklists import TemplateDocument
from shared_models.clock import utc_now
from shared_models.ids import new_id
from sync_server.checklists.builtin import load_templates
from sync_server.checklists.service import publish_builtin, publish_template
from sync_server.demo.network import DemoNetwork, build_network
from sync_server.people.passwords import hash_password
from sync_server.settings import Settings
from sync_server.store import Database
from sync_server.sync.journal import write_row
from tests.e2e.browser import TOP, free_port, until

PASSWORD = "correct horse battery"
FULL, SHORT = "sales_visit", "short_visit"
SHORT_QUESTIONS = ("F01", "F02", "F05", "F17", "A01", "A06", "R09", "P01", "G07", "C08")
"""One of nearly every kind: time, yes/no, not applicable, photo, text, scale, numbers, several choices."""
INSPECTION, SHORT_INSPECTION = "service_inspection", "short_inspection"
INSPECTION_QUESTIONS = ("SA01", "SA02", "SJ02")
"""Of an inspection: two to be judged, and the dealer's remarks."""
PLACES = {"A1001": SHORT, "A1007": FULL, "A1013": SHORT, "A1019": SHORT}
"""Where the demo's shopper is to go: template by dealer."""
INSPECTED = "A1001"
"""Where the demo's auditor is to go."""


def short_document() -> TemplateDocument:
    """The sales visit cut to a few questions, with its test-drive log."""
    return _cut(FULL, SHORT, SHORT_QUESTIONS)


def short_inspection() -> TemplateDocument:
    """The inspection of a workshop cut to a few questions."""
    return _cut(INSPECTION, SHORT_INSPECTION, INSPECTION_QUESTIONS)


def _cut(template: str, code: str, questions: tuple[str, ...]) -> TemplateDocument:
    whole = next(one for one in load_templates() if one.code == template)
    sections = [
        section.model_copy(
            update={"questions": tuple(one for one in section.questions if one.code in questions)}
        )
        for section in whole.sections
    ]
    kept = tuple(section for section in sections if section.questions)
    values = {"code": code, "sections": kept, "minimum_minutes": 0}
    return TemplateDocument.model_validate(whole.model_copy(update=values).to_json())


def seed(folder: Path) -> None:
    """The demo's people and dealers, the built-in templates, a short one, and the shopper's assignments."""
    folder.mkdir(parents=True)
    settings = Settings.from_env(folder)
    database = Database(settings.database_url)
    try:
        database.migrate()
        with database.write() as session:
            network = build_network(session, hash_password(PASSWORD), utc_now())
            versions = publish_builtin(session)
            versions[SHORT] = publish_template(session, short_document(), now=utc_now())
            inspection = publish_template(session, short_inspection(), now=utc_now())
            for code, template in PLACES.items():
                _assign(session, network, code, versions[template], network.shoppers[0])
            _assign(session, network, INSPECTED, inspection, network.auditors[0])
    finally:
        database.close()


def _assign(session: Session, network: DemoNetwork, dealer: str, version_id: str, person_id: str) -> None:
    today = utc_now().date()
    write_row(
        session,
        "assignment",
        new_id(),
        {
            "dealer_id": network.dealers[dealer].id,
            "template_version_id": version_id,
            "person_id": person_id,
            "window_start": today - timedelta(days=2),
            "window_end": today + timedelta(days=5),
        },
    )


@dataclass
class Installation:
    """A data folder and the server on it, as a process that can be stopped and started on its port."""

    folder: Path
    pwa: Path
    port: int
    _process: subprocess.Popen[bytes] | None = None

    @classmethod
    def copy(cls, seeded: Path, folder: Path, pwa: Path) -> Installation:
        """An installation of its own with what was seeded."""
        shutil.copytree(seeded, folder)
        return cls(folder, pwa, free_port())

    @property
    def url(self) -> str:
        """Where the app is."""
        return f"http://localhost:{self.port}/app/"

    def start(self) -> None:
        """Start the server as an operator does, and wait until it answers."""
        program = str(Path(sys.executable).with_name("revisit"))
        environment = {name: text for name, text in os.environ.items() if not name.startswith("REVISIT_")}
        self._process = subprocess.Popen(
            [program, "serve", "--port", str(self.port), "--host", "localhost", "--data", str(self.folder)],
            cwd=TOP,
            env={**environment, "REVISIT_PWA": str(self.pwa)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

        def answers() -> bool:
            try:
                return httpx.get(self.url).status_code == 200
            except httpx.TransportError:
                return False

        until("the server answers", answers)

    def stop(self) -> None:
        """End the server; nothing listens on its port afterwards."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
            self._process = None

    def blobs(self) -> list[Path]:
        """The files of photos and recordings that the server holds."""
        return [file for file in (self.folder / "blobs").rglob("*") if file.is_file()]

    def signed_in(self, login: str) -> httpx.Client:
        """A client of the API for looking at what the server holds."""
        client = httpx.Client(base_url=f"http://localhost:{self.port}/api/v1", timeout=60)
        answer = client.post("/session", json={"login": login, "password": PASSWORD})
        answer.raise_for_status()
        client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        return client
