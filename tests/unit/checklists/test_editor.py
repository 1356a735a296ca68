"""Writing a checklist on the desk's device, against the real server: kept, sent, published, tried out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from field_app.checklists.drafting import KEY, TOP
from field_app.checklists.open_draft import OpenDraft
from field_app.checklists.rehearsal import rehearse
from field_app.checklists.rules import Group, added, changed, group_of, joined, opposite, rule_of
from field_app.checklists.widgets.rule import rule_words
from field_app.checklists.workflow import Checklists
from field_app.store import Store
from field_app.sync.api import Api
from shared_models.checklists.document import Bilingual, TemplateDocument
from shared_models.checklists.languages import untranslated
from shared_models.checklists.logic import AnswerValue, Condition
from shared_models.problems import Code, Problem
from sync_server.checklists.builtin import load_items, load_templates
from tests.factories.device import make_context, make_store
from tests.server.device import Device
from tests.server.world import World, make_world
from tests.unit.ui_desk.drawing import make_ui
from tests.unit.ui_desk.test_desk_and_server import Wire

ITEMS = [item.code for item in load_items(None)]
SHORT = next(one for one in load_templates() if one.code == "showroom_observation")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path / "server")
    yield made
    made.close()


class Desk:
    """Headquarters' device."""

    def __init__(self, world: World, path: Path, login: str = "hq") -> None:
        self.wire = Wire(httpx.ASGITransport(app=world.app))
        self.store: Store = make_store(path)
        api = Api("http://server", self.wire, token=world.token(login), language="en")
        self.checklists = Checklists(self.store, api)

    async def open(self, code: str = SHORT.code) -> OpenDraft:
        names = dict.fromkeys(ITEMS, "item")
        return OpenDraft(self.checklists, await self.checklists.open(code), names)


@pytest.fixture
def desk(world: World, tmp_path: Path) -> Desk:
    return Desk(world, tmp_path / "desk.db")


async def write_question(draft: OpenDraft) -> str:
    """A whole new question at the end of the first section; its key."""
    key = await draft.change(lambda drafting: drafting.add_question(drafting.sections[0][KEY]))
    await draft.write(key, "text", "zh", "地面是否干净？")
    await draft.write(key, "text", "en", "Is the floor clean?")
    return str(key)


def test_a_published_change_is_what_new_visits_get(desk: Desk, world: World) -> None:
    async def story() -> None:
        draft = await desk.open()
        await write_question(draft)
        assert draft.faults == []
        assert await draft.publish() == 2
        lines = (await desk.checklists.versions()).value
        assert [one.number for one in lines if one.code == SHORT.code] == [2, 1]
        shopper = Device(world, "auditor")
        await shopper.pull()
        again = await desk.open()
        assert again.drafting.plain() == draft.drafting.plain()
        assert again.desk.sent

    asyncio.run(story())


def test_a_draft_with_faults_stays_on_the_device_and_survives_a_restart(
    desk: Desk, world: World, tmp_path: Path
) -> None:
    async def story() -> None:
        draft = await desk.open()
        key = await draft.change(lambda drafting: drafting.add_question(TOP))
        assert {one.kind for one in draft.faults_of(key)} == {"missing"}
        await draft.send()
        assert not draft.desk.sent
        with pytest.raises(Problem) as refused:
            await draft.publish()
        assert refused.value.code is Code.CHECKLIST_INVALID
        await desk.store.close()
        after = Desk(world, tmp_path / "desk.db")
        again = await after.open()
        assert again.drafting.plain() == draft.drafting.plain()
        lines = (await after.checklists.versions()).value
        assert all(one.status != "draft" for one in lines)
        assert {one.code for one in after.checklists.templates(lines) if one.here} == {SHORT.code}

    asyncio.run(story())


def test_writing_goes_on_without_network_and_is_sent_afterwards(desk: Desk) -> None:
    async def story() -> None:
        draft = await desk.open()
        desk.wire.cut = True
        await write_question(draft)
        await draft.send()
        assert draft.problem is not None
        assert draft.problem.code is Code.SERVER_UNREACHABLE
        again = await desk.open()
        assert again.drafting.plain() == draft.drafting.plain()
        desk.wire.cut = False
        again.problem = None
        await again.send()
        assert again.desk.sent
        lines = (await desk.checklists.versions()).value
        assert [one.status for one in lines if one.code == SHORT.code] == ["draft", "published"]

    asyncio.run(story())


