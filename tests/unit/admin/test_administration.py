"""The administration on the device: what its parts say, and what it asks of the real server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from field_app.admin.screen_bulk import BulkState, report_cards
from field_app.admin.widgets.codes import codes_card
from field_app.admin.widgets.parts import Typed, pager
from field_app.admin.widgets.roles import day_of, roles_card
from field_app.admin.widgets.trail import trail_entry
from field_app.admin.workflow import PAGE, Admin
from field_app.store.typed import Typed as Kept
from field_app.sync.api import Api
from shared_models.audit.wire import AuditEntry
from shared_models.people.access import Role, ScopeKind
from shared_models.people.admin_wire import InvitationOut, NewTerm, PersonDetail
from shared_models.problems import Code, Problem
from tests.factories.device import make_store
from tests.server.world import World, make_world
from tests.unit.ui_desk.drawing import draw, make_ui

PEOPLE = "账号,姓名,角色,范围\nwang,王五,责任人,N02\nwu,吴六,店长,N01\n".encode("gb18030")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path / "server")
    yield made
    made.close()


def admin(world: World, login: str = "hq") -> Admin:
    transport = httpx.ASGITransport(app=world.app)
    return Admin(Api("http://server", transport, token=world.token(login), language="en"))


async def _nothing() -> None:
    """Nothing has to be read again."""


def test_a_person_is_made_invited_given_a_role_for_some_days_and_deactivated(world: World) -> None:
    async def story() -> PersonDetail:
        desk = admin(world)
        person_id = await desk.add_person({"name": "王五", "login": "wang"})
        code = await desk.invite(person_id)
        assert len(code.code) == 14
        term = NewTerm(
            role=Role.OWNER,
            scope_kind=ScopeKind.DEALER,
            scope_id=world.dealers["N02"],
            valid_until=date(2099, 12, 31),
        )
        await desk.give_role(person_id, term)
        await desk.put_mail(person_id, "wang@n02.example")
        await desk.change_person(person_id, {"active": False})
        return await desk.person(person_id)

    person = asyncio.run(story())
    assert (person.active, person.email, person.invited_until) == (False, "wang@n02.example", None)
    drawn = draw(lambda: roles_card(make_ui("zh_CN"), person, _nothing))
    assert "责任人" in drawn.texts
    assert "N02 N02店" in drawn.texts
    assert "… 至 2099-12-31" in drawn.texts
    assert drawn.nameless == []


def test_the_preview_names_row_column_and_reason_and_taking_it_shows_the_codes(world: World) -> None:
    async def story() -> tuple[Any, Any]:
        desk = admin(world)
        seen = await desk.bulk("people", "people.csv", PEOPLE, apply=False)
        return seen, await desk.bulk("people", "people.csv", PEOPLE, apply=True, invite=True)

    seen, done = asyncio.run(story())
    ui = make_ui("en")
    before = draw(lambda: report_cards(ui, BulkState("people", "people.csv", PEOPLE, seen), print, print))
    assert "no such role: 店长" in before.said
    assert "row 3" in before.said.casefold()
    assert not before.disabled["bulk-take"]
    after = draw(lambda: report_cards(ui, BulkState("people", "people.csv", PEOPLE, done), print, print))
    assert done.invitations[0].code in after.said
    assert "bulk-take" not in after.labels


def test_a_manager_finds_the_own_dealers_and_names_a_maintainer(world: World) -> None:
    async def story() -> tuple[list[str], str]:
        desk = admin(world, "manager")
        codes = [one.code for one in (await desk.dealers(text="dealer")).dealers]
        await desk.name_maintainer(world.dealers["N01"], world.people["owner"])
        with pytest.raises(Problem) as refused:
            await desk.dealer(world.dealers["S01"])
        assert refused.value.code is Code.NOT_FOUND
        return codes, (await desk.dealer(world.dealers["N01"])).maintainer

    assert asyncio.run(story()) == (["N01", "N02"], "owner 某")


def test_codes_stand_with_their_names_and_can_be_saved_for_the_printer() -> None:
    one = InvitationOut(
        person_id="p", name="李四", login="li", code="ABCD-EFGH-JKMN", expires_at="2026-12-06T02:00:00Z"
    )
    drawn = draw(lambda: codes_card(make_ui("zh_CN"), [one]))
    assert {"李四", "li", "ABCD-EFGH-JKMN"} <= set(drawn.texts)
    assert not drawn.disabled["codes-print"]


@pytest.mark.parametrize(("language", "deed"), [("zh_CN", "关闭经销商"), ("en", "Dealer closed")])
def test_an_entry_of_the_trail_is_told_in_words(language: str, deed: str) -> None:
    entry = AuditEntry(
        id="e",
        at="2026-11-22T02:00:00.000Z",
        actor="王五",
        via="app",
        action="dealer.closed",
        entity="dealer",
        dealer="N01 北一店",
        dealer_en="N01 North One",
        changes={"active": (True, False)},
        facts={"reason": "退网"},
    )
    said = draw(lambda: trail_entry(make_ui(language), entry)).said
    assert deed in said
    assert "✓ → ✗" in said
    assert "退网" in said
    assert "王五" in said


def test_a_long_list_is_turned_page_by_page() -> None:
    first = draw(lambda: list(pager(make_ui("en"), "x", 0, PAGE * 2 + 1, print)))
    last = draw(lambda: list(pager(make_ui("en"), "x", PAGE * 2, PAGE * 2 + 1, print)))
    short = draw(lambda: list(pager(make_ui("en"), "x", 0, 3, print)))
    assert (first.disabled["x-before"], first.disabled["x-after"]) == (True, False)
    assert (last.disabled["x-before"], last.disabled["x-after"]) == (False, True)
    assert short.texts == ["1–3 of 3"]


def test_a_typed_day_that_is_none_is_refused_with_its_place() -> None:
    assert day_of(Typed(None, valid_until="2026/12/31"), "valid_until") == date(2026, 12, 31)
    assert day_of(Typed(None), "valid_until") is None
    with pytest.raises(Problem) as refused:
        day_of(Typed(None, valid_until="31.12."), "valid_until")
    assert cast(Problem, refused.value).places[0].at == "valid_until"


def test_a_form_of_the_administration_comes_back_after_a_restart_until_it_is_sent(tmp_path: Path) -> None:
    def form() -> tuple[Kept, Typed]:
        kept = Kept(make_store(tmp_path / "account.db"))
        return kept, Typed(kept.of("admin/person/new"), name="", language="zh_CN")

    kept, typed = form()
    asyncio.run(_typing(lambda: typed.put("name", "王五"), lambda: typed.put("language", "en")))
    kept.of("admin/person/new").write()
    kept, typed = form()
    assert (typed["name"], typed["language"]) == ("王五", "en")
    asyncio.run(_typing(typed.sent))
    assert form()[1].values == {"name": "", "language": "zh_CN"}


def test_what_is_put_back_as_it_was_leaves_nothing_on_the_device(tmp_path: Path) -> None:
    kept = Kept(make_store(tmp_path / "account.db"))
    typed = Typed(kept.of("admin/dealer/1"), city="北京")
    asyncio.run(_typing(lambda: typed.put("city", "上海"), lambda: typed.put("city", "北京")))
    assert kept.of("admin/dealer/1").lines == []


def test_a_rule_that_was_saved_and_is_changed_back_is_a_change_again(tmp_path: Path) -> None:
    kept = Kept(make_store(tmp_path / "account.db"))
    typed = Typed(kept.of("admin/escalation"), owner="3")
    asyncio.run(_typing(lambda: typed.put("owner", "5"), typed.sent, lambda: typed.put("owner", "3")))
    assert kept.of("admin/escalation").lines == [{"owner": "3"}]


async def _typing(*keys: Callable[[], None]) -> None:
    for key in keys:
        key()
