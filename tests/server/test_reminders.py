"""What is late rises: actions, replies, appeals nobody decided; in the app, by mail, by signed webhook."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from shared_models.ids import new_id
from shared_models.reminders import DEFAULT_LADDER, Ladder
from sync_server.people import service as people
from sync_server.reminders import repository
from sync_server.reminders.daily import run_once
from sync_server.reminders.sending import SIGNATURE, TRIES, sign
from sync_server.settings import Settings
from sync_server.sync.journal import write_row
from tests.factories.capture import mail_server, webhook
from tests.factories.plans import PlanDraft, publish
from tests.factories.visits_on_server import accepted_visit
from tests.server.device import Device
from tests.server.world import World

pytestmark = pytest.mark.anyio
DUE = datetime(2026, 11, 30, 4, 0, tzinfo=UTC)
"""Noon in China of the day on which the plan's action is due."""
SECRET = "sixteen letters!"


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


@pytest.fixture
async def draft(world: World) -> PlanDraft:
    """A published plan whose action is due on 2026-11-30."""
    made = PlanDraft(Device(world, "manager"))
    await publish(made)
    return made


def run(world: World, days_late: int, settings: Settings | None = None) -> Any:
    """One run so many days after the deadline."""
    moment = DUE + timedelta(days=days_late)
    return run_once(world.db, settings or world.settings, now=lambda: moment)[0]


def said(mail: EmailMessage, kind: str = "plain") -> str:
    """What a mail says to a program that shows this kind."""
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


async def told(world: World, login: str) -> list[tuple[str, int]]:
    """Step and days of the reminders on a person's device that are the person's."""
    device = Device(world, login)
    await device.pull()
    mine = [row for (entity, _), row in device.rows.items() if entity == "reminder"]
    return sorted((r["step"], r["days_late"]) for r in mine if r["person_id"] == world.people[login])


@pytest.mark.parametrize(
    ("days", "who"),
    [
        (0, set()),
        (1, {"owner"}),
        (3, {"owner", "colleague"}),
        (7, {"owner", "colleague", "manager"}),
        (14, {"owner", "colleague", "manager", "hq"}),
    ],
)
async def test_an_overdue_action_rises_step_by_step(
    world: World, draft: PlanDraft, days: int, who: set[str]
) -> None:
    run(world, days)
    everybody = ("owner", "colleague", "manager", "manager_south", "owner_south", "hq", "shopper")
    assert {login for login in everybody if await told(world, login)} == who


async def test_a_second_run_on_the_same_day_tells_nobody_again(world: World, draft: PlanDraft) -> None:
    assert run(world, 3).new == 2
    assert run(world, 3).new == 0
    assert run(world, 4).new == 0
    assert run(world, 7).new == 1


async def test_reminders_go_when_the_action_is_done_or_has_more_time(world: World, draft: PlanDraft) -> None:
    run(world, 3)
    owner = Device(world, "owner")
    await owner.pull()
    assert owner.names("reminder")
    draft.move_action(owner, "finish")
    await owner.push()
    assert run(world, 4).cleared == 2
    await owner.pull()
    assert not owner.names("reminder")


async def test_a_new_deadline_starts_the_ladder_anew(world: World, draft: PlanDraft) -> None:
    run(world, 3)
    manager = Device(world, "manager")
    manager.op(draft.plan_id, "action", draft.action_row, "update", {"due_on": "2026-12-20"}, base=1)
    await manager.push()
    assert run(world, 5).cleared == 2
    assert await told(world, "owner") == []
    assert run(world, 21).new == 1
    assert await told(world, "owner") == [("owner", 1)]


async def test_who_has_left_is_told_nothing(world: World, draft: PlanDraft) -> None:
    with world.db.write() as session:
        people.set_active(session, world.people["owner"], False)
    assert run(world, 1).new == 0


async def test_drafts_and_withdrawn_plans_remind_nobody(world: World, draft: PlanDraft) -> None:
    draft.move("withdraw", base=2)
    await draft.device.push()
    other = PlanDraft(Device(world, "manager"), item="new_car_fuel")
    other.record()
    await other.device.push()
    assert run(world, 30).overdue == 0


async def test_the_days_of_the_ladder_can_be_set(world: World, draft: PlanDraft) -> None:
    quick = replace(world.settings, ladder=Ladder.parse("1,1,1,2"))
    assert run(world, 1, quick).new == 3
    assert run(world, 2, quick).new == 1


def late_visit(world: World) -> str:
    """A shopper's visit, returned by the manager, whose reply was due at noon of the day DUE."""
    visit_id = accepted_visit(world, "N01", {"F02": "no"}, status="returned", record=False)
    with world.db.write() as session:
        who = {"reviewed_by": world.people["manager"], "reply_due_at": DUE}
        write_row(session, "visit", visit_id, who)
    return visit_id


