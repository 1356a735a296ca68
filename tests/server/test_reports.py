"""Reports: the same figures as JSON, as PDF and as XLSX, and nobody else's."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from pypdf import PdfReader

from shared_models.messages import words
from shared_models.reports import Overall, RegionSummary, Scorecard, Standing
from sync_server.cli import app as commands
from sync_server.cli.exits import Exit
from sync_server.reports.figures import ranks
from tests.factories.plans import PlanDraft, publish
from tests.factories.surveys import NOW, Asked, ask
from tests.factories.visits_on_server import accepted_visit
from tests.server.device import Device
from tests.server.world import World, make_world

pytestmark = pytest.mark.anyio
SEP, OCT = date(2026, 9, 10), date(2026, 10, 10)
MONTH = "2026-10"


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


@pytest.fixture
async def network(tmp_path: Path) -> World:
    """Two dealers in the north, one in the south; a plan, an audit and three sources at N01."""
    world = make_world(tmp_path / "server", now=lambda: NOW)
    ask(
        world,
        tmp_path,
        [
            Asked("N01", "service_handover", SEP, 94, 100),
            Asked("N01", "service_handover", OCT, 78, 100),
            Asked("N01", "new_car_fuel", OCT, 91, 100),
            Asked("N02", "service_handover", OCT, 97, 100),
            Asked("S01", "service_handover", OCT, 61, 100),
        ],
    )
    ask(world, tmp_path, [Asked("N01", "service_handover", OCT, 9, 10)], name="own", source="callback")
    await publish(PlanDraft(Device(world, "manager")))
    return world


def audit(world: World) -> str:
    """An accepted audit at N01 by the auditor; its id."""
    return accepted_visit(
        world, "N01", {"D08": "no"}, template="sales_audit", source="audit", person="auditor",
        comments={"D08": "=2+2 没有见到服务顾问"},
    )  # fmt: skip


async def get(world: World, login: str | None, path: str, **query: Any) -> httpx.Response:
    async with world.client(login) as client:
        return await client.get(f"/reports/{path}", params=query)


def words_of(response: httpx.Response) -> str:
    """The text of a PDF without its blanks."""
    assert response.headers["content-type"] == "application/pdf"
    pages = PdfReader(io.BytesIO(response.content)).pages
    return "".join("".join(page.extract_text().split()) for page in pages)


def cells_of(response: httpx.Response) -> dict[str, list[list[Any]]]:
    """The values of a workbook by sheet."""
    book = load_workbook(io.BytesIO(response.content))
    return {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book}


async def card_of(world: World, login: str = "manager", dealer: str = "N01") -> Scorecard:
    response = await get(world, login, "scorecard", dealer_id=world.dealers[dealer], month=MONTH)
    assert response.status_code == 200, response.text
    return Scorecard.model_validate(response.json())


async def test_the_scorecard_has_the_figures_of_insight(network: World) -> None:
    card = await card_of(network)
    async with network.client("manager") as client:
        query = {"dealer_id": network.dealers["N01"], "month": MONTH}
        rates = (await client.get("/insight/rates", params={**query, "months": 6})).json()
        weak = (await client.get("/insight/weak-items", params=query)).json()
    told = {
        (cell.item_id, cell.month): (cell.rate, cell.low, cell.high, cell.applicable)
        for one in card.items
        for cell in one.months
        if cell
    }
    assert told == {
        (c["item_id"], c["month"]): (c["rate"], c["low"], c["high"], c["applicable"])
        for c in rates["cells"]
        if c["source"] is None
    }
    assert [one.weak.model_dump(mode="json") for one in card.items if one.weak] == weak["items"]
    assert weak["items"]
    now = card.overall[-1]
    assert (now.executed, now.applicable, now.rate) == (178, 210, 84.76)
    assert card.plans[0].actions == 1


async def test_paper_and_workbook_say_what_the_api_says(network: World) -> None:
    card = await card_of(network)
    query = {"dealer_id": network.dealers["N01"], "month": MONTH}
    text = words_of(await get(network, "manager", "scorecard/file", **query, language="both"))
    book = cells_of(await get(network, "manager", "scorecard/file", **query, format="xlsx", language="en"))
    items = {row[0]: row[1:] for row in book["Rates by item"][1:]}
    head = book["Rates by item"][0]
    assert head[1 : 1 + len(card.months)] == list(card.months)
    for one in card.items:
        last = one.months[-1]
        assert last is not None
        row = items[one.item.short_en]
        assert row[: len(card.months)] == [cell.rate if cell else None for cell in one.months]
        assert row[len(card.months) : len(card.months) + 4] == [
            last.low, last.high, last.applicable, one.item.target,
        ]  # fmt: skip
        assert f"{last.rate:.1f}%" in text
        assert f"{last.low:.1f}–{last.high:.1f}%" in text
    assert f"{card.overall[-1].rate:.1f}%" in text
    assert items["Overall rate"][len(card.months) - 1] == card.overall[-1].rate
    assert card.plans[0].number in text
    assert "低于目标" in text
    assert book["Weak items"][1][1] == next(one.weak.merged.rate for one in card.items if one.weak)


async def test_items_of_few_answers_are_counted_on_paper_and_whole_in_the_workbook(tmp_path: Path) -> None:
    world = make_world(tmp_path / "server", now=lambda: NOW)
    asked = [Asked("N01", "service_handover", OCT, 78, 100), Asked("N01", "new_car_fuel", OCT, 1, 2)]
    ask(world, tmp_path, asked)
    query = {"dealer_id": world.dealers["N01"], "month": MONTH, "language": "en"}
    text = words_of(await get(world, "manager", "scorecard/file", **query))
    items = cells_of(await get(world, "manager", "scorecard/file", **query, format="xlsx"))["Rates by item"]
    assert "78.0%" in text
    assert "50.0%" not in text
    assert "notlistedhere:1." in text
    assert {50, 78} <= {row[items[0].index(MONTH)] for row in items[1:]}


async def test_a_workbook_has_typed_cells_a_frozen_head_filters_and_a_real_chart(network: World) -> None:
    audit(network)
    query = {"dealer_id": network.dealers["N01"], "month": MONTH, "format": "xlsx", "language": "en"}
    response = await get(network, "manager", "scorecard/file", **query)
    book = load_workbook(io.BytesIO(response.content))
    sheet = book["Rates by item"]
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == f"A1:{get_column_letter(sheet.max_column)}{sheet.max_row}"
    assert len(sheet._charts) == 1  # type: ignore[attr-defined]
    assert isinstance(book["Accepted visits"]["A2"].value, date)
    assert book["Accepted visits"]["A2"].number_format == "yyyy-mm-dd"
    overall = book["Summary"]["B4"]
    assert (overall.value, overall.number_format) == (84.36, '0.0"%"')


async def test_the_region_ranks_its_dealers_only_as_far_as_intervals_allow(network: World) -> None:
    region = network.regions["N"]
    body = (await get(network, "manager", "region", region_id=region, month=MONTH)).json()
    summary = RegionSummary.model_validate(body)
    assert [one.dealer.code for one in summary.dealers] == ["N02", "N01"]
    assert [(one.best_place, one.worst_place) for one in summary.dealers] == [(1, 1), (2, 2)]
    query = {"region_id": region, "month": MONTH}
    text = words_of(await get(network, "manager", "region/file", **query, language="en"))
    response = await get(network, "manager", "region/file", **query, format="xlsx", language="en")
    book = cells_of(response)
    for line, row in zip(summary.dealers, book["Ranking"][1:], strict=False):
        assert row[1:5] == [
            line.overall.rate, line.overall.low, line.overall.high, line.overall.applicable,
        ]  # fmt: skip
        assert f"{line.overall.rate:.1f}%" in text
        assert line.dealer.code in text
    heat = book["Heat map"]
    assert heat[0][1:] == [item.short_en for item in summary.items]
    assert heat[1][1:] == [cell.rate if cell else None for cell in summary.dealers[0].cells]
    assert "S01" not in text
    assert "S01" not in str(book)
    assert len(load_workbook(io.BytesIO(response.content))["Ranking"]._charts) == 1  # type: ignore[attr-defined]


async def test_the_regional_pdf_draws_the_funnels_of_the_tables(network: World) -> None:
    query = {"region_id": network.regions["N"], "month": MONTH}
    async with network.client("manager") as client:
        table = (await client.get("/insight/tables/dealers", params={**query, "months": 3})).json()
    text = words_of(await get(network, "manager", "region/file", **query, language="en"))
    outside = [row for row in table["rows"] if row["flagged"]]
    assert [row["dealer"] for row in outside] == ["N02"]
    drawn = text.partition("Dealersinafunnel")[2]
    said = words("en")("insight.funnel.found", count=len(outside), whole=len(table["rows"]))
    assert "".join(said.split()) in drawn
    for row in outside:
        limits = "".join(f"{row[name]:.1f}%" for name in ("rate", "limit_low", "limit_high"))
        assert f"{row['dealer']}{row['n']}{limits}" in drawn
    assert "Advisersinafunnel" not in text  # no adviser was named


def test_dealers_whose_intervals_overlap_share_their_places() -> None:
    def of(low: float, high: float, *, small: bool = False) -> Overall:
        rate = (low + high) / 2
        return Overall(month=MONTH, executed=1, applicable=1, rate=rate, low=low, high=high, small=small)

    totals = {"a": of(90, 95), "b": of(84, 91), "c": of(70, 80), "d": of(10, 20, small=True)}
    assert ranks(totals) == {"a": (1, 2), "b": (1, 2), "c": (3, 3), "d": (None, None)}


async def test_a_visit_report_never_tells_who_the_visitor_was(network: World) -> None:
    visit = audit(network)
    paper = words_of(await get(network, "owner", f"visit/{visit}/file", language="both"))
    response = await get(network, "owner", f"visit/{visit}/file", format="xlsx", language="en")
    book = cells_of(response)
    assert "没有见到服务顾问" in paper
    for secret in (network.people["auditor"], "auditor某"):
        assert secret not in paper
        assert secret not in "".join(str(book).split())
    async with network.client("owner") as client:
        result = (await client.get(f"/appeals/results/{visit}")).json()
    answers = {row[1]: row for row in book["Answers"][1:]}
    told = {one["question"]["code"] for section in result["sections"] for one in section["answers"]}
    assert set(answers) == told
    assert answers["D08"][3] == "No"
    assert answers["D08"][6] == "=2+2 没有见到服务顾问"
    assert load_workbook(io.BytesIO(response.content))["Answers"]["G2"].data_type != "f"


async def test_a_scorecard_is_for_the_dealer_and_the_desks_over_it(network: World) -> None:
    allowed = {"manager", "hq", "owner"}
    logins = [*allowed, "manager_south", "owner_south", "shopper", "auditor", "caller", None]
    for path in ("scorecard", "scorecard/file"):
        for login in logins:
            response = await get(network, login, path, dealer_id=network.dealers["N01"], month=MONTH)
            expected = 200 if login in allowed else 403 if login else 401
            assert (login, response.status_code) == (login, expected)
            if expected != 200:
                assert response.headers["content-type"] == "application/problem+json"


async def test_dealers_side_by_side_are_for_desks_in_their_region(network: World) -> None:
    cases = [
        ("manager", "N", 200), ("manager", "S", 403), ("manager", None, 200), ("hq", "S", 200),
        ("owner", "N", 403), ("owner", None, 403), ("shopper", "N", 403),
    ]  # fmt: skip
    for login, region, status in cases:
        query = {"region_id": network.regions[region]} if region else {}
        response = await get(network, login, "region", month=MONTH, **query)
        assert (login, region, response.status_code) == (login, region, status)
        if status == 200 and login == "manager":
            assert {one["dealer"]["code"] for one in response.json()["dealers"]} == {"N01", "N02"}


async def test_stale_databases_come_first(network: World) -> None:
    body = (await get(network, "manager", "freshness")).json()
    assert {one["dealer_code"] for one in body["dealers"]} == {"N01", "N02"}
    everything = (await get(network, "hq", "freshness")).json()["dealers"]
    assert everything[0]["dealer_code"] == "S02"
    assert (everything[0]["newest_day"], everything[0]["stale"]) == (None, True)
    assert [one["stale"] for one in everything[1:]] == [False] * 3


async def test_the_command_line_writes_what_the_api_hands_out(
    network: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REVISIT_DATA", str(network.settings.data_dir))
    out = tmp_path / "out"
    more = ["--month", MONTH, "--format", "xlsx", "--language", "en", "--out", str(out), "--json"]
    assert commands.run(["report", "batch", "North", *more]) == Exit.OK
    files = json.loads(capsys.readouterr().out)["files"]
    assert [Path(one).name for one in files] == [
        "region-North-2026-10-en.xlsx", "scorecard-N01-2026-10-en.xlsx", "scorecard-N02-2026-10-en.xlsx",
    ]  # fmt: skip
    query = {"dealer_id": network.dealers["N01"], "month": MONTH, "format": "xlsx", "language": "en"}
    handed = cells_of(await get(network, "manager", "scorecard/file", **query))
    written = load_workbook(files[1])
    for sheet in written:
        assert [[cell.value for cell in row] for row in sheet.iter_rows()] == handed[sheet.title]
    visit = audit(network)
    for name in (["dealer", "N01"], ["region", "North"]):
        args = ["report", *name, "--month", MONTH, "--out", str(out), "--json"]
        assert commands.run(args) == Exit.OK
    assert commands.run(["report", "visit", visit, "--out", str(out), "--json"]) == Exit.OK
    assert len(list(out.glob("*.pdf"))) == 3
    assert commands.run(["report", "dealer", "X99", "--out", str(out)]) == Exit.DATA


async def test_a_month_is_held_against_the_one_asked_for(network: World) -> None:
    response = await get(network, "manager", "region", month=MONTH, compare="2026-08")
    summary = RegionSummary.model_validate(response.json())
    assert summary.previous_month == "2026-08"
    assert {one.before.rate for one in summary.dealers} == {None}
    response = await get(network, "manager", "region", month=MONTH)
    before = {
        one.dealer.code: one.before.rate for one in RegionSummary.model_validate(response.json()).dealers
    }
    assert before["N01"] == 94


async def test_the_standing_pools_the_scope_and_names_what_surely_fell(network: World) -> None:
    response = await get(network, "manager", "standing", month=MONTH)
    found = Standing.model_validate(response.json())
    assert (found.month, found.compared) == (MONTH, "2026-09")
    assert [one.rate for one in found.trend[-2:]] == [
        94,
        pytest.approx(100 * (78 + 91 + 97 + 9) / 310, abs=0.01),
    ]
    # 94 of 100 against 78 + 97 + 9 of 210: no sure fall of the item, whose 99 % interval holds zero
    assert found.fell == ()
    south = Standing.model_validate((await get(network, "manager_south", "standing", month=MONTH)).json())
    assert south.trend[-1].rate == 61
    assert south.change.difference is None
    refused = await get(network, "owner", "standing")
    assert refused.json()["code"] == "not_allowed"
    outside = await get(network, "manager", "standing", region_id=network.regions["S"])
    assert outside.json()["code"] == "out_of_scope"


async def test_an_item_that_surely_fell_is_named_with_both_rates(tmp_path: Path) -> None:
    world = make_world(tmp_path / "server", now=lambda: NOW)
    asked = [
        Asked("N01", "service_handover", SEP, 280, 300),
        Asked("N01", "service_handover", OCT, 210, 300),
        Asked("N01", "new_car_fuel", SEP, 270, 300),
        Asked("N01", "new_car_fuel", OCT, 271, 300),
    ]
    ask(world, tmp_path, asked)
    found = Standing.model_validate((await get(world, "hq", "standing", month=MONTH)).json())
    world.close()
    (fell,) = found.fell
    assert (fell.change.before, fell.change.after, fell.change.difference) == (93.33, 70, -23.33)
    assert fell.change.high is not None
    assert fell.change.high < 0
    assert found.rose == ()


async def test_items_weigh_what_their_checklists_give_them_until_enough_customers_have_rated(
    network: World,
) -> None:
    response = await get(network, "manager", "region", month=MONTH, importance=True)
    summary = RegionSummary.model_validate(response.json())
    assert summary.importance_basis == "weights"
    names = {one.id: one.name_en for one in summary.items}
    assert {names[one.item_id] for one in summary.importance} <= set(names.values())
    assert summary.importance
    assert all(0 < one.share < 100 for one in summary.importance)
    plain = RegionSummary.model_validate((await get(network, "manager", "region", month=MONTH)).json())
    assert plain.importance == ()
