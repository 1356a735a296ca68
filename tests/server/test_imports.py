"""Imports of survey files: repeats, conflicts, revisions, transactions, mappings, who may."""

from __future__ import annotations

from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared_models.imports import RowReason, SurveyMapping
from shared_models.problems import Code, Problem
from sync_server.imports import builtin_mappings, service
from tests.factories.surveys import (
    DEMO_FILES,
    add_demo_dealers,
    load,
    rows_of,
    survey_mapping,
    write_survey,
)
from tests.server.world import World

pytestmark = pytest.mark.anyio
ITEMS = ["new_car_fuel", "service_handover"]
Row = dict[str, str]


def row(number: int, **cells: str) -> Row:
    """A good row of the plain survey."""
    return {
        "id": f"R{number}",
        "dealer": "N01",
        "day": "2026-10-05",
        "new_car_fuel": "是",
        "service_handover": "否",
        **cells,
    }


def write(path: Path, *rows: Row) -> Path:
    """A survey file of these rows."""
    return write_survey(path, ITEMS, rows)


MAPPING = survey_mapping(ITEMS)


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of the tests below."""
    return "asyncio"


def facts(world: World) -> list[Any]:
    """The living observations, without their ids and cuts."""
    return rows_of(
        world,
        "SELECT dealer_id, item_id, month, state, value, weight, earned, origin_id, revision "
        "FROM observation WHERE gone_cut IS NULL ORDER BY origin_id, item_id",
    )


def test_a_repeated_row_counts_as_duplicate_and_a_differing_one_as_conflict(
    world: World, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.csv", row(1), row(2), row(1), row(2, new_car_fuel="否"))
    report = load(world, path, MAPPING)
    counts = report.batch.counts
    assert (counts.loaded, counts.duplicates, counts.rejected) == (2, 1, 1)
    assert [(f.row, f.reason, f.other_row, f.column) for f in report.findings] == [
        (5, RowReason.CONFLICT, 3, "id")
    ]


def test_a_bad_row_does_not_stand_in_the_way_of_a_good_one_with_its_key(world: World, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", row(1, dealer="X99"), row(1))
    counts = load(world, path, MAPPING).batch.counts
    assert (counts.loaded, counts.rejected) == (1, 1)


def test_repeats_are_recognised_across_chunks(world: World, tmp_path: Path) -> None:
    rows = [row(n) for n in range(service.CHUNK + 10)]
    report = load(world, write(tmp_path / "a.csv", *rows, row(0)), MAPPING)
    assert (report.batch.counts.loaded, report.batch.counts.duplicates) == (len(rows), 1)


def test_a_changed_row_in_a_later_file_is_a_revision_with_its_history_kept(
    world: World, tmp_path: Path
) -> None:
    load(world, write(tmp_path / "a.csv", row(1), row(2)), MAPPING)
    before = facts(world)

    report = load(world, write(tmp_path / "b.csv", row(1, service_handover="是"), row(2), row(3)), MAPPING)

    counts = report.batch.counts
    assert (counts.loaded, counts.revised, counts.unchanged) == (1, 1, 1)
    kept = rows_of(world, "SELECT revision, content FROM response_revision")
    assert [revision for revision, _ in kept] == [0]
    assert '"service_handover"' in str(kept[0][1])
    assert '"not"' in str(kept[0][1])
    closed = rows_of(world, "SELECT count(*) FROM observation WHERE gone_cut IS NOT NULL")
    assert closed == [(2,)]
    assert len(facts(world)) == len(before) + 2
    executed = rows_of(
        world,
        "SELECT count(*) FROM observation JOIN item ON item.id = item_id "
        "WHERE item.code = 'service_handover' AND state = 'executed' AND gone_cut IS NULL",
    )
    assert executed == [(1,)]


def test_a_call_that_turns_out_incomplete_gives_up_its_observations(world: World, tmp_path: Path) -> None:
    load(world, write(tmp_path / "a.csv", row(1)), MAPPING)
    assert len(facts(world)) == 2
    load(world, write(tmp_path / "b.csv", row(1, outcome="中途中断")), MAPPING)
    assert facts(world) == []


def test_one_file_or_two_give_the_same_ledger(world: World, tmp_path: Path) -> None:
    rows = [row(n, new_car_fuel="是" if n % 3 else "否") for n in range(40)]
    load(world, write(tmp_path / "a.csv", *rows[:25]), MAPPING)
    load(world, write(tmp_path / "b.csv", *rows[20:]), MAPPING)
    query = (
        "SELECT item_id, state, count(*) FROM observation WHERE gone_cut IS NULL GROUP BY 1, 2 ORDER BY 1, 2"
    )
    split = rows_of(world, query)
    other = survey_mapping(ITEMS, name="whole")
    load(world, write(tmp_path / "c.csv", *rows), other)
    assert [(i, s, 2 * n) for i, s, n in split] == [(i, s, n) for i, s, n in rows_of(world, query)]


def test_a_dealer_added_later_lets_the_same_file_bring_its_missing_rows(world: World, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", row(1), row(2, dealer="A1001"))
    assert load(world, path, MAPPING).batch.counts.rejected == 1
    add_demo_dealers(world)
    counts = load(world, path, MAPPING).batch.counts
    assert (counts.loaded, counts.unchanged, counts.rejected) == (1, 1, 0)


def test_an_import_that_breaks_half_way_leaves_nothing(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [row(n) for n in range(service.CHUNK + 5)]
    path = write(tmp_path / "a.csv", *rows)
    calls: list[int] = []
    real = service.record_responses

    def breaks(*args: Any) -> int:
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("power cut")
        return real(*args)

    monkeypatch.setattr(service, "record_responses", breaks)
    with pytest.raises(RuntimeError, match="power cut"):
        load(world, path, MAPPING)
    for table in ("response", "observation", "import_batch", "data_cut"):
        assert rows_of(world, f"SELECT count(*) FROM {table}") == [(0,)]


def test_progress_is_told_while_the_file_is_read(world: World, tmp_path: Path) -> None:
    told: list[int] = []
    path = write(tmp_path / "a.csv", *(row(n) for n in range(service.CHUNK + 5)))
    load(world, path, MAPPING, progress=lambda done, total: told.append(done))
    assert told == [service.CHUNK, service.CHUNK + 5]


def test_a_mapping_that_names_an_unknown_item_imports_nothing(world: World, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", row(1))
    document = MAPPING.to_json()
    document["execution"][0]["item"] = "no_such_item"
    with pytest.raises(Problem) as caught:
        load(world, path, SurveyMapping.model_validate(document))
    assert caught.value.code is Code.MAPPING_INVALID
    assert rows_of(world, "SELECT count(*) FROM response") == [(0,)]


# over HTTP


def upload(client: httpx.AsyncClient, path: Path, mapping: str) -> Coroutine[None, None, httpx.Response]:
    """Post a survey file."""
    file = (path.name, path.read_bytes())
    return client.post("/imports/files", files={"file": file}, data={"mapping": mapping})


async def test_headquarters_uploads_a_file_and_reads_its_report_again(world: World) -> None:
    add_demo_dealers(world)
    async with world.client("hq", "zh-CN") as client:
        sent = await upload(client, DEMO_FILES["cati_sales"], "cati_sales")
        assert sent.status_code == 200, sent.text
        report = sent.json()
        batch_id = report["batch"]["id"]
        assert report["batch"]["counts"]["loaded"] == 2808
        assert (await client.get(f"/imports/batches/{batch_id}")).json() == report
        assert [one["id"] for one in (await client.get("/imports/batches")).json()] == [batch_id]
        rows = await client.get(f"/imports/batches/{batch_id}/rows.csv")
        assert "经销商不存在" in rows.text
        again = (await upload(client, DEMO_FILES["cati_sales"], "cati_sales")).json()
        assert again["batch"]["repeated"]
        assert len((await client.get("/imports/batches")).json()) == 1


@pytest.mark.parametrize("login", ["shopper", "auditor", "caller", "manager", "owner"])
async def test_nobody_but_headquarters_reaches_imports(world: World, login: str) -> None:
    async with world.client(login) as client:
        answers = [
            await upload(client, DEMO_FILES["callbacks"], "callbacks"),
            await client.get("/imports/batches"),
            await client.get("/imports/batches/x"),
            await client.get("/imports/batches/x/rows.csv"),
            await client.get("/imports/mappings"),
            await client.get("/imports/mappings/callbacks"),
            await client.put("/imports/mappings/callbacks", json={}),
            await client.delete("/imports/mappings/callbacks"),
        ]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(403, "not_allowed")}
    assert rows_of(world, "SELECT count(*) FROM response") == [(0,)]


async def test_a_mapping_is_read_edited_saved_and_used(world: World, tmp_path: Path) -> None:
    async with world.client("hq") as client:
        names = [one["name"] for one in (await client.get("/imports/mappings")).json()]
        assert names == ["callbacks", "cati_sales", "service_survey"]
        own = survey_mapping(ITEMS, name="own_house").to_json()
        saved = await client.put("/imports/mappings/own_house", json=own)
        assert (saved.status_code, saved.json()["version"]) == (200, 1)
        unchanged = await client.put("/imports/mappings/own_house", json=own)
        assert unchanged.json()["version"] == 1
        own["answer_words"]["executed"] = ["有"]
        assert (await client.put("/imports/mappings/own_house", json=own)).json()["version"] == 2
        assert (await client.get("/imports/mappings/own_house")).json()["answer_words"]["executed"] == ["有"]
        assert "有" in (await client.get("/imports/mappings/own_house/file")).text
        path = write(tmp_path / "a.csv", row(1, new_car_fuel="有"))
        assert (await upload(client, path, "own_house")).json()["batch"]["counts"]["loaded"] == 1
        assert (await client.delete("/imports/mappings/own_house")).status_code == 204
        gone = await client.get("/imports/mappings/own_house")
        assert (gone.status_code, gone.json()["code"]) == (422, "mapping_unknown")


async def test_an_edited_builtin_mapping_replaces_it(world: World) -> None:
    edited = builtin_mappings()["callbacks"].to_json() | {"title": {"zh": "新", "en": "New"}}
    async with world.client("hq") as client:
        await client.put("/imports/mappings/callbacks", json=edited)
        listed = {one["name"]: one for one in (await client.get("/imports/mappings")).json()}
    assert listed["callbacks"]["title"]["en"] == "New"
    assert listed["callbacks"]["version"] == 1
    assert listed["cati_sales"]["version"] == 0


async def test_a_faulty_upload_is_a_problem_that_says_what_to_do(world: World, tmp_path: Path) -> None:
    wrong = tmp_path / "a.xlsx"
    wrong.write_bytes(b"no workbook")
    columns = tmp_path / "b.csv"
    columns.write_text("a,b\n1,2\n", encoding="utf-8")
    async with world.client("hq") as client:
        answers = [
            await upload(client, wrong, "cati_sales"),
            await upload(client, columns, "callbacks"),
            await upload(client, columns, "nobody"),
            await client.put("/imports/mappings/x", json={"name": "x"}),
        ]
    codes = [answer.json()["code"] for answer in answers]
    assert codes == ["file_unreadable", "column_missing", "mapping_unknown", "mapping_invalid"]
    for answer in answers:
        assert answer.headers["content-type"] == "application/problem+json"
        assert "…" not in answer.json()["detail"]
    assert {"at": "回访日期", "reason": "column_missing"} in answers[1].json()["places"]
