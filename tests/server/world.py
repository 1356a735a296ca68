"""A tiny network with a ready server: two regions, four dealers, one person of each role.

``make_world`` gives a :class:`World`; ``world.client(login)`` is an httpx client over ASGI that carries the
person's token. Passwords are set only for those who sign in (``world.password``).
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import create_engine, text

from shared_models.clock import Stamp, utc_now
from shared_models.ids import new_id
from shared_models.people.access import Role, ScopeKind
from sync_server.app import create_app
from sync_server.checklists.service import publish_builtin
from sync_server.people import service as people
from sync_server.people.passwords import hash_password
from sync_server.settings import Settings
from sync_server.store import Database
from sync_server.sync.journal import write_row

PASSWORD = "correct horse battery"
TOP = "/api/v1"

PEOPLE: dict[str, tuple[Role, str, str]] = {
    # login: role, scope (region or dealer code, "" for the company), home dealer
    "shopper": (Role.SHOPPER, "", ""),
    "shopper2": (Role.SHOPPER, "", ""),
    "auditor": (Role.AUDITOR, "", ""),
    "caller": (Role.CALLER, "", ""),
    "manager": (Role.MANAGER, "N", ""),
    "manager_south": (Role.MANAGER, "S", ""),
    "owner": (Role.OWNER, "N01", "N01"),
    "colleague": (Role.OWNER, "N01", "N01"),
    "owner_south": (Role.OWNER, "S01", "S01"),
    "hq": (Role.HQ, "", ""),
}


@lru_cache(maxsize=1)
def password_hash() -> str:
    """The hash of PASSWORD (made once: it is slow on purpose)."""
    return hash_password(PASSWORD)


@dataclass
class World:
    """A server with a network in it."""

    app: FastAPI
    settings: Settings
    db: Database
    regions: dict[str, str] = field(default_factory=dict[str, str])
    dealers: dict[str, str] = field(default_factory=dict[str, str])
    people: dict[str, str] = field(default_factory=dict[str, str])
    versions: dict[str, str] = field(default_factory=dict[str, str])
    """Template version ids by template code."""
    tokens: dict[str, str] = field(default_factory=dict[str, str])
    planned: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    """Assignments by login and dealer, where a test has made some."""
    questions: list[str] = field(default_factory=list[str])
    """Questions that a test asks."""

    def token(self, login: str) -> str:
        """A living token of a person."""
        if login not in self.tokens:
            with self.db.write(journal=False) as session:
                made = people.open_session(session, self.people[login], now=self.app.state.now(), days=30)
            self.tokens[login] = made.token
        return self.tokens[login]

    def client(self, login: str | None = None, language: str = "en") -> httpx.AsyncClient:
        """An httpx client of the API; with a login it carries that person's token."""
        headers = {"Accept-Language": language, "X-Revisit-Client": "test"}
        if login is not None:
            headers["Authorization"] = f"Bearer {self.token(login)}"
        transport = httpx.ASGITransport(app=self.app, client=("10.0.0.1", 1000))
        return httpx.AsyncClient(transport=transport, base_url=f"http://server{TOP}", headers=headers)

    def assign(self, login: str, dealer: str, template: str = "sales_visit", **values: Any) -> str:
        """An assignment of a person to a dealer (by code); its id."""
        assignment_id = new_id()
        row = {
            "dealer_id": self.dealers[dealer],
            "template_version_id": self.versions[template],
            "person_id": self.people[login],
            "window_start": date(2026, 11, 1),
            "window_end": date(2026, 11, 30),
            **values,
        }
        with self.db.write() as session:
            write_row(session, "assignment", assignment_id, row)
        return assignment_id

    def close(self) -> None:
        """Give the database back."""
        self.db.close()


