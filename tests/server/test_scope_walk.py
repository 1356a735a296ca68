"""Every reading route of the API, asked by everybody: nobody reads another dealer's data.

The walk takes its routes from the OpenAPI document; a route whose parameters it does not know fails it.
"""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import Any
from zipfile import ZipFile, is_zipfile

import pytest
from pypdf import PdfReader

from sync_server.sync.journal import write_row
from tests.factories.plans import PlanDraft, item_id, publish
from tests.factories.surveys import NOW, Asked, ask, rows_of
from tests.factories.visits_on_server import accepted_visit
from tests.server.device import Device
from tests.server.world import TOP, make_world

pytestmark = pytest.mark.anyio
Json = dict[str, Any]
MONTH, OCT = "2026-10", date(2026, 10, 10)
REMARK = "暗号甲乙丙"
"""Stands in a comment of N01's visit and nowhere else."""
VISITOR, TELEPHONE = "shopper 某", "13812345678"
"""What the visitor carelessly wrote beside it."""
STRANGERS = ("manager_south", "owner_south", "shopper2", "auditor", "caller", None)
"""Nobody of these has anything to do with N01 (the visit is by `shopper`)."""
INSIDERS = ("manager", "owner", "hq")
MEASURE = "当面引荐服务顾问"
SHARED = {"/insight/causes": {MEASURE}}
"""What desks share on purpose: measures that were tried elsewhere, without the dealer's name."""
DESKLESS = frozenset({"shopper2", "auditor", "caller"})
"""Those who visit dealers or call their customers know all their names."""


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


class Walk:
    """A world with data at N01, and what a question about it says in each parameter."""

    def __init__(self, tmp_path: Path) -> None:
        self.world = make_world(tmp_path / "server", now=lambda: NOW)
        ask(self.world, tmp_path, [Asked("N01", "service_handover", OCT, 60, 100)])
        ask(self.world, tmp_path, [Asked("S01", "service_handover", OCT, 90, 100)], name="south")
        self.visit = accepted_visit(
            self.world,
            "N01",
            {"D08": "no"},
            template="sales_audit",
            source="audit",
            comments={"D08": f"{REMARK} {VISITOR} {TELEPHONE}"},
        )
        self.draft = PlanDraft(Device(self.world, "manager"))

    async def fill(self) -> None:
        """Publish the plan and finish the table of parameters."""
        world = self.world
        self.number = await publish(self.draft)
        with world.db.write() as session:
            write_row(session, "visit", self.visit, {"reviewed_at": NOW, "manifest": {}})
        batch = rows_of(world, "SELECT id FROM import_batch ORDER BY id")[0][0]
        version = world.versions["sales_visit"]
        self.values: Json = {
            "dealer_id": world.dealers["N01"],
            "region_id": world.regions["N"],
            "item_id": item_id(world, "service_handover"),
            "visit_id": self.visit,
            "report_id": self.visit,
            "plan_id": self.draft.plan_id,
            "person_id": world.people["owner"],
            "photo_id": self.visit,
            "batch_id": batch,
            "name": "waves",
            "entity": "plan",
            "row_id": self.draft.plan_id,
            "version_id": version,
            "old": version,
            "new": version,
            "code": "sales_visit",
            "sha256": "ab" * 32,
            "survey": "sales",
            "month": MONTH,
            "day": "2026-10-10",
            "cursor": "",
            "sheet": "people",
            "year": 2026,
        }
        self.secrets = {
            REMARK,
            self.draft.plan_id,
            self.draft.action_row,
            self.number,
            MEASURE,
            self.visit,
        }
        self.names = {world.dealers["N01"], "N01店", "Dealer N01"}

    def questions(self) -> list[tuple[str, Json]]:
        """Path and query of every GET route: with required parameters only, and with all that are known."""
        document = self.world.app.openapi()
        asked: list[tuple[str, Json]] = []
        for path, methods in document["paths"].items():
            if "get" not in methods:
                continue
            query: tuple[Json, Json] = ({}, {})
            for one in methods["get"].get("parameters", []):
                name = one["name"]
                if one["in"] == "path":
                    assert name in self.values, f"the walk does not know {name} of {path}"
                    path = path.replace(f"{{{name}}}", str(self.values[name]))
                elif name in self.values:
                    query[1][name] = self.values[name]
                    if one.get("required"):
                        query[0][name] = self.values[name]
                else:
                    assert not one.get("required"), f"the walk does not know {name} of {path}"
            asked += [(path.removeprefix(TOP), given) for given in query]
            if path.endswith("/file"):
                asked.append((path.removeprefix(TOP), {**query[1], "format": "xlsx"}))
        return asked


def text_of(content: bytes) -> str:
    """What an answer says, also on paper and in workbooks."""
    if content.startswith(b"%PDF"):
        paper = PdfReader(io.BytesIO(content))
        told = "".join("".join(page.extract_text().split()) for page in paper.pages)
        return told + str(paper.metadata)
    if is_zipfile(io.BytesIO(content)):
        with ZipFile(io.BytesIO(content)) as archive:
            return "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
    return content.decode("utf-8", "replace")


async def answers(walk: Walk, login: str | None) -> dict[str, str]:
    """What each route tells somebody, by question; only what was answered with success."""
    told: dict[str, str] = {}
    async with walk.world.client(login) as client:
        for path, query in walk.questions():
            response = await client.get(path, params=query)
            assert response.status_code < 500, (login, path, response.text)
            if response.status_code == 200:
                said = text_of(response.content) + str(response.headers)  # a file's name is said there
                told[f"{path} {sorted(query.items())}"] = said
    return told


async def test_no_route_tells_a_stranger_anything_of_another_dealer(tmp_path: Path) -> None:
    walk = Walk(tmp_path)
    await walk.fill()
    for login in STRANGERS:
        hidden = walk.secrets if login in DESKLESS else walk.secrets | walk.names
        for question, text in (await answers(walk, login)).items():
            shared = SHARED.get(question.split(" ")[0], set[str]())
            leaked = {secret for secret in hidden - shared if secret in text}
            assert not leaked, (login, question, leaked)
    walk.world.close()


async def test_the_walk_would_notice_since_those_concerned_read_what_it_looks_for(tmp_path: Path) -> None:
    walk = Walk(tmp_path)
    await walk.fill()
    for login in INSIDERS:
        said = "".join((await answers(walk, login)).values())
        unseen = {secret for secret in walk.secrets if secret not in said}
        assert not unseen, (login, unseen)
    shopper = "".join(VISITOR.split())
    for question, text in (await answers(walk, "owner")).items():
        assert shopper not in "".join(text.split()), question
        assert walk.world.people["shopper"] not in text, question
        assert TELEPHONE not in text, question
    walk.world.close()


async def test_strangers_change_neither_addresses_nor_the_policy_of_plans(tmp_path: Path) -> None:
    walk = Walk(tmp_path)
    await walk.fill()
    path = f"/reminders/contacts/{walk.world.people['owner']}"
    for login in (*STRANGERS, "manager"):
        async with walk.world.client(login) as client:
            assert (await client.put(path, json={"email": "x@y.example"})).status_code in {401, 404}
            assert (await client.put("/plans/policy", json={"needs_approval": True})).status_code in {
                401,
                403,
            }
    async with walk.world.client("hq") as client:
        assert (await client.put("/plans/policy", json={"needs_approval": True})).status_code == 200
    async with walk.world.client("manager") as client:
        assert (await client.get("/plans/policy")).json() == {"needs_approval": True}
    walk.world.close()
