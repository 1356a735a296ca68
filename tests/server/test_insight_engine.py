"""The month engine behind the figures: facts as Parquet, the weak list, and the same again later."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from shared_models.insight import DealerPage, WeakItem, WeakItems
from sync_server.insight.engine.parameters import Parameters
from sync_server.insight.fact_files import FactFiles
from sync_server.insight.facts import withdraw_visit
from sync_server.insight.figures import Inputs, close_month, compute, inputs_of, reproduce
from sync_server.insight.month_counts import network_of_files, network_of_ledger, of_files
from sync_server.insight.network_month import NetworkMonth, compute_network_month
from sync_server.insight.results import results_of
from tests.factories.surveys import DEMO_FILES, NOW, Asked, add_demo_dealers, ask, load, rows_of
from tests.factories.visits_on_server import accepted_visit
from tests.server.world import World, make_world

pytestmark = pytest.mark.anyio
MONTHS = ("2026-08", "2026-09", "2026-10")


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An empty network at noon of 22 November 2026."""
    return make_world(tmp_path / "server", now=lambda: NOW)


def bring_up(world: World, facts: FactFiles) -> frozenset[str]:
    with world.db.read() as session:
        return facts.bring_up(session)


def from_files(facts: FactFiles, cut: int) -> NetworkMonth:
    network = network_of_files(facts, MONTHS, [of_files(facts, month) for month in MONTHS])
    return compute_network_month(network, Parameters(), data_cut=cut, targets={})


def from_ledger(world: World, cut: int | None = None) -> NetworkMonth:
    with world.db.read() as session:
        network = network_of_ledger(session, MONTHS, cut)
    return compute_network_month(network, Parameters(), data_cut=cut or 0, targets={})


async def weak(world: World, login: str = "hq", **query: Any) -> WeakItems:
    async with world.client(login) as client:
        answer = await client.get("/insight/weak-items", params={"limit": 1000, **query})
    assert answer.status_code == 200, answer.text
    return WeakItems.model_validate(answer.json())


def test_parquet_facts_written_bit_by_bit_say_the_same_as_the_ledger(world: World, tmp_path: Path) -> None:
    add_demo_dealers(world)
    facts = FactFiles(tmp_path / "facts")
    for name, path in DEMO_FILES.items():
        load(world, path, name)
        bring_up(world, facts)
    visit = accepted_visit(world, "N01", {"F02": "yes", "F03": "no", "D06": "na", "D08": "unobserved"})
    bring_up(world, facts)
    assert from_files(facts, 0).to_bytes() == from_ledger(world).to_bytes()
    with world.db.write() as session:
        withdraw_visit(session, visit)
    assert bring_up(world, facts) == {"2026-10"}
    assert from_files(facts, 0).to_bytes() == from_ledger(world).to_bytes()
    assert bring_up(world, FactFiles(tmp_path / "facts")) == frozenset()


def test_a_visit_touches_the_files_of_its_month_only(world: World, tmp_path: Path) -> None:
    facts = FactFiles(tmp_path / "facts")
    accepted_visit(world, "N01", {"F02": "yes"}, day=date(2026, 9, 3))
    bring_up(world, facts)
    september = facts.files("2026-09")
    accepted_visit(world, "N01", {"F02": "no"}, day=date(2026, 10, 3))
    assert bring_up(world, facts) == {"2026-10"}
    assert facts.files("2026-09") == september


def test_many_small_files_of_a_month_become_one_and_say_the_same(world: World, tmp_path: Path) -> None:
    facts = FactFiles(tmp_path / "facts")
    for place in range(50):
        accepted_visit(world, "N01", {"F02": "yes" if place % 3 else "no"}, day=date(2026, 10, 3))
        bring_up(world, facts)
    said, _ = facts.files("2026-10")
    assert len(said) < 10
    assert sorted(path.name for path in said) == sorted(p.name for p in said[0].parent.iterdir())
    assert from_files(facts, 0).to_bytes() == from_ledger(world).to_bytes()


