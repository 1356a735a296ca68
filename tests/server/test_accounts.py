"""Accounts over HTTP: sign-in, sign-out, slowing down, scopes of the directory, administration."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from sync_server.people import tables
from tests.server.world import PASSWORD, World, make_world


def test_a_person_signs_in_with_any_case_of_the_login_and_learns_the_grants(world: World) -> None:
    async def story() -> httpx.Response:
        async with world.client() as anyone:
            signed = await anyone.post("/session", json={"login": " Manager ", "password": PASSWORD})
            token = signed.json()["token"]
            return await anyone.get("/session", headers={"Authorization": f"Bearer {token}"})

    me = asyncio.run(story())
    assert me.status_code == 200
    assert me.json()["person"]["id"] == world.people["manager"]
    assert [(g["role"], g["scope_id"]) for g in me.json()["grants"]] == [("manager", world.regions["N"])]


def test_the_token_itself_is_nowhere_in_the_database(world: World) -> None:
    token = world.token("hq")
    with world.db.read() as session:
        stored = [str(line) for line in session.execute(tables.login_session.select())]
    assert stored
    assert not any(token in line for line in stored)


def test_a_wrong_password_and_an_unknown_login_answer_alike(world: World) -> None:
    async def story() -> list[httpx.Response]:
        async with world.client() as anyone:
            return [
                await anyone.post("/session", json={"login": login, "password": "wrong"})
                for login in ("manager", "nobody")
            ]

    wrong, unknown = asyncio.run(story())
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.headers["content-type"] == "application/problem+json"


def test_failed_sign_ins_in_a_row_have_to_wait_even_with_the_right_password(tmp_path: Path) -> None:
    clock = [datetime(2026, 11, 2, 9, tzinfo=UTC)]
    world = make_world(tmp_path, now=lambda: clock[0])

    async def story() -> list[httpx.Response]:
        async with world.client() as anyone:
            answers = [
                await anyone.post("/session", json={"login": "owner", "password": password})
                for password in ["wrong"] * 5 + [PASSWORD]
            ]
            clock[0] += timedelta(minutes=1)
            answers.append(await anyone.post("/session", json={"login": "owner", "password": PASSWORD}))
        return answers

    *failed, blocked, later = asyncio.run(story())
    world.close()
    assert {answer.status_code for answer in failed} == {401}
    assert blocked.status_code == 429
    assert 0 < int(blocked.headers["retry-after"]) <= 60
    assert later.status_code == 200


def test_a_signed_out_token_is_worth_nothing(world: World) -> None:
    async def story() -> tuple[int, int, str]:
        async with world.client("shopper") as shopper:
            out = await shopper.delete("/session")
            after = await shopper.get("/session")
        return out.status_code, after.status_code, after.json()["code"]

    assert asyncio.run(story()) == (204, 401, "signed_out")


def test_a_sign_in_ends_when_it_is_not_used(tmp_path: Path) -> None:
    clock = [datetime(2026, 11, 2, 9, tzinfo=UTC)]
    world = make_world(tmp_path, now=lambda: clock[0])

    async def story() -> list[int]:
        codes: list[int] = []
        async with world.client("shopper") as shopper:
            for days in (0, 29, 29, 91):
                clock[0] += timedelta(days=days)
                codes.append((await shopper.get("/session")).status_code)
        return codes

    codes = asyncio.run(story())
    world.close()
    assert codes == [200, 200, 200, 401]


def test_a_person_ends_the_sign_in_of_a_lost_tablet_but_not_of_somebody_else(world: World) -> None:
    async def story() -> tuple[int, int, list[bool]]:
        async with world.client() as anyone, world.client("owner") as owner, world.client("hq") as hq:
            tablet = await anyone.post(
                "/session", json={"login": "owner", "password": PASSWORD, "device_name": "iPad"}
            )
            lost = tablet.json()["session_id"]
            foreign = await hq.delete(f"/people/sessions/{lost}")
            await owner.delete(f"/people/sessions/{lost}")
            gone = await anyone.get("/session", headers={"Authorization": f"Bearer {tablet.json()['token']}"})
            left = await owner.get("/people/sessions")
        return foreign.status_code, gone.status_code, [one["current"] for one in left.json()]

    assert asyncio.run(story()) == (404, 401, [True])


def test_the_directory_of_a_dealer_names_its_people_and_desks_and_no_shopper(world: World) -> None:
    async def story() -> tuple[list[dict[str, object]], list[int]]:
        place = {"dealer_id": world.dealers["N01"]}
        refused: list[int] = []
        for login in ("shopper", "manager_south", "owner_south", "caller"):
            async with world.client(login) as other:
                refused.append((await other.get("/people/directory", params=place)).status_code)
        async with world.client("owner") as owner:
            return (await owner.get("/people/directory", params=place)).json(), refused

    entries, refused = asyncio.run(story())
    assert {entry["id"] for entry in entries} == {
        world.people[login] for login in ("owner", "colleague", "manager", "hq")
    }
    assert [entry["at_dealer"] for entry in entries if entry["id"] == world.people["owner"]] == [True]
    assert refused == [403] * 4


def test_only_headquarters_administers_and_a_revoked_person_is_locked_out(world: World) -> None:
    async def story() -> tuple[int, int, str, int]:
        body = {"name": "新人", "login": "new", "grants": [{"role": "shopper", "scope_kind": "company"}]}
        async with world.client("manager") as manager, world.client("hq") as hq, world.client() as anyone:
            refused = await manager.post("/people/persons", json=body)
            made = (await hq.post("/people/persons", json=body)).json()
            sign_in = {"login": "new", "password": made["password"]}
            token = (await anyone.post("/session", json=sign_in)).json()["token"]
            await hq.patch(f"/people/persons/{made['person_id']}", json={"active": False})
            locked = await anyone.get("/session", headers={"Authorization": f"Bearer {token}"})
            again = await anyone.post("/session", json=sign_in)
        return refused.status_code, locked.status_code, locked.json()["code"], again.status_code

    assert asyncio.run(story()) == (403, 401, "account_revoked", 401)


def test_a_login_is_given_once(world: World) -> None:
    async def story() -> httpx.Response:
        async with world.client("hq") as hq:
            return await hq.post("/people/persons", json={"name": "二号", "login": "OWNER"})

    answer = asyncio.run(story())
    assert answer.status_code == 409
    assert answer.json()["places"] == [{"at": "login", "reason": "taken"}]


def test_a_new_password_ends_all_sign_ins(world: World) -> None:
    async def story() -> list[int]:
        async with world.client("owner") as owner, world.client("hq") as hq, world.client() as anyone:
            path = f"/people/persons/{world.people['owner']}/password"
            short = await hq.post(path, json={"password": "short"})
            await hq.post(path, json={"password": "a much longer one"})
            old = await owner.get("/session")
            new = await anyone.post("/session", json={"login": "owner", "password": "a much longer one"})
        return [short.status_code, old.status_code, new.status_code]

    assert asyncio.run(story()) == [422, 401, 200]
