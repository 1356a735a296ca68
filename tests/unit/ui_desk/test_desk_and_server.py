"""What the desk reads and sends over HTTP, against the real server; kept copies without it."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import insert

from field_app.imports.workflow import Imports
from field_app.insight.network import weak_item
from field_app.insight.overview import load_overview
from field_app.insight.workflow import Insight
from field_app.people.directory import Directory
from field_app.plans.workflow import MyActions, Plans
from field_app.store import Store
from field_app.store.rows import whole
from field_app.store.tables import SYNCED
from field_app.sync.api import Api, Unreachable
from shared_models.insight import WeakItems
from shared_models.insight.wire import Parameters
from shared_models.people import Access, GrantView, Role, ScopeKind
from shared_models.problems import Code, Problem
from tests.factories.device import make_store
from tests.factories.surveys import DEMO_FILES, add_demo_dealers
from tests.server.world import World, make_world
from tests.unit.ui_desk.findings import weak


class Wire(httpx.AsyncBaseTransport):
    """A network to a server that can be cut."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner
        self.cut = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.cut:
            raise httpx.ConnectError("no network")
        return await self.inner.handle_async_request(request)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path / "server")
    yield made
    made.close()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return make_store(tmp_path / "account.db")


def line(world: World, login: str) -> tuple[Api, Wire]:
    wire = Wire(httpx.ASGITransport(app=world.app))
    return Api("http://server", wire, token=world.token(login), language="en"), wire


def test_a_survey_file_goes_in_once_and_its_report_stays_readable_offline(world: World, store: Store) -> None:
    add_demo_dealers(world)
    api, wire = line(world, "hq")
    imports = Imports(store, api)
    path = DEMO_FILES["callbacks"]
    name, data = path.name, path.read_bytes()

    async def story() -> None:
        mappings = (await imports.mappings()).value
        assert "callbacks" in {one.name for one in mappings}
        first = await imports.send(name, data, "callbacks")
        assert first.batch.file_name == name
        assert first.batch.counts.loaded > 0
        again = await imports.send(name, data, "callbacks")
        assert again.batch.repeated
        await imports.batches()
        await imports.report(first.batch.id)
        wire.cut = True
        kept = await imports.batches()
        assert (kept.live, [one.id for one in kept.value]) == (False, [first.batch.id])
        assert (await imports.report(first.batch.id)).value.findings == first.findings
        with pytest.raises(Unreachable):
            await imports.send(name, data, "callbacks")

    asyncio.run(story())


def test_a_manager_is_told_that_importing_is_not_hers(world: World, store: Store) -> None:
    imports = Imports(store, line(world, "manager")[0])
    with pytest.raises(Problem) as caught:
        asyncio.run(imports.send("x.csv", b"a,b", "callbacks"))
    assert caught.value.code is Code.NOT_ALLOWED


def test_the_directory_names_the_dealers_own_people_first_and_never_a_shopper(
    world: World, store: Store
) -> None:
    api, wire = line(world, "manager")
    directory = Directory(store, api)

    async def story() -> None:
        found = (await directory.at(world.dealers["N01"])).value
        own = [one.at_dealer for one in found]
        assert own == sorted(own, reverse=True)
        assert {world.people["owner"], world.people["manager"]} <= {one.id for one in found}
        assert world.people["shopper"] not in {one.id for one in found}
        wire.cut = True
        kept = await directory.at(world.dealers["N01"])
        assert (kept.live, kept.value) == (False, found)
        with pytest.raises(Unreachable):
            await directory.at(world.dealers["N02"])

    asyncio.run(story())


def _weak_items(*items: Any) -> dict[str, Any]:
    answer = WeakItems(
        month="2026-10", data_cut=7, final=True, parameters=Parameters(), items=items, total=len(items)
    )
    return json.loads(answer.model_dump_json())


def _insight(store: Store, *items: Any) -> tuple[Insight, Wire, list[str]]:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url.query, "ascii"))
        return httpx.Response(200, json=_weak_items(*items))

    wire = Wire(httpx.MockTransport(answer))
    return Insight(store, Api("http://server", wire, token="t")), wire, asked