def _seed(world: World) -> None:
    with world.db.write() as session:
        for code, name, english in (("N", "北区", "North"), ("S", "南区", "South")):
            world.regions[code] = people.create_region(session, code=code, name=name, name_en=english)
        for code in ("N01", "N02", "S01", "S02"):
            world.dealers[code] = people.create_dealer(
                session,
                code=code,
                name=f"{code}店",
                name_en=f"Dealer {code}",
                region_id=world.regions[code[0]],
            )
        now = utc_now()
        for login, (role, place, home) in PEOPLE.items():
            person_id = people.create_person(
                session, name=f"{login} 某", language="en", home_dealer_id=world.dealers.get(home)
            )
            kind = {0: ScopeKind.COMPANY, 1: ScopeKind.REGION, 3: ScopeKind.DEALER}[len(place)]
            scope_id = (world.regions | world.dealers).get(place, "")
            people.grant(session, person_id, role, kind, scope_id)
            people.set_login(session, person_id, login=login, password_hash=password_hash(), now=now)
            world.people[login] = person_id
        world.versions = publish_builtin(session, now=now)


@lru_cache(maxsize=1)
def _template() -> tuple[Path, World]:
    """A seeded SQLite file to copy: made once per test process."""
    folder = Path(tempfile.mkdtemp(prefix="revisit-world-"))
    settings = _settings(folder, None)
    world = World(create_app(settings), settings, Database(settings.database_url))
    world.db.migrate()
    _seed(world)
    with world.db.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        connection.commit()
    world.close()
    world.app.state.db.close()
    return folder / "revisit.db", world


def _settings(folder: Path, database_url: str | None) -> Settings:
    return Settings(
        data_dir=folder,
        database_url=database_url or f"sqlite:///{folder / 'revisit.db'}",
        blob_dir=folder / "blobs",
    )


def _copy_of(seeded: World, app: FastAPI, settings: Settings) -> World:
    """A world over a copy of a seeded database; its dictionaries are its own."""
    names = (dict(seeded.regions), dict(seeded.dealers), dict(seeded.people), dict(seeded.versions))
    return World(app, settings, app.state.db, *names)


def make_world(
    tmp_path: Path,
    database_url: str | None = None,
    *,
    now: Callable[[], datetime] = utc_now,
    **settings: Any,
) -> World:
    """A seeded world in ``tmp_path`` (SQLite) or in the empty database of ``database_url``."""
    chosen = _settings(tmp_path, database_url)
    if settings:
        chosen = Settings(**{**chosen.__dict__, **settings})
    tmp_path.mkdir(parents=True, exist_ok=True)
    if database_url is None:
        file, seeded = _template()
        shutil.copy(file, tmp_path / "revisit.db")
        app = create_app(chosen, now=now)
        return _copy_of(seeded, app, chosen)
    app = create_app(chosen, now=now)
    world = World(app, chosen, app.state.db)
    world.db.migrate()
    _seed(world)
    return world


def empty_database(server_url: str, template: str = "template1") -> str:
    """The URL of a new database on a PostgreSQL server: empty, or a copy of another one."""
    name = f"revisit_{new_id().replace('-', '')}"
    engine = create_engine(f"{server_url}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    engine.dispose()
    return f"{server_url}/{name}"


@lru_cache(maxsize=2)
def _seeded_postgres(server_url: str) -> tuple[str, World]:
    """Name of a seeded database to copy, and what is in it."""
    url = empty_database(server_url)
    folder = Path(tempfile.mkdtemp(prefix="revisit-world-"))
    world = make_world(folder, url)
    world.close()
    return url.rsplit("/", 1)[1], world


def postgres_world(folder: Path, server_url: str, **settings: Any) -> World:
    """The tiny network in a PostgreSQL database of its own."""
    template, seeded = _seeded_postgres(server_url)
    chosen = _settings(folder, empty_database(server_url, template))
    chosen = Settings(**{**chosen.__dict__, **settings})
    app = create_app(chosen)
    return _copy_of(seeded, app, chosen)


_stamps = itertools.count()


def stamp(device: str, at: datetime | None = None) -> str:
    """A hybrid clock stamp of a device, later than all given before."""
    instant = at or datetime.now(UTC)
    return str(Stamp(int(instant.timestamp() * 1000), next(_stamps) % 100_000, device))
