"""Filling an empty installation with the demo network, by driving the program's own doors.

Survey files go through the import, visits through the sync API with real photos, reviews and plans through
the same ops that the app sends. The clock that the server sees moves through the story's months.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from shared_models.clock import utc_now
from shared_models.messages import words
from sync_server.app import API, create_app
from sync_server.assets import assets_dir
from sync_server.checklists.service import publish_builtin
from sync_server.demo.calls import plan_demo_calls
from sync_server.demo.history import callback_history
from sync_server.demo.network import DemoNetwork, build_network
from sync_server.demo.plans import carry_out_plans, close_plans, start_plans
from sync_server.demo.recorder import Refused
from sync_server.demo.story import HISTORY, PLAN_MONTH
from sync_server.demo.visits import plan_upcoming, record_all, schedule
from sync_server.people import service as people
from sync_server.people.passwords import hash_password
from sync_server.settings import Settings
from sync_server.store import Database
from sync_server.sync.journal import load_entries

ZONE = ZoneInfo("Asia/Shanghai")
_LOGINS = "demo-logins.json"
_UNFINISHED = "demo-unfinished"
_WORDS = ("kite", "maple", "harbor", "copper", "lantern", "meadow", "orchid", "pebble", "river", "summit")

_FILES = (
    ("demo_cati_sales.xlsx", "cati_sales"),
    ("demo_callbacks_gb18030.csv", "callbacks"),
    ("demo_service.sav", "service_survey"),
)

Step = Callable[[int, int], None]


class StoryClock:
    """The server's clock while the story is told; it only moves forward."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        """The story's present."""
        return self.at

    def move_to(self, at: datetime) -> None:
        """Go on to a later moment (an earlier one changes nothing)."""
        self.at = max(self.at, at)


@dataclass(frozen=True)
class Login:
    """A demo account to try, with what to try first."""

    role: str
    login: str
    password: str
    hint: str


@dataclass
class Stage:
    """What every part of the seeding works with."""

    settings: Settings
    database: Database
    clock: StoryClock
    network: DemoNetwork
    versions: dict[str, str]
    transport: httpx.ASGITransport
    today: date

    def client(self, person_id: str) -> httpx.AsyncClient:
        """An HTTP client signed in as a person."""
        with self.database.write(journal=False) as session:
            made = people.open_session(session, person_id, now=self.clock(), days=3650, device_name="demo")
        headers = {
            "Authorization": f"Bearer {made.token}",
            "X-Revisit-Client": "demo",
            "Accept-Language": "en",
        }
        return httpx.AsyncClient(
            transport=self.transport, base_url="http://demo", headers=headers, timeout=120
        )

    def version_of(self, row_id: str) -> int:
        """The version that the server gives a row now."""
        with self.database.read() as session:
            return next(iter(load_entries(session, [row_id]).values())).version

    def local(self, day: date, hour: int, minute: int = 0) -> datetime:
        """A moment of the network's local time, in UTC."""
        return datetime.combine(day, time(hour, minute), ZONE).astimezone(UTC)


def seed(settings: Settings, progress: Step | None = None, today: date | None = None) -> dict[str, Any]:
    """Fill the installation; what was made, counted. A new password is made and kept in the data folder."""
    password = f"{secrets.choice(_WORDS)}-{secrets.choice(_WORDS)}-{secrets.randbelow(9000) + 1000}"
    today = today or utc_now().astimezone(ZONE).date()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    unfinished = settings.data_dir / _UNFINISHED
    unfinished.touch()
    database = Database(settings.database_url)
    try:
        database.migrate()
        with database.write() as session:
            network = build_network(session, hash_password(password), utc_now())
            versions = publish_builtin(session)
        counted = asyncio.run(_tell(settings, network, versions, today, progress or (lambda _d, _t: None)))
    finally:
        database.close()
    logins = {"password": password, "logins": {login: list(who) for login, who in network.logins.items()}}
    place = settings.data_dir / _LOGINS
    place.write_text(json.dumps(logins, ensure_ascii=False, indent=1), encoding="utf-8")
    place.chmod(0o600)
    unfinished.unlink()
    return {**counted, "dealers": len(network.dealers), "logins": str(place)}


def clear_unfinished(settings: Settings) -> bool:
    """Remove what an interrupted seeding left in its embedded installation; whether there was such a thing.

    An installation whose demo was finished, or that never was a demo, is not touched.
    """
    if not (settings.data_dir / _UNFINISHED).exists():
        return False
    for name in ("revisit.db", "revisit.db-wal", "revisit.db-shm"):
        (settings.data_dir / name).unlink(missing_ok=True)
    for folder in (settings.blob_dir, settings.data_dir / "figures"):
        shutil.rmtree(folder, ignore_errors=True)
    return True


def logins(data_dir: Path, language: str) -> list[Login]:
    """Demo accounts to show after the start; none if this installation is no demo."""
    place = data_dir / _LOGINS
    if not place.exists():
        return []
    held = json.loads(place.read_text(encoding="utf-8"))
    t = words(language)
    return [
        Login(t(f"demo.role.{role}"), login, held["password"], t(f"demo.try.{login}"))
        for login, (role, _) in held["logins"].items()
    ]


async def _tell(
    settings: Settings, network: DemoNetwork, versions: dict[str, str], today: date, progress: Step
) -> dict[str, Any]:
    clock = StoryClock(datetime(2026, 5, 1, tzinfo=UTC))
    app = create_app(settings, now=clock)
    async with app.router.lifespan_context(app):
        stage = Stage(
            settings=settings,
            database=app.state.db,
            clock=clock,
            network=network,
            versions=versions,
            transport=httpx.ASGITransport(app=app),
            today=today,
        )
        visits = schedule(stage)
        total = len(visits) + len(_FILES) + 1 + 2
        done = 0

        def step() -> None:
            nonlocal done
            done += 1
            progress(done, total)

        # plans of May rest on the callbacks until May; their verdicts on those from July on
        before = [month for month in HISTORY if month <= PLAN_MONTH]
        after = [month for month in HISTORY if month > PLAN_MONTH]
        clock.move_to(stage.local(date(2026, 6, 1), 9))
        dealers = list(network.dealers)
        rows = await _import(stage, "callbacks-to-may.csv", callback_history(dealers, before), "callbacks")
        step()
        finished = await carry_out_plans(stage)
        step()
        photos = await record_all(stage, visits, step)
        clock.move_to(stage.local(date(2026, 11, 2), 9))
        rows += await _import(stage, "callbacks-from-june.csv", callback_history(dealers, after), "callbacks")
        for name, mapping in _FILES:
            data = (assets_dir() / "demo" / name).read_bytes()
            rows += await _import(stage, name, data, mapping)
            step()
        clock.move_to(utc_now())
        await close_plans(stage, finished)
        running = await start_plans(stage)
        plan_upcoming(stage)
        calls = plan_demo_calls(stage)
        step()
    return {
        "visits": len(visits),
        "photos": photos,
        "imported_rows": rows,
        "calls": calls,
        "plans": len(finished) + running,
    }


async def _import(stage: Stage, name: str, data: bytes, mapping: str) -> int:
    async with stage.client(stage.network.hq_id) as hq:
        response = await hq.post(
            f"{API}/imports/files", files={"file": (name, data)}, data={"mapping": mapping}
        )
    if response.status_code not in {200, 201}:
        raise Refused(f"import of {name}: {response.status_code} {response.text[:500]}")
    return int(response.json()["batch"]["counts"]["loaded"])