def test_a_weak_item_seen_in_the_whole_list_opens_offline(store: Store) -> None:
    insight, wire, _ = _insight(store, weak(), weak(item_id="i2"))

    async def story() -> None:
        await insight.weak_items("2026-10")
        wire.cut = True
        got = await weak_item(insight, "2026-10", "d1", "i2")
        assert (got.live, got.value.item_id) == (False, "i2")
        with pytest.raises(Unreachable):
            await weak_item(insight, "2026-10", "d1", "never seen")

    asyncio.run(story())


def test_an_item_that_is_not_weak_any_more_is_said_to_be_gone(store: Store) -> None:
    insight, _, asked = _insight(store, weak())
    with pytest.raises(Problem) as caught:
        asyncio.run(weak_item(insight, "2026-10", "d1", "i9"))
    assert caught.value.code is Code.NOT_FOUND
    assert asked == ["dealer_id=d1&month=2026-10"]


class _Lists:
    """Stands for the workflows behind the overview."""

    def __init__(self, role: Role) -> None:
        self.access = Access.of("me", [GrantView(role, ScopeKind.COMPANY)])
        self.store = make_store(Path(tempfile.mkdtemp()) / "account.db")
        self.review = self
        self.plans = Plans(self.store, self.access)
        self.actions = MyActions(self.store, self.access, self._free)
        self._fill()

    @staticmethod
    async def _free() -> int | None:
        return None

    async def load(self, status: str) -> list[str]:
        return {"submitted": ["v1", "v2"], "returned": ["v3"]}[status]

    def _fill(self) -> None:
        """Plans in every state, and two days ago, today, and five days on as deadlines."""
        today = self.store.context.now().date()
        late, later = today - timedelta(days=2), today + timedelta(days=5)
        somebody, me = {"owner_id": "x", "supervisor_id": "y"}, {"owner_id": "me", "supervisor_id": "y"}
        watched = {"owner_id": "x", "supervisor_id": "me"}
        plans: list[tuple[str, str, list[dict[str, Any]]]] = [
            ("draft", "", [{"status": "open", "due_on": late, **me}]),
            ("published", "", [
                {"status": "open", "due_on": late, **me}, {"status": "running", "due_on": later, **me}]),
            ("published", "", [{"status": "verified", "due_on": late, **me}] * 2),
            ("published", "improved", [{"status": "verified", "due_on": late, **somebody}] * 2),
            ("published", "", []),
            ("published", "", [
                {"status": "done", "due_on": late, **me}, {"status": "done", "due_on": later, **watched}]),
            ("closed", "", [{"status": "verified", "due_on": late, **watched}]),
        ]  # fmt: skip
        with self.store.write() as connection:
            for place, (status, verdict, actions) in enumerate(plans):
                plan = {"id": f"p{place}", "dealer_id": "d1", "title": "p", "status": status}
                item = {"id": f"i{place}", "plan_id": plan["id"], "item_id": "i", "verdict": verdict}
                lines = [
                    {"id": f"a{place}{n}", "plan_id": plan["id"], "measure": "m", **one}
                    for n, one in enumerate(actions)
                ]
                for entity, rows in (("plan", [plan]), ("plan_item", [item]), ("action", lines)):
                    if rows:
                        connection.execute(
                            insert(SYNCED[entity]), [whole(entity, {"version": 1, **row}) for row in rows]
                        )


def test_the_overview_counts_what_needs_a_manager_today() -> None:
    view = asyncio.run(load_overview(_Lists(Role.MANAGER), None))  # type: ignore[arg-type]
    assert (view.to_review, view.returned, view.drafts) == (2, 1, 1)
    assert (view.own_open, view.own_overdue, view.to_verify) == (2, 1, 1)
    assert (view.plans_running, view.plans_overdue, view.plans_without_verdict) == (5, 1, 1)


def test_the_overview_of_an_owner_speaks_of_no_visits_and_no_drafts() -> None:
    view = asyncio.run(load_overview(_Lists(Role.OWNER), None))  # type: ignore[arg-type]
    assert (view.to_review, view.returned, view.drafts, view.weak_wanted) == (None, None, None, False)
