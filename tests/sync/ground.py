"""The ground of the simulator: ids that the seed decides, no threads, a server that costs little to begin.

The server is the real application over one in-memory database; its first state is made once per process and
put back before every run. Durability is simulated on purpose (tests/sync/devices.py), so no disk is needed.
"""

from __future__ import annotations

import logging
import os
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import anyio.to_thread
from sqlalchemy import insert, text

from shared_models import ids
from shared_models.checklists.document import TemplateDocument
from shared_models.people.access import ScopeKind
from sync_server.app import create_app
from sync_server.checklists.service import publish_template
from sync_server.people import service as people
from sync_server.settings import Settings
from sync_server.store import database
from sync_server.store.metadata import all_tables
from sync_server.sync.journal import write_row
from tests.factories.device import Clock
from tests.factories.network import document
from tests.server.world import PEOPLE, World
from tests.sync.breaking import Fuse, begin_by_itself, keep_open

BEGIN = datetime(2026, 11, 3, 1, 0, tzinfo=UTC)
TEMPLATE = "short_visit"
PLANS = "draft", "published"


@contextmanager
def seeded(chance: random.Random, now: Callable[[], datetime]) -> Generator[None]:
    """Ids made without own chance come from this one; what wants a thread is done at once."""

    def milliseconds() -> int:
        return int(now().timestamp() * 1000)

    async def at_once(work: Callable[..., Any], *args: Any, **_options: Any) -> Any:
        return work(*args)

    defaults = cast(dict[str, Any], ids.new_id.__kwdefaults__)
    before, threads = dict(defaults), anyio.to_thread.run_sync
    quiet = logging.getLogger("revisit.sync"), logging.getLogger("revisit.api")
    levels = [one.level for one in quiet]
    defaults.update(milliseconds=milliseconds, randomness=chance.getrandbits)
    anyio.to_thread.run_sync = at_once  # type: ignore[assignment]
    for one in quiet:
        one.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        defaults.update(before)
        anyio.to_thread.run_sync = threads
        for one, level in zip(quiet, levels, strict=True):
            one.setLevel(level)


def scratch() -> Path:
    """A new folder in memory where the system has one."""
    shared = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="revisit-sim-", dir=shared if os.access(shared, os.W_OK) else None))


Image = bytes
"""A copy of a database, as its file would be."""


def copy_of(connection: sqlite3.Connection) -> Image:
    """The database as committed."""
    return connection.serialize()


def put_back(image: Image, connection: sqlite3.Connection) -> None:
    """Put this content in the place of a database (it stays the kind of database that it is)."""
    source = sqlite3.connect(":memory:")
    source.deserialize(image)
    source.backup(connection)
    source.close()


