"""Administering people and dealers: bulk import, invitations, grants with days, lists of a scope."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest
from sqlalchemy import text

from sync_server.people import terms
from tests.server.world import PASSWORD, World, make_world

pytestmark = pytest.mark.anyio
Json = dict[str, Any]


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


@pytest.fixture
def clock() -> list[datetime]:
    return [datetime(2026, 11, 22, 2, 0, tzinfo=UTC)]


@pytest.fixture
def timed(tmp_path: Path, clock: list[datetime]) -> Any:
    """A world whose clock the test sets."""
    made = make_world(tmp_path, now=lambda: clock[0])
    yield made
    made.close()


async def send(
    world: World, how: str, sheet: str, data: bytes, name: str = "file.csv", login: str = "hq", **form: str
) -> httpx.Response:
    async with world.client(login) as client:
        return await client.post(
            f"/people/import/{how}", files={"file": (name, data)}, data={"sheet": sheet, **form}
        )


PEOPLE = (
    "账号,姓名,语言,职务,所属经销商代码,邮箱,角色,范围,截止日期\n"
    "zhao,赵一,中文,销售经理,N01,zhao@n01.example,责任人,N01,\n"
    "zhao,赵一,中文,销售经理,N01,zhao@n01.example,责任人,N02,2026-12-31\n"
    "qian,钱二,中文,,,,区域经理,北区,\n"
    "sun,孙三,法文,,,,神秘客户,,\n"
    "li,李四,,,X99,,责任人,N01,\n"
    "zhou,周五,,,,,店长,N01,\n"
).encode("gb18030")


async def test_a_preview_says_what_each_row_would_do_and_changes_nothing(world: World) -> None:
    told = (await send(world, "preview", "people", PEOPLE)).json()
    assert told["encoding"] == "gb18030"
    assert {k: told["counts"][k] for k in ("rows", "new", "changed", "rejected")} == {
        "rows": 6,
        "new": 2,
        "changed": 1,
        "rejected": 3,
    }
    assert [(one["row"], one["column"], one["reason"]) for one in told["problems"]] == [
        (5, "语言", "language"),
        (6, "所属经销商代码", "dealer"),
        (7, "角色", "role"),
    ]
    assert "hq" in told["missing"]
    async with world.client("hq") as client:
        assert (await client.get("/people/list", params={"text": "赵"})).json()["total"] == 0


async def test_applying_takes_the_good_rows_and_again_changes_nothing(timed: World) -> None:
    first = (await send(timed, "apply", "people", PEOPLE, invite="true")).json()
    assert (first["counts"]["new"], first["counts"]["rejected"]) == (2, 3)
    assert {one["login"] for one in first["invitations"]} == {"zhao", "qian"}
    again = (await send(timed, "apply", "people", PEOPLE, invite="true")).json()
    assert (again["counts"]["new"], again["counts"]["changed"], again["counts"]["same"]) == (0, 0, 3)
    assert again["invitations"] == []
    async with timed.client("hq") as client:
        found = (await client.get("/people/list", params={"text": "zhao"})).json()["persons"][0]
        detail = (await client.get(f"/people/persons/{found['id']}")).json()
        trail = (await client.get("/audit/entries", params={"action": "people.imported"})).json()
    assert detail["email"] == "zhao@n01.example"
    assert [(one["role"], one["valid_until"]) for one in detail["terms"]] == [
        ("owner", None),
        ("owner", "2026-12-31"),
    ]
    assert trail["total"] == 1
    assert trail["entries"][0]["facts"]["rejected"] == 3


async def test_a_workbook_made_from_the_template_makes_and_changes_dealers(world: World) -> None:
    async with world.client("hq", language="zh-CN") as client:
        made = await client.get("/people/template", params={"sheet": "dealers"})
    book = openpyxl.load_workbook(io.BytesIO(made.content))
    sheet = book.worksheets[0]
    heads = [cell.value for cell in sheet[1]]
    assert heads[:4] == ["经销商代码 *", "经销商名称 *", "英文名称", "区域 *"]
    for row in (
        {
            "经销商代码 *": "N01",
            "经销商名称 *": "N01店",
            "区域 *": "N",
            "城市": "合肥",
            "纬度": 31.8,
            "经度": 117.2,
        },
        {"经销商代码 *": "N03", "经销商名称 *": "新店", "区域 *": "北区", "数据维护人账号": "owner"},
        {"经销商代码 *": "S01", "经销商名称 *": "S01店", "区域 *": "南区", "纬度": 95, "经度": 117.2},
        {"经销商代码 *": "S02", "经销商名称 *": "S02店", "区域 *": "西区"},
    ):
        sheet.append([row.get(head) for head in heads])
    data = io.BytesIO()
    book.save(data)
    told = (await send(world, "apply", "dealers", data.getvalue(), "dealers.xlsx")).json()
    assert (told["counts"]["new"], told["counts"]["changed"], told["counts"]["missing"]) == (1, 1, 1)
    assert [(one["row"], one["reason"]) for one in told["problems"]] == [(4, "degrees"), (5, "region")]
    assert told["missing"] == ["N02"]
    async with world.client("hq") as client:
        lines = (await client.get("/people/dealers", params={"region_id": world.regions["N"]})).json()[
            "dealers"
        ]
    by_code = {one["code"]: one for one in lines}
    assert by_code["N01"]["latitude"] == 31.8
    assert by_code["N03"]["maintainer"] == "owner 某"
    assert by_code["N01"]["stale"] is True


async def test_regions_come_from_a_file_so_that_a_new_network_needs_no_other_tool(world: World) -> None:
    data = "区域代码,区域名称,英文名称\nW,西区,West\nN,北方区,North\nW,再次,\nE,,East\n".encode()
    told = (await send(world, "apply", "regions", data)).json()
    assert (told["counts"]["new"], told["counts"]["changed"]) == (1, 1)
    assert [(one["row"], one["reason"]) for one in told["problems"]] == [(4, "twice"), (5, "missing")]
    assert told["missing"] == ["S"]
    again = (await send(world, "apply", "regions", data)).json()
    assert (again["counts"]["new"], again["counts"]["changed"], again["counts"]["same"]) == (0, 0, 2)
    dealer = "经销商代码,经销商名称,区域\nW01,西一店,西区\n".encode()
    assert (await send(world, "apply", "dealers", dealer)).json()["counts"]["new"] == 1
    async with world.client("hq") as client:
        made = await client.get("/people/template", params={"sheet": "regions"})
        trail = (await client.get("/audit/entries", params={"action": "region.changed"})).json()
    assert openpyxl.load_workbook(io.BytesIO(made.content)).worksheets[0]["A1"].value == "Region code *"
    assert trail["entries"][0]["changes"] == {"name": ["北区", "北方区"]}


async def test_a_file_without_a_needed_column_is_refused_with_its_name(world: World) -> None:
    answer = await send(world, "preview", "dealers", "经销商代码,城市\nN01,合肥\n".encode())
    assert answer.status_code == 422
    assert answer.json()["code"] == "column_missing"
    assert {place["at"] for place in answer.json()["places"]} == {"经销商名称 / Dealer name", "区域 / Region"}


@pytest.mark.parametrize("login", ["manager", "owner", "shopper", "caller"])
async def test_only_headquarters_imports_people(world: World, login: str) -> None:
    assert (await send(world, "apply", "people", PEOPLE, login=login)).status_code == 403


async def invited(world: World, login: str = "owner") -> str:
    async with world.client("hq") as client:
        answer = await client.post(f"/people/persons/{world.people[login]}/invitation")
    return answer.json()["code"]


async def redeem(
    world: World, code: str, login: str = "owner", password: str = "a new long one"
) -> httpx.Response:
    async with world.client() as anyone:
        body = {"login": login, "code": code, "password": password}
        return await anyone.post("/session/invitation", json=body)


async def test_an_invitation_sets_the_password_once(timed: World) -> None:
    code = await invited(timed)
    assert (await redeem(timed, code, password="short")).json()["code"] == "password_too_short"
    signed = await redeem(timed, code.lower().replace("-", " "))
    assert signed.status_code == 200
    assert signed.json()["person"]["id"] == timed.people["owner"]
    assert (await redeem(timed, code)).json()["code"] == "invitation_invalid"
    async with timed.client() as anyone:
        old = await anyone.post("/session", json={"login": "owner", "password": PASSWORD})
        new = await anyone.post("/session", json={"login": "owner", "password": "a new long one"})
    assert (old.status_code, new.status_code) == (401, 200)


async def test_an_invitation_ends_by_time_by_a_newer_one_and_with_the_account(
    timed: World, clock: list[datetime]
) -> None:
    first = await invited(timed)
    second = await invited(timed)
    assert (await redeem(timed, first)).status_code == 401
    clock[0] = datetime(2026, 12, 7, 2, 0, tzinfo=UTC)
    assert (await redeem(timed, second)).status_code == 401
    third = await invited(timed, "colleague")
    async with timed.client("hq") as client:
        await client.patch(f"/people/persons/{timed.people['colleague']}", json={"active": False})
        refused = await client.post(f"/people/persons/{timed.people['colleague']}/invitation")
    assert refused.json()["code"] == "person_inactive"
    assert (await redeem(timed, third, "colleague")).status_code == 401


async def test_guessing_codes_is_slowed_down(timed: World) -> None:
    code = await invited(timed)
    answers = [(await redeem(timed, "AAAA-BBBB-CCCC")).status_code for _ in range(5)]
    assert answers == [401] * 5
    assert (await redeem(timed, code)).status_code == 429


async def test_neither_the_code_nor_a_password_is_anywhere_in_the_database(timed: World) -> None:
    code = await invited(timed)
    plain = code.replace("-", "")
    with timed.db.read() as session:
        tables = session.execute(text("SELECT name FROM sqlite_master WHERE type='table'")).scalars().all()
        for name in tables:
            for row in session.execute(text(f'SELECT * FROM "{name}"')):
                assert code not in str(row)
                assert plain not in str(row)


async def test_a_person_without_a_password_cannot_sign_in_with_an_empty_one(world: World) -> None:
    async with world.client("hq") as client:
        body = {"name": "新人", "login": "new", "invite": True}
        made = (await client.post("/people/persons", json=body)).json()
        assert made["password"] == ""
        for password in ("x", " ", "None"):
            answer = await client.post("/session", json={"login": "new", "password": password})
            assert answer.status_code == 401


async def test_a_name_is_not_emptied_and_half_a_letter_is_the_senders_fault(world: World) -> None:
    person = world.people["owner"]
    async with world.client("hq") as client:
        for emptied in ({"name": None}, {"language": None}, {"active": None}):
            answer = await client.patch(f"/people/persons/{person}", json=emptied)
            assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
        halved = b'{"person_ids": ["\\udc00"]}'
        json = {"Content-Type": "application/json"}
        answer = await client.post("/people/invitations", content=halved, headers=json)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
        away = await client.patch(f"/people/persons/{person}", json={"home_dealer_id": None})
        assert away.status_code == 200, away.text


async def test_a_role_holds_from_its_first_to_its_last_day(timed: World, clock: list[datetime]) -> None:
    body = {
        "role": "manager",
        "scope_kind": "region",
        "scope_id": timed.regions["S"],
        "valid_from": "2026-11-24",
        "valid_until": "2026-11-25",
    }

    async def roles() -> set[str]:
        with timed.db.write() as session:
            terms.turn(session, clock[0])
        async with timed.client("colleague") as client:
            return {one["role"] for one in (await client.get("/session")).json()["grants"]}

    async with timed.client("hq") as client:
        path = f"/people/persons/{timed.people['colleague']}/grants"
        assert (await client.post(path, json=body)).status_code == 201
        late = await client.post(path, json={**body, "valid_from": None, "valid_until": "2026-11-21"})
        assert late.status_code == 422
    assert await roles() == {"owner"}
    # 16:00 UTC is midnight in the network's zone
    clock[0] = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
    assert await roles() == {"owner", "manager"}
    clock[0] = datetime(2026, 11, 25, 15, 59, tzinfo=UTC)
    assert await roles() == {"owner", "manager"}
    clock[0] = datetime(2026, 11, 25, 16, 0, tzinfo=UTC)
    assert await roles() == {"owner"}


async def test_the_last_headquarters_cannot_be_taken_away(world: World) -> None:
    async with world.client("hq") as client:
        detail = (await client.get(f"/people/persons/{world.people['hq']}")).json()
        answer = await client.delete(f"/people/grants/{detail['terms'][0]['id']}")
        assert answer.status_code == 403


async def test_a_manager_sees_dealers_and_people_of_the_region_without_logins(world: World) -> None:
    async with world.client("manager") as client:
        dealers = (await client.get("/people/dealers")).json()
        people = (await client.get("/people/list")).json()
        assert (await client.get(f"/people/persons/{world.people['owner']}")).status_code == 403
        own = await client.put(
            f"/people/dealers/{world.dealers['N01']}/maintainer", json={"person_id": world.people["owner"]}
        )
        other = await client.put(
            f"/people/dealers/{world.dealers['S01']}/maintainer", json={"person_id": world.people["owner"]}
        )
    assert [one["code"] for one in dealers["dealers"]] == ["N01", "N02"]
    assert "owner_south 某" not in {one["name"] for one in people["persons"]}
    assert {one["login"] for one in people["persons"]} == {""}
    assert (own.status_code, other.status_code) == (204, 404)


async def test_ending_a_lost_tablets_sign_in_leaves_the_others(world: World) -> None:
    first = world.token("shopper")
    world.tokens.pop("shopper")
    world.token("shopper")
    async with world.client("hq") as client:
        path = f"/people/persons/{world.people['shopper']}"
        lines = (await client.get(path)).json()["sign_ins"]
        assert len(lines) == 2
        gone = await client.delete(f"{path}/sessions", params={"session_id": lines[1]["id"]})
        assert gone.status_code == 204
        assert len((await client.get(path)).json()["sign_ins"]) == 1
        trail = (await client.get("/audit/entries", params={"action": "session.ended"})).json()
    assert trail["entries"][0]["row_id"] == world.people["shopper"]
    assert first


async def test_closing_a_dealer_is_told_with_its_reason_and_stays_in_its_history(world: World) -> None:
    async with world.client("hq") as client:
        path = f"/people/dealers/{world.dealers['N02']}"
        assert (await client.patch(path, json={"active": False, "reason": "退网"})).status_code == 200
        open_ones = (await client.get("/people/dealers")).json()["dealers"]
        closed = (await client.get("/people/dealers", params={"state": "inactive"})).json()["dealers"]
        history = (await client.get("/audit/entries", params={"row_id": world.dealers["N02"]})).json()
    assert "N02" not in {one["code"] for one in open_ones}
    assert [one["code"] for one in closed] == ["N02"]
    assert history["entries"][0]["action"] == "dealer.closed"
    assert history["entries"][0]["facts"] == {"reason": "退网"}