def late_appeal(world: World) -> str:
    """An appeal of dealer N01 that should have been decided by noon of the day DUE."""
    visit_id = accepted_visit(world, "N01", {"F02": "no"}, record=False)
    appeal_id = new_id()
    with world.db.write() as session:
        row = {
            "visit_id": visit_id,
            "dealer_id": world.dealers["N01"],
            "question": "F02",
            "text": "看照片",
            "author_id": world.people["owner"],
            "filed_at": DUE - timedelta(days=5),
            "due_at": DUE,
            "wording": "店招能看清吗？",
            "wording_en": "Could the sign be read?",
        }
        write_row(session, "appeal", appeal_id, row)
    return appeal_id


@pytest.mark.parametrize(
    ("days", "who"),
    [
        (0, set()),
        (1, {("shopper", "visitor")}),
        (3, {("shopper", "visitor"), ("manager", "reviewer")}),
        (7, {("shopper", "visitor"), ("manager", "reviewer"), ("manager", "manager")}),
        (14, {("shopper", "visitor"), ("manager", "reviewer"), ("manager", "manager"), ("hq", "hq")}),
    ],
)
async def test_a_late_reply_rises_from_the_visitor_and_never_to_the_dealer(
    world: World, days: int, who: set[tuple[str, str]]
) -> None:
    late_visit(world)
    run(world, days)
    everybody = ("shopper", "owner", "colleague", "manager", "manager_south", "hq")
    found = {(login, step) for login in everybody for step, _ in await told(world, login)}
    assert found == who


@pytest.mark.parametrize(
    ("days", "who"),
    [(0, set()), (1, {("manager", "manager")}), (6, {("manager", "manager")}),
     (7, {("manager", "manager"), ("hq", "hq")})],
)  # fmt: skip
async def test_an_appeal_that_nobody_decides_rises_to_headquarters(
    world: World, days: int, who: set[tuple[str, str]]
) -> None:
    late_appeal(world)
    run(world, days)
    everybody = ("shopper", "owner", "colleague", "manager", "manager_south", "hq")
    found = {(login, step) for login in everybody for step, _ in await told(world, login)}
    assert found == who


async def test_a_reply_that_came_and_an_appeal_that_was_decided_are_no_longer_reminded_of(
    world: World,
) -> None:
    visit_id, appeal_id = late_visit(world), late_appeal(world)
    assert run(world, 1).new == 2
    with world.db.write() as session:
        write_row(session, "visit", visit_id, {"status": "submitted", "reply_due_at": None})
        write_row(session, "appeal", appeal_id, {"status": "dismissed"})
    done = run(world, 2)
    assert (done.overdue, done.cleared) == (0, 2)
    assert await told(world, "shopper") == []


async def test_mails_say_what_is_late_in_the_readers_language(world: World) -> None:
    with world.db.write() as session:
        write_row(session, "person", world.people["manager"], {"language": "zh_CN"})
    late_visit(world)
    late_appeal(world)
    with world.db.write() as session:
        repository.put_contact(session, world.people["manager"], "desk@example.org")
    with mail_server() as box:
        smtp = f"smtp://127.0.0.1:{box.port}"
        run(world, 3, replace(world.settings, smtp_url=smtp, mail_from="revisit@oem.example"))
        (mail,) = box.mails
    for text in (said(mail), said(mail, "html")):
        for expected in ("2026-10-14", "店招能看清吗？", "2026-11-30", "由您退回"):
            assert expected in text
        assert "://" not in text, "the server knows no address of its own"


async def test_mails_lead_to_the_place_in_the_app_where_the_server_knows_its_address(
    world: World, draft: PlanDraft
) -> None:
    visit_id, appeal_id = late_visit(world), late_appeal(world)
    logins = ("owner", "manager", "shopper")
    with world.db.write() as session:
        write_row(session, "action", draft.action_row, {"measure": "<b>引荐</b> & 交接"})
        for login in logins:
            repository.put_contact(session, world.people[login], f"{login}@example.org")
    with mail_server() as box:
        smtp = f"smtp://127.0.0.1:{box.port}"
        mailing = {"smtp_url": smtp, "mail_from": "revisit@oem.example"}
        run(world, 7, replace(world.settings, public_url="https://revisit.example", **mailing))
        mails = {str(mail["To"]).split("@")[0]: mail for mail in box.mails}
    app = "https://revisit.example/app/#"
    leads = {
        "owner": {f"{app}/actions/action/{draft.action_row}"},
        "shopper": {f"{app}/today/visit/{visit_id}"},
        "manager": {
            f"{app}/actions/action/{draft.action_row}",
            f"{app}/review/visit/{visit_id}",
            f"{app}/appeals/appeal/{appeal_id}",
        },
    }
    for login, expected in leads.items():
        assert set(re.findall(r"https://\S+", said(mails[login]))) == expected
        assert set(re.findall(r'href="([^"]+)"', said(mails[login], "html"))) == expected
    assert "<b>引荐</b> & 交接" in said(mails["owner"])
    assert "&lt;b&gt;引荐&lt;/b&gt; &amp; 交接" in said(mails["owner"], "html")