class Ground:
    """One process's server, put back to its first state by :meth:`reset`."""

    def __init__(self) -> None:
        self.folder = scratch()
        self.clock = Clock(BEGIN)
        settings = Settings(self.folder, f"sqlite:///{self.folder}/kept-in-memory.db", self.folder / "blobs")
        app = create_app(settings, now=self.clock)
        self.world = World(app, settings, app.state.db)
        self.statements = Fuse()
        kept = keep_open(app.state.db.engine, self.statements)
        begin_by_itself(app.state.db.engine, database._begin_sqlite, kept)
        with seeded(random.Random(0), self.clock):
            self._make()
        self._first = self.image()
        self._tokens, self._versions = dict(self.world.tokens), dict(self.world.versions)

    def _make(self) -> None:
        world = self.world
        with world.db.engine.begin() as connection:
            tables = all_tables()
            tables.create_all(connection)
            connection.execute(insert(tables.tables["sync_counter"]).values(id=1, seq=0, kept_from=0))
        world.app.state.epochs.present()
        with world.db.write() as session:
            for code in ("N", "S"):
                world.regions[code] = people.create_region(session, code=code, name=code)
            for code in ("N01", "N02", "S01"):
                region = world.regions[code[0]]
                world.dealers[code] = people.create_dealer(session, code=code, name=code, region_id=region)
            for login, (role, place, home) in PEOPLE.items():
                person = people.create_person(
                    session, name=login, language="en", home_dealer_id=world.dealers.get(home)
                )
                kind = {0: ScopeKind.COMPANY, 1: ScopeKind.REGION, 3: ScopeKind.DEALER}[len(place)]
                people.grant(session, person, role, kind, (world.regions | world.dealers).get(place, ""))
                world.people[login] = person
            made = TemplateDocument.model_validate(document())
            world.versions[TEMPLATE] = publish_template(session, made, now=BEGIN)
            for code in ("tidy", "open", "shown"):
                values = {"code": code, "name": code, "name_en": code, "short": code, "short_en": code}
                write_row(session, "item", ids.derived_id("item", code), {**values, "stage": "facilities"})
            self._visits(session)
            for status in PLANS:
                self._plan(session, status)
        for login in PEOPLE:
            world.token(login)

    def _visits(self, session: Any) -> None:
        """Two planned visits per shopper, and for the first one a visit that is under way."""
        world = self.world
        common = {"template_version_id": world.versions[TEMPLATE]}
        window = {"window_start": date(2026, 11, 1), "window_end": date(2026, 11, 30)}
        for login in ("shopper", "shopper2"):
            for dealer in ("N01", "N02"):
                person = {"person_id": world.people[login], "dealer_id": world.dealers[dealer]}
                row_id = ids.derived_id("assignment", login, dealer)
                write_row(session, "assignment", row_id, {**common, **window, **person})
        visit = {"dealer_id": world.dealers["N02"], "person_id": world.people["shopper"], "source": "shop"}
        begun = {"visit_date": date(2026, 11, 3), "started_at": BEGIN, "zone": "Asia/Shanghai"}
        write_row(session, "visit", ids.derived_id("visit"), {**common, **visit, **begun})

    def _plan(self, session: Any, status: str) -> None:
        """A plan of one dealer with two weak items, each with a cause and an action."""
        world = self.world
        plan = ids.derived_id("plan", status)
        head = {"dealer_id": world.dealers["N01"], "title": status, "status": status, "created_at": BEGIN}
        write_row(session, "plan", plan, {**head, "author_id": world.people["manager"]})
        for place, code in enumerate(("tidy", "open")):
            row_id = ids.derived_id("plan_item", status, code)
            item = {"plan_id": plan, "item_id": ids.derived_id("item", code), "finding": {"rate": 50}}
            write_row(session, "plan_item", row_id, item)
            part = {"plan_id": plan, "plan_item_id": row_id}
            cause = {**part, "category": "facilities", "text": code}
            write_row(session, "cause", ids.derived_id("cause", status, code), cause)
            people_of = {"owner_id": world.people["owner"], "supervisor_id": world.people["colleague"]}
            dates = {"starts_on": date(2026, 11, 1), "due_on": date(2026, 12, 1)}
            action = {**part, **people_of, **dates, "measure": code, "position": place}
            write_row(session, "action", ids.derived_id("action", status, code), action)

    def _driver(self) -> Any:
        return self.world.db.engine.raw_connection().driver_connection

    def image(self) -> Image:
        """The database as it stands."""
        return copy_of(self._driver())

    def files(self) -> dict[Path, bytes]:
        """The files that the server has stored, by their paths."""
        blobs = self.folder / "blobs"
        return {path: path.read_bytes() for path in sorted(blobs.rglob("*")) if len(path.name) == 64}

    def load(self, image: Image, files: dict[Path, bytes]) -> None:
        """Put another content in the place of database and files."""
        put_back(image, self._driver())
        shutil.rmtree(self.folder / "blobs", ignore_errors=True)
        for path, data in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        self.world.app.state.epochs.look_again()

    def keep_first(self) -> None:
        """Take the present state as the first one (scopes of the first syncs are known by then)."""
        self._first = self.image()

    def reset(self) -> None:
        """The first state again."""
        self.load(self._first, {})
        self.clock.at = BEGIN
        self.world.tokens, self.world.versions = dict(self._tokens), dict(self._versions)
        self.world.app.state.settings = self.world.settings

    def __del__(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


@lru_cache(maxsize=1)
def ground() -> Ground:
    """This process's server."""
    return Ground()


def rows_of(world: World, statement: str, **values: Any) -> list[Any]:
    """Rows of a statement on the server's database."""
    with world.db.read() as session:
        return list(session.execute(text(statement), values))