def test_facts_of_another_ledger_are_written_anew(world: World, tmp_path: Path) -> None:
    accepted_visit(world, "N01", {"F02": "yes"})
    facts = FactFiles(tmp_path / "facts")
    bring_up(world, facts)
    other = make_world(tmp_path / "other")
    accepted_visit(other, "S01", {"F02": "no", "F03": "no"})
    assert bring_up(other, facts) == {"2026-10"}
    assert list(facts.dealers) == [other.dealers["S01"]]


async def test_the_list_tells_the_sure_from_those_to_watch(world: World, tmp_path: Path) -> None:
    october = date(2026, 10, 10)
    ask(
        world,
        tmp_path,
        [
            Asked("N01", "service_handover", october, 40, 100),
            Asked("N02", "service_handover", october, 97, 100),
            Asked("S01", "service_handover", october, 5, 6),
        ],
    )
    found = await weak(world)
    assert [(one.dealer_code, one.level) for one in found.items] == [("N01", "listed"), ("S01", "watch")]
    assert (found.total, found.listed, found.cells) == (2, 1, 3)
    first, second = found.items
    assert first.fused is not None
    assert second.fused is not None
    assert [reason.kind for reason in first.all_reasons] == ["below_target", "low_rate"]
    assert first.fused.low < 40 < first.fused.high < 85
    assert first.fused.p_below > 99
    assert first.fused.raw_rate == 40
    assert [reason.kind for reason in second.all_reasons] == ["low_rate"]
    assert second.fused.high - second.fused.low > first.fused.high - first.fused.low
    assert (first.priority, second.priority > 0) == (100, True)


async def test_a_visit_is_in_the_figures_as_soon_as_it_is_accepted(world: World, tmp_path: Path) -> None:
    ask(world, tmp_path, [Asked("N01", "service_handover", date(2026, 10, 10), 4, 10)])

    async def answers() -> float:
        (one,) = (await weak(world)).items
        assert one.fused is not None
        return one.fused.applicable

    assert await answers() == 10
    accepted_visit(world, "N01", {"D08": "no"}, template="sales_audit", source="audit", person="auditor")
    assert await answers() == 11


@pytest.mark.parametrize("month", ["1999-01", "2999-12"])
async def test_a_month_far_from_all_answers_is_empty(world: World, tmp_path: Path, month: str) -> None:
    ask(world, tmp_path, [Asked("N01", "service_handover", date(2026, 10, 10), 5, 10)])
    assert (await weak(world, month=month)).items == ()
    async with world.client("hq") as client:
        for path, chosen in (
            ("/insight/dealer", {"dealer_id": world.dealers["N01"]}),
            ("/insight/tables/fused", {}),
            ("/reports/scorecard", {"dealer_id": world.dealers["N01"]}),
        ):
            answer = await client.get(path, params={**chosen, "month": month})
            assert answer.status_code == 200, (path, answer.text)
            refused = await client.get(path, params={**chosen, "month": "0000-01"})
            assert refused.status_code == 422, path


async def test_the_list_opens_on_the_newest_closed_month(world: World, tmp_path: Path) -> None:
    ask(world, tmp_path, [Asked("N01", "service_handover", date(2026, 10, 10), 40, 100)])
    ask(world, tmp_path, [Asked("N01", "service_handover", date(2026, 11, 10), 0, 6)], name="running")
    assert (await weak(world)).month == "2026-10"
    async with world.client("hq") as client:
        months = (await client.get("/insight/months")).json()
    assert (months["default_month"], months["months"][0]["month"]) == ("2026-10", "2026-11")


async def test_sources_that_disagree_are_shown_with_both_sides(world: World, tmp_path: Path) -> None:
    october = date(2026, 10, 10)
    ask(world, tmp_path, [Asked("N01", "service_handover", october, 30, 60)])
    ask(world, tmp_path, [Asked("N01", "service_handover", october, 59, 60)], name="own", source="callback")
    (one,) = (await weak(world)).items
    sides = {c.source: (c.own.executed, c.others_executed, round(c.gap)) for c in one.conflicts}
    assert sides == {"phone": (30, 59, -48), "callback": (59, 30, 48)}
    assert all(c.gap_low <= c.gap <= c.gap_high for c in one.conflicts)