def test_a_draft_that_somebody_else_wrote_meanwhile_is_not_overwritten_unasked(
    desk: Desk, world: World, tmp_path: Path
) -> None:
    other = Desk(world, tmp_path / "other.db")

    async def story() -> None:
        mine, theirs = await desk.open(), await other.open()
        await mine.put(TOP, "minimum_minutes", 5)
        await mine.send()
        assert mine.desk.sent
        await theirs.put(TOP, "minimum_minutes", 9)
        await theirs.send()
        assert theirs.problem is not None
        assert theirs.problem.code is Code.CONFLICT
        assert (await desk.open()).drafting.top["minimum_minutes"] == 5
        await theirs.take_over()
        assert theirs.desk.sent
        assert (await desk.open()).drafting.top["minimum_minutes"] == 9

    asyncio.run(story())


def test_a_new_checklist_begins_empty_and_its_code_is_taken_from_then_on(desk: Desk) -> None:
    async def story() -> None:
        await desk.checklists.begin("brand_new", "audit", "新表", "New one")
        lines = (await desk.checklists.versions()).value
        assert desk.checklists.only_here(lines) == ["brand_new"]
        for code in ("brand_new", SHORT.code):
            with pytest.raises(Problem) as taken:
                await desk.checklists.begin(code, "audit", "又", "Again")
            assert taken.value.code is Code.CONFLICT
        draft = await desk.open("brand_new")
        await draft.change(lambda drafting: drafting.add_section())
        section = draft.drafting.sections[0][KEY]
        await draft.write(section, "title", "zh", "接待")
        await draft.write(section, "title", "en", "Reception")
        await write_question(draft)
        assert await draft.publish() == 1
        await desk.checklists.discard("brand_new")
        lines = (await desk.checklists.versions()).value
        assert desk.checklists.only_here(lines) == []
        assert [one.number for one in lines if one.code == "brand_new"] == [1]

    asyncio.run(story())


def test_discarding_brings_the_published_version_back(desk: Desk) -> None:
    async def story() -> None:
        draft = await desk.open()
        await write_question(draft)
        await draft.send()
        await desk.checklists.discard(SHORT.code)
        again = await desk.open()
        assert again.drafting.plain() == SHORT.to_json()

    asyncio.run(story())


def test_a_workbook_goes_out_and_comes_in_as_the_same_draft(desk: Desk) -> None:
    async def story() -> None:
        lines = (await desk.checklists.versions()).value
        version = next(one for one in lines if one.code == SHORT.code)
        made = await desk.checklists.import_file("s.xlsx", await desk.checklists.export_file(version.id))
        assert (made.code, made.findings) == (SHORT.code, [])
        assert (await desk.open()).desk.published == TemplateDocument.model_validate(
            (await desk.open()).drafting.plain()
        )

    asyncio.run(story())


def test_a_manager_reads_published_versions_but_no_draft(desk: Desk, world: World, tmp_path: Path) -> None:
    manager = Desk(world, tmp_path / "manager.db", "manager")

    async def story() -> None:
        draft = await desk.open()
        await write_question(draft)
        await draft.send()
        lines = (await manager.checklists.versions()).value
        by_status = {one.status: one.id for one in lines if one.code == SHORT.code}
        assert await manager.checklists.document(by_status["published"]) == SHORT.to_json()
        with pytest.raises(Problem) as refused:
            await manager.checklists.document(by_status["draft"])
        assert refused.value.code is Code.NOT_ALLOWED

    asyncio.run(story())


def test_a_test_run_scores_as_a_visit_does_and_leaves_nothing_behind(desk: Desk) -> None:
    live = rehearse(SHORT, make_context(), ("试", "Test"))
    code = next(q.code for q in SHORT.questions() if q.scored)

    async def story() -> None:
        before = len(live.session.completeness.unanswered)
        await live.put(code, "answered", "yes")
        await live.attach(code, b"jpeg", "image/jpeg", "photo")
        assert live.session.score.percent == 100
        assert len(live.session.completeness.unanswered) == before - 1
        assert desk.store.by("visit") == []
        assert rehearse(SHORT, make_context(), ("试", "Test")).session.answers == {}

    asyncio.run(story())


