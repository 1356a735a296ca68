"""The figures over HTTP: rates, weak items, evidence, and who sees them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared_models.insight import EvidencePage, InsightMonths, Rates, WeakItems
from tests.factories.surveys import (
    NOW,
    Asked,
    ask,
    load,
    rows_of,
    survey_mapping,
    write_survey,
)
from tests.factories.visits_on_server import accepted_visit
from tests.server.world import World, make_world

pytestmark = pytest.mark.anyio
SEP, OCT = date(2026, 9, 10), date(2026, 10, 10)


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


@pytest.fixture
def network(tmp_path: Path) -> World:
    """N01 weak at the hand-over in October, N02 and S01 fine; three sources at N01."""
    world = make_world(tmp_path / "server", now=lambda: NOW)
    ask(
        world,
        tmp_path,
        [
            Asked("N01", "service_handover", SEP, 94, 100),
            Asked("N01", "service_handover", OCT, 78, 100),
            Asked("N01", "new_car_fuel", OCT, 91, 100),
            Asked("N02", "service_handover", OCT, 97, 100),
            Asked("S01", "service_handover", OCT, 60, 100),
        ],
    )
    ask(world, tmp_path, [Asked("N01", "service_handover", OCT, 9, 10)], name="own", source="callback")
    accepted_visit(
        world,
        "N01",
        {"D08": "no"},
        template="sales_audit",
        source="audit",
        person="auditor",
        comments={"D08": "销售说打13812345678找她"},
        photos={"D08": "ab" * 32},
    )
    return world


def item(world: World, code: str) -> str:
    """The id of an item."""
    return rows_of(world, "SELECT id FROM item WHERE code = :code", code=code)[0][0]


async def get(world: World, login: str, path: str, **query: Any) -> httpx.Response:
    async with world.client(login) as client:
        return await client.get(f"/insight/{path}", params=query)


async def test_months_tell_what_they_hold_and_whether_they_are_final(network: World) -> None:
    body = (await get(network, "hq", "months")).json()
    months = InsightMonths.model_validate(body).months
    assert [(m.month, m.final, m.dealers) for m in months] == [("2026-10", True, 3), ("2026-09", True, 1)]
    assert months[0].by_source == {"phone": 400, "callback": 10, "audit": 1}
    assert months[0].observations == 411


async def test_rates_come_merged_and_per_source_with_their_intervals(network: World) -> None:
    query = {"dealer_id": network.dealers["N01"], "item_id": item(network, "service_handover")}
    rates = Rates.model_validate((await get(network, "manager", "rates", **query)).json())
    assert rates.months == ("2026-08", "2026-09", "2026-10")
    october = {c.source: c for c in rates.cells if c.month == "2026-10"}
    assert {s: (c.executed, c.applicable, c.rate) for s, c in october.items()} == {
        None: (87, 111, 78.38),
        "phone": (78, 100, 78),
        "callback": (9, 10, 90),
        "audit": (0, 1, 0),
    }
    assert (october["phone"].low, october["phone"].high) == (68.93, 85)  # type: ignore[index]
    assert october[None].equal_source_rate == 56
    assert october[None].sources == 3
    assert [c.small for s, c in october.items() if s == "audit"] == [True]


async def test_rates_of_a_whole_scope_pool_its_dealers_or_list_them(network: World) -> None:
    query = {"item_id": item(network, "service_handover"), "month": "2026-10", "months": 1, "source": "phone"}
    pooled = Rates.model_validate((await get(network, "manager", "rates", **query)).json()).cells
    assert [(c.dealer_id, c.executed, c.applicable) for c in pooled] == [(None, 175, 200)]
    listed = Rates.model_validate(
        (await get(network, "manager", "rates", by_dealer=True, **query)).json()
    ).cells
    assert {(c.dealer_id, c.executed) for c in listed} == {
        (network.dealers["N01"], 78),
        (network.dealers["N02"], 97),
    }


async def test_a_weak_item_comes_with_reasons_sources_and_trend(network: World) -> None:
    found = WeakItems.model_validate((await get(network, "manager", "weak-items")).json())
    assert (found.month, found.final, found.total) == ("2026-10", True, 1)
    weak = found.items[0]
    assert (weak.dealer_code, weak.item_code, weak.target) == ("N01", "service_handover", 85)
    assert [reason.kind for reason in weak.reasons] == ["low_rate", "decline"]
    low, fall = weak.reasons
    assert (low.rate, low.target) == (78.38, 85)
    assert (fall.previous_rate, fall.rate, fall.drop) == (94, 78, 16)
    assert fall.sources == ("phone",)
    assert [(p.month, p.merged.rate) for p in weak.trend] == [("2026-09", 94), ("2026-10", 78.38)]
    assert [cell.source for cell in weak.by_source] == ["phone", "callback", "audit"]
    assert 0 < weak.priority < 100


async def test_the_list_is_cut_by_its_limit_and_says_how_long_it_is(network: World) -> None:
    found = WeakItems.model_validate((await get(network, "hq", "weak-items", limit=1)).json())
    assert [weak.dealer_code for weak in found.items] == ["S01"]
    assert found.total == 2


async def test_an_earlier_data_cut_gives_the_figures_of_that_day_again(
    network: World, tmp_path: Path
) -> None:
    query = {"dealer_id": network.dealers["N01"]}
    before = (await get(network, "hq", "weak-items", **query)).json()
    ask(network, tmp_path, [Asked("N01", "service_handover", OCT, 500, 500)], name="late")
    after = (await get(network, "hq", "weak-items", **query)).json()
    assert after["items"] == []
    assert (await get(network, "hq", "weak-items", cut=before["data_cut"], **query)).json() == before


async def test_everybody_sees_figures_of_their_own_dealers_only(network: World) -> None:
    seen = {
        login: {weak["dealer_code"] for weak in (await get(network, login, "weak-items")).json()["items"]}
        for login in ("hq", "manager", "manager_south", "owner", "owner_south")
    }
    assert seen == {
        "hq": {"N01", "S01"},
        "manager": {"N01"},
        "manager_south": {"S01"},
        "owner": {"N01"},
        "owner_south": {"S01"},
    }
    months = (await get(network, "owner_south", "months")).json()["months"]
    assert [month["observations"] for month in months] == [100]


@pytest.mark.parametrize("login", ["manager_south", "owner_south"])
async def test_another_dealers_figures_are_refused_on_every_route(network: World, login: str) -> None:
    foreign = {"dealer_id": network.dealers["N01"]}
    exact = foreign | {"item_id": item(network, "service_handover"), "month": "2026-10"}
    answers = [
        await get(network, login, "months", **foreign),
        await get(network, login, "rates", **foreign),
        await get(network, login, "weak-items", **foreign),
        await get(network, login, "evidence", **exact),
        await get(network, login, "weak-items", region_id=network.regions["N"]),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(403, "out_of_scope")}


@pytest.mark.parametrize("login", ["shopper", "auditor", "caller"])
async def test_who_records_sees_no_figures(network: World, login: str) -> None:
    exact = {"dealer_id": network.dealers["N01"], "item_id": "x", "month": "2026-10"}
    for path in ("months", "rates", "weak-items", "evidence"):
        answer = await get(network, login, path, **exact)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


async def test_no_route_answers_without_a_token(network: World) -> None:
    async with network.client() as client:
        for path in ("months", "rates", "weak-items", "evidence"):
            assert (await client.get(f"/insight/{path}")).status_code == 401


async def evidence(world: World, login: str, **query: Any) -> EvidencePage:
    exact = {"dealer_id": world.dealers["N01"], "item_id": item(world, "service_handover")}
    answer = await get(world, login, "evidence", **exact, month="2026-10", **query)
    return EvidencePage.model_validate(answer.json())


async def test_evidence_lists_failures_first_with_the_question_in_both_languages(network: World) -> None:
    page = await evidence(network, "manager", limit=30)
    assert page.total == 111
    assert {one.executed for one in page.evidence[:24]} == {False}
    assert {one.executed for one in page.evidence[24:]} == {True}
    visited = next(one for one in page.evidence if one.kind == "answer")
    assert visited.question
    assert visited.question_en
    assert visited.comment == "销售说打138****5678找她"
    assert visited.photos == ("ab" * 32,)
    assert visited.provenance_id


async def test_evidence_can_be_cut_to_failures_and_to_a_source_and_paged(network: World) -> None:
    page = await evidence(network, "manager", source="phone", failures_only=True, limit=500)
    assert (page.total, len(page.evidence)) == (22, 22)
    assert {(one.source, one.executed) for one in page.evidence} == {("phone", False)}
    rest = await evidence(network, "manager", source="phone", failures_only=True, limit=500, offset=20)
    assert rest.evidence == page.evidence[20:]


async def test_evidence_tells_a_dealer_neither_who_was_there_nor_where_to_look(network: World) -> None:
    exact = {"dealer_id": network.dealers["N01"], "item_id": item(network, "service_handover")}
    raw = (await get(network, "owner", "evidence", **exact, month="2026-10", limit=500)).text
    for secret in (network.people["auditor"], "auditor 某", "ab" * 32):
        assert secret not in raw
    visits = rows_of(network, "SELECT id FROM visit")
    responses = rows_of(network, "SELECT id FROM response")
    assert not [row_id for (row_id,) in (*visits, *responses) if row_id in raw]


async def test_customers_words_leave_without_name_plate_and_number(world: World, tmp_path: Path) -> None:
    document = survey_mapping(["service_handover"], name="calls", source="callback").to_json()
    document |= {"customer": "employee", "phone": "tel", "plate": "plate", "complaint": "words"}
    document.pop("employee", None)
    path = tmp_path / "calls.csv"
    path.write_text(
        "id,dealer,day,outcome,employee,tel,plate,words,service_handover\n"
        "1,N01,2026-10-10,成功,王秀英,13626246454,沪E87034,我是王秀英，车牌沪E87034，打13626246454给我,否\n",
        encoding="utf-8",
    )
    load(world, path, type(survey_mapping(["new_car_fuel"])).model_validate(document))
    for login in ("manager", "hq", "owner"):
        exact = {"dealer_id": world.dealers["N01"], "item_id": item(world, "service_handover")}
        raw = (await get(world, login, "evidence", **exact, month="2026-10")).text
        assert "verbatim" in raw
        for secret in ("王秀英", "沪E87034", "13626246454"):
            assert secret not in raw


async def test_a_scope_without_figures_gets_empty_answers(world: World) -> None:
    assert (await get(world, "hq", "months")).json()["months"] == []
    assert (await get(world, "hq", "rates")).json()["cells"] == []
    found = (await get(world, "hq", "weak-items")).json()
    assert (found["items"], found["month"], found["final"]) == ([], "", False)


async def test_not_applicable_and_not_observed_never_change_a_rate(world: World, tmp_path: Path) -> None:
    items = ["new_car_fuel"]
    rows = [
        {"dealer": "N01", "day": "2026-10-10", "new_car_fuel": word}
        for word in ["是"] * 8 + ["否"] * 2 + ["不适用"] * 5 + ["不记得"] * 3 + [""]
    ]
    load(world, write_survey(tmp_path / "a.csv", items, rows), survey_mapping(items))
    cells = Rates.model_validate((await get(world, "hq", "rates")).json()).cells
    merged = next(cell for cell in cells if cell.source is None)
    assert (merged.rate, merged.applicable, merged.not_applicable, merged.not_observed) == (80, 10, 5, 3)