def test_an_address_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVISIT_PUBLIC_URL", "revisit.example")
    with pytest.raises(ValueError, match="REVISIT_PUBLIC_URL"):
        Settings.from_env()
    monkeypatch.setenv("REVISIT_PUBLIC_URL", "https://revisit.example/")
    assert Settings.from_env().public_url == "https://revisit.example"


@pytest.mark.parametrize("days", ["3,1,7,14", "0,1,2,3", "1,2,3", "a,b,c,d"])
def test_a_ladder_that_does_not_rise_is_refused(monkeypatch: pytest.MonkeyPatch, days: str) -> None:
    monkeypatch.setenv("REVISIT_ESCALATION", days)
    with pytest.raises(ValueError, match="REVISIT_ESCALATION"):
        Settings.from_env()


def test_a_webhook_without_a_secret_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVISIT_WEBHOOK_URL", "https://example.org/hook")
    with pytest.raises(ValueError, match="REVISIT_WEBHOOK_SECRET"):
        Settings.from_env()
    monkeypatch.setenv("REVISIT_WEBHOOK_SECRET", SECRET)
    assert Settings.from_env().ladder == DEFAULT_LADDER


async def test_a_mail_per_person_says_what_is_late_in_their_language(world: World, draft: PlanDraft) -> None:
    with world.db.write() as session:
        repository.put_contact(session, world.people["owner"], "owner@dealer.example")
    with mail_server() as box:
        settings = replace(
            world.settings, smtp_url=f"smtp://127.0.0.1:{box.port}", mail_from="revisit@oem.example"
        )
        run(world, 3, settings)
        run(world, 3, settings)
        (mail,) = box.mails
    assert (mail["To"], mail["From"]) == ("owner@dealer.example", "revisit@oem.example")
    assert "late now: 1" in mail["Subject"]
    text = said(mail)
    for expected in ("owner 某", "N01", "当面引荐服务顾问", "2026-11-30", "days late: 3"):
        assert expected in text


async def test_a_webhook_event_is_signed_and_can_be_verified(world: World, draft: PlanDraft) -> None:
    with webhook() as hook:
        settings = replace(
            world.settings, webhook_url=f"http://127.0.0.1:{hook.port}/in", webhook_secret=SECRET
        )
        run(world, 1, settings)
        ((headers, body),) = hook.posts
    event = json.loads(body)
    assert (event["event"], event["step"], event["days_late"]) == ("action.overdue", "owner", 1)
    assert event["dealer_code"] == "N01"
    given = dict(part.split("=") for part in headers[SIGNATURE].split(","))
    assert int(given["t"]) == int((DUE + timedelta(days=1)).timestamp())
    mac = hmac.new(SECRET.encode(), f"{given['t']}.".encode() + body, hashlib.sha256).hexdigest()
    assert given["v1"] == mac
    assert sign(SECRET, int(given["t"]), body + b" ") != headers[SIGNATURE]


async def test_what_fails_is_tried_again_later_and_then_given_up(world: World, draft: PlanDraft) -> None:
    with webhook() as hook:
        hook.refuse = True
        settings = replace(
            world.settings, webhook_url=f"http://127.0.0.1:{hook.port}/in", webhook_secret=SECRET
        )
        moment = DUE + timedelta(days=1)
        assert run_once(world.db, settings, now=lambda: moment)[1].failed == 1
        assert run_once(world.db, settings, now=lambda: moment + timedelta(minutes=5))[1].failed == 0
        for number in range(1, TRIES + 3):
            later = moment + timedelta(minutes=20 * number)
            run_once(world.db, settings, now=lambda later=later: later)
        assert len(hook.posts) == TRIES
        assert len({headers["Revisit-Delivery"] for headers, _ in hook.posts}) == 1


@pytest.mark.parametrize(
    ("login", "whose", "status"),
    [("owner", "owner", 200), ("owner", "colleague", 404), ("manager", "owner", 404), ("hq", "owner", 200),
     (None, "owner", 401)],
)  # fmt: skip
async def test_a_mail_address_is_for_its_person_and_headquarters(
    world: World, login: str | None, whose: str, status: int
) -> None:
    path = f"/reminders/contacts/{world.people[whose]}"
    async with world.client(login) as client:
        put = await client.put(path, json={"email": "someone@dealer.example"})
        got = await client.get(path)
    assert (put.status_code, got.status_code) == (status, status)
    if status == 200:
        assert got.json() == {"email": "someone@dealer.example"}


async def test_what_is_no_mail_address_is_refused(world: World) -> None:
    async with world.client("hq") as client:
        got = await client.put(f"/reminders/contacts/{world.people['owner']}", json={"email": "a b@c"})
    assert got.status_code == 422