def test_a_rule_is_taken_apart_and_put_together_again() -> None:
    first = {"question": "A1", "op": "=", "value": "no"}
    second = {"question": "A2", "op": "answered"}
    assert rule_of(group_of(None)) is None
    assert rule_of(group_of(first)) == first
    assert rule_of(group_of({"any": [first]})) == first
    for rule in ({"any": [first, second]}, {"all": [first, {"not": second}]}, {"not": {"not": first}}):
        assert Condition.model_validate(rule_of(group_of(rule))) == Condition.model_validate(rule)
    said = rule_words(make_ui("en"), {"all": [first, {"not": second}]})
    assert said == "(A1 is no and not (A2 is answered))"


def test_groups_within_groups_are_built_turned_round_and_taken_out_again() -> None:
    first = {"question": "A1", "op": "=", "value": "no"}
    second, third = {**first, "question": "A2"}, {**first, "question": "A3"}
    built = added(group_of(first), (), Group("any", parts=(second,)))
    assert rule_of(built) == {"all": [first, {"any": [second]}]}  # a group of one stays a group
    built = added(built, (1,), third)
    assert rule_of(built) == {"all": [first, {"any": [second, third]}]}
    turned = opposite(joined(built, (), "any"), (1,))
    assert rule_of(turned) == {"any": [first, {"not": {"any": [second, third]}}]}
    assert rule_of(group_of(rule_of(turned))) == rule_of(turned)
    emptied = changed(changed(built, (1, 1), lambda _: None), (1, 0), lambda _: None)
    assert rule_of(emptied) == first
    deep = added(built, (1,), Group(parts=(first,)))
    assert Condition.model_validate(rule_of(deep)).holds({"A1": AnswerValue("answered", "no")})


def test_a_nested_rule_goes_to_the_server_and_comes_back_as_it_was_built(desk: Desk) -> None:
    async def story() -> None:
        draft = await desk.open()
        key = await write_question(draft)
        codes = [str(one["code"]) for one in draft.drafting.before(key)][:2]
        one, other = ({"question": code, "op": "=", "value": "no"} for code in codes)
        rule = {"any": [one, {"all": [other, {"not": one}]}]}
        await draft.put(key, "show_when", rule)
        assert draft.faults == []
        await draft.publish()
        again = await desk.open()
        kept = [q["show_when"] for q in again.drafting.questions() if q.get("show_when")]
        assert Condition.model_validate(rule) in [Condition.model_validate(one) for one in kept]

    asyncio.run(story())


def test_a_text_in_one_language_is_published_only_on_an_explicit_yes(desk: Desk) -> None:
    async def story() -> None:
        draft = await desk.open()
        key = await write_question(draft)
        await draft.write(key, "text", "en", "地面是否干净？")
        with pytest.raises(Problem) as refused:
            await draft.publish()
        assert refused.value.code is Code.CHECKLIST_UNTRANSLATED
        assert [one.reason for one in refused.value.places] == ["text.en"]
        kept = [one.number for one in (await desk.checklists.versions()).value if one.code == SHORT.code]
        assert kept == [0, 1]  # the draft is still there
        assert await draft.publish(untranslated=True) == 2

    asyncio.run(story())


@pytest.mark.parametrize(
    ("zh", "en", "missing"),
    [
        ("地面", "Floor", []),
        ("VIN", "VIN", []),
        ("km/h", "km/h", []),
        ("Owner name", "Owner name", ["zh"]),
        ("地面", "地面", ["en"]),
        ("地面 4S", "Floor 展厅", ["en"]),
    ],
)
def test_a_translation_is_missing_where_one_language_stands_in_for_the_other(
    zh: str, en: str, missing: list[str]
) -> None:
    changed = SHORT.model_copy(update={"title": Bilingual(zh=zh, en=en)})
    assert [one.language for one in untranslated(changed)] == missing


def test_every_built_in_checklist_is_whole_in_both_languages() -> None:
    assert [one for document in load_templates() for one in untranslated(document)] == []