async def test_a_long_fall_is_warned_of_and_short_history_says_so(world: World, tmp_path: Path) -> None:
    rates = [(month, 95 if month < 8 else 70) for month in range(1, 11)]
    others = [
        Asked(dealer, "service_handover", date(2026, month, 10), 95, 100)
        for dealer in ("N02", "S01")
        for month, _ in rates
    ]
    own = [Asked("N01", "service_handover", date(2026, m, 10), k, 100) for m, k in rates]
    ask(world, tmp_path, [*own, *others])
    (one,) = (await weak(world)).items
    assert one.decline is not None
    assert one.decline.warning_month in {"2026-08", "2026-09", "2026-10"}
    assert one.decline.confirmed
    assert one.decline.drop is not None
    assert one.decline.drop > 15
    assert {"warning", "confirmed_decline"} <= {reason.kind for reason in one.signs}
    ask(world, tmp_path, [Asked("N02", "new_car_fuel", date(2026, 3, 10), 40, 100)], name="early")
    (early,) = (await weak(world, month="2026-03")).items
    assert early.decline is not None
    assert (early.decline.months, early.decline.needed, early.decline.drop) == (3, 7, None)


def test_a_month_is_computed_again_to_the_same_bytes_after_late_data(world: World, tmp_path: Path) -> None:
    october = date(2026, 10, 10)
    ask(world, tmp_path, [Asked("N01", "service_handover", october, 78, 100)])
    with world.db.read() as session:
        inputs = inputs_of(session, "2026-10")
        first = compute(session, "2026-10", inputs, 1)
        kept = inputs.to_json()
    ask(world, tmp_path, [Asked("N01", "service_handover", october, 500, 500)], name="late")
    with world.db.read() as session:
        again = compute(session, "2026-10", Inputs.from_json(inputs.parameters, kept), 1)
        newer = compute(session, "2026-10", inputs, 2)
    assert again.to_bytes() == first.to_bytes()
    assert newer.sha256 != first.sha256


def test_the_order_in_which_answers_came_does_not_matter(tmp_path: Path) -> None:
    asked = [
        Asked(dealer, item, date(2026, 10, day), k, 20)
        for day, (dealer, item, k) in enumerate(
            [("N01", "service_handover", 11), ("N02", "new_car_fuel", 19), ("S01", "service_handover", 3)], 1
        )
    ]
    found: list[pl.DataFrame] = []
    names = {}
    for turn, order in enumerate((asked, asked[::-1])):
        world = make_world(tmp_path / f"server{turn}", now=lambda: NOW)
        for place, one in enumerate(order):
            ask(world, tmp_path, [one], name=f"wave{turn}{place}")
        names |= {row_id: code for code, row_id in world.dealers.items()}
        names |= {row[0]: row[1] for row in rows_of(world, "SELECT id, code FROM item")}
        cells = from_ledger(world).cells
        named = cells.with_columns(pl.col("dealer", "item").replace_strict(names, default=None))
        found.append(named.sort("dealer", "item").select("dealer", "item", "mean", "low", "high", "p_below"))
        shutil.rmtree(tmp_path / f"server{turn}" / "figures", ignore_errors=True)
    for column in ("mean", "low", "high", "p_below"):
        assert found[0][column].to_list() == pytest.approx(found[1][column].to_list(), abs=1e-6)


async def test_a_dealers_reader_sees_the_levels_of_the_whole_network(world: World, tmp_path: Path) -> None:
    ask(
        world,
        tmp_path,
        [
            Asked("N01", "service_handover", date(2026, 10, 10), 60, 100),
            Asked("S01", "service_handover", date(2026, 10, 10), 20, 100),
        ],
    )

    def of_n01(found: WeakItems) -> WeakItem:
        return next(one for one in found.items if one.dealer_code == "N01")

    assert of_n01(await weak(world, "owner")) == of_n01(await weak(world, "hq"))
    assert {one.dealer_code for one in (await weak(world, "owner")).items} == {"N01"}


async def test_a_dealers_page_lists_every_item_and_is_quick_to_open(world: World, tmp_path: Path) -> None:
    october = date(2026, 10, 10)
    ask(
        world,
        tmp_path,
        [
            Asked("N01", "service_handover", october, 40, 100),
            Asked("N01", "new_car_fuel", october, 99, 100),
        ],
    )
    async with world.client("owner") as client:
        answer = await client.get("/insight/dealer", params={"dealer_id": world.dealers["N01"]})
        foreign = await client.get("/insight/dealer", params={"dealer_id": world.dealers["S01"]})
    page = DealerPage.model_validate(answer.json())
    assert [(one.item_code, one.level) for one in page.figures] == [
        ("service_handover", "listed"),
        ("new_car_fuel", ""),
    ]
    assert page.figures[1].fused.p_below < 1
    assert (foreign.status_code, foreign.json()["code"]) == (403, "out_of_scope")


async def test_headquarters_change_a_target_and_the_list_follows(world: World, tmp_path: Path) -> None:
    ask(world, tmp_path, [Asked("N01", "new_car_fuel", date(2026, 10, 10), 90, 100)])
    assert (await weak(world)).items == ()
    item = rows_of(world, "SELECT id FROM item WHERE code = 'new_car_fuel'")[0][0]
    async with world.client("manager") as client:
        assert (await client.put(f"/insight/targets/{item}", json={"target": 99})).status_code == 403
    async with world.client("hq") as client:
        assert (await client.put(f"/insight/targets/{item}", json={"target": 99})).status_code == 200
        assert (await client.put("/insight/targets/nothing", json={"target": 99})).status_code == 404
    (one,) = (await weak(world)).items
    assert (one.target, one.level) == (99, "listed")


async def test_changed_parameters_are_kept_and_named_by_every_answer(world: World, tmp_path: Path) -> None:
    ask(world, tmp_path, [Asked("N01", "service_handover", date(2026, 10, 10), 80, 100)])
    before = await weak(world)
    async with world.client("hq") as client:
        wrong = await client.put("/insight/parameters", json={"values": {"target": 7}})
        answer = await client.put("/insight/parameters", json={"values": {"interval": 0.5}})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_request")
    after = await weak(world)
    assert after.parameters.digest == answer.json()["digest"] != before.parameters.digest
    wide, narrow = before.items[0].fused, after.items[0].fused
    assert wide is not None
    assert narrow is not None
    assert wide.low < narrow.low < narrow.high < wide.high
    async with world.client("manager") as client:
        assert (await client.put("/insight/parameters", json={"values": {}})).status_code == 403


async def test_a_reviewed_source_counts_in_full_again(tmp_path: Path) -> None:
    world = make_world(tmp_path / "server", now=lambda: NOW)
    add_demo_dealers(world)
    october, codes = date(2026, 10, 10), sorted(world.dealers)
    phones = [Asked(code, "service_handover", october, 45, 50) for code in codes]
    calls = [
        Asked(code, "service_handover", october, 20 if code == "N01" else 40 + place % 9, 50)
        for place, code in enumerate(codes)
    ]
    ask(world, tmp_path, phones)
    ask(world, tmp_path, calls, name="own", source="callback")

    async def weights() -> dict[str, float]:
        page = await weak(world, dealer_id=world.dealers["N01"])
        assert page.items[0].fused is not None
        return {one.source.value: one.weight for one in page.items[0].fused.sources}

    assert (await weights())["callback"] == 0.25
    body = {"dealer_id": world.dealers["N01"], "source": "callback", "month": "2026-10", "note": "heard"}
    async with world.client("owner") as client:
        assert (await client.post("/insight/reviews", json=body)).status_code == 403
    async with world.client("manager_south") as client:
        assert (await client.post("/insight/reviews", json=body)).status_code == 403
    async with world.client("manager") as client:
        assert (await client.post("/insight/reviews", json=body)).status_code == 204
    assert (await weights())["callback"] == 1


def test_a_closed_month_keeps_its_result_and_late_data_makes_a_revision(world: World, tmp_path: Path) -> None:
    def close() -> int:
        with world.db.write() as session:
            return close_month(session, "2026-10")

    ask(world, tmp_path, [Asked("N01", "service_handover", date(2026, 10, 10), 80, 100)])
    assert [close(), close()] == [0, 0]
    ask(world, tmp_path, [Asked("N01", "service_handover", date(2026, 10, 10), 10, 100)], name="late")
    assert close() == 1
    with world.db.read() as session:
        for result in results_of(session):
            assert reproduce(session, result).sha256 == result.sha256
        assert [(one.revision, one.data_cut) for one in results_of(session)] == [(1, 2), (0, 1)]
